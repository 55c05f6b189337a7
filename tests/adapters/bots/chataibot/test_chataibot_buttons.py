"""What becomes of buttons, and of conversations that are closed, on every replica."""

import pytest

from gateway.model import Awaiting

REFERENCE = '{"conversation":"conv-1","visitor":"visitor-1"}'
BUTTONS = [
    {"label": "Yes", "callback": "cb-yes", "next_dialog": "d-yes", "key": "k-yes"},
    {"label": "No", "callback": "cb-no", "next_dialog": "d-no", "key": "k-no"},
]


async def test_what_a_button_carries_stays_here(bot, post, gateway, said):
    gateway.known.add("conv-1")
    await post(said("Sure?", buttons=BUTTONS))
    shown = str(gateway.pushes)
    assert "Yes" in shown
    assert not any(word in shown for word in ("cb-", "d-yes", "k-yes"))


@pytest.mark.parametrize("text", ["Yes", " yes "])
async def test_a_pressed_button_carries_its_own(bot, ask, vendor, sent, post, gateway, said, text):
    gateway.known.add("conv-1")
    await post(said("Sure?", buttons=BUTTONS))
    vendor.replies = [(200, sent), (200, sent)]
    await ask(bot, text, REFERENCE)
    assert vendor.requests[0].body == {
        "message": {
            "data": {"body": "Yes", "callback": "cb-yes", "next_dialog": "d-yes", "key": "k-yes"},
            "type": "text",
        },
        "user": {"type": "VISITOR"},
    }
    # The prompt is over now.
    await ask(bot, text, REFERENCE)
    assert vendor.requests[1].body["message"]["data"] == {"body": text}


async def test_other_words_are_said_as_they_are(bot, ask, vendor, sent, post, gateway, said):
    gateway.known.add("conv-1")
    await post(said("Sure?", buttons=BUTTONS))
    vendor.replies = [(200, sent)]
    await ask(bot, "perhaps", REFERENCE)
    assert vendor.requests[0].body["message"]["data"] == {"body": "perhaps"}


async def test_a_button_that_could_not_be_sent_can_be_pressed_again(
    bot, ask, vendor, sent, post, gateway, said
):
    gateway.known.add("conv-1")
    await post(said("Sure?", buttons=BUTTONS))
    vendor.replies = [(503, {"ok": False}), (200, sent)]
    await ask(bot, "No", REFERENCE)
    await ask(bot, "No", REFERENCE)
    assert [request.body["message"]["data"]["key"] for request in vendor.requests] == ["k-no"] * 2


async def test_buttons_of_another_conversation_carry_nothing(
    bot, ask, vendor, sent, post, gateway, said
):
    gateway.known.add("conv-1")
    await post(said("Sure?", buttons=BUTTONS))
    vendor.replies = [(200, sent)]
    await ask(bot, "Yes", '{"conversation":"conv-2","visitor":"visitor-2"}')
    assert vendor.requests[0].body["message"]["data"] == {"body": "Yes"}


async def test_a_prompt_that_overtakes_its_message_is_kept(
    bot, ask, vendor, sent, post, gateway, said
):
    gateway.known.add("conv-1")
    await post(said("Sure?", buttons=BUTTONS))
    vendor.replies = [(200, sent), (200, sent)]
    events = [said("Really?", number=2, buttons=[{"label": "Really", "key": "k-2"}])]

    async def meanwhile():
        while events:
            await post(events.pop())

    vendor.meanwhile = meanwhile
    await ask(bot, "Yes", REFERENCE)
    await ask(bot, "Really", REFERENCE)
    assert vendor.requests[1].body["message"]["data"] == {"body": "Really", "key": "k-2"}


async def test_buttons_end_with_their_conversation(
    bot, ask, vendor, started, sent, post, gateway, said
):
    gateway.known.add("conv-1")
    prompt = said("Sure?", buttons=BUTTONS)
    prompt["event"]["payload"]["contact"] = {"visitor_key": "visitor-1_4711"}
    await post(prompt)
    await post({"type": "s", "payload": {"conversation_id": "conv-1", "status": "closed"}})
    vendor.replies = [(200, {**started, "conversation": {"id": "conv-2"}}), (200, sent)]
    events = await ask(bot, "Hello", REFERENCE)
    await ask(bot, "Yes", events[1].conversation)
    assert vendor.requests[1].path == "/api/v1/conversation/conv-2/messages"
    assert vendor.requests[1].body["message"]["data"] == {"body": "Yes"}


@pytest.mark.parametrize(
    "closing",
    [
        {"type": "conversation_status_change", "payload": {"status": "CLOSED"}},
        {"type": "status_change", "payload": {"is_closed": 1}},
        {"type": "status_change", "payload": {"is_closed": True}},
        {"type": "conversation_closed", "payload": {}},
    ],
)
async def test_behind_a_closed_conversation_a_new_one_begins(
    bot, ask, vendor, started, post, closing
):
    closing["payload"]["conversation_id"] = "conv-1"
    await post({"event": closing})
    vendor.replies = [(200, started)]
    await ask(bot, "Hello", REFERENCE)
    assert [request.path for request in vendor.requests] == ["/api/v1/conversations"]


async def test_a_conversation_that_is_open_again_goes_on(bot, ask, vendor, sent, post):
    for status in ("closed", "open"):
        await post({"type": "s", "payload": {"conversation_id": "conv-1", "status": status}})
    vendor.replies = [(200, sent)]
    await ask(bot, "Hello", REFERENCE)
    assert vendor.requests[0].path == "/api/v1/conversation/conv-1/messages"


async def test_one_replica_hears_of_the_buttons_and_another_of_the_press(
    make_bot, bot, ask, vendor, sent, post, gateway, said
):
    await make_bot()
    gateway.known.add("conv-1")
    # The latest one's webhook takes it.
    await post(said("Sure?", buttons=BUTTONS))
    vendor.replies = [(200, sent), (200, sent)]
    await ask(bot, "Yes", REFERENCE)
    assert vendor.requests[0].body["message"]["data"]["key"] == "k-yes"
    await ask(await make_bot(), "Yes", REFERENCE)
    assert vendor.requests[1].body["message"]["data"] == {"body": "Yes"}


async def test_a_prompt_that_comes_again_stays_answered(
    bot, ask, vendor, sent, post, gateway, said
):
    gateway.known.add("conv-1")
    prompt = said("Sure?", buttons=BUTTONS)
    vendor.replies = [(200, sent), (200, sent)]
    for _ in range(2):
        await post(prompt)
        await ask(bot, "Yes", REFERENCE)
    assert vendor.requests[1].body["message"]["data"] == {"body": "Yes"}


async def test_one_replica_hears_that_it_is_closed_and_another_begins_anew(
    make_bot, bot, ask, vendor, started, post
):
    await make_bot()
    await post({"type": "conversation_closed", "payload": {"conversation_id": "conv-1"}})
    vendor.replies = [(200, started)]
    await ask(bot, "Hello", REFERENCE)
    assert [request.path for request in vendor.requests] == ["/api/v1/conversations"]


async def test_without_the_store_a_press_is_the_text_it_is(
    bot, ask, vendor, sent, post, gateway, said
):
    gateway.known.add("conv-1")
    await post(said("Sure?", buttons=BUTTONS))
    vendor.replies = [(200, sent)]
    gateway.unavailable = True
    events = await ask(bot, "Yes", REFERENCE)
    assert vendor.requests[0].body["message"]["data"] == {"body": "Yes"}
    assert events[-1] == Awaiting()


async def test_a_press_that_cannot_be_noted_is_made_all_the_same(
    bot, ask, vendor, sent, post, gateway, said
):
    async def meanwhile():
        gateway.unavailable = True

    gateway.known.add("conv-1")
    await post(said("Sure?", buttons=BUTTONS))
    vendor.replies, vendor.meanwhile = [(200, sent)], meanwhile
    events = await ask(bot, "Yes", REFERENCE)
    assert vendor.requests[0].body["message"]["data"]["key"] == "k-yes"
    assert events[-1] == Awaiting()


@pytest.mark.parametrize("status", ["closed", "open"])
async def test_a_store_that_is_away_has_a_closing_sent_again(post, bot, gateway, status):
    gateway.unavailable = True
    event = {"type": "s", "payload": {"conversation_id": "conv-1", "status": status}}
    assert await post(event) == (503, {"error": "unavailable"})


async def test_buttons_beyond_all_measure_are_shown_and_not_remembered(
    bot, ask, vendor, sent, post, gateway, said
):
    gateway.known.add("conv-1")
    buttons = [{"label": f"B{number}", "key": "k" * 1000} for number in range(70)]
    await post(said("Which?", buttons=buttons))
    assert len(gateway.pushes[0].events[-1].items) == 70
    vendor.replies = [(200, sent)]
    await ask(bot, "B1", REFERENCE)
    assert vendor.requests[0].body["message"]["data"] == {"body": "B1"}
