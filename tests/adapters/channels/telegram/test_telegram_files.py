"""Files that people send: fetched when their turn comes, or said to be lost."""

from typing import Any

import pytest
from structlog.testing import capture_logs

from adapters.channels.telegram import files
from gateway.model import Attachment
from gateway.ports import CanFetch, StoreUnavailable


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "PAUSE", 0.001)
    monkeypatch.setattr(files, "LONGEST_PAUSE", 0.002)


async def sent(line: Any, data: bytes = b"hello", **more: Any) -> Attachment:
    """A file as it was taken."""
    await line.bring(line.telegram.document(data, **more))
    (attachment,) = line.admitted[-1].attachments
    return attachment


async def test_a_file_is_brought_to_the_gateway(line: Any) -> None:
    assert isinstance(line.channel, CanFetch)
    attachment = await sent(line, b"hello", name="a.txt")
    fetched = await line.channel.fetch(attachment)
    assert (fetched.name, fetched.media_type, fetched.size) == ("a.txt", "text/plain", 5)
    assert line.desk.files[fetched.content] == b"hello"
    assert fetched.remote == ""


@pytest.mark.parametrize("fault", ["500", "cut before", "cut after", "garbage", "429:1"])
async def test_it_is_asked_for_again(line: Any, fault: str) -> None:
    attachment = await sent(line)
    line.telegram.fail("getFile", fault, fault)
    fetched = await line.channel.fetch(attachment)
    assert line.desk.files[fetched.content] == b"hello"


@pytest.mark.parametrize(
    "faults",
    [["500"] * 3, ["400:Bad Request: file is too big"], ["404:Not Found"], ["garbage"] * 3],
)
async def test_one_that_cannot_be_had_has_no_content(line: Any, faults: list[str]) -> None:
    attachment = await sent(line)
    line.telegram.fail("getFile", *faults)
    lost = await line.channel.fetch(attachment)
    assert (lost.name, lost.content, lost.remote) == (attachment.name, "", "")
    assert len(line.telegram.called("getFile")) == len(faults)


async def test_one_that_is_larger_than_it_was_said_to_be_is_not_fetched(open_line: Any) -> None:
    line = await open_line(max_file_mb=1)
    attachment = await sent(line, b"x" * (1024 * 1024 + 1), size=10)
    assert (await line.channel.fetch(attachment)).content == ""
    whole = await sent(line, b"x" * 1024 * 1024)
    assert (await line.channel.fetch(whole)).size == 1024 * 1024


async def test_one_that_the_gateway_does_not_keep_has_no_content(line: Any) -> None:
    attachment = await sent(line)
    line.desk.most_bytes = 1
    with capture_logs() as logs:
        assert (await line.channel.fetch(attachment)).content == ""
    assert [(entry["log_level"], entry["reason"]) for entry in logs] == [("info", "too_large")]


async def test_one_that_the_store_cannot_take_now_has_no_content(
    line: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> Attachment:
        raise StoreUnavailable("away")

    monkeypatch.setattr(line.desk, "keep", away)
    assert (await line.channel.fetch(await sent(line))).content == ""


async def test_the_token_stays_here(line: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = line.telegram.token.partition(":")[2]
    attachment = await sent(line)

    async def defect(*_: object) -> bytes:
        raise RuntimeError(f"{line.telegram.url}/file/bot{line.telegram.token}/x")

    fetched = await line.channel.fetch(attachment)
    with capture_logs() as logs:
        monkeypatch.setattr(line.channel._files._api, "download", defect)
        lost = await line.channel.fetch(attachment)
    assert [entry["error"] for entry in logs] == ["RuntimeError"]
    assert secret not in f"{attachment}{fetched}{lost}{logs}"
