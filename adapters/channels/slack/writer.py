"""The writer: brings Slack's messages to what an answer is, step by step, whatever goes wrong.

Each step looks at where the answer is cut now and does the first thing that is missing: begin a
message, go on with it, end it, correct it. So a stream, one that ran out, a message that is
edited, one that an earlier attempt had left and one that may have been sent are all brought to the
same end by the same few rules.
"""

import asyncio
from collections.abc import Sequence

from adapters.channels.slack.api import Limited, Refused, Unreached, Unsure
from adapters.channels.slack.markdown import neutralised
from adapters.channels.slack.messages import Block, Messages
from adapters.channels.slack.parts import Part, Parts, reached
from adapters.channels.slack.room import layout
from gateway.pieces import Piece
from gateway.ports import StoreUnavailable

STREAM_SECONDS, LINE_SECONDS = 240.0, 30.0
"""After the first a stream is ended and another begun at the next line; after both, anywhere. Slack
ends one after about 300 s."""
FINAL_SECONDS = 60.0
"""For how long the end of an answer is tried before it is given back to be tried later."""
PAUSE = 0.5
"""Seconds between two tries of the end."""


class Writer:
    """Writes one answer. ``way`` is auto, edit or off, as configured."""

    def __init__(self, messages: Messages, way: str) -> None:
        place = messages.place
        self._messages = messages
        self._layout = layout()
        streams = way == "auto" and bool(place.thread and place.user)
        self._parts = Parts(messages, self._layout, streams=streams)
        self._interim = way != "off" and bool(place.user)

    @property
    def streams(self) -> bool:
        """Whether the answer can be streamed, as far as it is known."""
        return self._parts.streams

    @property
    def stopped(self) -> bool:
        """Whether the person has stopped the stream: what comes is shown at the end."""
        return self._parts.stopped

    @property
    def idle(self) -> bool:
        """Whether Slack was told with the last message that nothing more comes."""
        return self._parts.idle

    @property
    def written(self) -> list[str]:
        """The ts of every message, in their order."""
        return self._parts.written

    async def show(self, text: str) -> bool:
        """Show an answer as far as it is; False when it is worth trying again. Raises nothing."""
        if not self._interim or self.stopped:
            return True
        self._messages.shown = text
        try:
            await self._level(neutralised(text))
        except (Limited, Unsure, Unreached, StoreUnavailable):
            return False
        except Refused:
            # Perhaps it is for good; the end will tell.
            self._interim = False
        return True

    async def steps(self, chunks: Sequence[Block]) -> bool:
        """Show what the bot does, in a stream; whether that was done. Raises nothing."""
        if not self.streams or not self._interim or self.stopped:
            return False
        try:
            return await self._parts.steps(chunks)
        except (Refused, Unsure, Unreached, StoreUnavailable):
            return False

    async def finish(self, text: str, blocks: Sequence[Block] = (), summary: str = "") -> None:
        """Bring every message to the whole answer, with ``blocks`` below the last.

        Raises Refused, Limited, Unreached, Unsure and StoreUnavailable when that was not to be
        had within FINAL_SECONDS: call it again, or in another attempt.
        """
        parts, clock = self._parts, asyncio.get_running_loop().time
        parts.final, parts.blocks, parts.summary = True, blocks, summary
        self._messages.shown = text
        until = clock() + FINAL_SECONDS
        while True:
            self._messages.patience = max(until - clock(), 0.0)
            try:
                return await self._level(neutralised(text))
            except (Unsure, Unreached, StoreUnavailable):
                if clock() > until:
                    raise
            await asyncio.sleep(PAUSE)

    async def _level(self, text: str) -> None:
        """Take steps until nothing is missing; so many more than needed that it never will be."""
        pieces = self._layout.cut(text)
        for _ in range(8 * len(pieces) + 40):
            if not await self._step(text, pieces):
                return
            pieces = self._layout.cut(text)
        raise Unsure("no end")

    async def _step(self, text: str, pieces: Sequence[Piece]) -> bool:
        """Do the first thing that is missing; False when nothing is."""
        final = self._parts.final
        if self.stopped and not final:
            return False
        if not pieces and final and self._parts.blocks:
            pieces = [Piece(0, 0, "", 0, closed=True, fence=None)]
        for number, piece in enumerate(pieces):
            blocks = self._parts.blocks if final and number == len(pieces) - 1 else ()
            if await self._bring(number, text, piece, blocks):
                return True
        return final and await self._remove_rest(len(pieces))

    async def _bring(self, number: int, text: str, piece: Piece, blocks: Sequence[Block]) -> bool:
        """Do the first thing that is missing of one message."""
        part = await self._parts.get(number)
        if not (piece.text.strip() or blocks):
            if part is None or not self._parts.final:
                return False
            await self._parts.remove(number, part)
            return True
        if part is None:
            return await self._parts.open(number, text, piece, blocks)
        if part.live:
            return await self._go_on(number, part, text, piece, blocks)
        return await self._parts.correct(number, part, piece, blocks)

    async def _go_on(
        self, number: int, part: Part, text: str, piece: Piece, blocks: Sequence[Block]
    ) -> bool:
        if part.sent is None or not piece.text.startswith(part.sent):
            return await self._parts.end(number, part, "", ())
        rest, at = piece.text[len(part.sent) :], reached(part, piece)
        if self._parts.final or piece.closed:
            return await self._parts.end(number, part, rest, blocks)
        if self._old(part):
            if at <= piece.start:
                return await self._parts.end(number, part, "", ())
            self._layout.split(text, at)
            return True
        return bool(rest) and await self._parts.append(part, text, piece, rest)

    def _old(self, part: Part) -> bool:
        whole_line = (part.sent or "").endswith("\n")
        return self._parts.age(part) > STREAM_SECONDS + (0 if whole_line else LINE_SECONDS)

    async def _remove_rest(self, kept: int) -> bool:
        """Take away what was sent and the answer has no text for."""
        for number in self._parts.numbers:
            if number >= kept and (part := await self._parts.get(number)):
                await self._parts.remove(number, part)
                return True
        return False
