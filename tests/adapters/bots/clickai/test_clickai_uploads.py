"""What a person sends along: handed to the app, or left out with a word about it."""

import json

import pytest

from gateway.model import Attachment, Done, Failed, Failure, Notice, TextDelta
from gateway.ports import StoreUnavailable
from gateway.texts import Texts

PNG = b"\x89PNG\r\n\x1a\n" + bytes(66)
JSON = {"Content-Type": "application/json"}
TOO_MANY = Texts().get("en", "file.too_many", limit="{limit}", name="{name}")
MB = 1024 * 1024


def sse(*events):
    return b"".join(b"data: " + event.encode() + b"\n\n" for event in events)


ANSWER = sse('{"event":"message","answer":"Hello"}', '{"event":"message_end"}')


@pytest.fixture
def keep(handed):
    async def keep(name, media_type="image/png", data=PNG):
        return await handed.keep(name, media_type, data)

    return keep


@pytest.fixture
async def asked(sandbox, http):
    """What the sandbox's apps were asked."""

    async def asked():
        async with http.get(f"{sandbox.removesuffix('/v1')}/sandbox/asked") as response:
            return [each["query"] for each in (await response.json())["asked"]]

    return asked


def notices(events):
    return [event.text for event in events if isinstance(event, Notice)]


async def test_files_go_with_the_message(sandbox, make_bot, answer_of, keep, asked):
    bot = await make_bot(base_url=sandbox, api_key="app-chat")
    files = (await keep("a.png"), await keep("notes", "text/plain", b"hello"))
    events = await answer_of(bot, "count to 2", attachments=files)
    assert events[-1] == Done()
    assert notices(events) == []
    assert await asked() == ["count to 2 <image> <document>"]


@pytest.mark.parametrize("key", ["app-chat", "app-chatflow", "app-agent"])
async def test_a_file_alone_is_asked_about_by_its_name(
    sandbox, make_bot, answer_of, keep, asked, key
):
    bot = await make_bot(base_url=sandbox, api_key=key)
    files = (await keep("photo", "image/jpeg"), await keep("b.png"))
    assert (await answer_of(bot, " ", attachments=files))[-1] == Done()
    assert await asked() == ["photo.jpg, b.png <image> <image>"]


@pytest.mark.parametrize(
    ("key", "config", "said"),
    [
        ("app-reader", {}, "count to 2 <image> <document>"),
        ("app-reader", {"file_input": "documents"}, "count to 2 <image> <document>"),
        ("app-looker", {}, "count to 2 <image>"),
        ("app-completion", {}, "count to 2 <image> <document>"),
        ("app-workflow", {}, "count to 2 <image> <document>"),
    ],
)
async def test_files_go_into_an_input_variable(
    sandbox, make_bot, answer_of, keep, asked, key, config, said
):
    bot = await make_bot(base_url=sandbox, api_key=key, mode="auto", **config)
    files = (await keep("a.png"), await keep("b.pdf", "application/pdf"))
    events = await answer_of(bot, "count to 2", attachments=files)
    assert events[-1] == Done()
    assert await asked() == [said]
    taken = {"app-looker": [TOO_MANY.format(limit=1, name="b.pdf")]}
    assert notices(events) == taken.get(key, [])


async def test_what_the_app_does_not_take_is_left_out(sandbox, make_bot, answer_of, keep, asked):
    bot = await make_bot(base_url=sandbox, api_key="app-chat")
    files = (
        await keep("a.exe", "application/x-msdownload"),
        await keep("big.png", data=bytes(10 * MB + 1)),
        Attachment("lied.png", "image/png", (await keep("x", data=bytes(10 * MB + 1))).content, 1),
        Attachment("gone.png", "image/png", "blob:gone", 10),
        await keep("one.png"),
    )
    events = await answer_of(bot, "count to 2", attachments=files)
    assert notices(events) == [
        "The bot takes no files of this kind: a.exe was left out.",
        "The bot takes files of 10 MB at most: big.png was left out.",
        "The bot takes files of 10 MB at most: lied.png was left out.",
        "gone.png is no longer here. Please send it again.",
    ]
    assert events[-1] == Done()
    assert await asked() == ["count to 2 <image>"]


async def test_more_than_the_app_takes(sandbox, make_bot, answer_of, keep, asked):
    bot = await make_bot(base_url=sandbox, api_key="app-chat")
    files = tuple([await keep(f"{n}.png") for n in range(4)])
    events = await answer_of(bot, "count to 2", attachments=files)
    assert notices(events) == [TOO_MANY.format(limit=3, name="3.png")]
    assert await asked() == ["count to 2 <image> <image> <image>"]


async def test_nothing_is_left_to_ask(sandbox, make_bot, answer_of, keep, asked):
    bot = await make_bot(base_url=sandbox, api_key="app-chat")
    told, failed = await answer_of(bot, "", attachments=(await keep("a.exe", "a/b"),))
    assert isinstance(told, Notice)
    assert isinstance(failed, Failed)
    assert (failed.failure, failed.retry_after) == (Failure.REJECTED, None)
    assert await asked() == []


def refusal(reply, status, code):
    body = {"code": code, "message": "No: mine.png", "status": status}
    return reply(json.dumps(body).encode(), status=status, headers=JSON)


@pytest.mark.parametrize(
    ("status", "code", "notice"),
    [
        (413, "file_too_large", "The bot takes files of 10 MB at most: mine.png was left out."),
        (
            415,
            "unsupported_file_type",
            "The bot takes no files of this kind: mine.png was left out.",
        ),
        (400, "invalid_param", "The bot takes no files of this kind: mine.png was left out."),
    ],
)
async def test_what_the_server_refuses_is_left_out_too(
    upstream, reply, bot, answer_of, keep, status, code, notice
):
    upstream.replies = [reply(b"{}", headers=JSON), refusal(reply, status, code), reply(ANSWER)]
    events = await answer_of(bot, "hello", attachments=(await keep("mine.png"),))
    assert events == [Notice(notice), TextDelta("Hello"), Done()]
    assert "files" not in upstream.requests[2].json


async def test_a_server_that_is_away_fails_the_answer(upstream, reply, bot, answer_of, keep):
    upstream.replies = [reply(b"{}", headers=JSON), refusal(reply, 503, "x")]
    (failed,) = await answer_of(bot, "hello", attachments=(await keep("mine.png"),))
    assert (failed.failure, failed.retry_after) == (Failure.UNAVAILABLE, 1.0)
    assert "mine" not in failed.detail


async def test_files_out_of_reach_are_tried_again(
    upstream, reply, bot, answer_of, keep, handed, monkeypatch
):
    async def away(_):
        raise StoreUnavailable

    monkeypatch.setattr(handed, "read", away)
    upstream.replies = [reply(b"{}", headers=JSON)]
    (failed,) = await answer_of(bot, "hello", attachments=(await keep("mine.png"),))
    assert (failed.failure, failed.retry_after) == (Failure.INTERNAL, 1.0)


async def test_they_are_handed_over_once_for_both_attempts(
    upstream, reply, capture, bot, answer_of, keep
):
    held = reply(b'{"id":"f1"}', status=201, headers=JSON)
    upstream.replies = [reply(b"{}", headers=JSON), held, capture("06_"), capture("01_")]
    conversation = "11111111-1111-1111-1111-111111111111"
    events = await answer_of(bot, "hello", conversation, attachments=(await keep("mine.png"),))
    assert events[-1] == Done()
    named = {"type": "image", "transfer_method": "local_file", "upload_file_id": "f1"}
    assert [request.json["files"] for request in upstream.requests[2:]] == [[named]] * 2


async def test_the_person_s_own_files_are_not_handed_back(
    upstream, reply, bot, answer_of, keep, handed
):
    held = reply(b'{"id":"f1"}', status=201, headers=JSON)
    end = '{"event":"message_end","files":[{"related_id":"m1","upload_file_id":"f1","url":"/f"}]}'
    mine = '{"event":"message_file","id":"m2","belongs_to":"user","url":"/files/mine.png"}'
    hello = '{"event":"message","answer":"Hello"}'
    upstream.replies = [reply(b"{}", headers=JSON), held, reply(sse(mine, hello, end))]
    events = await answer_of(bot, "hello", attachments=(await keep("mine.png"),))
    assert events == [TextDelta("Hello"), Done()]
    assert handed.collected == []
