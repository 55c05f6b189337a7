"""A workflow that asks a person before it goes on."""

import json

import pytest

from adapters.bots.clickai.form import Action, Default, Field, Form
from adapters.bots.clickai.forms import content, fields, recall, remember, waiting
from gateway.model import (
    Choice,
    Choices,
    Done,
    Failed,
    Failure,
    FieldKind,
    Reference,
    Status,
    TextDelta,
)
from gateway.model import Field as Asked

JSON = {"Content-Type": "application/json"}
CONVERSATION = "6ebd75ef-4876-4a6d-a2c0-126ebec12858"
RUN = "c5fc6754-1a65-46da-aafd-46485e01caa1"
TOKEN = "3UXTUPQ4DrUzCwjoP8V1Pp"
FORM = f"/v1/form/human_input/{TOKEN}"
EVENTS = f"/v1/workflow/{RUN}/events"


def sse(*events):
    return b"".join(b"data: " + event.encode() + b"\n\n" for event in events)


GOES_ON = sse(
    '{"event":"human_input_form_filled","data":{}}',
    f'{{"event":"message","answer":"Sent.","task_id":"t2","conversation_id":"{CONVERSATION}"}}',
    '{"event":"message_end"}',
)


def without_status(events):
    return [event for event in events if not isinstance(event, Status)]


@pytest.fixture
def paused(upstream, reply, capture, bot, answer_of):
    """A bot whose conversation waits for a form, and the reference it gave."""

    async def pause():
        upstream.replies = [capture("150_"), reply(b"{}", headers=JSON)]
        events = await answer_of(bot, "please")
        upstream.requests.clear()
        return [event.conversation for event in events if isinstance(event, Reference)][-1]

    return pause


async def test_its_actions_are_offered(upstream, reply, capture, bot, answer_of):
    upstream.replies = [capture("150_"), reply(b"{}", headers=JSON)]
    events = without_status(await answer_of(bot, "please"))
    first, text, reference, choices, done = events
    assert first.conversation == CONVERSATION
    assert text == TextDelta("Approve? please")
    assert reference.conversation.startswith(CONVERSATION)
    items = (Choice("Approve", "Approve"), Choice("Reject", "Reject"))
    fields = (Asked("note", "note", FieldKind.PARAGRAPH, value="n/a"),)
    assert choices == Choices("hi", items, fields=fields, expires=1795241710)
    assert done == Done()
    assert upstream.requests[1].path == f"{FORM}?user=u1"


async def test_what_the_server_takes_is_asked_once(upstream, reply, capture, bot, answer_of):
    upstream.replies = [capture("150_"), reply(b"{}", headers=JSON), capture("150_")]
    await answer_of(bot)
    assert (await answer_of(bot))[-1] == Done()
    assert len(upstream.requests) == 3


async def test_a_server_without_forms(upstream, capture, bot, answer_of):
    upstream.replies = [capture("150_"), capture("151_"), capture("150_")]
    for _ in range(2):
        *_, text, failed = await answer_of(bot)
        assert text == TextDelta("Approve? please")
        assert failed.failure is Failure.MISCONFIGURED
        assert "/form/human_input" in failed.detail
    assert len(upstream.requests) == 3


@pytest.mark.parametrize("said", ["Approve", "approve", " APPROVE "])
async def test_a_choice_goes_on(upstream, reply, bot, answer_of, paused, said):
    reference = await paused()
    stream = {"Content-Type": "text/event-stream"}
    upstream.replies = [reply(b"{}", headers=JSON), reply(GOES_ON, headers=stream)]
    events = await answer_of(bot, said, reference)
    assert events[0] == Reference(conversation=CONVERSATION)
    assert events[-2:] == [TextDelta("Sent."), Done()]
    submitted, followed = upstream.requests
    assert (submitted.method, submitted.path) == ("POST", FORM)
    assert submitted.json == {"inputs": {"note": "n/a"}, "action": "approve", "user": "u1"}
    assert followed.path.startswith(f"{EVENTS}?user=u1")


@pytest.mark.parametrize(
    ("said", "note"),
    [
        ("note: fine\nApprove", "fine"),
        ("Note:  one\ntwo: 2\n\napprove", "one\ntwo: 2"),
        ("note:\nApprove", ""),
    ],
)
async def test_a_filled_form_goes_on(upstream, reply, bot, answer_of, paused, said, note):
    reference = await paused()
    upstream.replies = [reply(b"{}", headers=JSON), reply(GOES_ON)]
    assert (await answer_of(bot, said, reference))[-1] == Done()
    submitted = upstream.requests[0].json
    assert (submitted["inputs"], submitted["action"]) == ({"note": note}, "approve")


async def test_lines_that_are_no_fields_are_a_question(upstream, capture, bot, answer_of, paused):
    reference = await paused()
    upstream.replies = [capture("31_")]
    await answer_of(bot, "I wonder:\nApprove", reference)
    assert upstream.requests[0].json["query"] == "I wonder:\nApprove"


async def test_anything_else_leaves_the_form(upstream, capture, bot, answer_of, paused):
    reference = await paused()
    upstream.replies = [capture("31_")]
    events = await answer_of(bot, "never mind", reference)
    assert events[0] == Reference(conversation=CONVERSATION)
    assert upstream.requests[0].json["conversation_id"] == CONVERSATION
    assert events[-1] == Done()


async def test_a_form_that_was_submitted_before_goes_on(upstream, reply, bot, answer_of, paused):
    reference = await paused()
    gone = b'{"code":"human_input_form_submitted","message":"x","status":412}'
    upstream.replies = [reply(gone, status=412, headers=JSON), reply(GOES_ON)]
    assert (await answer_of(bot, "Reject", reference))[-1] == Done()


@pytest.mark.parametrize(
    ("status", "code", "failure"),
    [
        (412, "human_input_form_expired", Failure.REJECTED),
        (404, "not_found", Failure.MISCONFIGURED),
    ],
)
async def test_a_form_that_is_gone_is_let_go(
    upstream, reply, bot, answer_of, paused, status, code, failure
):
    reference = await paused()
    body = json.dumps({"code": code, "message": "No.", "status": status}).encode()
    upstream.replies = [reply(body, status=status, headers=JSON)]
    dropped, failed = await answer_of(bot, "Approve", reference)
    assert dropped == Reference(conversation=CONVERSATION)
    assert failed.failure is failure


async def test_a_form_is_kept_while_the_server_is_away(upstream, reply, bot, answer_of, paused):
    reference = await paused()
    upstream.replies = [reply(status=503)]
    assert await answer_of(bot, "Approve", reference) == [Failed(Failure.UNAVAILABLE, "503", 1.0)]


async def test_a_form_without_a_way_to_answer_it(upstream, reply, bot, answer_of):
    paused = '{"event":"workflow_paused"}'
    for form in ("{}", '{"form_token":"t","actions":[]}'):
        asked = f'{{"event":"human_input_required","data":{form}}}'
        upstream.replies = [reply(sse(asked, paused)), reply(b"{}", headers=JSON)]
        assert (await answer_of(bot))[-1].failure is Failure.MISCONFIGURED


def test_a_reference_says_what_it_was_told():
    form = waiting(Form(form_token="t", actions=[Action("a", "Ä B")]), "run")
    for conversation in (CONVERSATION, ""):
        assert recall(remember(conversation, form)) == (conversation, form)
        assert recall(conversation) == (conversation, None)
    assert recall(f"{CONVERSATION} not json") == (CONVERSATION, None)


def test_what_a_field_holds():
    fields = [
        Field("note", Default("constant", "n/a")),
        Field("resolved", Default("variable", None)),
        Field("empty"),
    ]
    form = Form(inputs=fields, resolved_default_values={"resolved": "yes"})
    assert waiting(form, "r").inputs == {"note": "n/a", "resolved": "yes", "empty": ""}


def test_a_file_is_no_field_to_write_in():
    asked = Form(inputs=[Field("a", type="file"), Field("b", type="file-list"), Field("c")])
    assert fields(asked, {"c": "x"}) == (Asked("c", "c", value="x"),)


def test_where_a_field_would_be_nothing_is():
    said = "Dear {{#$output.name#}},\nsend it? {{#$output.note#}}"
    assert content(Form(form_content=said)) == "Dear,\nsend it?"


async def test_a_choice_and_what_comes_of_it_at_a_server_that_takes_forms(
    sandbox, make_bot, answer_of
):
    bot = await make_bot(base_url=sandbox, api_key="app-approval")
    events = await answer_of(bot, "the offer")
    assert TextDelta("Approve? the offer") in events
    reference = [event.conversation for event in events if isinstance(event, Reference)][-1]
    events = await answer_of(bot, "Reject", reference)
    said = "".join(event.text for event in events if isinstance(event, TextDelta))
    assert said == "You chose Reject. Your note: n/a [lang=en]"
    assert events[-1] == Done()


async def test_what_was_written_into_a_form_reaches_the_run(sandbox, make_bot, answer_of):
    bot = await make_bot(base_url=sandbox, api_key="app-approval")
    events = await answer_of(bot, "the offer")
    reference = [event.conversation for event in events if isinstance(event, Reference)][-1]
    events = await answer_of(bot, "note: looks good\nApprove", reference)
    said = "".join(event.text for event in events if isinstance(event, TextDelta))
    assert said == "You chose Approve. Your note: looks good [lang=en]"


async def test_no_choice_at_one_that_does_not(sandbox, make_bot, answer_of):
    bot = await make_bot(base_url=sandbox, api_key="app-approval-old")
    assert (await answer_of(bot, "the offer"))[-1].failure is Failure.MISCONFIGURED
