"""What a message of ChatAIBot is for a person, and what becomes of its buttons."""

import pytest

from adapters.bots.chataibot.content import Button, content_of
from adapters.bots.chataibot.memory import Memory
from gateway.model import Attachment, Choice, Choices, File, TextDelta

REFERENCE = '{"conversation":"conv-1","visitor":"visitor-1"}'
BUTTONS = [
    {"label": "Yes", "callback": "cb-yes", "next_dialog": "d-yes", "key": "k-yes"},
    {"label": "No", "callback": "cb-no", "next_dialog": "d-no", "key": "k-no"},
]


def choices(*labels):
    return Choices("", tuple(Choice(label, label) for label in labels))


def file(name, media_type, url):
    return File(Attachment(name, media_type, url))


@pytest.mark.parametrize(
    ("message", "events"),
    [
        ({"type": "text", "data": {"body": "Hi!"}}, [TextDelta("Hi!")]),
        ({"type": "text", "data": {}}, []),
        ({"type": "typing"}, []),
        (
            {"type": "button", "data": {"body": "Sure?", "buttons": BUTTONS}},
            [TextDelta("Sure?"), choices("Yes", "No")],
        ),
        ({"type": "button", "data": {"options": [{"title": "A"}, {}, 7]}}, [choices("A")]),
        (
            {"type": "image", "data": {"url": "https://x.io/a.png?s=1"}},
            [file("a.png", "image/png", "https://x.io/a.png?s=1")],
        ),
        (
            {"type": "image", "data": {"body": "Look", "image": "https://x.io/a"}},
            [TextDelta("Look"), file("a", "image/*", "https://x.io/a")],
        ),
        (
            {
                "type": "file",
                "data": {
                    "files": [
                        {
                            "filename": "b.pdf",
                            "link": "https://x.io/1",
                            "mime_type": "application/pdf",
                            "extension": "pdf",
                        }
                    ]
                },
            },
            [file("b.pdf", "application/pdf", "https://x.io/1")],
        ),
        ({"type": "image", "data": {"url": "javascript:alert(1)"}}, []),
        ({"type": "text", "data": {"body": "See", "url": "https://x.io"}}, [TextDelta("See")]),
        (
            {
                "type": "carousel",
                "data": {
                    "body": "Ours",
                    "cards": [
                        {
                            "title": "One",
                            "description": "The first",
                            "image_url": "https://x.io/1.jpg",
                            "buttons": [{"label": "Take one", "key": "1"}],
                        },
                        {"title": "Two", "buttons": [{"label": "Take two", "key": "2"}]},
                    ],
                },
            },
            [
                TextDelta("Ours\n\n**One**\nThe first\n\n**Two**"),
                file("1.jpg", "image/jpeg", "https://x.io/1.jpg"),
                choices("Take one", "Take two"),
            ],
        ),
    ],
)
def test_a_message_is_shown_as_far_as_it_can_be(message, events):
    body = message.get("data", {}).get("body", "")
    assert list(content_of(message, body).events) == events


async def test_what_a_button_carries_stays_here(bot, post, gateway, said):
    gateway.aliases.add("conv-1")
    await post(said("Sure?", buttons=BUTTONS))
    shown = str(gateway.pushes)
    assert "Yes" in shown
    assert not any(word in shown for word in ("cb-", "d-yes", "k-yes"))


@pytest.mark.parametrize("text", ["Yes", " yes "])
async def test_a_pressed_button_carries_its_own(bot, ask, vendor, sent, post, gateway, said, text):
    gateway.aliases.add("conv-1")
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
    gateway.aliases.add("conv-1")
    await post(said("Sure?", buttons=BUTTONS))
    vendor.replies = [(200, sent)]
    await ask(bot, "perhaps", REFERENCE)
    assert vendor.requests[0].body["message"]["data"] == {"body": "perhaps"}


async def test_a_button_that_could_not_be_sent_can_be_pressed_again(
    bot, ask, vendor, sent, post, gateway, said
):
    gateway.aliases.add("conv-1")
    await post(said("Sure?", buttons=BUTTONS))
    vendor.replies = [(503, {"ok": False}), (200, sent)]
    await ask(bot, "No", REFERENCE)
    await ask(bot, "No", REFERENCE)
    assert [request.body["message"]["data"]["key"] for request in vendor.requests] == ["k-no"] * 2


async def test_buttons_of_another_conversation_carry_nothing(
    bot, ask, vendor, sent, post, gateway, said
):
    gateway.aliases.add("conv-1")
    await post(said("Sure?", buttons=BUTTONS))
    vendor.replies = [(200, sent)]
    await ask(bot, "Yes", '{"conversation":"conv-2","visitor":"visitor-2"}')
    assert vendor.requests[0].body["message"]["data"] == {"body": "Yes"}


async def test_a_prompt_that_overtakes_its_message_is_kept(
    bot, ask, vendor, sent, post, gateway, said
):
    gateway.aliases.add("conv-1")
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
    gateway.aliases.add("conv-1")
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


def test_a_memory_is_bounded_in_number_and_time():
    now = 0.0
    memory = Memory[tuple[Button, ...]](most=2, seconds=10, clock=lambda: now)
    for name in "abc":
        memory.keep([name], (Button(name),))
    assert len(memory) == 2
    assert memory.find(["a"]) is None
    assert memory.find(["a", "c"]) == (Button("c"),)
    now = 11.0
    assert memory.find(["c"]) is None


def test_a_memory_forgets_only_what_it_was_told_to():
    memory = Memory[str]()
    old, new = "".join(["x", "y"]), "".join(["x", "y"])
    memory.keep(["a"], new)
    memory.forget(["a", "b"], old)
    assert memory.find(["a"]) is new
    memory.forget(["a"])
    assert memory.find(["a"]) is None
