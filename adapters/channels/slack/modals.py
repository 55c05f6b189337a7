"""Modals: forms over the conversation, for a comment and for a question about a message."""

from typing import Any

import msgspec
from msgspec import Struct

from adapters.channels.background import Background
from adapters.channels.slack import inbound, mrkdwn
from adapters.channels.slack.api import Refused, Unreached, Unsure
from adapters.channels.slack.inbound import Door
from adapters.channels.slack.intake import ApiOf
from adapters.channels.slack.opening import Opening
from adapters.channels.slack.ratings import Ratings
from adapters.channels.slack.wire import Id, Interaction, Ts, View
from gateway.model import Rating
from gateway.ports import GatewayForChannels

COMMENT = "comment"
QUESTION = "question"
TEXT_LONGEST = 3000
"""Of a field of a form."""
CONTEXT_LONGEST = 1500
"""Of the message that is asked about: a form carries 3,000 characters, escaped, of its own."""


class About(Struct, frozen=True):
    """The message that a form is about, as the form carries it."""

    channel: Id
    ts: Ts
    thread: Ts | None = None
    text: str = ""


class Modals:
    """Opens forms and takes what was written into them."""

    def __init__(
        self,
        gateway: GatewayForChannels,
        background: Background,
        ratings: Ratings,
        opening: Opening,
        api_of: ApiOf,
    ) -> None:
        self._gateway = gateway
        self._background = background
        self._ratings = ratings
        self._opening = opening
        self._api_of = api_of

    def ask_for_comment(self, door: Door, trigger: str, about: About) -> None:
        """Ask what was wrong with an answer. Never raises; done on the side."""
        self._open(door, trigger, self._form(COMMENT, about, optional=True))

    def ask_for_question(self, door: Door, shortcut: Interaction) -> None:
        """Ask what the person wants to know about a message. Never raises; done on the side."""
        message = shortcut.message
        if not message or not shortcut.channel or not message.ts:
            return
        text = mrkdwn.plain(message.text or "")[:CONTEXT_LONGEST]
        about = About(shortcut.channel.id, message.ts, message.thread_ts, text)
        self._open(door, shortcut.trigger_id, self._form(QUESTION, about))

    async def submitted(self, door: Door, form: Interaction) -> dict[str, str]:
        """Take a form. What is wrong with its fields: empty when nothing is.

        Raises StoreUnavailable, and msgspec.DecodeError for a form that is not ours.
        """
        view = form.view
        if not view or view.callback_id not in (COMMENT, QUESTION):
            return {}
        about = msgspec.json.decode(view.private_metadata, type=About)
        text = _written(view)[:TEXT_LONGEST]
        if view.callback_id == QUESTION:
            return await self._ask(door, form, about, text)
        if text:
            turn = await self._ratings.find(about.channel, about.ts)
            if turn:
                rating = self._ratings.rate(turn, Rating.DISLIKE, text)
                self._background.start("comment", rating)
        return {}

    async def _ask(self, door: Door, form: Interaction, about: About, text: str) -> dict[str, str]:
        person = inbound.origin(
            door,
            about.channel,
            form.user.id,
            ts=about.ts,
            thread=about.thread or about.ts,
            team=form.user.team_id,
        )
        try:
            taken = await self._opening.ask_about(door, person, text, about.text)
        except (Refused, Unsure, Unreached, TimeoutError):
            taken = False
        return {} if taken else {QUESTION: self._gateway.text("", "slack.try_again")}

    def _open(self, door: Door, trigger: str, view: dict[str, Any]) -> None:
        api = self._api_of(door.installation)
        opening = api.call("views.open", trigger_id=trigger, view=view)
        self._background.start("form", opening)

    def _form(self, kind: str, about: About, *, optional: bool = False) -> dict[str, Any]:
        return {
            "type": "modal",
            "callback_id": kind,
            "private_metadata": msgspec.json.encode(about).decode(),
            "title": self._text(f"slack.{kind}.title"),
            "submit": self._text("slack.send"),
            "close": self._text("slack.cancel"),
            "blocks": [
                {
                    "type": "input",
                    "block_id": kind,
                    "optional": optional,
                    "label": self._text(f"slack.{kind}.label"),
                    "element": {
                        "type": "plain_text_input",
                        "action_id": kind,
                        "multiline": True,
                        "max_length": TEXT_LONGEST,
                    },
                }
            ],
        }

    def _text(self, key: str) -> dict[str, str]:
        return {"type": "plain_text", "text": self._gateway.text("", key)}


def _written(view: View) -> str:
    values = view.state.values if view.state else {}
    field = values.get(view.callback_id, {}).get(view.callback_id)
    return ((field.value if field else None) or "").strip()
