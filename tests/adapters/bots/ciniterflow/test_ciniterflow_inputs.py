"""The inputs of a conversation, as variables of the flow."""

import pytest
from msgspec.structs import replace

from gateway.model import Conversation, Done


@pytest.mark.parametrize(
    ("override", "inputs", "sent"),
    [
        ({}, {}, {}),
        ({}, {"plan": "pro"}, {"vars": {"plan": "pro"}}),
        (
            {"temperature": 0.9, "vars": {"plan": "free", "tone": "kind"}},
            {"plan": "pro"},
            {"temperature": 0.9, "vars": {"plan": "pro", "tone": "kind"}},
        ),
        ({"vars": "no object"}, {"plan": "pro"}, {"vars": {"plan": "pro"}}),
    ],
)
async def test_inputs_are_variables(upstream, capture, make_bot, make_ask, override, inputs, sent):
    bot = await make_bot(override_config=override)
    upstream.replies = [capture("38_")]
    ask = replace(make_ask("hi"), conversation=Conversation(inputs=inputs))
    events = [event async for event in bot.answer(ask)]
    assert events[-1] == Done()
    config = upstream.requests[0].json["overrideConfig"]
    assert {key: value for key, value in config.items() if key != "sessionId"} == sent
