"""Buttons: what people think of an answer, what they choose, and what they want again.

They belong to whoever asked: in a group others read along, and a choice is said in their name.
"""

import asyncio
import time
from collections.abc import Collection

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from adapters.channels.background import Background
from adapters.channels.telegram import inbound
from adapters.channels.telegram.api import Api
from adapters.channels.telegram.homes import Homes
from adapters.channels.telegram.intake import Intake
from adapters.channels.telegram.keyboards import Options
from adapters.channels.telegram.marks import label_of, marked
from adapters.channels.telegram.pacing import Pace, Priority
from adapters.channels.telegram.ratings import Answer, Ratings, may
from adapters.channels.telegram.wire import Below, Press
from gateway.model import Inbound, Origin, Rating
from gateway.ports import Channel, GatewayForChannels

PATIENCE = 30.0
"""Seconds that a keyboard may wait for its turn to be changed."""
SAID_WITHIN = 0.7
"""Seconds after which a press is answered, whatever it did: people wait for it."""
RATINGS = {"like": (Rating.LIKE, "👍"), "dislike": (Rating.DISLIKE, "👎")}
CHOICES = frozenset({"choice", "suggest"})
EXPIRED, NOT_YOURS, THANKS = "telegram.expired", "telegram.not_yours", "telegram.thanks"


class Pressed(Struct, frozen=True):
    """A press, the message it was below, and what that message answers."""

    press: Press
    below: Below
    answer: Answer
    kind: str
    number: int = -1


class Callbacks:
    """Does what a pressed button asks for."""

    def __init__(
        self,
        channel: Channel,
        gateway: GatewayForChannels,
        background: Background,
        api: Api,
        pace: Pace,
        homes: Homes,
        intake: Intake,
        ratings: Ratings,
    ) -> None:
        self._channel = channel
        self._gateway = gateway
        self._background = background
        self._api = api
        self._pace = pace
        self._homes = homes
        self._intake = intake
        self._ratings = ratings

    async def heed(self, press: Press) -> None:
        """Take the press of a button. Raises StoreUnavailable: then it was not done.

        Telegram is told within a second that it was taken, also when nothing can be done.
        """
        told: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._background.start("answer to a press", self._answer(press, told))
        key = ""
        try:
            key = await self._do(press)
        finally:
            told.set_result(key)

    async def _answer(self, press: Press, told: asyncio.Future[str]) -> None:
        await asyncio.wait({told}, timeout=SAID_WITHIN)
        key = told.result() if told.done() else ""
        text = self._gateway.text(press.from_.language_code, key) if key else ""
        await self._api.answer_callback(press.id, text)

    async def _do(self, press: Press) -> str:
        """Do it; what the person is told at once, if anything."""
        pressed = await self._pressed(press)
        if not pressed:
            return ""
        if not may(pressed.answer.person, str(press.from_.id)):
            return NOT_YOURS
        if pressed.kind in RATINGS:
            return await self._rate(pressed)
        options = await self._options(pressed)
        if not options:
            return EXPIRED
        if not may(options.person, str(press.from_.id)):
            return NOT_YOURS
        if pressed.kind in CHOICES:
            return await self._choose(pressed, options)
        return await self._retry(pressed, options)

    async def _pressed(self, press: Press) -> Pressed | None:
        kind, _, rest = press.data.partition(":")
        if not press.message or kind not in {*RATINGS, *CHOICES, "retry"}:
            return None
        turn, number = rest, -1
        if kind in CHOICES:
            turn, _, digits = rest.rpartition(":")
            number = int(digits) if digits.isdecimal() else -1
        answer = await self._answered(press.message, turn)
        return Pressed(press, press.message, answer, kind, number)

    async def _answered(self, below: Below, turn: str) -> Answer:
        found = await self._ratings.find(below.chat.id, below.message_id)
        # What a button sends back a strange app may have made up.
        if found and found.turn == turn:
            return found
        return Answer(turn, await self._homes.place_of(below.chat.id), below.thread)

    async def _options(self, pressed: Pressed) -> Options | None:
        answer, what = pressed.answer, "turn" if pressed.kind == "retry" else "options"
        # Nobody asked for what the bot says unasked; and it may not be known yet who did.
        for person in dict.fromkeys((answer.person, str(pressed.press.from_.id))):
            key = f"{what}:{answer.place}:{answer.thread}:{person}:{answer.turn}"
            if kept := await self._gateway.recall(self._channel, key):
                return msgspec.json.decode(kept, type=Options)
        return None

    async def _rate(self, pressed: Pressed) -> str:
        user, answer = str(pressed.press.from_.id), pressed.answer
        answer = answer if answer.person else replace(answer, person=user)
        if not await self._ratings.claim(answer, user):
            return ""
        self._background.start("rating", self._pass_on(pressed, answer))
        return THANKS

    async def _pass_on(self, pressed: Pressed, answer: Answer) -> None:
        rating, label = RATINGS[pressed.kind]
        taken = False
        try:
            taken = await self._ratings.rate(pressed.below.chat, answer, rating)
        finally:
            if not taken:
                await self._ratings.unclaim(answer)
        if taken:
            await self._show(pressed, RATINGS.keys(), label)

    async def _choose(self, pressed: Pressed, options: Options) -> str:
        said = _said(pressed, options)
        if not said:
            return EXPIRED
        below = pressed.below
        admission = await self._intake.admit(
            Inbound(
                # By the message, not by the press: of several buttons one counts, and once.
                id=f"{below.chat.id}:{below.message_id}:choice",
                origin=self._origin(pressed, options),
                text=said,
                received_at=time.time(),
            )
        )
        if admission.status == "accepted":
            rows = below.reply_markup.inline_keyboard if below.reply_markup else []
            label = label_of(rows, pressed.press.data) or said
            self._background.start("choice", self._show(pressed, CHOICES, label))
        return ""

    async def _retry(self, pressed: Pressed, options: Options) -> str:
        chat = str(pressed.below.chat.id)
        question = await self._intake.question(chat, options.message)
        answer = pressed.answer
        # Only within the conversation that the button is in.
        if not question or _place(question.origin) != (answer.place, answer.thread):
            return EXPIRED
        name = f"{chat}:{options.message}:retry:{answer.turn}"
        again = replace(question, id=name, received_at=time.time(), more=False)
        admission = await self._intake.admit(again)
        if admission.status == "accepted":
            self._background.start("retry", self._show(pressed, {"retry"}, ""))
        return ""

    async def _show(self, pressed: Pressed, kinds: Collection[str], label: str) -> None:
        below = pressed.below
        if not below.reply_markup:
            return
        await self._pace.wait(below.chat.id, Priority.CONTROL, PATIENCE)
        await self._api.call(
            "editMessageReplyMarkup",
            chat_id=below.chat.id,
            message_id=below.message_id,
            reply_markup={
                "inline_keyboard": marked(below.reply_markup.inline_keyboard, kinds, label)
            },
        )

    def _origin(self, pressed: Pressed, options: Options) -> Origin:
        """Whoever pressed, in the conversation and under the name of who asked."""
        answer, user = pressed.answer, pressed.press.from_
        where = inbound.pressed(
            self._channel.name, pressed.below, answer.place, answer.thread, user
        )
        id_ = options.person or where.person.id
        return replace(where, person=replace(where.person, id=id_))


def _said(pressed: Pressed, options: Options) -> str:
    """What is said with a choice or a suggestion; empty when there is none of that number."""
    number = pressed.number
    if pressed.kind == "choice":
        return options.choices[number].value if 0 <= number < len(options.choices) else ""
    return options.suggestions[number] if 0 <= number < len(options.suggestions) else ""


def _place(where: Origin) -> tuple[str, str]:
    return where.address.place, where.address.thread
