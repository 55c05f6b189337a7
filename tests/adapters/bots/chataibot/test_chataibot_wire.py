"""What is said to ChatAIBot, field by field as its document has it, and what is made of it."""

import pytest

from adapters.bots.chataibot import Bot, Config
from gateway.model import Awaiting, Failed, Failure, Forgotten, Reference

REFERENCE = '{"conversation":"conv-1","visitor":"visitor-1","key":"visitor-1_4711"}'


async def test_a_first_message_starts_a_conversation(make_bot, ask, vendor, started, token):
    bot = await make_bot(variables={"plan": "gold"})
    vendor.replies = [(200, started)]
    events = await ask(bot, "Hello", locale="en-GB", inputs={"page": "/shop"})
    (request,) = vendor.requests
    assert request.path == "/api/v1/conversations"
    assert request.headers["Authorization"] == f"Bearer {token}"
    assert request.headers["Content-Type"] == "application/json"
    visitor = request.body["from"]["user_external_id"]
    assert request.body == {
        "channel": "API",
        "message": {"data": {"body": "Hello"}, "type": "text"},
        "variables": {
            "system": {"browserLanguage": "en-GB"},
            "conversation": {"plan": "gold", "page": "/shop"},
        },
        "bot_key": "bot-key",
        "from": {"user_external_id": visitor, "type": "VISITOR"},
    }
    assert visitor
    assert "site" not in visitor
    assert isinstance(events[-1], Awaiting)


async def test_all_names_of_the_conversation_are_told(bot, ask, vendor, started):
    vendor.replies = [(200, started)]
    before, after, last = await ask(bot)
    visitor = vendor.requests[0].body["from"]["user_external_id"]
    assert before.aliases == (visitor,)
    assert after.aliases == ("conv-1", visitor, "visitor-1_4711")
    assert last == Awaiting()


async def test_the_visitor_is_known_before_the_request(bot, ask, vendor, started, gateway):
    vendor.replies = [(200, started)]
    vendor.look = lambda: set(gateway.known)
    await ask(bot)
    assert vendor.seen == [{vendor.requests[0].body["from"]["user_external_id"]}]


async def test_a_later_message_goes_on(bot, ask, vendor, sent):
    vendor.replies = [(200, sent)]
    *references, last = await ask(bot, "Hello again", REFERENCE)
    (request,) = vendor.requests
    assert request.path == "/api/v1/conversation/conv-1/messages"
    assert request.body == {
        "message": {"data": {"body": "Hello again"}, "type": "text"},
        "user": {"type": "VISITOR"},
    }
    assert {each.aliases for each in references} == {("conv-1", "visitor-1", "visitor-1_4711")}
    assert last == Awaiting()


async def test_what_a_reference_says_is_enough_to_go_on(bot, ask, vendor, started, sent):
    vendor.replies = [(200, started), (200, sent)]
    first = await ask(bot)
    reference = [event.conversation for event in first if isinstance(event, Reference)][-1]
    await ask(bot, "more", reference)
    assert vendor.requests[1].path == "/api/v1/conversation/conv-1/messages"


async def test_the_same_person_is_the_same_visitor(bot, ask, vendor, started):
    vendor.replies = [(200, started), (200, started)]
    await ask(bot)
    await ask(bot)
    first, second = (request.body["from"]["user_external_id"] for request in vendor.requests)
    assert first == second


@pytest.mark.parametrize("reference", ["not json", "[]", '{"conversation":7}'])
async def test_a_reference_of_something_else_begins_anew(bot, ask, vendor, started, reference):
    vendor.replies = [(200, started)]
    assert (await ask(bot, reference=reference))[-1] == Awaiting()
    assert vendor.requests[0].path == "/api/v1/conversations"


@pytest.mark.parametrize(
    ("status", "code"),
    [(404, "CONVERSATION_NOT_FOUND"), (404, ""), (400, "CONVERSATION_CLOSED")],
)
async def test_a_conversation_that_is_gone_begins_anew_once(
    bot, ask, vendor, started, status, code
):
    vendor.replies = [(status, {"ok": False, "code": code, "status": status}), (200, started)]
    events = await ask(bot, "Hello", REFERENCE)
    assert [type(event) for event in events] == [
        Reference,
        Forgotten,
        Reference,
        Reference,
        Awaiting,
    ]
    assert [request.path for request in vendor.requests] == [
        "/api/v1/conversation/conv-1/messages",
        "/api/v1/conversations",
    ]
    # The visitor stays the same.
    assert vendor.requests[1].body["from"]["user_external_id"] == "visitor-1"


async def test_one_that_cannot_begin_anew_fails_once(bot, ask, vendor):
    gone = {"ok": False, "code": "CONVERSATION_NOT_FOUND", "status": 404}
    vendor.replies = [(404, gone), (404, gone)]
    events = await ask(bot, "Hello", REFERENCE)
    assert [type(event) for event in events] == [Reference, Forgotten, Reference, Failed]
    assert events[-1].failure is Failure.MISCONFIGURED


async def test_a_wrong_address_forgets_no_conversation(bot, ask, vendor):
    vendor.replies = [(404, "<html>nothing here</html>")]
    events = await ask(bot, "Hello", REFERENCE)
    assert [type(event) for event in events] == [Reference, Failed]
    assert events[-1].failure is Failure.MISCONFIGURED


def test_conversations_belong_to_the_app_and_not_to_the_token():
    def identity(**config):
        values = {"kind": "chataibot", "token": "t", "bot_key": "k", "webhook_secret": "s" * 16}
        return Bot("x", Config.model_validate({**values, **config})).identity

    assert identity() == identity(token="another", webhook_secret="r" * 16)
    assert identity() != identity(bot_key="another")
    assert identity() != identity(base_url="https://api.example.com")
    assert identity().startswith("chataibot:")
