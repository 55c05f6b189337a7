"""The client on its own, against the sandbox."""

from contextlib import aclosing

import pytest

from adapters.bots.ciniterflow import wire
from adapters.bots.ciniterflow.bodies import SizeAndTypes, Uploads
from adapters.bots.ciniterflow.client import Client
from adapters.bots.ciniterflow.errors import Refused
from gateway.model import Failure
from gateway.sandbox import ciniterflow_flows as flows
from gateway.sandbox import texts
from gateway.sandbox.answers import Answers
from gateway.sandbox.ciniterflow import CiniterFlow
from gateway.sandbox.server import serving

SEEN = SizeAndTypes(["image/gif", "image/jpeg", "image/png", "image/webp", ""], 5)
UNKNOWN = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
async def client_of(http):
    api = CiniterFlow(Answers("# Chat Gateway\n").answer, pace=0)
    async with serving(api.application(), "127.0.0.1", 0) as port:
        url = f"http://127.0.0.1:{port}"
        yield lambda flow=flows.CHAT.id, key="sandbox-key": Client(http, url, flow, key)


async def said_by(client, question, streaming=True):
    text, message = "", ""
    predict = client.predict({"question": question}, "c1", "s1", streaming=streaming)
    async with aclosing(predict) as events:
        async for event in events:
            match event:
                case wire.Token():
                    text += event.data
                case wire.Metadata():
                    message = event.data.chat_message_id
    return text, message


@pytest.mark.parametrize("streaming", [True, False])
async def test_asking(client_of, streaming):
    text, message = await said_by(client_of(), "My name is Sarah", streaming)
    assert text == "Nice to meet you, Sarah. I will remember your name."
    assert message


async def test_what_is_known_of_the_server_and_the_flow(client_of):
    client = client_of()
    assert await client.ping()
    assert await client.version() == "3.1.4"
    assert await client.is_streaming()
    assert not await client_of(flows.PLAIN.id).is_streaming()
    assert await client.uploads() == Uploads(True, False, [SEEN])
    assert await client_of(flows.TOOLS.id).uploads() == Uploads(True, True, [SEEN])
    assert (await client.public_config()).welcome_message == texts.OPENING


async def test_history_and_ratings(client_of):
    client = client_of()
    _, message = await said_by(client, "My name is Sarah")
    question, answer = await client.history(session="s1")
    assert (question.role, question.content) == ("userMessage", "My name is Sarah")
    assert (answer.role, answer.id, answer.session_id) == ("apiMessage", message, "s1")
    rating = await client.rate("c1", message, "THUMBS_UP", "nice")
    await client.rate_anew(rating, "THUMBS_DOWN")
    with pytest.raises(Refused) as refused:
        await client.rate("c1", "nope", "THUMBS_UP")
    assert refused.value.status == 404


async def test_contacts_and_files(client_of):
    assert await client_of().leave_contact("c1", name="N", email="a@b.c")
    found = await client_of(flows.TOOLS.id).upload("c1", "một tệp.txt", "text/plain", b"hello")
    assert [(each.name, each.size, each.content) for each in found] == [("một tệp.txt", 5, "hello")]
    with pytest.raises(Refused, match="not enabled"):
        await client_of().upload("c1", "a.txt", "text/plain", b"hello")


async def test_stopping_says_yes_whatever_runs(client_of):
    await client_of().abort("nothing")


async def test_a_key_that_is_refused(client_of):
    for ask in (
        client_of(flows.PROTECTED.id, "").predict({"question": "x"}, "c", "s"),
        client_of(flows.PROTECTED.id, "bad").predict({"question": "x"}, "c", "s", streaming=False),
    ):
        with pytest.raises(Refused) as refused:
            await anext(ask)
        assert refused.value.failure is Failure.MISCONFIGURED
    with pytest.raises(Refused) as refused:
        await client_of(key="bad").history(session="s1")
    assert (refused.value.status, refused.value.failure) == (401, Failure.MISCONFIGURED)


async def test_a_flow_that_is_not_there(client_of):
    client = client_of(UNKNOWN)
    for call in (client.is_streaming(), client.public_config()):
        with pytest.raises(Refused) as refused:
            await call
        assert refused.value.unknown_flow
