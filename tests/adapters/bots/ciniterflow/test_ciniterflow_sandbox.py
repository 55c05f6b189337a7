"""The bot, and the gateway around it, in front of the sandbox's CiniterFlow."""

from contextlib import AsyncExitStack, aclosing

import pytest
from support.servers import eventually, loaded, running, web_config
from support.widget import Widget

from adapters.bots.ciniterflow import session as sessions
from gateway.model import Choices, Done, Failed, Failure, Forgotten, Reference, TextDelta
from gateway.sandbox import ciniterflow_flows as flows
from gateway.sandbox import texts
from gateway.sandbox.answers import Answers
from gateway.sandbox.ciniterflow import CiniterFlow
from gateway.sandbox.server import serving


def kind_of(flow):
    return flow.kind


@pytest.fixture
async def server():
    api = CiniterFlow(Answers("# Chat Gateway\n").answer, pace=0.002)
    async with serving(api.application(), "127.0.0.1", 0) as port:
        yield f"http://127.0.0.1:{port}"


def said(events):
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def reference_of(events):
    return [e.conversation for e in events if isinstance(e, Reference) and e.conversation][-1]


@pytest.mark.parametrize(
    "flow", [flows.CHAT, flows.PLAIN, flows.TOOLS, flows.AGENTS, flows.PROTECTED], ids=kind_of
)
async def test_every_flow_remembers(server, start_bot, answer_of, flow):
    bot = await start_bot(server, flow.id, api_key="sandbox-key")
    events = await answer_of(bot, "My name is Sarah")
    assert said(events) == "Nice to meet you, Sarah. I will remember your name."
    events = await answer_of(bot, "What is my name?", reference_of(events))
    assert said(events) == "Your name is Sarah."
    events = await answer_of(bot, "What is my name?")
    assert said(events) == texts.NAMELESS


@pytest.mark.parametrize("flow", [flows.CHAT, flows.PLAIN, flows.AGENTS], ids=kind_of)
@pytest.mark.parametrize(
    ("order", "failure"),
    [
        ("fail", Failure.UNAVAILABLE),
        ("fail midway", Failure.UNAVAILABLE),
        ("cut", Failure.INTERRUPTED),
        ("nothing", Failure.EMPTY),
        ("busy", Failure.BUSY),
        ("hang", Failure.TIMEOUT),
        ("error unauthorized", Failure.MISCONFIGURED),
        ("error app_unavailable", Failure.UNAVAILABLE),
        ("error too_many_requests", Failure.BUSY),
    ],
)
async def test_misbehaviour_reaches_the_bot(server, start_bot, answer_of, flow, order, failure):
    bot = await start_bot(server, flow.id, idle_timeout=0.3, content_timeout=0.4)
    events = await answer_of(bot, order)
    assert isinstance(events[-1], Failed)
    assert events[-1].failure is failure
    streams = flow is not flows.PLAIN
    assert said(events) == (texts.HALF if streams and order in {"cut", "fail midway"} else "")


async def test_what_moderation_says_is_the_answer(server, start_bot, answer_of):
    events = await answer_of(await start_bot(server, flows.CHAT.id), "moderate")
    assert said(events) == texts.MODERATED
    assert events[-1] == Done()


@pytest.mark.parametrize(
    ("decision", "outcome"), [("Proceed", "APPROVED and done."), ("reject: no", "REJECTED.")]
)
async def test_a_person_decides(server, start_bot, answer_of, decision, outcome):
    bot = await start_bot(server, flows.HUMAN.id)
    events = await answer_of(bot, "hello")
    assert [type(event) for event in events].count(Choices) == 1
    events = await answer_of(bot, decision, reference_of(events))
    assert said(events) == outcome


async def test_a_decision_after_the_server_forgot(server, start_bot, answer_of):
    bot = await start_bot(server, flows.HUMAN.id)
    known = sessions.decode(reference_of(await answer_of(bot, "hello")))
    elsewhere = sessions.replace(known, id=sessions.new().id)
    events = await answer_of(bot, "Proceed", elsewhere.encode())
    assert events.count(Forgotten()) == 1
    assert isinstance(events[-1], Done)


async def test_a_form(server, start_bot, answer_of):
    bot = await start_bot(server, flows.FORM.id)
    events = await answer_of(bot, "hello")
    assert events[-2].words.endswith("Subject:\nBody:\nPrio (low / high):")
    reply = "Subject: my name is Sarah\nBody: b\nPrio: low"
    events = await answer_of(bot, reply, reference_of(events))
    assert said(events).startswith("Nice to meet you, Sarah")
    events = await answer_of(bot, "what is my name?", reference_of(events))
    assert said(events) == "Your name is Sarah."


async def test_what_is_left_of_one_answer_does_not_run_into_the_next(
    server, start_bot, make_ask, answer_of
):
    bot = await start_bot(server, flows.CHAT.id)
    async with aclosing(bot.answer(make_ask("count slowly to 20"))) as events:
        left = (await anext(events)).conversation
    events = await answer_of(bot, "count to 200", left)
    assert said(events) == " ".join(str(n) for n in range(1, 201))


async def test_an_unknown_flow_is_the_operator_s(server, start_bot, answer_of):
    bot = await start_bot(server, "00000000-0000-0000-0000-000000000000")
    *_, failed = await answer_of(bot)
    assert (failed.failure, failed.retry_after) == (Failure.MISCONFIGURED, None)


@pytest.fixture
async def widget_at(server, redis_url, folder, http):
    """A visitor of a gateway in front of a flow."""
    async with AsyncExitStack() as stack:

        async def visit(flow):
            bot = {"kind": "ciniterflow", "base_url": server, "flow_id": flow.id}
            config = loaded(folder, web_config("", redis_url, bots={"bot": bot}))
            service = await stack.enter_async_context(running(config))
            widget = Widget(http, service.url)
            await widget.open(lang="en")
            widget.read()
            stack.push_async_callback(widget.leave)
            return widget

        yield visit


async def test_a_decision_through_the_whole_gateway(widget_at):
    widget = await widget_at(flows.HUMAN)
    end = await widget.ask("hello")
    assert end["text"] == f"{texts.GREETING}\n\nProceed with this?"
    assert (await widget.ask("Proceed"))["text"] == "APPROVED and done."


@pytest.mark.parametrize("flow", [flows.CHAT, flows.AGENTS], ids=kind_of)
async def test_stopping_through_the_whole_gateway(widget_at, flow):
    widget = await widget_at(flow)
    await widget.ask("My name is Sarah")
    turn = (await widget.say("count slowly to 40"))["turn"]
    await eventually(lambda: widget.texts.get(turn))
    assert await widget.post("stop") == (200, {"stopped": True})
    assert (await widget.end(turn))["state"] == "stopped"
    # What the chain goes on saying is not heard, and the conversation is the same.
    assert (await widget.ask("What is my name?"))["text"] == "Your name is Sarah."
    whole = " ".join(str(n) for n in range(1, 301))
    assert (await widget.ask("count to 300"))["text"] == whole
