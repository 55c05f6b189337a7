"""What can be pressed below an answer."""

import msgspec
import pytest

from adapters.channels.telegram.keyboards import Options, keyboard
from gateway.model import Choice


def buttons(options: Options, **more: object) -> list[list[tuple[str, object]]]:
    made = keyboard("7", options, **more)  # type: ignore[arg-type]
    assert made is not None
    return [[(b.text, b.callback_data) for b in row] for row in made.inline_keyboard]


def test_without_anything_to_press_there_is_no_keyboard() -> None:
    assert keyboard("7", Options("42")) is None


def test_feedback_is_one_row() -> None:
    assert buttons(Options("42"), feedback=True) == [[("👍", "like:7"), ("👎", "dislike:7")]]


def test_all_stands_in_the_order_in_which_it_is_read() -> None:
    options = Options("42", (Choice("v", "Label"),), ("more?", "why?"))
    rows = buttons(options, retry="Again", feedback=True)
    assert [data for row in rows for _, data in row] == [
        "choice:7:0",
        "retry:7",
        "suggest:7:0",
        "suggest:7:1",
        "like:7",
        "dislike:7",
    ]


def test_short_choices_share_a_row_and_long_ones_do_not() -> None:
    labels = ["Yes", "No", "Maybe", "Later", "a label that is quite long", "another long label"]
    rows = buttons(Options("42", tuple(Choice(label, label) for label in labels)))
    assert [[text for text, _ in row] for row in rows] == [
        ["Yes", "No", "Maybe"],
        ["Later"],
        ["a label that is quite long"],
        ["another long label"],
    ]


def test_no_more_is_offered_than_a_person_can_overlook() -> None:
    options = Options("42", tuple(Choice(str(n), str(n)) for n in range(40)), ("?",) * 9)
    flat = [data for row in buttons(options) for _, data in row]
    assert len([data for data in flat if str(data).startswith("choice")]) == 25
    assert len([data for data in flat if str(data).startswith("suggest")]) == 4


@pytest.mark.parametrize(
    ("label", "shown"),
    [("", "v"), ("  two\n lines ", "two lines"), ("x" * 99, "x" * 63 + "…"), ("a\0b\ud800", "ab�")],
)
def test_a_label_is_one_line(label: str, shown: str) -> None:
    assert buttons(Options("42", (Choice("v", label),))) == [[(shown, "choice:7:0")]]


def test_what_nobody_named_is_still_a_button() -> None:
    assert buttons(Options("42", (Choice("", " "),)))[0][0][0] == "…"


def test_what_a_button_sends_fits() -> None:
    made = keyboard(str(2**63), Options("42", (Choice("v" * 999, "l"),) * 25, ("s" * 999,) * 4))
    assert made is not None
    sent = [str(button.callback_data) for row in made.inline_keyboard for button in row]
    assert all(len(data.encode()) <= 64 for data in sent)


def test_options_are_read_as_they_were_written() -> None:
    options = Options("42", (Choice("v", "l"),), ("s",))
    kept = msgspec.json.encode(options)
    assert msgspec.json.decode(kept) == {
        "person": "42",
        "choices": [{"value": "v", "label": "l"}],
        "suggestions": ["s"],
        "message": "",
    }
    assert msgspec.json.decode(kept, type=Options) == options
