"""Files and other things that come with an answer."""

import json
from base64 import b64encode

import pytest
from ciniterflow_events import ABOUT, END, HELLO, JSON, sse, text_of

from adapters.bots.ciniterflow import session as sessions
from gateway.model import Attachment, Done, Failed, Failure, File, Reference
from gateway.sandbox import ciniterflow_flows as flows
from gateway.sandbox import texts
from gateway.sandbox.ciniterflow_files import PNG, REPORT

DATA = b64encode(PNG).decode()
STORED = {"type": "png", "data": "FILE-STORAGE::chart 1.png"}


def files(events):
    return [event.attachment for event in events if isinstance(event, File)]


@pytest.fixture
def answer_with(upstream, reply, bot, answer_of):
    """An answer of which these events are part."""

    async def answer(*events):
        upstream.replies = [reply(sse(HELLO, *events, ABOUT, END)), reply(PNG, headers={})]
        return await answer_of(bot)

    return answer


@pytest.mark.parametrize("flow", [flows.CHAT, flows.PLAIN, flows.TOOLS], ids=lambda f: f.kind)
async def test_what_a_chain_has_made(sandbox, start_bot, answer_of, gateway, flow):
    events = await answer_of(await start_bot(sandbox, flow.id), "file")
    (image,) = files(events)
    assert gateway.files[image.content] == PNG
    assert image.media_type == "image/png"
    assert text_of(events) == f"Here it is:\n\n{texts.TABLE.strip()}"
    assert events[-1] == Done()


@pytest.mark.parametrize("streaming", [True, False])
async def test_what_an_agentflow_s_text_refers_to(
    sandbox, start_bot, answer_of, gateway, streaming
):
    bot = await start_bot(sandbox, flows.AGENTS.id, streaming=streaming)
    events = await answer_of(bot, "file")
    (report,) = files(events)
    assert (report.name, report.media_type) == ("report.txt", "text/plain")
    assert gateway.files[report.content] == REPORT
    assert text_of(events) == "Here it is:"


async def test_where_a_stored_file_is_asked_for(upstream, answer_with, gateway):
    events = await answer_with(("artifacts", [STORED]))
    assert files(events) == [Attachment("chart 1.png", "image/png", "blob:1", len(PNG))]
    ((url, home, token),) = gateway.collected
    assert (home, token) == (upstream.url, "key-SECRET")
    asked, fetched = upstream.requests
    chat = asked.json["chatId"]
    flow = "066d3c15-a19e-4f92-9f43-b910551a9232"
    query = f"chatflowId={flow}&chatId={chat}&fileName=chart%201.png"
    assert url == f"{upstream.url}/api/v1/get-upload-file?{query}"
    assert fetched.method == "GET"
    # That an address is never handed on.
    assert upstream.url not in repr(events)


async def test_the_chat_that_keeps_it_is_the_one_that_was_asked(
    upstream, reply, bot, answer_of, gateway
):
    upstream.replies = [reply(sse(HELLO, ("artifacts", [STORED]), END)), reply(PNG, headers={})]
    left = sessions.Session("session", "left", running=True).encode()
    events = await answer_of(bot, "hello", left)
    chat = next(event.task for event in events if isinstance(event, Reference))
    assert f"chatId={chat}&" in gateway.collected[0][0]
    assert chat != "left"


@pytest.mark.parametrize(
    ("artifact", "path"),
    [
        ({"type": "png", "data": "/root/storage/flow/chat/a.png"}, "fileName=a.png"),
        ({"type": "jpeg", "data": "C:\\storage\\b.jpg"}, "fileName=b.jpg"),
        ({"type": "image/png", "data": "c.png"}, "fileName=c.png"),
        ({"type": "png", "data": "/api/v1/get-upload-file?fileName=d.png"}, "fileName=d.png"),
    ],
)
async def test_other_ways_to_say_where_it_is(upstream, answer_with, gateway, artifact, path):
    assert len(files(await answer_with(("artifacts", [artifact])))) == 1
    (url, _, _) = gateway.collected[0]
    assert url.startswith(f"{upstream.url}/api/v1/get-upload-file?")
    assert url.endswith(path)


async def test_a_file_on_another_host_is_left_to_the_gateway(upstream, answer_with, gateway):
    elsewhere = upstream.url.replace("127.0.0.1", "localhost") + "/x/y/z.pdf"
    (file,) = files(await answer_with(("artifacts", [{"type": "pdf", "data": elsewhere}])))
    assert gateway.collected == [(elsewhere, upstream.url, "key-SECRET")]
    assert (file.name, file.media_type) == ("artifact.pdf", "application/pdf")


@pytest.mark.parametrize(
    ("artifact", "name", "media_type", "content"),
    [
        (
            {"type": "png", "data": f"data:image/png;base64,{DATA}"},
            "artifact.png",
            "image/png",
            PNG,
        ),
        ({"type": "jpeg", "data": DATA}, "artifact.jpg", "image/jpeg", PNG),
        ({"type": "gif", "data": DATA, "name": "../a.gif"}, "a.gif", "image/gif", PNG),
        ({"type": "txt", "data": "data:,a%20b"}, "artifact.txt", "text/plain", b"a b"),
        ({"type": "html", "data": "<h1>Hi</h1>"}, "artifact.html", "text/html", b"<h1>Hi</h1>"),
        ({"type": "csv", "data": "a,b\n1,2"}, "artifact.csv", "text/csv", b"a,b\n1,2"),
        ({"type": "svg", "data": "<svg/>"}, "artifact.svg", "image/svg+xml", b"<svg/>"),
        ({"type": "markdown", "data": "x" * 9000}, "artifact.md", "text/markdown", b"x" * 9000),
    ],
)
async def test_what_is_sent_along(answer_with, gateway, artifact, name, media_type, content):
    (file,) = files(await answer_with(("artifacts", [artifact])))
    assert (file.name, file.media_type) == (name, media_type)
    assert gateway.files[file.content] == content
    assert gateway.collected == []


@pytest.mark.parametrize(
    ("artifact", "shown"),
    [
        ({"type": "markdown", "data": "**bold**\n"}, "**bold**"),
        ({"type": "text", "data": "https://example.com is text"}, "https://example.com is text"),
        ({"type": "latex", "data": "x^2"}, "```latex\nx^2\n```"),
        ({"type": "json", "data": {"a": [1]}}, '```json\n{\n  "a": [\n    1\n  ]\n}\n```'),
        ({"type": "json", "data": '"```"'}, '````json\n"```"\n````'),
    ],
)
async def test_words_belong_to_the_answer(answer_with, artifact, shown):
    events = await answer_with(("artifacts", [artifact]), ("token", "So."))
    assert text_of(events) == f"Hello\n\n{shown}\n\nSo."
    assert files(events) == []


@pytest.mark.parametrize(
    "artifact",
    [
        None,
        {},
        {"type": "png"},
        {"type": "png", "data": ""},
        {"type": "png", "data": 7},
        {"type": "png", "data": "data:image/png;base64,%%%"},
        {"type": None, "data": "x"},
        {"type": "json", "data": None},
    ],
)
async def test_what_is_nothing(answer_with, gateway, artifact):
    events = await answer_with(("artifacts", [artifact]), ("fileAnnotations", [None, {}]))
    assert (text_of(events), files(events), gateway.collected) == ("Hello", [], [])


async def test_what_is_repeated_comes_once(answer_with, gateway):
    again = {"type": "jpeg", "data": DATA}
    note = {"filePath": "FILE-STORAGE::chart 1.png", "fileName": "Chart.png"}
    events = await answer_with(
        ("artifacts", [STORED]), ("artifacts", [STORED, again, again]), ("fileAnnotations", [note])
    )
    assert len(files(events)) == 2
    assert len(gateway.collected) == 1


async def test_there_is_an_end_to_files(answer_with):
    many = [{"type": "csv", "data": f"{n},"} for n in range(50)]
    assert len(files(await answer_with(("artifacts", many)))) == 20


async def test_a_name_for_people_and_a_name_for_the_server(answer_with, gateway):
    note = {"filePath": "FILE-STORAGE::q3_final.csv", "fileName": "Q3: final.csv"}
    (file,) = files(await answer_with(("fileAnnotations", [note])))
    assert (file.name, file.media_type) == ("Q3_ final.csv", "text/csv")
    assert gateway.collected[0][0].endswith("fileName=q3_final.csv")


async def test_a_file_that_could_not_be_had_is_told_of(upstream, reply, bot, answer_of):
    upstream.replies = [reply(sse(HELLO, ("artifacts", [STORED]), END)), reply(b"", 404)]
    assert files(await answer_of(bot)) == [Attachment("chart 1.png", "image/png")]


async def test_a_file_is_an_answer(upstream, reply, bot, answer_of):
    body = {"text": "", "artifacts": [{"type": "png", "data": DATA}], "chatMessageId": "m1"}
    nothing = {"text": "", "artifacts": [], "fileAnnotations": None}
    upstream.replies = [reply(json.dumps(each).encode(), headers=JSON) for each in (body, nothing)]
    events = await answer_of(bot)
    assert len(files(events)) == 1
    assert events[-1] == Done()
    assert (await answer_of(bot))[-1] == Failed(Failure.EMPTY)


async def test_an_image_in_the_text_stays_text(answer_with, gateway):
    image = "![chart](/storage/chart.png)"
    assert text_of(await answer_with(("token", image))) == f"Hello{image}"
    assert gateway.collected == []
