"""What ChatAIBot is told about a person when a conversation begins."""

import pytest

from adapters.bots.chataibot.variables import variables_of
from gateway.model import Ask, Conversation


def asked(inputs=None, **more):
    conversation = Conversation(inputs=inputs or {})
    return Ask(turn="1", text="Hello", user="u", conversation=conversation, **more)


def test_nothing_is_said_of_somebody_who_is_not_known():
    assert variables_of(asked(), {}) == {}


def test_the_groups_are_those_of_the_vendor_s_document():
    facts = {
        "page": "https://shop.example/x",
        "timezone": "Asia/Calcutta",
        "email": "example@domain.com",
        "phone": "1234567890",
        "site": "https://shop.example",
    }
    ask = asked(name="User Name", locale="en-GB", facts=facts)
    assert variables_of(ask, {"variable": "value"}) == {
        "system": {
            "timezone": "Asia/Calcutta",
            "referrerUrl": "https://shop.example/x",
            "browserLanguage": "en-GB",
        },
        "contact": {
            "name": "User Name",
            "email": "example@domain.com",
            "phone": "1234567890",
        },
        "conversation": {"variable": "value"},
    }


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("{page}", "/shop"),
        ("{name} ({locale}) on {page}", "Ann (de) on /shop"),
        ("{workspace}", "w-1"),
        ("<{unknown}>", "<>"),
        ("{{name}}", "{Ann}"),
        ("{ name }", "{ name }"),
        ("{}", "{}"),
        (7, 7),
        (True, True),
    ],
)
def test_facts_take_their_places(template, value):
    ask = asked(name="Ann", locale="de", facts={"page": "/shop", "workspace": "w-1"})
    assert variables_of(ask, {"x": template})["conversation"] == {"x": value}


def test_what_a_fact_says_is_no_template():
    ask = asked(name="Ann", facts={"page": "{name}"})
    assert variables_of(ask, {"x": "{page}"})["conversation"] == {"x": "{name}"}


def test_the_inputs_of_a_conversation_are_its_variables():
    ask = asked(inputs={"plan": "silver", "seat": "{name}"}, name="Ann")
    assert variables_of(ask, {"plan": "gold"})["conversation"] == {
        "plan": "silver",
        "seat": "{name}",
    }
