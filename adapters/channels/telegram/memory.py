"""What is remembered of an answer, for the buttons below it and for reactions to it."""

import msgspec

from adapters.channels.telegram.keyboards import Options
from gateway.ports import Channel, GatewayForChannels, Reply

SECONDS = 7 * 24 * 3600


class Memory:
    """Remembers one answer; ``person`` is who asked, empty when nobody did.

    Its methods raise StoreUnavailable.
    """

    def __init__(self, channel: Channel, gateway: GatewayForChannels, reply: Reply) -> None:
        self._channel = channel
        self._gateway = gateway
        self._reply = reply
        self.person = reply.messages[-1].origin.person.id if reply.messages else ""

    async def offered(self, options: Options) -> None:
        """What the buttons stand for, before anybody sees them."""
        address, turn = self._reply.address, self._reply.turn
        # People who share a place but no conversation each count their own turns.
        place = f"{address.place}:{address.thread}:{self.person}:{turn}"
        if options.choices or options.suggestions:
            await self._keep(f"options:{place}", options)
        if options.message:
            question = {"person": options.person, "message": options.message}
            await self._keep(f"turn:{place}", question)

    async def sent(self, chat: int, message: int) -> None:
        """Which turn a message answers."""
        address = self._reply.address
        turn = {
            "turn": self._reply.turn,
            "person": self.person,
            "place": address.place,
            "thread": address.thread,
        }
        await self._keep(f"sent:{chat}:{message}", turn)

    async def _keep(self, key: str, value: object) -> None:
        data = msgspec.json.encode(value)
        await self._gateway.remember(self._channel, key, data, SECONDS)
