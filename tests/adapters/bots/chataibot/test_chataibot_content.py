"""What a message of ChatAIBot is for a person."""

import pytest

from adapters.bots.chataibot.content import Link, content_of
from gateway.model import Attachment, Choice, Choices, File, TextDelta

BUTTONS = [
    {"label": "Yes", "callback": "cb-yes", "next_dialog": "d-yes", "key": "k-yes"},
    {"label": "No", "callback": "cb-no", "next_dialog": "d-no", "key": "k-no"},
]


def choices(*labels):
    return Choices("", tuple(Choice(label, label) for label in labels))


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
            [Link("https://x.io/a.png?s=1")],
        ),
        (
            {"type": "image", "data": {"body": "Look", "image": "https://x.io/a"}},
            [TextDelta("Look"), Link("https://x.io/a")],
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
            [Link("https://x.io/1", "b.pdf", "application/pdf")],
        ),
        (
            {"type": "file", "data": {"url": "https://x.io/c", "name": "c", "media_type": "pdf"}},
            [Link("https://x.io/c", "c")],
        ),
        (
            {"type": "image", "data": {"url": "https://x.io/a", "image_url": "https://x.io/a"}},
            [Link("https://x.io/a")],
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
                Link("https://x.io/1.jpg"),
                choices("Take one", "Take two"),
            ],
        ),
    ],
)
def test_a_message_is_shown_as_far_as_it_can_be(message, events):
    content = content_of(message, message.get("data", {}).get("body", ""))
    files = [Attachment(link.url, "") for link in content.links]
    shown = [File(Attachment(each.url, "")) if isinstance(each, Link) else each for each in events]
    assert list(content.events(files)) == shown
    assert content.links == tuple(each for each in events if isinstance(each, Link))
    assert content.is_empty is not bool(events)


@pytest.mark.parametrize(
    ("link", "name"),
    [
        (Link("https://x.io/a/b.png?s=1", "c.png"), "c.png"),
        (Link("https://x.io/a/b.png?s=1"), "b.png"),
        (Link("https://x.io/"), "file"),
        (Link("https://[x"), "file"),
    ],
)
def test_a_file_has_a_name_to_speak_of(link, name):
    assert link.shown_name == name
