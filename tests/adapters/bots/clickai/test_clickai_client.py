"""The whole client, by itself, against the sandbox: everything the vendor's documents describe."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, aclosing

import aiohttp
import pytest

from adapters.bots.clickai import ClickAI, files
from adapters.bots.clickai.errors import NotTaken, Refused, RunFailed
from adapters.bots.clickai.transport import Limits
from adapters.bots.errors import BrokenOff, ClientError, Silent, TooMuch, Unreachable

PNG = b"\x89PNG\r\n\x1a\n" + bytes(66)


@pytest.fixture
async def connect(sandbox: str) -> AsyncIterator[Callable[..., ClickAI]]:
    async with AsyncExitStack() as stack:

        async def connect(key: str = "app-chat", **more) -> ClickAI:
            told = {"base_url": sandbox, "studio_url": sandbox.removesuffix("/v1"), **more}
            return await stack.enter_async_context(ClickAI(key, **told))

        yield connect


@pytest.fixture
async def client(connect) -> ClickAI:
    return await connect()


async def test_the_vendor_s_example(client):
    response = await client.chat.create(query="My name is Sarah", user="user-001")
    assert "Sarah" in response.answer
    assert response.message_id
    assert response.metadata.usage.total_price
    again = await client.chat.create(
        query="What is my name?", user="user-001", conversation_id=response.conversation_id
    )
    assert again.answer == "Your name is Sarah."


async def test_the_vendor_s_example_of_a_stream(client):
    said = ""
    async for chunk in client.chat.create(query="count to 5", user="user-001", stream=True):
        said += chunk.answer
        assert chunk.conversation_id
    assert said == "1 2 3 4 5"


async def test_a_stream_may_be_awaited_first(client):
    stream = await client.chat.create(query="count to 5", user="user-001", stream=True)
    chunks = [chunk.answer async for chunk in stream]
    assert "".join(chunks) == stream.answer == "1 2 3 4 5"
    assert stream.conversation_id
    assert stream.reply.metadata.usage.completion_tokens == 5


async def test_leaving_a_stream(client):
    async with aclosing(client.chat.create(query="count to 500", user="u", stream=True)) as stream:
        async for chunk in stream:
            assert chunk.answer == "1 "
            break
    assert (await client.chat.create(query="count to 2", user="u")).answer == "1 2"


async def test_an_agent_is_asked_for_a_stream_when_it_cannot_answer_whole(connect):
    agent = await connect("app-agent")
    reply = await agent.chat.create(query="count to 3", user="u")
    assert reply.answer == "Let me check. 1 2 3"
    with pytest.raises(Refused):
        await agent.chat.create(query="", user="u")


async def test_an_answer_that_is_taken_back(client):
    stream = client.chat.create(query="moderate", user="u", stream=True)
    chunks = [chunk async for chunk in stream]
    assert [chunk.replaces for chunk in chunks][-2:] == [False, True]
    assert stream.answer == chunks[-1].answer


@pytest.mark.parametrize("stream", [False, True])
async def test_a_text_generator(connect, stream):
    client = await connect("app-completion")
    reply = client.completion.create(inputs={"text": "count to 3"}, user="u", stream=stream)
    if stream:
        assert "".join([chunk.answer async for chunk in reply]) == "1 2 3"
    else:
        assert (await reply).answer == "1 2 3"


@pytest.mark.parametrize("stream", [False, True])
async def test_a_workflow(connect, stream):
    client = await connect("app-workflow")
    pending = client.workflow.create(inputs={"input_text": "count to 3"}, user="u", stream=stream)
    reply = await pending
    if stream:
        assert "".join([chunk.answer async for chunk in reply]) == "1 2 3"
        reply = pending.reply
    assert (reply.answer, reply.status) == ("1 2 3", "succeeded")
    assert reply.outputs == {"result": "1 2 3"}
    assert reply.workflow_run_id
    assert reply.task_id


@pytest.mark.parametrize("stream", [False, True])
async def test_a_workflow_that_fails(connect, stream):
    client = await connect("app-workflow")
    pending = client.workflow.create(inputs={"input_text": "fail"}, user="u", stream=stream)
    with pytest.raises(RunFailed) as failed:
        _ = [chunk async for chunk in pending] if stream else await pending
    assert str(failed.value) == "the workflow failed"
    assert "model" in failed.value.reason


async def test_a_chatflow_that_asks_a_person(connect):
    client = await connect("app-approval")
    stream = client.chat.create(query="it", user="u", stream=True)
    assert [chunk async for chunk in stream] == []
    reply = stream.reply
    assert reply.status == "paused"
    assert [action.id for action in reply.form.actions] == ["approve", "reject"]
    token = reply.form.form_token
    assert await client.forms.offered(token, "u")
    with pytest.raises(Refused):
        await client.forms.submit(token, "u", "other")
    await client.forms.submit(token, "u", "reject", {"note": "no"})
    await client.forms.submit(token, "u", "reject", {"note": "no"})
    events = [event async for event in client.forms.events(reply.workflow_run_id, "u")]
    said = "".join(getattr(event, "answer", None) or "" for event in events)
    assert said == "You chose Reject. Your note: no [lang=en]"


async def test_a_server_without_forms(connect):
    client = await connect("app-approval-old")
    assert not await client.forms.offered("token", "u")


@pytest.mark.parametrize(
    ("key", "asked"),
    [
        ("app-chat", {"query": "count slowly to 50"}),
        ("app-completion", {"inputs": {"text": "count slowly to 50"}}),
        ("app-workflow", {"inputs": {"input_text": "count slowly to 50"}}),
    ],
)
async def test_stopping(connect, key, asked):
    client = await connect(key)
    kinds = {"app-completion": client.completion, "app-workflow": client.workflow}
    app = kinds.get(key, client.chat)
    stream = app.create(user="u", stream=True, **asked)
    async for chunk in stream:
        await app.stop(chunk.task_id, "u")
    assert stream.answer.startswith("1 ")
    assert "50" not in stream.answer


@pytest.mark.parametrize("end", ["eof", "cut"])
async def test_a_stream_that_breaks_off(upstream, reply, http, end):
    client = ClickAI("k", base_url=upstream.url, http=http)
    event = b'data: {"event":"message","answer":"Hello"}\n\n'
    upstream.replies = [reply(event, end=end)]
    stream = client.chat.create(query="x", user="u", stream=True)
    with pytest.raises(BrokenOff):
        _ = [chunk async for chunk in stream]
    assert stream.answer == "Hello"


async def test_a_stream_that_fails_midway(client):
    stream = client.chat.create(query="fail midway", user="u", stream=True)
    with pytest.raises(Refused) as refused:
        _ = [chunk async for chunk in stream]
    assert refused.value.midway
    assert stream.answer


async def test_an_old_chatflow_ends_with_its_message_or_with_the_stream(upstream, reply, http):
    client = ClickAI("k", base_url=upstream.url, http=http)
    finished = b'data: {"event":"workflow_finished","data":{"status":"succeeded"}}\n\n'
    event = b'data: {"event":"message","answer":"Hello"}\n\n'
    for end in ("eof", "cut"):
        upstream.replies = [reply(event + finished, end=end)]
        stream = client.chat.create(query="x", user="u", stream=True)
        assert [chunk.answer async for chunk in stream] == ["Hello"]


async def test_files(client, connect):
    held = await client.files.upload("a.png", PNG, "u1")
    assert (held.name, held.size, held.extension) == ("a.png", len(PNG), "png")
    assert held.mime_type == "image/png"
    assert files.local(held)["type"] == "image"
    reply = await client.chat.create(query="count to 2", user="u1", files=[files.local(held)])
    assert reply.answer == "1 2"
    for other, user in ((client, "u2"), (await connect("app-chat-form"), "u1")):
        asked = {"query": "hi", "user": user, "inputs": {"language": "en"}}
        with pytest.raises(Refused, match="Invalid upload file"):
            await other.chat.create(**asked, files=[files.local(held)])


async def test_a_large_file(client):
    assert (await client.files.upload("a.pdf", bytes(3 << 20), "u1")).size == 3 << 20


async def test_a_file_on_the_web(client):
    dead = files.remote("http://127.0.0.1:9/x.png")
    assert (dead["type"], dead["transfer_method"]) == ("image", "remote_url")
    with pytest.raises(Refused, match="Reached maximum retries"):
        await client.chat.create(query="hi", user="u", files=[dead])


@pytest.mark.parametrize(
    ("name", "size", "why"),
    [
        ("a.png", 10 * 1024 * 1024 + 1, "larger than 10 MB"),
        ("a.pdf", 15 * 1024 * 1024 + 1, "larger than 15 MB"),
        ("a.exe", 10, "no file of this type"),
        ("a", 10, "no file of this type"),
    ],
)
async def test_a_file_that_would_be_refused_is_not_sent(client, name, size, why):
    with pytest.raises(NotTaken, match=why):
        await client.files.upload(name, bytes(size), "u")


async def test_a_file_the_bot_has_made(connect, upstream, reply, http):
    client = ClickAI("k", base_url=upstream.url, http=http)
    upstream.replies = [reply(b"x" * 100), reply(b"x" * 100)]
    assert await client.files.fetch("/files/tools/a.txt", 100) == b"x" * 100
    with pytest.raises(TooMuch):
        await client.files.fetch("/files/tools/a.txt", 99)
    with pytest.raises(NotTaken):
        await client.files.fetch("https://elsewhere.example/a.txt", 100)


async def test_conversations(client):
    ids = []
    for number in range(3):
        reply = await client.chat.create(query=f"count to {number + 1}", user="lists")
        ids.append(reply.conversation_id)
    page = await client.conversations.list("lists", limit=2)
    assert [each.id for each in page.data] == ids[:0:-1]
    assert page.has_more
    rest = await client.conversations.list("lists", limit=2, last_id=ids[1])
    assert ([each.id for each in rest.data], rest.has_more) == (ids[:1], False)
    named = await client.conversations.rename(ids[0], "lists", "Warranty")
    assert named.name == "Warranty"
    assert (await client.conversations.rename(ids[0], "lists")).name == "count to 1"
    await client.conversations.delete(ids[0], "lists")
    with pytest.raises(Refused) as refused:
        await client.conversations.delete(ids[0], "lists")
    assert refused.value.forgotten
    assert len((await client.conversations.list("lists")).data) == 2


async def test_variables(connect):
    client = await connect("app-chatflow")
    reply = await client.chat.create(query="count to 2", user="u")
    (variable,) = (await client.conversations.variables(reply.conversation_id, "u")).data
    assert (variable.name, variable.value) == ("lang", "en")
    changed = await client.conversations.set_variable(reply.conversation_id, variable.id, "vi", "u")
    assert changed.value == "vi"
    again = await client.chat.create(
        query="count to 2", user="u", conversation_id=reply.conversation_id
    )
    assert (reply.answer, again.answer) == ("1 2 [lang=en]", "1 2 [lang=vi]")
    with pytest.raises(Refused):
        await client.conversations.set_variable(reply.conversation_id, "other", "vi", "u")


async def test_messages(client, connect):
    reply = await client.chat.create(query="count to 2", user="u")
    page = await client.messages.list(reply.conversation_id, "u")
    assert [(each.query, each.answer, each.status) for each in page.data] == [
        ("count to 2", "1 2", "normal")
    ]
    assert len(await client.messages.suggested(reply.message_id, "u")) == 3
    await client.messages.rate(reply.message_id, "u", "like", "good")
    await client.messages.rate(reply.message_id, "u", "dislike")
    await client.messages.rate(reply.message_id, "u", None)
    for user, rating in (("u", None), ("other", "like")):
        with pytest.raises(Refused):
            await client.messages.rate(reply.message_id, user, rating)
    chatflow = await connect("app-chatflow")
    reply = await chatflow.chat.create(query="hi", user="u")
    with pytest.raises(Refused, match="Suggested Questions Is Disabled"):
        await chatflow.messages.suggested(reply.message_id, "u")


async def test_what_it_says_of_itself(client, connect):
    parameters = await client.parameters()
    assert parameters.opening_statement
    assert parameters.suggested_questions
    assert parameters.system_parameters.file_size_limit == 15
    assert (await client.info()).mode == "chat"
    assert (await client.meta()).tool_icons == {}
    (field,) = (await (await connect("app-workflow")).parameters()).user_input_form
    assert field["paragraph"].variable == "input_text"
    assert field["paragraph"].required


async def test_speech(client, connect):
    assert await client.audio.to_text("a.wav", b"RIFF", "u") == "mock transcript of 4 bytes"
    with pytest.raises(Refused, match="unsupported_audio_type"):
        await client.audio.to_text("a.txt", b"RIFF", "u")
    assert await client.audio.from_text("u", text="hello world") == b"ID3MOCK0ID3MOCK1ID3MOCK2"
    chatflow = await connect("app-chatflow")
    with pytest.raises(Refused, match="Speech to text is not enabled"):
        await chatflow.audio.to_text("a.wav", b"RIFF", "u")
    with pytest.raises(Refused, match="TTS is not enabled"):
        await chatflow.audio.from_text("u", text="hello")


async def test_assistants(connect):
    client = await connect(studio_token="studio-token")
    page = await client.assistants.list("w1", page_size=3)
    assert (page.page, page.page_size, len(page.data)) == (1, 3, 3)
    assert page.total > 3
    found = [each.id async for each in client.assistants.all("w1", page_size=3)]
    assert len(found) == len(set(found)) == page.total
    workflows = await client.assistants.list("w1", mode="workflow")
    assert {each.mode for each in workflows.data} == {"workflow"}


async def test_assistants_need_a_token_and_a_workspace(client, connect):
    with pytest.raises(Refused) as refused:
        await client.assistants.list("w1")
    assert refused.value.status == 401
    with pytest.raises(Refused) as refused:
        await (await connect(studio_token="t")).assistants.list("")
    assert refused.value.status == 400


@pytest.mark.parametrize(
    ("code", "status", "failure"),
    [
        ("app_unavailable", 400, "misconfigured"),
        ("provider_not_initialize", 400, "misconfigured"),
        ("provider_quota_exceeded", 400, "misconfigured"),
        ("model_currently_not_support", 400, "misconfigured"),
        ("completion_request_error", 400, "unavailable"),
        ("invalid_param", 400, "misconfigured"),
        ("bad_request", 400, "rejected"),
        ("unauthorized", 401, "misconfigured"),
        ("forbidden", 403, "misconfigured"),
        ("unsupported_media_type", 415, "misconfigured"),
        ("too_many_requests", 429, "busy"),
        ("rate_limit_error", 429, "busy"),
        ("unknown", 500, "unavailable"),
    ],
)
async def test_every_refusal(client, code, status, failure):
    for stream in (False, True):
        pending = client.chat.create(query=f"error {code}", user="u", stream=stream)
        with pytest.raises(Refused) as refused:
            _ = [chunk async for chunk in pending] if stream else await pending
        assert (refused.value.status, refused.value.code) == (status, code)
        assert refused.value.failure == failure


async def test_what_a_server_that_is_busy_says(client):
    with pytest.raises(Refused) as refused:
        await client.chat.create(query="busy", user="u")
    assert refused.value.status == 400
    assert (refused.value.failure, refused.value.retry_after) == ("busy", 2.0)


async def test_wrong_routes(client, connect):
    workflow = await connect("app-workflow")
    with pytest.raises(Refused, match="not_workflow_app"):
        await client.workflow.create(inputs={}, user="u")
    with pytest.raises(Refused, match="app_unavailable"):
        await client.completion.create(inputs={}, user="u")
    with pytest.raises(Refused, match="not_chat_app"):
        await workflow.chat.create(query="hi", user="u")


async def test_a_missing_input(connect):
    form, workflow = await connect("app-chat-form"), await connect("app-workflow")
    with pytest.raises(Refused, match="language is required"):
        await form.chat.create(query="hi", user="u")
    with pytest.raises(Refused, match="input_text is required"):
        await workflow.workflow.create(inputs={}, user="u")
    silent = await connect("app-workflow", limits=Limits(idle=0.2))
    with pytest.raises(Silent):
        _ = [each async for each in silent.workflow.create(inputs={}, user="u", stream=True)]


async def test_a_session_of_the_caller_s_stays_open(sandbox):
    async with aiohttp.ClientSession() as http:
        async with ClickAI("k", base_url=sandbox, http=http) as client:
            await client.info()
        assert not http.closed


async def test_its_own_session_is_closed_and_made_anew(sandbox):
    client = ClickAI("k", base_url=sandbox)
    await client.info()
    await client.close()
    assert (await client.info()).mode == "chat"
    await client.close()


async def test_nobody_listens(unused_tcp_port):
    async with ClickAI("k", base_url=f"http://127.0.0.1:{unused_tcp_port}/v1") as client:
        with pytest.raises(Unreachable):
            await client.info()


@pytest.mark.parametrize("page", [b"<html>", b"[]", b'{"data": 3}'])
async def test_what_is_not_the_api(upstream, reply, http, page):
    client = ClickAI("k", base_url=upstream.url, http=http)
    upstream.replies = [reply(page, headers={"Content-Type": "application/json"})]
    with pytest.raises(ClientError):
        await client.conversations.list("u")


async def test_no_error_repeats_what_was_sent(upstream, reply, http):
    client = ClickAI("secret-key", base_url=upstream.url, http=http)
    body = b'{"code":"x","message":"bad my-diary for secret-key","status":400}'
    json = {"Content-Type": "application/json"}
    upstream.replies = [reply(body, status=400, headers=json)]
    with pytest.raises(Refused) as refused:
        await client.conversations.rename("c", "u", "my diary")
    assert str(refused.value) == "400 x bad …-… for …-…"
