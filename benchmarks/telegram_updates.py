"""Telegram's updates: how soon they are acknowledged, beside a floor that only checks the secret.

``python -m benchmarks.telegram_updates [--quick]``; README.md says how to read the result.
"""

import itertools
import sys

import msgspec

from benchmarks.telegram_side import HEADER, NAME, SECRET, TOKEN
from benchmarks.webhooks import Platform, run

_numbers = itertools.count(1)


def update(chat_type: str = "private") -> bytes:
    """A message, as Telegram sends it; each is of a chat of its own."""
    number = next(_numbers)
    chat = {"id": 1000 + number, "type": "private", "first_name": "A"}
    if chat_type != "private":
        chat = {"id": -1_000_000_000_000 - number, "type": chat_type, "title": "A"}
    person = {"id": 1000 + number, "is_bot": False, "first_name": "A", "language_code": "en"}
    message = {"message_id": number, "date": 1700000000, "chat": chat, "from": person}
    return msgspec.json.encode({"update_id": number, "message": {**message, "text": "3 0"}})


def channel(telegram: str) -> dict[str, str]:
    """A Telegram bot whose Telegram is there."""
    return {"kind": "telegram", "token": TOKEN, "api_url": telegram, "updates": "webhook"}


TELEGRAM = Platform(
    name=NAME,
    path=f"/telegram/{NAME}/webhook",
    side="benchmarks.telegram_side",
    channel=channel,
    proof=lambda _: f"{HEADER}: {SECRET}",
    message=update,
    nothing=lambda: update("supergroup"),
)

if __name__ == "__main__":
    sys.exit(run(TELEGRAM, "telegram_updates"))
