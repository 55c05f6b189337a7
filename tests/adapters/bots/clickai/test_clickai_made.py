"""The files that an answer has made."""

import json

import pytest

from adapters.bots.clickai import speech as speech_module
from gateway.model import Attachment, Done, Failed, Failure, File, TextDelta
from gateway.sandbox.clickai_made import PICTURE, SOUND

END = '{"event":"message_end"}'
HELLO = '{"event":"message","answer":"Hello"}'
FILE = '{"event":"message_file","id":"f","type":"image","belongs_to":"assistant","url":"%s"}'
PNG = {"Content-Type": "image/png"}


def sse(*events):
    return b"".join(b"data: " + event.encode() + b"\n\n" for event in events)


def files_of(events):
    return [event.attachment for event in events if isinstance(event, File)]


@pytest.mark.parametrize(
    ("key", "mode"),
    [
        *((key, "streaming") for key in ("app-chat", "app-agent", "app-completion")),
        *((key, mode) for key in ("app-workflow",) for mode in ("streaming", "blocking")),
        ("app-chatflow", "streaming"),
    ],
)
async def test_a_picture_comes_once(sandbox, make_bot, answer_of, handed, key, mode):
    bot = await make_bot(base_url=sandbox, api_key=key, mode="auto", response_mode=mode)
    events = await answer_of(bot, "count to 2 with a picture")
    (picture,) = files_of(events)
    assert (picture.media_type, handed.files[picture.content]) == ("image/png", PICTURE)
    assert events[-1] == Done()
    ((url, home, token),) = handed.collected
    assert (home, token) == (sandbox.removesuffix("/v1"), "")
    assert url.startswith(f"{home}/files/tools/")


async def test_in_the_old_order_too(sandbox, make_bot, answer_of, handed):
    bot = await make_bot(base_url=sandbox, api_key="app-chatflow")
    events = await answer_of(bot, "count to 2 with a picture in the old order")
    assert len(files_of(events)) == len(handed.collected) == 1
    assert events[-1] == Done()


async def test_a_file_that_holds_text_is_read_out(sandbox, make_bot, answer_of):
    bot = await make_bot(base_url=sandbox, api_key="app-workflow", mode="workflow")
    events = await answer_of(bot, "file")
    said = "".join(event.text for event in events if isinstance(event, TextDelta))
    assert said == "Here it is:\n\nA file that the bot has made."
    assert files_of(events) == []


async def test_text_that_is_none_is_a_file(upstream, reply, bot, answer_of):
    plain = {"Content-Type": "text/plain"}
    upstream.replies = [reply(sse(FILE % "/a.txt", END)), reply(b"\xff\xfe", headers=plain)]
    events = await answer_of(bot)
    assert [file.name for file in files_of(events)] == ["a.txt"]
    assert events[-1] == Done()


@pytest.mark.parametrize("link", ["http://[", "/gone.png"])
async def test_a_file_that_cannot_be_had_is_without_content(upstream, reply, bot, answer_of, link):
    upstream.replies = [reply(sse(FILE % link, HELLO, END)), reply(status=404)]
    events = await answer_of(bot)
    assert [file.content for file in files_of(events)] == [""]
    assert events[-2:] == [TextDelta("Hello"), Done()]


async def test_a_file_without_a_link_is_none(upstream, reply, bot, answer_of):
    upstream.replies = [reply(sse(FILE % "", END))]
    assert await answer_of(bot) == [Failed(Failure.EMPTY)]


def workflow(**data):
    finished = {"event": "workflow_finished", "data": {"status": "succeeded", **data}}
    return sse(json.dumps(finished))


def made(name, **more):
    about = {"dify_model_identity": "__dify__file__", "related_id": name, "url": f"/{name}?sign=1"}
    return {**about, "filename": f"{name}.png", "mime_type": "image/png", **more}


async def test_files_wherever_they_stand_in_the_outputs(upstream, reply, make_bot, answer_of):
    bot = await make_bot(mode="workflow", text_input="x")
    outputs = {"one": made("a"), "list": [made("b"), made("a")], "deep": {"er": [[made("c")]]}}
    body = workflow(outputs=outputs, files=[made("c", url="/c?sign=2"), made("d")])
    upstream.replies = [reply(body), *(reply(PICTURE, headers=PNG) for _ in range(4))]
    events = await answer_of(bot)
    assert [file.name for file in files_of(events)] == ["a.png", "b.png", "c.png", "d.png"]


async def test_one_link_with_two_signatures_is_one_file(upstream, reply, bot, answer_of):
    files = [{"url": f"/a.png?timestamp={n}&nonce={n}&sign={n}"} for n in range(2)]
    end = json.dumps({"event": "message_end", "files": [*files, {"url": "/a.png?id=2"}]})
    upstream.replies = [reply(sse(HELLO, end)), *(reply(PICTURE, headers=PNG) for _ in range(2))]
    assert len(files_of(await answer_of(bot))) == 2


async def test_files_of_a_whole_answer(upstream, reply, make_bot, answer_of, handed):
    bot = await make_bot(response_mode="blocking")
    body = {"answer": "Hi", "files": [{"id": "a", "url": "/a.png", "filename": "a.png"}]}
    json_type = {"Content-Type": "application/json"}
    upstream.replies = [
        reply(json.dumps(body).encode(), headers=json_type),
        reply(PICTURE, headers=PNG),
    ]
    events = await answer_of(bot)
    assert events == [TextDelta("Hi"), File(Attachment("a.png", "image/png", "blob:1", 70)), Done()]
    assert len(PICTURE) == 70


@pytest.mark.parametrize("key", ["app-chat", "app-chatflow"])
async def test_an_answer_that_is_spoken(sandbox, make_bot, answer_of, handed, key):
    bot = await make_bot(base_url=sandbox, api_key=key, spoken_answers=True)
    *_, spoken, done = await answer_of(bot, "count to 2 aloud")
    assert (spoken.attachment.name, spoken.attachment.media_type) == ("answer.mp3", "audio/mpeg")
    assert handed.files[spoken.attachment.content] == b"".join(SOUND)
    assert done == Done()


async def test_only_where_it_is_wanted(sandbox, make_bot, answer_of, handed):
    bot = await make_bot(base_url=sandbox, api_key="app-chat")
    assert files_of(await answer_of(bot, "count to 2 aloud")) == []
    silent = await make_bot(base_url=sandbox, api_key="app-chat", spoken_answers=True)
    assert files_of(await answer_of(silent, "count to 2")) == []
    assert handed.unknown_events == []


SPOKEN = '{"event":"tts_message","audio":"%s"}'


@pytest.mark.parametrize(
    ("pieces", "heard"),
    [(["SUQz", "not base64!", "TQ=="], [b"ID3M"]), (["SUQz" * 10, "SUQz"], []), ([], [])],
)
async def test_odd_and_endless_speech(
    upstream, reply, make_bot, answer_of, handed, monkeypatch, pieces, heard
):
    monkeypatch.setattr(speech_module, "_LARGEST", 20)
    bot = await make_bot(spoken_answers=True)
    spoken = (SPOKEN % piece for piece in pieces)
    upstream.replies = [reply(sse(HELLO, END, *spoken, '{"event":"tts_message_end"}'), end="open")]
    events = await answer_of(bot)
    assert [handed.files[file.content] for file in files_of(events)] == heard
    assert events[-1] == Done()
