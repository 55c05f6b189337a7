"""What stands below an answer."""

import pytest
from support.slack.blocks import check_blocks

from adapters.channels.slack.blocks import below, card, context
from gateway.model import Choice, Choices, Source


def test_nothing_is_below_a_plain_answer() -> None:
    assert below() == []


def test_choices_are_buttons_below_their_question() -> None:
    choices = Choices("Which?", (Choice("a", "First"), Choice("b", "")))
    section, actions = below(choices=choices)
    assert section["text"]["text"] == "Which?"
    assert [
        (button["action_id"], button["text"]["text"], button["value"])
        for button in actions["elements"]
    ] == [("choice:0", "First", "a"), ("choice:1", "b", "b")]


def test_suggestions_send_their_question() -> None:
    question = "What about this one? " * 5
    (actions,) = below(suggestions=(question, "b", " ", "c", "d", "e"))
    first = actions["elements"][0]
    assert len(actions["elements"]) == 4
    assert first["action_id"] == "suggest:0"
    assert first["value"] == question
    assert len(first["text"]["text"]) == 75


def test_a_failed_answer_can_be_asked_for_again() -> None:
    (actions,) = below(retry=("Try again", "C1:1.2"))
    (button,) = actions["elements"]
    assert (button["action_id"], button["value"]) == ("retry", "C1:1.2")
    assert button["text"]["text"] == "Try again"


def test_feedback_is_native() -> None:
    (block,) = below(feedback=True)
    (buttons,) = block["elements"]
    assert (block["type"], buttons["type"]) == ("context_actions", "feedback_buttons")
    assert buttons["positive_button"]["value"] == "like"
    assert buttons["negative_button"]["value"] == "dislike"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (Source("A & <b>", "https://x.y/?a=1&b=2"), "<https://x.y/?a=1&amp;b=2|A &amp; &lt;b&gt;>"),
        (Source("", "https://x.y"), "<https://x.y|https://x.y>"),
        (Source("a|b", "https://x.y/a|b"), "<https://x.y/a%7Cb|a¦b>"),
        (Source("Book"), "Book"),
        (Source("bad", "javascript:alert(1)"), "bad"),
        (Source("bad", "https://x.y/>\n<!here>"), "bad"),
        (Source("<!channel>"), "&lt;!channel&gt;"),
        (Source("odd", "https://[x"), "odd"),
    ],
)
def test_sources_are_links_that_can_be_trusted(source: Source, text: str) -> None:
    (block,) = below(sources=(source,))
    assert block["elements"] == [{"type": "mrkdwn", "text": text}]


def test_what_slack_has_no_room_for_is_cut() -> None:
    long = "word " * 2000
    blocks = below(
        choices=Choices(long, tuple(Choice(long, long) for _ in range(40))),
        sources=tuple(Source(long, f"https://x.y/{n}") for n in range(30)),
        notices=(long, "", "b"),
        suggestions=(long,),
        retry=("a", "b"),
        feedback=True,
    )
    check_blocks(blocks)
    assert len(blocks) == 8


def test_a_sentence_of_the_gateway_calls_nobody() -> None:
    text = context("see <!here>")["elements"][0]
    assert text["type"] == "plain_text"
    assert "<!here>" not in text["text"]


def test_a_step_is_a_card() -> None:
    assert card(3, " search\nthe web ", done=True) == {
        "type": "task_update",
        "id": "step-3",
        "title": "search the web",
        "status": "complete",
    }
    assert len(card(0, "x" * 999, done=False)["title"]) == 256
