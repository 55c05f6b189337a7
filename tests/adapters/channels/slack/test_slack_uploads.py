"""Files of an answer."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from support.outgoing import Given, Notes
from support.slack import Slack, slack

from adapters.channels.slack.api import Api
from adapters.channels.slack.messages import Place
from adapters.channels.slack.pacing import Pace
from adapters.channels.slack.uploads import Uploads
from adapters.channels.slack.workspace import Workspace
from gateway.model import Attachment
from gateway.ports import StoreUnavailable

REPORT = Attachment("report.pdf", "application/pdf", "blob:1", 4)


class Stage:
    def __init__(self, stand_in: Slack, http: aiohttp.ClientSession) -> None:
        self.slack = stand_in
        self.given = Given(http)
        self.given.files["blob:1"] = b"data"
        self.notes = Notes()
        self.root = stand_in.message(channel="C1", text="?")["ts"]
        caller = Api(http, stand_in.api_url, "xoxb-test")
        workspace = Workspace(caller, Pace(self.given.allow, "T1"), "UBOT", "BBOT")
        self.uploads = Uploads(self.given, workspace, Place("C1", self.root), most=100)

    async def send(self, attachment: Attachment = REPORT) -> None:
        await self.uploads.send(0, attachment, self.notes)

    def line(self) -> str:
        (message,) = self.slack.thread("C1", self.root)
        return str(message.blocks[0]["elements"][0]["text"])


@pytest.fixture
async def stage(http: aiohttp.ClientSession) -> AsyncIterator[Stage]:
    async with slack() as standin:
        yield Stage(standin, http)
        assert standin.complaints == []


async def test_a_file_is_shown_in_the_thread(stage: Stage) -> None:
    await stage.send()
    (message,) = stage.slack.thread("C1", stage.root)
    assert [file["name"] for file in message.files] == ["report.pdf"]
    assert [file.data for file in stage.slack.files.values()] == [b"data"]
    assert stage.notes.parts == {"file:0": "sent"}


async def test_a_file_is_shown_once(stage: Stage) -> None:
    await stage.send()
    await stage.send()
    assert len(stage.slack.thread("C1", stage.root)) == 1


@pytest.mark.parametrize(
    ("method", "fault"),
    [
        ("files.getUploadURLExternal", "missing_scope"),
        ("files.getUploadURLExternal", "500"),
        ("files.completeUploadExternal", "file_not_found"),
        ("files.completeUploadExternal", "cut before"),
    ],
)
async def test_what_slack_does_not_take_is_named_with_a_link(
    stage: Stage, method: str, fault: str
) -> None:
    stage.slack.fail(method, fault)
    await stage.send()
    assert stage.line() == "📎 report.pdf: https://chat.example.com/files/blob:1"
    assert stage.notes.parts == {"file:0": "sent"}


async def test_a_file_that_is_too_large_or_gone_is_named(stage: Stage) -> None:
    await stage.send(Attachment("a.bin", "x/y", "blob:1", 101))
    assert "a.bin" in stage.line()
    assert stage.slack.files == {}
    stage.notes.parts.clear()
    await stage.send(Attachment("b.bin", "x/y", "blob:2", 1))
    assert len(stage.slack.thread("C1", stage.root)) == 2


async def test_a_file_that_could_not_be_had_was_named_already(stage: Stage) -> None:
    await stage.send(Attachment("a.bin", "x/y"))
    assert stage.slack.calls == []


async def test_nothing_is_shown_that_is_not_noted(stage: Stage) -> None:
    stage.notes.away = 1
    with pytest.raises(StoreUnavailable):
        await stage.send()
    assert stage.slack.thread("C1", stage.root) == []
    await stage.send()
    assert len(stage.slack.thread("C1", stage.root)) == 1
