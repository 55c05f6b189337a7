"""The bot's messages for one answer: each call in its pace, and noted in the journal around it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar

from telegram import InlineKeyboardMarkup

from adapters.channels.telegram.api import Api
from adapters.channels.telegram.errors import (
    Gone,
    Limited,
    Migrated,
    Refused,
    Unauthorized,
    Unreached,
    Unsure,
)
from adapters.channels.telegram.homes import Homes
from adapters.channels.telegram.pacing import Pace, Priority
from adapters.channels.telegram.place import Place
from adapters.channels.telegram.sheets import Sheet
from gateway.ports import Reply, StoreUnavailable

PATIENCE = 60.0
"""Seconds that a message of the end waits for Telegram's limits before it is given back."""
PAUSE = 0.3
"""Seconds between two tries to note what is out."""
MOVES_MOST = 3
_LOST_THREAD = ("thread not found", "topic_deleted", "topic_id_invalid")
_BAD_ENTITIES = ("entit", "can't parse")
_BAD_KEYBOARD = ("button", "markup", "keyboard")
_UNCHANGED = "not modified"
DECIDED = (Limited, Gone, Migrated, Unauthorized)
"""Refusals that have nothing to do with what was sent."""

SENDS_MOST = 8
"""A message of which nobody learns whether it arrived is sent so often, in several minutes."""

Result = TypeVar("Result")


class Adrift(Unsure):
    """A message may have been sent: its part stays in the journal without a name."""


class Messages:
    """Sends and changes the messages of one answer.

    Every method raises what Api raises, and StoreUnavailable; one that is Limited would have had
    to wait for longer than ``patience`` seconds. ``shown`` is the text of the answer that people
    are about to see, as the journal is to know it.
    """

    def __init__(self, api: Api, pace: Pace, homes: Homes, place: Place, reply: Reply) -> None:
        self.api = api
        self.place = place
        self.patience = 0.0
        self.priority = Priority.FRAME
        self.shown = reply.journal.shown
        self._pace = pace
        self._homes = homes
        self._journal = reply.journal
        self._moves = 0

    @property
    def known(self) -> dict[int, int]:
        """The messages of the text there are, by their numbers; 0 where it is not certain."""
        parts = self._journal.parts.items()
        return {int(part): int(name or 0) for part, name in parts if part.isdigit()}

    def sent(self, part: str) -> int:
        """The message that a part is; 0 when there is none for certain."""
        return int(self._journal.parts.get(part) or 0)

    def is_adrift(self, part: str) -> bool:
        """Whether an attempt had begun to send a part, and did not learn what became of it."""
        return self._journal.parts.get(part) == ""

    def conclude(self, text: str) -> None:
        """What follows is the whole answer, and waits for Telegram's limits up to PATIENCE."""
        self.priority, self.patience, self.shown = Priority.FINAL, PATIENCE, text

    async def send(
        self, number: int, sheet: Sheet, keyboard: InlineKeyboardMarkup | None = None
    ) -> int:
        """Send a message of the text; its id. Raises Adrift instead of Unsure."""
        return await self.create(str(number), lambda: self.say(sheet, keyboard, reply=number == 0))

    async def say(
        self, sheet: Sheet, keyboard: InlineKeyboardMarkup | None = None, *, reply: bool = False
    ) -> int:
        """Send a text once, without a note of it; the message's id."""

        async def sending(sheet: Sheet, keyboard: InlineKeyboardMarkup | None) -> int:
            place, api = self.place, self.api
            where: dict[str, Any] = {
                "thread": place.thread,
                "reply_to": place.reply_to if reply else None,
                "keyboard": keyboard,
            }
            if sheet.source:
                return await api.send_rich(place.chat, sheet.source, **where)
            return await api.send(place.chat, sheet.text, entities=sheet.entities, **where)

        return await _tolerated(sending, sheet, keyboard)

    async def edit(
        self, message: int, sheet: Sheet, keyboard: InlineKeyboardMarkup | None = None
    ) -> None:
        """Give a message another text, and other buttons."""

        async def editing(sheet: Sheet, keyboard: InlineKeyboardMarkup | None) -> None:
            chat = self.place.chat
            if not sheet.source:
                return await self.api.edit(
                    chat, message, sheet.text, entities=sheet.entities, keyboard=keyboard
                )
            return await self._edit_rich(message, sheet.source, keyboard)

        await self.change(lambda: _tolerated(editing, sheet, keyboard))

    async def draft(self, draft_id: int, sheet: Sheet) -> None:
        """Show what is being written, in a private chat."""

        async def drafting(sheet: Sheet, _: InlineKeyboardMarkup | None) -> None:
            place = self.place
            await self.api.draft(
                place.chat, draft_id, sheet.text, entities=sheet.entities, thread=place.thread
            )

        await self.change(lambda: _tolerated(drafting, sheet, None))

    async def delete(self, number: int, message: int) -> None:
        """Take a message away; one that cannot be stays, and is nobody's any more."""
        try:
            await self.change(lambda: self.api.delete(self.place.chat, message))
        except Refused as refused:
            if isinstance(refused, DECIDED):
                raise
        await self.withdraw(str(number))

    async def create(self, part: str, sending: Callable[[], Awaitable[int]]) -> int:
        """Send what is a part of its own; the message's id.

        Raises Adrift instead of Unsure, and Refused when it was so SENDS_MOST times.
        """
        while True:
            await self._wait()
            await self._journal.begin(part)
            try:
                message = await sending()
            except Unsure as unsure:
                adrift = Adrift(str(unsure))
            except (Refused, Unreached) as error:
                await self.withdraw(part)
                await self._heed(error)
                continue
            else:
                await self._note(part, message)
                return message
            await self._count_unsure(part)
            raise adrift

    async def change(self, changing: Callable[[], Awaitable[None]]) -> None:
        """Do what can be repeated unseen."""
        while True:
            await self._wait()
            try:
                return await changing()
            except Refused as refused:
                await self._heed(refused)

    async def withdraw(self, part: str) -> None:
        """A part is not there after all."""
        with suppress(StoreUnavailable):
            await self._journal.withdraw(part)

    async def _wait(self) -> None:
        await self._pace.wait(self.place.chat, self.priority, self.patience)
        await self._journal.show(self.shown)

    async def _heed(self, error: Refused | Unreached) -> None:
        """Learn from a refusal how it can be done; one that teaches nothing is raised again."""
        match error:
            case Limited():
                self._pace.silence(self.place.chat, error.retry_after)
            case Migrated() if self._moves < MOVES_MOST:
                self._moves += 1
                await self._homes.moved(self.place.chat, error.chat)
                self.place.chat, self.place.reply_to = error.chat, None
            case Refused() if self.place.thread and error.says(*_LOST_THREAD):
                self.place.thread = None
            case _:
                raise error

    async def _count_unsure(self, part: str) -> None:
        """Whoever sees a message again and again is to see an end of it."""
        counter = f"unsure:{part}"
        times = int(self._journal.parts.get(counter) or 0) + 1
        await self._note(counter, times)
        if times >= SENDS_MOST:
            raise Refused(0, f"sent {times} times, and never known to have arrived")

    async def _note(self, part: str, message: int) -> None:
        # The part is out: whoever comes next must know, however long the store is away.
        while True:
            with suppress(StoreUnavailable):
                return await self._journal.finish(part, str(message))
            await asyncio.sleep(PAUSE)

    async def _edit_rich(
        self, message: int, source: str, keyboard: InlineKeyboardMarkup | None
    ) -> None:
        try:
            await self.api.call(
                "editMessageText",
                chat_id=self.place.chat,
                message_id=message,
                rich_message={"markdown": source},
                reply_markup=keyboard,
            )
        except Refused as refused:
            if not refused.says(_UNCHANGED):
                raise


async def _tolerated(
    calling: Callable[[Sheet, InlineKeyboardMarkup | None], Awaitable[Result]],
    sheet: Sheet,
    keyboard: InlineKeyboardMarkup | None,
) -> Result:
    """Call with all that Telegram takes of what decorates a text."""
    while True:
        try:
            return await calling(sheet, keyboard)
        except Refused as refused:
            if sheet.entities and refused.says(*_BAD_ENTITIES):
                sheet = Sheet(sheet.text)
            elif keyboard and refused.says(*_BAD_KEYBOARD):
                keyboard = None
            else:
                raise
