"""Homes: a group that has become a supergroup has another number, and keeps its conversations."""

from gateway.ports import Channel, GatewayForChannels

KNOWN_MOST = 10_000
SUPERGROUPS_BELOW = -(10**12)
"""The numbers of supergroups and channels; those of groups are between them and 0."""


class Homes:
    """Which conversations a chat has. Every method raises StoreUnavailable.

    A place is the number that a chat had first. Only groups change theirs, and only once, so what
    was found is kept in this process.
    """

    def __init__(self, channel: Channel, gateway: GatewayForChannels) -> None:
        self._channel = channel
        self._gateway = gateway
        self._places: dict[int, str] = {}
        self._chats: dict[str, int] = {}

    async def place_of(self, chat: int) -> str:
        """The place whose conversations a chat continues."""
        if chat >= SUPERGROUPS_BELOW:
            return str(chat)
        if chat not in self._places:
            found = await self._gateway.recall(self._channel, f"place:{chat}")
            self._note(chat, found.decode() if found else str(chat))
        return self._places[chat]

    async def chat_of(self, place: str) -> int:
        """The chat in which a place's conversations go on."""
        chat = int(place)
        if chat >= 0 or chat < SUPERGROUPS_BELOW:
            return chat
        if place not in self._chats:
            found = await self._gateway.recall(self._channel, f"chat:{place}")
            if not found:
                # It may move yet, and another replica hear of it.
                return chat
            self._note(int(found), place)
        return self._chats[place]

    async def moved(self, old: int, new: int) -> None:
        """Note that the group ``old`` goes on as the supergroup ``new``."""
        place = str(old)
        await self._gateway.remember(self._channel, f"place:{new}", place.encode(), 0)
        await self._gateway.remember(self._channel, f"chat:{place}", str(new).encode(), 0)
        self._note(new, place)

    def _note(self, chat: int, place: str) -> None:
        if len(self._places) >= KNOWN_MOST:
            self._places.clear()
            self._chats.clear()
        self._places[chat] = place
        self._chats[place] = chat
