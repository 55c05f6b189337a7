"""Flows that ask a person, and the person's answer."""

import pytest
from ciniterflow_events import ABOUT, END, HELLO, UNAVAILABLE, beside, last_reference, sse

from adapters.bots.ciniterflow import session as sessions
from gateway.model import Choice, Choices, Done, Forgotten

ACTION = {
    "id": "a1",
    "elements": [
        {"type": "agentflowv2-approve-button", "label": "Go on"},
        {"type": "agentflowv2-reject-button", "label": "Do not"},
    ],
    "data": {"nodeId": "human_0", "nodeLabel": "Human Input"},
}
CHOICES = Choices("", (Choice("Go on", "Go on"), Choice("Do not", "Do not")))


@pytest.mark.parametrize("name", ["49_", "51_"])
async def test_a_person_is_asked_once(upstream, capture, bot, answer_of, name):
    upstream.replies = [capture(name)]
    events = await answer_of(bot)
    choices = [event for event in events if isinstance(event, Choices)]
    buttons = (Choice("Proceed", "Proceed"), Choice("Reject", "Reject"))
    assert choices == [Choices("", buttons)]
    pending = sessions.decode(last_reference(events)).pending
    assert pending.node == "humanInputAgentflow_0"


@pytest.mark.parametrize(
    ("said", "sent"),
    [
        ("Go on", {"type": "proceed"}),
        (" go ON ", {"type": "proceed"}),
        ("Do not: too dear", {"type": "reject", "feedback": "too dear"}),
    ],
)
async def test_a_decision_goes_back_to_the_flow(upstream, reply, bot, answer_of, said, sent):
    asked = sse(HELLO, ("action", ACTION), ("metadata", {"action": ACTION}), END)
    upstream.replies = [reply(asked), reply(sse(HELLO, ABOUT, END))]
    events = await answer_of(bot)
    assert CHOICES in events
    events = await answer_of(bot, said, last_reference(events))
    first, second = (request.json for request in upstream.requests)
    assert second["humanInput"] == {**sent, "startNodeId": "human_0"}
    assert "question" not in second
    assert second["chatId"] == first["chatId"]
    assert sessions.decode(last_reference(events)).pending is None


async def test_another_question_instead_of_a_decision(upstream, reply, bot, answer_of):
    upstream.replies = [reply(sse(HELLO, ("action", ACTION), END)), reply(sse(HELLO, END))]
    reference = last_reference(await answer_of(bot))
    events = await answer_of(bot, "Go on, tell me more", reference)
    assert upstream.requests[1].json["question"] == "Go on, tell me more"
    assert sessions.decode(last_reference(events)).pending is None


async def test_a_decision_that_fails_can_be_made_again(upstream, reply, capture, bot, answer_of):
    upstream.replies = [reply(sse(("action", ACTION), END)), capture("29_"), reply(sse(HELLO, END))]
    reference = last_reference(await answer_of(bot))
    events = await answer_of(bot, "Go on", reference)
    assert events[-1].failure is UNAVAILABLE
    await answer_of(bot, "Go on", last_reference(events))
    assert upstream.requests[2].json["humanInput"] == upstream.requests[1].json["humanInput"]


async def test_a_flow_that_asks_without_words_is_named(upstream, reply, bot, answer_of):
    upstream.replies = [reply(sse(("action", ACTION), END))]
    events = await answer_of(bot)
    assert beside(events) == [Choices("Human Input", CHOICES.items)]
    assert events[-1] == Done()


async def test_sequential_agents_get_their_action_back(upstream, reply, bot, answer_of):
    calls = [{"tool": "mail", "toolInput": {"to": "x"}}]
    action = {
        "id": "a1",
        "mapping": {"approve": "Yes", "reject": "No", "toolCalls": calls},
        "elements": [
            {"type": "approve-button", "label": "Yes"},
            {"type": "reject-button", "label": "No"},
        ],
    }
    upstream.replies = [reply(sse(HELLO, ("action", action), END)), reply(sse(HELLO, END))]
    await answer_of(bot, "no", last_reference(await answer_of(bot)))
    sent = upstream.requests[1].json
    assert sent["question"] == "No"
    assert sent["action"] == {"id": "a1", "mapping": action["mapping"]}


async def test_a_decision_for_a_forgotten_conversation_begins_anew(
    upstream, reply, capture, bot, answer_of
):
    upstream.replies = [reply(sse(HELLO, ("action", ACTION), END)), capture("55_"), capture("09_")]
    before = last_reference(await answer_of(bot))
    events = await answer_of(bot, "Go on", before)
    assert events.count(Forgotten()) == 1
    assert events[-1] == Done()
    third = upstream.requests[2].json
    assert third["question"] == "Go on"
    assert third["chatId"] != sessions.decode(before).id


async def test_a_decision_that_was_made_already_is_a_question(
    upstream, reply, capture, bot, answer_of
):
    gone = "Cannot resume execution e1 because it is in 'FINISHED' state."
    asked = reply(sse(HELLO, ("action", ACTION), END))
    upstream.replies = [asked, reply(sse(("error", gone), END)), capture("09_")]
    before = last_reference(await answer_of(bot))
    events = await answer_of(bot, "Go on", before)
    assert Forgotten() not in events
    third = upstream.requests[2].json
    assert third["question"] == "Go on"
    assert third["overrideConfig"] == upstream.requests[0].json["overrideConfig"]


async def test_it_begins_anew_only_once(upstream, reply, capture, bot, answer_of):
    asked = reply(sse(HELLO, ("action", ACTION), END))
    upstream.replies = [asked, capture("55_"), capture("29_")]
    events = await answer_of(bot, "Go on", last_reference(await answer_of(bot)))
    assert events[-1].failure is UNAVAILABLE
    assert len(upstream.requests) == 3
