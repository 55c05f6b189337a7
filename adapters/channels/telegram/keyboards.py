"""Inline keyboards below answers. Pure.

A button carries no text of the answer, only its number: Telegram gives 64 bytes back. What a
number stands for is remembered beside it (``Options``).
"""

from collections.abc import Sequence

from msgspec import Struct
from telegram import InlineKeyboardButton as Button
from telegram import InlineKeyboardMarkup as Keyboard

from adapters.channels.telegram.sheets import line
from gateway.model import Choice

CHOICES_MOST, SUGGESTIONS_MOST = 25, 4
LABEL_MOST = 64
"""Characters: apps show less of a longer one, and not that there is more."""
ROW_MOST, ROW_CHARACTERS = 3, 30
"""Choices that stand in one row."""


class Options(Struct, frozen=True):
    """What the buttons below an answer stand for. ``message`` is the question's, to ask again."""

    person: str
    choices: tuple[Choice, ...] = ()
    suggestions: tuple[str, ...] = ()
    message: str = ""


def keyboard(
    turn: str, options: Options, *, retry: str = "", feedback: bool = False
) -> Keyboard | None:
    """The buttons below an answer, in the order in which they are read; None when there are none.

    ``retry`` is what the button to ask again says; without it there is none.
    """
    rows = _choices(turn, options.choices)
    if retry:
        rows.append([_button(retry, f"retry:{turn}")])
    for number, text in enumerate(options.suggestions[:SUGGESTIONS_MOST]):
        rows.append([_button(text, f"suggest:{turn}:{number}")])
    if feedback:
        rows.append(
            [
                Button("👍", callback_data=f"like:{turn}"),
                Button("👎", callback_data=f"dislike:{turn}"),
            ]
        )
    return Keyboard(rows) if rows else None


def _choices(turn: str, choices: Sequence[Choice]) -> list[list[Button]]:
    rows: list[list[Button]] = []
    room = 0
    for number, choice in enumerate(choices[:CHOICES_MOST]):
        button = _button(choice.label.strip() or choice.value, f"choice:{turn}:{number}")
        if not rows or len(rows[-1]) == ROW_MOST or room < len(button.text):
            rows.append([])
            room = ROW_CHARACTERS
        rows[-1].append(button)
        room -= len(button.text)
    return rows


def _button(label: str, data: str) -> Button:
    return Button(line(label, LABEL_MOST) or "…", callback_data=data)
