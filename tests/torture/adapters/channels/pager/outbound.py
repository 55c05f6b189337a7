"""An answer as messages of the platform, each posted once and edited from then on."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from adapters.channels.pager.client import Client, Refused, Unsure

from gateway.model import End
from gateway.ports import NotSent, Outcome, Reply, Sent, StoreUnavailable

MARK = "\n※ "
"""Stands before each of the gateway's own sentences."""
TRIES = 30
PAUSE = 0.3
"""Seconds between two tries."""


class Pages:
    """One reply at the platform, from wherever an earlier attempt left it."""

    def __init__(self, client: Client, reply: Reply, longest: int) -> None:
        self._client = client
        self._reply = reply
        self._journal = reply.journal
        self._longest = longest
        self._place = reply.address.place
        self._shown: dict[str, str] = {}

    async def show(self, text: str) -> None:
        """Show an answer as far as it is; what fails is made up for later."""
        with suppress(Refused, Unsure, StoreUnavailable):
            await self._put_all(text, self._split(text))

    async def finish(self, end: End, notices: Sequence[str]) -> Outcome:
        """Show the whole answer."""
        pieces = self._split(whole(end, notices))
        for _ in range(TRIES):
            with suppress(Refused, Unsure, StoreUnavailable):
                await self._put_all(end.text, pieces)
                await self._remove_rest(end.text, len(pieces))
                return Sent()
            await asyncio.sleep(PAUSE)
        return NotSent("the platform does not take it")

    async def _put_all(self, answer: str, pieces: Sequence[str]) -> None:
        for number, piece in enumerate(pieces):
            if self._shown.get(str(number)) != piece:
                await self._put(str(number), piece, answer)

    async def _put(self, part: str, text: str, answer: str) -> None:
        name = await self._name(part)
        await self._journal.show(answer)
        if name:
            await self._client.edit(self._place, name, text)
        else:
            await self._post(part, text)
        self._shown[part] = text

    async def _name(self, part: str) -> str:
        """The platform's name of a part; empty when there is none, or it cannot be known."""
        name = self._journal.parts.get(part)
        if name == "" and self._client.can_look_up:
            name = await self._client.find(self._place, self._ref(part))
            if name:
                await self._note(part, name)
        return name or ""

    async def _post(self, part: str, text: str) -> None:
        await self._journal.begin(part)
        reply_to = self._reply.messages[-1].id
        try:
            name = await self._client.post(self._place, self._ref(part), reply_to, text)
        except Refused:
            await self._journal.withdraw(part)
            raise
        await self._note(part, name)

    async def _note(self, part: str, name: str) -> None:
        # The part is out: whoever comes next must know, however long the store is away.
        while True:
            with suppress(StoreUnavailable):
                return await self._journal.finish(part, name)
            await asyncio.sleep(PAUSE)

    async def _remove_rest(self, answer: str, kept: int) -> None:
        """Take away what an earlier attempt had posted and this one has no text for."""
        for part in [part for part in self._journal.parts if int(part) >= kept]:
            if name := await self._name(part):
                await self._journal.show(answer)
                await self._client.delete(self._place, name)
            await self._journal.withdraw(part)

    def _ref(self, part: str) -> str:
        return f"{self._reply.turn}.{part}"

    def _split(self, text: str) -> list[str]:
        return [text[at : at + self._longest] for at in range(0, len(text), self._longest)]


def whole(end: End, notices: Sequence[str]) -> str:
    """All that a person reads of an answer."""
    said = [*notices, *([end.notice] if end.notice else [])]
    return end.text + "".join(MARK + notice for notice in said)
