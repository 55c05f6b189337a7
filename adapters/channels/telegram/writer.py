"""The writer: brings Telegram's messages to what an answer is, whatever goes wrong.

What each message is to show follows from the text alone. So an answer that is drafted, one that is
edited while it grows, one that an earlier attempt had left, and one that may have been sent are all
brought to the same end: send what is missing, edit what differs, take away what is too much.
"""

import asyncio
from collections.abc import Sequence

import structlog
from msgspec import Struct
from telegram import InlineKeyboardMarkup

from adapters.channels.telegram.abilities import Abilities
from adapters.channels.telegram.entities import clean, rendered
from adapters.channels.telegram.errors import Limited, Refused, Unreached, Unsure
from adapters.channels.telegram.layout import Layout, Piece, interim
from adapters.channels.telegram.messages import DECIDED, Adrift, Messages
from adapters.channels.telegram.pacing import Priority
from adapters.channels.telegram.richness import is_rich
from adapters.channels.telegram.sheets import Sheet, fitted, italic
from adapters.channels.telegram.tempo import Frame, Way
from adapters.channels.telegram.utf16 import MESSAGE_MOST
from gateway.ports import StoreUnavailable

FINAL_SECONDS = 20.0
"""For how long the end of an answer is tried while nobody answers."""
PAUSE = 0.5
"""Seconds between two tries."""
PAUSE_LEAST = 0.25
ROOM_LEAST = 256
_LOST = ("message to edit not found", "message can't be edited", "message_id_invalid")

log = structlog.get_logger(__name__)


class Post(Struct):
    """A message that is there, and what it shows; None when that is not certain."""

    message: int
    shown: tuple[Sheet, InlineKeyboardMarkup | None] | None = None


class Writer:
    """Writes one answer. ``rich`` allows it to be laid out by Telegram, where that helps."""

    def __init__(
        self, messages: Messages, abilities: Abilities, way: Way, draft_id: int, *, rich: bool
    ) -> None:
        self.way = way
        self._messages = messages
        self._abilities = abilities
        self._draft_id = draft_id
        self._rich = rich
        self._layout = Layout()
        self._room = MESSAGE_MOST
        self._made: dict[str, Sheet] = {}
        known = messages.known.items()
        self._posts = {number: Post(message) for number, message in known if message}

    @property
    def written(self) -> list[int]:
        """The messages of the answer, in their order."""
        return [self._posts[number].message for number in sorted(self._posts)]

    async def show(self, frame: Frame) -> float:
        """Show an answer as far as it is. Raises nothing.

        Returns 0, or after how many seconds it is worth trying again.
        """
        if self.way is Way.OFF:
            return 0.0
        try:
            await self._show(frame)
        except Limited as limited:
            return max(limited.retry_after, PAUSE_LEAST)
        except Adrift:
            # The end sends it again, once.
            self.way = Way.OFF
        except (Unsure, Unreached, StoreUnavailable):
            return PAUSE
        except Refused as refused:
            return self._other_way(refused)
        return 0.0

    def sheets(self, text: str, last: Sheet) -> list[Sheet]:
        """What the messages of the whole answer show, with what stands below it."""
        if self._rich and self._abilities.rich and is_rich(text):
            return fitted([Sheet(text, source=clean(text))], last)
        return fitted(self._rendered(self._layout.cut(text)), last, self._room)

    async def finish(
        self, text: str, last: Sheet, keyboard: InlineKeyboardMarkup | None = None
    ) -> None:
        """Bring every message to the whole answer, with ``keyboard`` below the last.

        Raises what Messages raises when that was not to be had: call it again, or in another
        attempt.
        """
        self._messages.conclude(text)
        clock = asyncio.get_running_loop().time
        until = clock() + FINAL_SECONDS
        while True:
            sheets = self.sheets(text, last)
            try:
                await self._level(sheets, keyboard)
                return await self._trim(len(sheets))
            except Adrift:
                raise
            except (Unsure, Unreached, StoreUnavailable):
                if clock() > until:
                    raise
            except Refused as refused:
                if not self._yields(refused, sheets):
                    raise
                continue
            await asyncio.sleep(PAUSE)

    async def _show(self, frame: Frame) -> None:
        messages = self._messages
        messages.priority = Priority.FRAME if self._posts else Priority.FIRST
        text = interim(frame.text)
        messages.shown = text or messages.shown
        pieces = self._layout.cut(text)
        made = self._rendered(pieces)
        closed = sum(piece.closed for piece in pieces)
        sheets = fitted(made[:closed], Sheet(""), self._room)
        rest = fitted(made[closed:], Sheet(""), self._room)
        if self.way is Way.DRAFT:
            await self._level(sheets)
            await self._draft(rest[0] if rest else italic(frame.doing))
        else:
            await self._level([*sheets, *rest] or fitted([italic(frame.doing)], Sheet("")))

    async def _draft(self, sheet: Sheet) -> None:
        # Without a text Telegram says that the bot is thinking.
        await self._messages.draft(self._draft_id, sheet)
        self._abilities.drafted(self._messages.place.chat)

    def _other_way(self, refused: Refused) -> float:
        """After a refusal an answer may be shown in another way, else only when it is whole."""
        if self._yields(refused, ()):
            return PAUSE_LEAST
        if self.way is not Way.DRAFT or isinstance(refused, DECIDED):
            self.way = Way.OFF
            return 0.0
        chat = self._messages.place.chat
        self._abilities.refuse(chat, refused)
        if not self._abilities.drafts(chat):
            log.warning("answers are edited, not drafted", reason=refused.description)
            self.way = Way.EDIT
        return PAUSE

    def _yields(self, refused: Refused, sheets: Sequence[Sheet]) -> bool:
        """Whether the whole answer can be shown in a plainer way than the one that was refused."""
        if isinstance(refused, DECIDED):
            return False
        if any(sheet.source for sheet in sheets):
            self._rich = False
            self._abilities.rich = self._abilities.rich and refused.code != 404
            return True
        if refused.says("too long", "too_long") and self._room > ROOM_LEAST:
            self._room //= 2
            return True
        return False

    async def _level(
        self, sheets: Sequence[Sheet], keyboard: InlineKeyboardMarkup | None = None
    ) -> None:
        for number, sheet in enumerate(sheets):
            await self._bring(number, sheet, keyboard if number == len(sheets) - 1 else None)

    async def _bring(
        self, number: int, sheet: Sheet, keyboard: InlineKeyboardMarkup | None
    ) -> None:
        post, wanted = self._posts.get(number), (sheet, keyboard)
        if post and (post.shown == wanted or await self._correct(post, sheet, keyboard)):
            post.shown = wanted
            return
        if post:
            await self._messages.withdraw(str(number))
            del self._posts[number]
        message = await self._messages.send(number, sheet, keyboard)
        self._posts[number] = Post(message, wanted)

    async def _correct(
        self, post: Post, sheet: Sheet, keyboard: InlineKeyboardMarkup | None
    ) -> bool:
        """Edit a message; False when there is none to be edited any more."""
        post.shown = None
        try:
            await self._messages.edit(post.message, sheet, keyboard)
        except Refused as refused:
            if not refused.says(*_LOST):
                raise
            return False
        return True

    async def _trim(self, kept: int) -> None:
        """Take away what was sent and the answer has no text for."""
        for number, message in sorted(self._messages.known.items()):
            if number < kept:
                continue
            if message:
                await self._messages.delete(number, message)
            else:
                await self._messages.withdraw(str(number))
            self._posts.pop(number, None)

    def _rendered(self, pieces: Sequence[Piece]) -> list[Sheet]:
        """What the pieces show, each rendered once as long as it stays as it is."""
        made, self._made = self._made, {}
        for piece in pieces:
            markdown = piece.markdown
            self._made[markdown] = made.get(markdown) or _sheet(markdown)
        return [self._made[piece.markdown] for piece in pieces]


def _sheet(markdown: str) -> Sheet:
    shown = rendered(markdown)
    return Sheet(shown.text, shown.entities)
