"""What every replica knows of the conversations: their buttons, and how far they have come."""

import asyncio
from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct

from adapters.bots.chataibot.content import Button
from gateway.ports import Bot, GatewayForBots

_SECONDS = 7 * 86_400
_LARGEST_PROMPT = 64 * 1024
_YES = b"1"


class Prompt(Struct, frozen=True):
    """Buttons, and a name for the message that they stand below."""

    name: str
    buttons: tuple[Button, ...]


class Memory:
    """Kept for seven days, under each of a conversation's names. All may raise StoreUnavailable.

    Nothing here is changed once it was written, only superseded: what two replicas do at the same
    time cannot undo each other.
    """

    def __init__(self, bot: Bot, gateway: GatewayForBots) -> None:
        self._bot = bot
        self._gateway = gateway

    async def offer(self, names: Sequence[str], prompt: Prompt) -> None:
        """Remember the latest buttons of a conversation, unless they are beyond all measure."""
        value = msgspec.json.encode(prompt)
        if len(value) <= _LARGEST_PROMPT:
            await self._write([f"prompt:{name}" for name in names], value)

    async def offered(self, names: Sequence[str]) -> Prompt | None:
        """The buttons under the first name that has any, unless they were pressed."""
        values = await self._read([f"prompt:{name}" for name in names])
        found = next((value for value in values if value), None)
        if found is None:
            return None
        prompt = msgspec.json.decode(found, type=Prompt)
        return None if any(await self._read([f"over:{prompt.name}"])) else prompt

    async def put_away(self, prompt: Prompt) -> None:
        """These buttons are not to be pressed any more."""
        await self._write([f"over:{prompt.name}"], _YES)

    async def close(self, names: Sequence[str]) -> None:
        """ChatAIBot has closed the conversation."""
        await self._write([f"closed:{name}" for name in names], _YES)

    async def reopen(self, names: Sequence[str]) -> None:
        """The conversation goes on after all."""
        await self._write([f"closed:{name}" for name in names], b"")

    async def is_closed(self, name: str) -> bool:
        """Whether the conversation is over."""
        return any(await self._read([f"closed:{name}"]))

    async def hear(self, names: Sequence[str], event: str) -> None:
        """``event`` is the latest of the conversation."""
        await self._write([f"heard:{name}" for name in names], event.encode())

    async def heard(self, names: Sequence[str]) -> frozenset[bytes]:
        """The latest events under all the names."""
        values = await self._read([f"heard:{name}" for name in names])
        return frozenset(value for value in values if value)

    async def tell(self, event: str) -> None:
        """``event`` was pushed, and need not be prepared again."""
        await self._write([f"told:{event}"], _YES)

    async def is_told(self, event: str) -> bool:
        """Whether it was pushed."""
        return any(await self._read([f"told:{event}"]))

    async def _write(self, keys: Iterable[str], value: bytes) -> None:
        remember = self._gateway.remember
        await asyncio.gather(*(remember(self._bot, key, value, _SECONDS) for key in keys))

    async def _read(self, keys: Iterable[str]) -> list[bytes | None]:
        recall = self._gateway.recall
        return await asyncio.gather(*(recall(self._bot, key) for key in keys))
