"""A message's files on their way to the flow."""

import json
from base64 import b64encode

import pytest
from ciniterflow_events import ABOUT, END, HELLO, JSON, UNAVAILABLE, sse, text_of
from support.handed import Handed

from adapters.bots.ciniterflow import uploads as uploads_module
from gateway.model import Attachment, Done, Failed, Failure, Notice, Reference
from gateway.ports import StoreUnavailable
from gateway.sandbox import ciniterflow_flows as flows
from gateway.sandbox.ciniterflow_files import PNG
from gateway.texts import Texts

TOO_MANY = Texts().get("en", "file.too_many", limit="{limit}", name="{name}")
MEGABYTE = 1024 * 1024
PDF = "application/pdf"
READS = b'{"fullFileUpload":{"status":true,"allowedUploadFileTypes":"application/pdf,text/plain"}}'


def notices(events):
    return [event.text for event in events if isinstance(event, Notice)]


@pytest.fixture
def send(gateway, answer_of):
    """Asks with files, each a name, a media type and bytes."""

    async def send(bot, text, *files, **more):
        kept = [await gateway.keep(*each) for each in files]
        return await answer_of(bot, text, attachments=tuple(kept), **more)

    return send


@pytest.fixture
def reads(upstream, reply):
    """The flow reads documents."""
    upstream.facts["public-chatbotConfig"] = reply(READS, headers=JSON)


async def test_an_image_is_seen(upstream, capture, bot, send):
    upstream.replies = [capture("67_")]
    events = await send(bot, "see", ("a.png", "image/png", PNG))
    assert text_of(events) == "You said: <image_url> (turn 2)"
    assert upstream.requests[0].json["question"] == "see"
    assert upstream.requests[0].json["uploads"] == [
        {
            "type": "file",
            "name": "a.png",
            "mime": "image/png",
            "data": f"data:image/png;base64,{b64encode(PNG).decode()}",
        }
    ]


@pytest.mark.parametrize(
    ("name", "media_type", "sent"),
    [
        ("a.exe", "image/png", "a.png"),
        ("../../etc/a'b.jpeg", "image/jpg", "a_b.jpg"),
        ("photo", "image/webp; q=1", "photo.webp"),
        ("C:\\x\\y.PNG", "", "y.png"),
        ("ảnh\n1.gif", "application/octet-stream", "ảnh_1.gif"),
    ],
)
async def test_names_are_made_to_fit(sandbox, start_bot, send, asked_of, name, media_type, sent):
    # The sandbox, as the real server, fails at a name that does not fit.
    events = await send(await start_bot(sandbox, flows.CHAT.id), "hello", (name, media_type, PNG))
    assert events[-1] == Done()
    (upload,) = (await asked_of(sandbox))["uploads"]
    assert upload["name"] == sent


async def test_a_text_goes_as_words(sandbox, start_bot, send, asked_of):
    bot = await start_bot(sandbox, flows.CHAT.id)
    events = await send(bot, " ", ("me.md", "text/markdown", "﻿My name is Zoë".encode()))
    assert text_of(events).startswith("Nice to meet you, Zoë")
    asked = await asked_of(sandbox)
    assert asked["question"] == "me.md"
    assert asked["uploads"] == [{"type": "file:full", "name": "me.md", "mime": "text/markdown"}]


async def test_a_document_is_read_by_a_flow_that_can(sandbox, start_bot, send, asked_of):
    bot = await start_bot(sandbox, flows.TOOLS.id)
    events = await send(bot, "who?", ("của tôi", PDF, b"My name is Zo"))
    assert text_of(events).startswith("Nice to meet you, Zo")
    (upload,) = (await asked_of(sandbox))["uploads"]
    assert (upload["type"], upload["mime"]) == ("file:full", PDF)


async def test_a_document_is_named_as_its_type_on_the_way(upstream, reply, bot, send, reads):
    found = reply(b'[{"name":"a.pdf","content":"one"},{"name":"b","content":null}]', headers=JSON)
    upstream.replies = [found, reply(sse(HELLO, END))]
    await send(bot, "sum", ("a.exe", PDF, b"%PDF"))
    read, asked = upstream.requests
    flow, chat = read.path.split("/")[-2:]
    assert read.path.startswith("/api/v1/attachments/")
    assert b'filename="a.pdf"' in read.body
    assert chat == asked.json["chatId"]
    assert asked.path.endswith(flow)
    assert asked.json["uploads"][0]["data"] == "one"


@pytest.mark.parametrize("answer", ["70_", b"[]", b'[{"name":"a","content":" "}]'])
async def test_a_document_nobody_can_read(upstream, reply, capture, bot, send, reads, answer):
    found = capture(answer) if isinstance(answer, str) else reply(answer, headers=JSON)
    upstream.replies = [found, reply(sse(HELLO, END))]
    events = await send(bot, "sum", ("a.pdf", PDF, b"%PDF"))
    assert notices(events) == ["The bot takes no files of this kind: a.pdf was left out."]
    assert "uploads" not in upstream.requests[1].json
    assert events[-1] == Done()


async def test_a_text_the_server_would_not_read_goes_as_it_is(
    upstream, reply, capture, bot, send, reads
):
    upstream.replies = [capture("70_"), reply(sse(HELLO, END))]
    await send(bot, "sum", ("a.txt", "text/plain", b"words"))
    assert upstream.requests[1].json["uploads"][0]["data"] == "words"


@pytest.mark.parametrize(("status", "failure"), [(429, Failure.BUSY), (503, UNAVAILABLE)])
async def test_a_server_that_cannot_read_now(upstream, reply, bot, send, reads, status, failure):
    upstream.replies = [reply(b"", status)]
    (failed,) = await send(bot, "sum", ("a.pdf", PDF, b"%PDF"))
    assert failed.failure is failure
    assert failed.retry_after is not None


@pytest.mark.parametrize("said", ["", "What about this?"])
async def test_a_recording_is_heard(sandbox, start_bot, send, asked_of, said):
    bot = await start_bot(sandbox, flows.TOOLS.id)
    voice = ("voice.oga", "audio/ogg; codecs=opus", b"My name is Sarah")
    events = await send(bot, said, voice, ("two.webm", "audio/webm", b"x"))
    assert text_of(events).endswith("Nice to meet you, Sarah. I will remember your name.")
    assert notices(events) == [TOO_MANY.format(limit=1, name="two.webm")]
    uploads = (await asked_of(sandbox))["uploads"]
    assert uploads[0] == {"type": "audio", "name": "voice.ogg", "mime": "audio/ogg"}
    # What is heard takes the place of what was written, so that goes beside it.
    assert [each["name"] for each in uploads[1:]] == (["message.txt"] if said else [])


@pytest.mark.parametrize(
    ("name", "media_type", "data"),
    [
        ("a.zip", "application/zip", b"PK"),
        ("a.pdf", PDF, b"%PDF"),
        ("a.ogg", "audio/ogg", b"OggS"),
        ("a.mp4", "video/mp4", b"x"),
        ("a.tiff", "image/tiff", b"x"),
        ("a.txt", "text/plain", b"\xff\xfe\xfd"),
        ("a.txt", "text/plain", b"a\x00b"),
        ("a.txt", "text/plain", b" \n"),
    ],
)
async def test_what_the_flow_does_not_take_is_left_out(
    sandbox, start_bot, send, asked_of, name, media_type, data
):
    bot = await start_bot(sandbox, flows.CHAT.id)
    events = await send(bot, "My name is Sarah", (name, media_type, data), locale="vi")
    assert notices(events) == [f"Bot không nhận loại tệp này: {name} đã bị bỏ qua."]
    assert text_of(events).startswith("Nice to meet you")
    assert "uploads" not in await asked_of(sandbox)


async def test_nothing_left_to_ask(upstream, bot, send):
    events = await send(bot, "", ("a.zip", "application/zip", b"PK"))
    notice, failed = events
    assert notice == Notice("The bot takes no files of this kind: a.zip was left out.")
    assert (failed.failure, failed.retry_after) == (Failure.REJECTED, None)
    assert upstream.requests == []


@pytest.mark.parametrize("told", [0, 6 * MEGABYTE])
async def test_a_file_that_is_too_large(upstream, reply, bot, gateway, answer_of, told):
    upstream.replies = [reply(sse(HELLO, END))]
    kept = await gateway.keep("a.png", "image/png", bytes(5 * MEGABYTE + 1))
    file = Attachment(kept.name, kept.media_type, kept.content, told)
    events = await answer_of(bot, "see", attachments=(file,))
    assert notices(events) == ["The bot takes files of 5 MB at most: a.png was left out."]


async def test_more_than_the_server_takes(upstream, reply, bot, send, monkeypatch):
    monkeypatch.setattr(uploads_module, "_ROOM", 250)
    upstream.replies = [reply(sse(HELLO, END))]
    texts = [(f"{n}.txt", "text/plain", b"x" * 100) for n in range(3)]
    events = await send(bot, "", *texts)
    assert notices(events) == [TOO_MANY.format(limit=2, name="2.txt")]
    assert upstream.requests[0].json["question"] == "0.txt, 1.txt"


@pytest.mark.parametrize("content", ["", "blob:gone"])
async def test_a_file_that_is_gone(upstream, reply, bot, answer_of, content):
    upstream.replies = [reply(sse(HELLO, END))]
    file = Attachment("a.png", "image/png", content)
    events = await answer_of(bot, "see", attachments=(file,))
    assert notices(events) == ["a.png is no longer here. Please send it again."]
    assert events[-1] == Done()


class Away(Handed):
    async def read(self, attachment):
        raise StoreUnavailable


@pytest.fixture
def away(http):
    return Away(http)


async def test_files_that_cannot_be_read_now(upstream, away, make_bot, answer_of):
    bot = await make_bot()
    await bot.start(away)
    events = await answer_of(bot, "see", attachments=(Attachment("a.png", "image/png", "blob:1"),))
    assert events == [Failed(UNAVAILABLE, "the message's files cannot be read now", 1.0)]
    assert upstream.requests == []


async def test_a_question_that_may_be_asked_again_is_told_of_once(
    upstream, reply, capture, bot, send
):
    upstream.replies = [capture("95_"), reply(sse(("error", "Unauthorized"), END)), capture("67_")]
    zipped = ("a.zip", "application/zip", b"PK")
    assert notices(await send(bot, "see", zipped)) == []
    assert len(notices(await send(bot, "see", zipped))) == 1
    known = await send(bot, "see", zipped)
    assert [type(event) for event in known[:2]] == [Reference, Notice]
    assert len(notices(known)) == 1


async def test_no_error_repeats_a_document(upstream, reply, bot, send):
    upstream.replies = [reply(sse(("error", "cannot parse swordfish in diary.txt"), END))]
    events = await send(bot, "see", ("diary.txt", "text/plain", b"swordfish"))
    assert events[-1].detail == "500 cannot parse … in ….…"


async def test_files_may_take_their_time(upstream, capture, make_bot, send):
    bot = await make_bot(header_timeout=0.01, connect_timeout=0.1)
    upstream.replies = [capture("67_", after=0.3), capture("67_", after=0.3)]
    assert (await send(bot, "see", ("a.png", "image/png", PNG)))[-1] == Done()
    assert (await send(bot, "see"))[-1].failure is Failure.TIMEOUT


async def test_files_of_a_message_that_leaves_the_form_unfilled(sandbox, start_bot, send):
    bot = await start_bot(sandbox, flows.FORM.id)
    events = await send(bot, "", ("a.png", "image/png", PNG))
    assert notices(events) == ["a.png is no longer here. Please send it again."]
    assert events[-2].words.endswith("Prio (low / high):")


async def test_files_go_with_a_form(upstream, reply, bot, send):
    inputs = {"startInputType": "formInput", "formInputTypes": [{"name": "s"}]}
    nodes = [{"data": {"name": "startAgentflow", "inputs": inputs}}]
    config = json.dumps({"flowData": json.dumps({"nodes": nodes})}).encode()
    upstream.facts["public-chatbotConfig"] = reply(config, headers=JSON)
    upstream.replies = [reply(sse(HELLO, ABOUT, END))]
    await send(bot, "broken", ("a.png", "image/png", PNG))
    assert upstream.requests[0].json["form"] == {"s": "broken"}
    assert len(upstream.requests[0].json["uploads"]) == 1
