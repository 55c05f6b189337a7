"""Flows that begin with a form, and the messages that fill it in."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.bots.ciniterflow import session as sessions
from adapters.bots.ciniterflow.bodies import StartInputs, start_inputs
from adapters.bots.ciniterflow.forms import Form, FormField, form_of
from gateway.model import Choice, Choices, Done, Field, FieldKind, Reference, TextDelta

SUBJECT = FormField("subject", "Subject", "string")
BODY = FormField("body", "What happened?", "string")
PRIO = FormField("prio", "Prio", "options", ("low", "high"))
COUNT = FormField("count", "Count", "number")
URGENT = FormField("urgent", "Urgent", "boolean")
FORM = Form("Support", "Tell us.", (SUBJECT, BODY, PRIO))


def config(*fields, kind="formInput"):
    """A public configuration with that form, beside what must not be read."""
    inputs = {"startInputType": kind, "formTitle": "Support", "formInputTypes": list(fields)}
    nodes = [
        {"data": {"name": "llmAgentflow", "inputs": {"formTitle": "wrong"}}},
        {"data": {"name": "startAgentflow", "inputs": inputs}},
    ]
    return json.dumps({"flowData": json.dumps({"nodes": nodes})}).encode()


def field(name, kind="string", *options):
    offered = [{"option": each} for each in options] or ""
    return {"type": kind, "label": name.title(), "name": name, "addOptions": offered}


@pytest.fixture
def flow(upstream, reply):
    """Makes the flow one with a form."""

    def make(*fields, **more):
        found = reply(config(*fields, **more), headers={"Content-Type": "application/json"})
        upstream.facts["public-chatbotConfig"] = found

    return make


def reference_of(events):
    return [e.conversation for e in events if isinstance(e, Reference) and e.conversation][-1]


async def test_one_field_takes_what_is_said(upstream, capture, bot, answer_of, flow):
    flow(field("subject"))
    upstream.replies = [capture("45_"), capture("48_")]
    events = await answer_of(bot, "My order: it is late")
    assert upstream.requests[0].json["form"] == {"subject": "My order: it is late"}
    assert "question" not in upstream.requests[0].json
    await answer_of(bot, "and now?", reference_of(events))
    assert upstream.requests[1].json["question"] == "and now?"


async def test_several_fields_are_asked_for_and_filled_in(upstream, capture, bot, answer_of, flow):
    flow(field("subject"), field("body"), field("prio", "options", "low", "high"))
    upstream.replies = [capture("45_")]
    reference, text, asked, done = await answer_of(bot, "hi")
    assert text == TextDelta("Support")
    assert asked.words == (
        "Please send these lines back, filled in:\n\nSubject:\nBody:\nPrio (low / high):"
    )
    assert asked.fields == (
        Field("subject", "Subject", required=True),
        Field("body", "Body", required=True),
        Field("prio", "Prio", FieldKind.SELECT, required=True, options=("low", "high")),
    )
    assert done == Done()
    assert upstream.requests == []
    reply = "Subject: Order\nbody: wrong\nitem\n\nPrio (low / high): HIGH"
    await answer_of(bot, reply, reference.conversation)
    assert upstream.requests[0].json["form"] == {
        "subject": "Order",
        "body": "wrong\nitem",
        "prio": "high",
    }


async def test_what_is_missing_is_asked_for_again(upstream, capture, bot, answer_of, flow):
    flow(field("subject"), field("body"), field("prio", "options", "low", "high"))
    upstream.replies = [capture("45_")]
    events = await answer_of(bot, "Subject: Order\nPrio: whatever", locale="vi-VN")
    assert events[1].words.startswith("Vui lòng")
    assert events[1].words.endswith("Body:\nPrio (low / high):")
    events = await answer_of(bot, "Body: it broke", reference_of(events))
    words = "Please send these lines back, filled in:\n\nPrio (low / high):"
    items = (Choice("low", "low"), Choice("high", "high"))
    assert events[1] == Choices("Prio", items, words=words)
    await answer_of(bot, "low", reference_of(events))
    assert upstream.requests[0].json["form"] == {
        "subject": "Order",
        "body": "it broke",
        "prio": "low",
    }


async def test_a_form_that_could_not_be_sent_is_sent_again(upstream, capture, bot, answer_of, flow):
    flow(field("subject"))
    upstream.replies = [capture("29_"), capture("45_")]
    known = sessions.new().encode()
    failed = await answer_of(bot, "Order", known)
    await answer_of(bot, "Order", reference_of(failed))
    first, second = (request.json for request in upstream.requests)
    assert first == second
    assert second["form"] == {"subject": "Order"}


@pytest.mark.parametrize("kind", ["chatInput", None])
async def test_a_flow_that_takes_questions_has_no_form(
    upstream, capture, bot, answer_of, flow, kind
):
    flow(field("subject"), kind=kind)
    upstream.replies = [capture("38_")]
    await answer_of(bot, "hi")
    assert upstream.requests[0].json["question"] == "hi"


@pytest.mark.parametrize(
    ("kind", "said", "value"),
    [
        (PRIO, " High ", "high"),
        (PRIO, "higher", None),
        (COUNT, "7", 7),
        (COUNT, "-1.5", -1.5),
        (COUNT, "seven", None),
        (URGENT, "Yes", True),
        (URGENT, "không", False),
        (URGENT, "perhaps", None),
        (SUBJECT, "  two\nlines ", "two\nlines"),
        (SUBJECT, "  ", None),
    ],
)
def test_values(kind, said, value):
    form = Form("", "", (kind,))
    given = form.read(said, {})
    assert (form.values(given) if given else {kind.name: None}) == {kind.name: value}


@pytest.mark.parametrize(
    "line", ["Subject: Order", "subject : Order", "* **Subject**: Order", "- SUBJECT： Order"]
)
def test_ways_to_write_a_line(line):
    assert FORM.read(line, {}) == {"subject": "Order"}


def test_fields_as_they_are_shown():
    kinds = [each.field.kind for each in (SUBJECT, PRIO, COUNT, URGENT)]
    wanted = [FieldKind.TEXT, FieldKind.SELECT, FieldKind.NUMBER, FieldKind.CHECKBOX]
    assert kinds == wanted
    assert [each.field.required for each in (SUBJECT, URGENT)] == [True, False]


def test_a_colon_in_a_value_begins_no_line():
    given = FORM.read("Subject: Order\nNote: it is: late\nPrio: low", {})
    assert given == {"subject": "Order\nNote: it is: late", "prio": "low"}


def test_reading_the_same_twice_changes_nothing():
    text = "Subject: Order\nPrio: low"
    given = FORM.read(text, {})
    assert FORM.read(text, given) == given


@given(st.text(max_size=200))
def test_any_text_can_be_read(text):
    given = FORM.read(text, {})
    assert given.keys() <= {"subject", "body", "prio"}
    assert FORM.read(text, {**given, "subject": "s", "body": "b"}).keys() >= {"subject", "body"}


@pytest.mark.parametrize(
    "flow_data",
    [None, "", "no json", "[]", '{"nodes":7}', '{"nodes":[{"data":null},{}]}', '{"nodes":null}'],
)
def test_a_definition_that_cannot_be_read_has_no_form(flow_data):
    assert form_of(start_inputs(flow_data)) is None


def test_fields_without_a_name_or_a_choice():
    inputs = {
        "startInputType": "formInput",
        "formInputTypes": [{"label": "x"}, {"name": "a", "type": "options"}, {"name": "b"}],
    }
    data = {"nodes": [{"data": {"name": "startAgentflow", "inputs": inputs}}]}
    form = form_of(start_inputs(json.dumps(data)))
    assert form.fields == (FormField("a", "a", "string"), FormField("b", "b", "string"))
    assert form_of(StartInputs("formInput", form_input_types="")) is None
