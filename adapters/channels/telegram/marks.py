"""Marks: how a keyboard looks once one of its buttons was pressed. Pure."""

from collections.abc import Collection
from typing import Any

DONE = "done"
"""What a button sends back that only shows what was chosen."""
LABEL_MOST = 60

Rows = list[list[dict[str, Any]]]


def marked(rows: Rows, kinds: Collection[str], label: str) -> Rows:
    """The keyboard with one button that says ``label`` in place of all of these kinds.

    Without a label there is nothing in their place.
    """
    mark = {"text": f"{label[:LABEL_MOST]} ✓", "callback_data": DONE}
    kept: Rows = []
    placed = not label
    for row in rows:
        others = [button for button in row if kind(button) not in kinds]
        if len(others) < len(row) and not placed:
            others, placed = [mark, *others], True
        if others:
            kept.append(others)
    return kept


def label_of(rows: Rows, data: str) -> str:
    """What the button says that sends back ``data``."""
    found = (button.get("text") for row in rows for button in row if button.get(_DATA) == data)
    return str(next(found, ""))


_DATA = "callback_data"


def kind(button: dict[str, Any]) -> str:
    """What a button is for; empty when it is none of the gateway's."""
    data = button.get(_DATA)
    return data.partition(":")[0] if isinstance(data, str) else ""
