"""The messages that an answer consists of: what is known of each, and how one is changed.

A change that fails leaves behind what is known now; the next one goes on from there.
"""

import asyncio
from collections.abc import Sequence

import structlog
from msgspec import Struct

from adapters.channels.slack import codes
from adapters.channels.slack.api import Limited, Refused, Unreached, Unsure
from adapters.channels.slack.blocks import FEEDBACK
from adapters.channels.slack.messages import Block, Messages
from gateway.pieces import Layout, Piece
from gateway.ports import StoreUnavailable

EDIT_SECONDS = 1.2
"""Between two edits of a message that is still being written."""
SOON_SECONDS = 2.0
"""A stream that may begin so soon is waited for."""
STREAMS = "streams"
"""What a workspace lacks that has none."""

log = structlog.get_logger(__name__)


class Part(Struct):
    """What is known of one message. ``sent`` is its text, None when that is not certain.

    ``dressed`` says that it has the blocks of the end; times are of the loop's clock.
    """

    ts: str
    live: bool
    sent: str | None = None
    dressed: bool = False
    born: float = 0.0
    edited: float = 0.0


class Parts:
    """The messages of one answer, by their numbers. All changes raise what Messages raises.

    ``final`` says that nothing more comes, ``blocks`` then stand below the last. ``stopped`` is
    set once the person has stopped the stream; ``idle`` once Slack was told of the end.
    """

    def __init__(self, messages: Messages, layout: Layout, *, streams: bool) -> None:
        self.final = False
        self.blocks: Sequence[Block] = ()
        self.summary = ""
        self.stopped = False
        self.idle = False
        self._messages = messages
        self._layout = layout
        self._lacks = messages.workspace.lacks
        self._streams = streams
        self._cards = streams
        self._parts: dict[int, Part] = {}

    @property
    def streams(self) -> bool:
        """Whether the answer can be streamed, as far as it is known."""
        return self._streams and STREAMS not in self._lacks

    @property
    def numbers(self) -> list[int]:
        """Which messages there are, or may be."""
        return sorted({*self._messages.known, *self._parts})

    @property
    def written(self) -> list[str]:
        """The ts of every message, in their order."""
        return [self._parts[number].ts for number in sorted(self._parts)]

    async def get(self, number: int) -> Part | None:
        """What there is of a part, looked up if an attempt did not learn what became of it."""
        known = self._messages.known
        if number not in self._parts and number in known:
            ts = known[number] or await self._messages.find(number)
            if ts:
                # Perhaps it is a stream that nobody ended.
                self._parts[number] = Part(ts, live=STREAMS not in self._lacks)
        return self._parts.get(number)

    async def open(self, number: int, text: str, piece: Piece, blocks: Sequence[Block]) -> bool:
        """Begin a message: a stream if it is to grow, else one that is complete."""
        grows = not (self.final or piece.closed)
        streams = grows and self.streams
        shown = piece.text
        try:
            if streams:
                ts = await self._messages.start(number, shown)
            else:
                if grows:
                    await self._messages.reserve_edit()
                ts = await self._messages.post(number, shown, blocks, self.summary)
        except Limited as limited:
            if not streams or limited.retry_after < SOON_SECONDS:
                raise
            # Others have used the streams up; a message that is edited shows as much.
            self._streams = False
            return True
        except Refused as refused:
            return self._other_way(refused, text, piece, streams, blocks)
        dressed, now = bool(blocks), self._now()
        self._parts[number] = Part(ts, streams, shown, dressed, born=now, edited=now)
        return True

    def _other_way(
        self, refused: Refused, text: str, piece: Piece, streams: bool, blocks: Sequence[Block]
    ) -> bool:
        """After a refusal there may be another way to begin; else it is raised again."""
        code = refused.code
        if streams and code in codes.NO_STREAMS | codes.NO_STREAM_HERE:
            self._streams = False
            if code in codes.NO_STREAMS:
                self._lacks.add(STREAMS)
                log.warning("answers are edited, not streamed", reason=code)
        elif code in codes.TOO_LONG and not piece.closed and piece.end - piece.start > 100:
            self._layout.split(text, (piece.start + piece.end) // 2)
        elif blocks and piece.text.strip() and code in codes.BAD_BLOCKS:
            self.blocks = _plainer(blocks)
        else:
            raise refused
        return True

    async def append(self, part: Part, text: str, piece: Piece, rest: str) -> bool:
        """Go on with a stream. What it did not take goes into another message."""
        at = reached(part, piece)
        try:
            await self._messages.append(part.ts, rest)
            part.sent = piece.text
        except Limited:
            raise
        except Unsure:
            # It may be there or not: the message is ended and written anew as far as it is now.
            part.sent = None
            self._layout.split(text, piece.end)
        except Refused as refused:
            if refused.code in codes.OVER:
                part.live, part.sent = False, None
            elif refused.code == codes.STOPPED:
                self.stopped, part.sent = True, None
            elif refused.code not in codes.TOO_LONG:
                raise
            elif at <= piece.start:
                part.sent = None
            if not self.stopped:
                self._layout.split(text, at)
        return True

    async def end(self, number: int, part: Part, rest: str, blocks: Sequence[Block]) -> bool:
        """End a stream, with the last of its text."""
        sent, part.sent = part.sent, None
        try:
            await self._messages.stop(number, part.ts, rest, blocks, idle=self.final)
        except (Limited, Unreached, StoreUnavailable):
            part.sent = sent
            raise
        except Refused as refused:
            self.stopped = self.stopped or refused.code == codes.STOPPED
            # Without a word it can be refused only because it is over.
            part.live = bool(rest or blocks) and refused.code not in codes.OVER
            return True
        part.live, part.dressed, self.idle = False, bool(blocks), self.final
        part.sent = None if sent is None else sent + rest
        return True

    async def correct(self, number: int, part: Part, piece: Piece, blocks: Sequence[Block]) -> bool:
        """Edit a message that shows something else; while it grows not too often."""
        if part.sent == piece.text and part.dressed == bool(blocks):
            return False
        if not self.final and self._now() - part.edited < EDIT_SECONDS:
            return False
        try:
            last = self.final or piece.closed
            await self._messages.edit(number, part.ts, piece.text, blocks, self.summary, last=last)
        except Limited:
            raise
        except Refused as refused:
            return await self._not_corrected(refused, number, part, blocks)
        part.sent, part.dressed, part.edited = piece.text, bool(blocks), self._now()
        return True

    async def _not_corrected(
        self, refused: Refused, number: int, part: Part, blocks: Sequence[Block]
    ) -> bool:
        if refused.code == codes.LIVE:
            part.live, part.sent = True, None
        elif refused.code in codes.LOST:
            # Another message takes its place.
            await self.remove(number, part)
        elif blocks and refused.code in codes.BAD_BLOCKS:
            self.blocks = _plainer(blocks)
        else:
            raise refused
        return True

    async def remove(self, number: int, part: Part) -> None:
        """Take a message away."""
        try:
            await self._messages.delete(number, part.ts)
        except Limited:
            raise
        except Refused:
            # It stays, and is nobody's any more.
            await self._messages.withdraw(number)
        self._parts.pop(number, None)

    async def steps(self, chunks: Sequence[Block]) -> bool:
        """Put cards into the stream that is open, or into a new one; whether that was done."""
        if not self._cards:
            return False
        try:
            return await self._put(chunks)
        except Limited:
            raise
        except Refused:
            # The answer does without.
            self._cards = False
            raise

    async def _put(self, chunks: Sequence[Block]) -> bool:
        number = max(self.numbers, default=0)
        part = self._parts.get(number)
        if part is None and number not in self._messages.known:
            ts = await self._messages.start(number, "", chunks)
            self._parts[number] = Part(ts, live=True, sent="", born=self._now())
            return True
        if part is None or not part.live or part.sent is None:
            return False
        await self._messages.append(part.ts, "", chunks)
        return True

    def age(self, part: Part) -> float:
        """Seconds since a message was begun."""
        return self._now() - part.born

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


def _plainer(blocks: Sequence[Block]) -> Sequence[Block]:
    """The blocks without what not every workspace has, else none."""
    plain = [block for block in blocks if block["type"] != FEEDBACK]
    return plain if len(plain) < len(blocks) else ()


def reached(part: Part, piece: Piece) -> int:
    """Up to where of the answer a message was sent."""
    return piece.start + len(part.sent or "") - piece.head
