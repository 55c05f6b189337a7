"""Files: those of the bot are fetched before they are shown, those of a person go as links."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import aiohttp
import pytest
from aiohttp import web
from structlog.testing import capture_logs

from adapters.bots.chataibot import inbox
from gateway.model import Attachment, Awaiting, Failed, Failure, File, Notice, TextDelta
from gateway.sandbox.server import serving

REFERENCE = '{"conversation":"conv-1","visitor":"visitor-1"}'
PHOTO = Attachment("photo.PNG", "image/png", "blob:7", 3)


@dataclass
class Shelf:
    """Where the bot's files are; those that are called ``slow`` come once ``open`` is set."""

    url: str = ""
    open: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[str] = field(default_factory=list)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    def link(self, name):
        return {"filename": name, "link": f"{self.url}/{name}", "mime_type": "text/plain"}

    async def serve(self, request):
        name = request.match_info["name"]
        async with self.changed:
            self.asked.append(name)
            self.changed.notify_all()
        if name == "missing":
            raise web.HTTPNotFound
        if name == "slow":
            await self.open.wait()
        return web.Response(text=f"This is {name}.")

    async def until_asked(self, times=1):
        async with asyncio.timeout(5), self.changed:
            await self.changed.wait_for(lambda: len(self.asked) >= times)


@pytest.fixture
async def shelf() -> AsyncIterator[Shelf]:
    shelf = Shelf()
    app = web.Application()
    app.router.add_get("/{name}", shelf.serve)
    async with serving(app, "127.0.0.1", 0) as port:
        shelf.url = f"http://127.0.0.1:{port}"
        yield shelf


@pytest.fixture(autouse=True)
def known(bot, gateway):
    gateway.known.add("conv-1")


def files(push):
    return [event.attachment for event in push.events if isinstance(event, File)]


async def test_a_file_is_here_before_it_is_shown(post, said, gateway, shelf, vendor):
    assert (await post(said("Look:", files=[shelf.link("a.txt")])))[0] == 200
    (push,) = gateway.pushes
    (attachment,) = files(push)
    assert push.events == (TextDelta("Look:"), File(attachment))
    assert (attachment.name, attachment.media_type) == ("a.txt", "text/plain")
    assert gateway.files[attachment.content] == b"This is a.txt."
    # It goes without the account's token, even to the vendor.
    assert gateway.collected == [(f"{shelf.url}/a.txt", vendor.url, "")]


async def test_what_the_message_does_not_say_is_left_to_the_file(post, said, gateway, shelf):
    await post(said("", type="image", url=f"{shelf.url}/b"))
    (attachment,) = files(gateway.pushes[0])
    assert (attachment.name, attachment.media_type) == ("b", "text/plain")


async def test_a_file_that_is_not_there_is_named(post, said, gateway, shelf):
    assert (await post(said(files=[shelf.link("missing")])))[0] == 200
    assert files(gateway.pushes[0]) == [Attachment("missing", "text/plain")]


async def test_a_slow_file_does_not_keep_the_others_back(post, said, gateway, shelf, monkeypatch):
    monkeypatch.setattr(inbox, "FILES", 0.5)
    with capture_logs() as logs:
        assert (await post(said(files=[shelf.link("slow"), shelf.link("quick")])))[0] == 200
    slow, quick = files(gateway.pushes[0])
    assert slow == Attachment("slow", "text/plain")
    assert gateway.files[quick.content] == b"This is quick."
    assert [log["event"] for log in logs] == ["chataibot.file_too_slow"]
    assert shelf.url not in str(logs)


async def test_the_files_of_a_request_have_so_much_time_together(
    post, said, gateway, shelf, monkeypatch
):
    monkeypatch.setattr(inbox, "FILES", 0.1)
    await post(
        said("one", files=[shelf.link("slow")]),
        said("two", number=2, files=[shelf.link("quick")]),
        said("three", number=3),
    )
    assert [push.events[0].text for push in gateway.pushes] == ["one", "two", "three"]
    assert [[file.content for file in files(push)] for push in gateway.pushes] == [[""], [""], []]


async def test_a_repeat_fetches_nothing_again(post, said, gateway, shelf):
    for _ in range(2):
        assert (await post(said(files=[shelf.link("a.txt")])))[0] == 200
    assert shelf.asked == ["a.txt"]
    assert len(gateway.pushes) == 1


async def test_a_repeat_waits_for_the_first(post, said, gateway, shelf):
    request = said(files=[shelf.link("slow")])
    both = [asyncio.create_task(post(request)) for _ in range(2)]
    await shelf.until_asked()
    shelf.open.set()
    assert [status for status, _ in await asyncio.gather(*both)] == [200, 200]
    assert shelf.asked == ["slow"]
    assert len(gateway.pushes) == 1


async def test_a_request_nobody_waits_for_is_done_all_the_same(post, said, gateway, shelf):
    request = asyncio.create_task(post(said("Look:", files=[shelf.link("slow")])))
    await shelf.until_asked()
    request.cancel()
    await asyncio.wait([request])
    # The gateway's server has noticed it by now.
    assert (await post(body={}))[0] == 200
    shelf.open.set()
    await gateway.until(lambda: gateway.pushes)
    assert files(gateway.pushes[0])[0].content


async def test_what_nobody_waits_for_may_fail(post, said, bot, gateway, shelf):
    request = asyncio.create_task(post(said(files=[shelf.link("slow")])))
    await shelf.until_asked()
    request.cancel()
    await asyncio.wait([request])
    (running,) = bot._inbox._running
    gateway.unavailable = True
    shelf.open.set()
    await asyncio.wait([running], timeout=5)
    assert not bot._inbox._running
    assert gateway.pushes == []


async def test_one_whose_conversation_was_not_known_can_come_again(
    post, said, gateway, shelf, monkeypatch
):
    monkeypatch.setattr(inbox, "WAIT", 0)
    gateway.known.clear()
    await post(said(files=[shelf.link("a.txt")]))
    gateway.known.add("conv-1")
    await post(said(files=[shelf.link("a.txt")]))
    assert len(gateway.pushes) == 1


async def test_a_few_are_fetched_at_once(post, said, shelf):
    request = post(said(files=[{"link": f"{shelf.url}/slow?{n}"} for n in range(12)]))
    running = asyncio.create_task(request)
    await shelf.until_asked(8)
    assert len(shelf.asked) == 8
    shelf.open.set()
    assert (await running)[0] == 200
    assert len(shelf.asked) == 12


async def test_stopping_leaves_it_to_the_repeat(post, said, bot, gateway, shelf):
    request = asyncio.create_task(post(said(files=[shelf.link("slow")])))
    await shelf.until_asked()
    await bot.stop()
    with pytest.raises(aiohttp.ClientError):
        await request
    assert gateway.pushes == []


async def test_a_person_s_file_begins_a_conversation(bot, ask, vendor, started):
    vendor.replies = [(200, started)]
    events = await ask(bot, "Look:", attachments=(PHOTO,))
    assert vendor.requests[0].body["message"] == {
        "data": {
            "body": "Look:",
            "files": [
                {
                    "filename": "photo.PNG",
                    "link": "https://chat.example.com/files/blob:7",
                    "mime_type": "image/png",
                    "extension": "PNG",
                }
            ],
        },
        "type": "text",
    }
    assert events[-1] == Awaiting()


async def test_a_file_may_come_without_words(bot, ask, vendor, sent):
    vendor.replies = [(200, sent)]
    await ask(bot, "", REFERENCE, attachments=(PHOTO,))
    assert list(vendor.requests[0].body["message"]["data"]) == ["files"]


async def test_without_a_public_address_there_is_no_link(bot, ask, vendor, sent, gateway):
    gateway.public_url = ""
    vendor.replies = [(200, sent)]
    events = await ask(bot, "Look:", REFERENCE, attachments=(PHOTO,), locale="en")
    assert vendor.requests[0].body["message"]["data"] == {"body": "Look:"}
    notice = Notice("Files cannot be passed on to this bot: photo.PNG was left out.")
    assert events[-2:] == [notice, Awaiting()]


async def test_a_file_that_is_gone_is_named(bot, ask, vendor, sent):
    vendor.replies = [(200, sent)]
    gone = Attachment("old.pdf", "application/pdf")
    events = await ask(bot, "", REFERENCE, attachments=(gone, PHOTO), locale="en")
    assert len(vendor.requests[0].body["message"]["data"]["files"]) == 1
    assert events[-2] == Notice("old.pdf is no longer here. Please send it again.")


async def test_a_message_of_which_nothing_is_left_is_not_sent(bot, ask, vendor, gateway):
    gateway.public_url = ""
    notice, failed = await ask(bot, " ", REFERENCE, attachments=(PHOTO,))
    assert isinstance(notice, Notice)
    assert isinstance(failed, Failed)
    assert (failed.failure, failed.retry_after) == (Failure.REJECTED, None)
    assert vendor.requests == []
