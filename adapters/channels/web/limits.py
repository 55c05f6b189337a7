"""How much of everything a site's visitors may do, beside what the gateway limits for all."""

from ipaddress import IPv6Address, ip_address

from adapters.channels.web.config import Config
from gateway.model import Origin
from gateway.ports import GatewayForChannels, Refusal

ASIDE_PER_MINUTE = 30  # of each kind of thing that is no message, by one visitor
MOMENT = 120  # seconds that people can be asked to wait
DELETED_PER_MINUTE = 6  # each looks at all there is in the store


class Limits:
    """The limits of one site. Every method raises Refusal when one is reached."""

    def __init__(self, channel: str, config: Config, gateway: GatewayForChannels) -> None:
        self._channel = channel
        self._config = config
        self._gateway = gateway

    async def opened(self, address: str, *, trusted: bool) -> None:
        """A new visitor, or an identity."""
        if not trusted:
            await self._take(f"session:{network(address)}", self._config.sessions_per_minute, "")

    async def wrote(self, origin: Origin, address: str, *, trusted: bool) -> None:
        """A message of an address, and of the site."""
        config, locale = self._config, origin.person.locale
        if config.address_messages_per_minute and not trusted:
            most = config.address_messages_per_minute
            await self._take(f"message:{network(address)}", most, locale)
        if config.messages_per_minute or config.messages_per_day:
            minute, day = config.messages_per_minute, config.messages_per_day
            await self._take("message", minute, locale, day)

    async def aside(self, kind: str, origin: Origin, most: int = ASIDE_PER_MINUTE) -> None:
        """Something else that a visitor does."""
        await self._take(f"{kind}:{origin.person.id}", most, origin.person.locale)

    async def _take(self, bucket: str, minute: int, locale: str, day: int = 0) -> None:
        if wait := await self._gateway.allow(f"{self._channel}:{bucket}", minute, day):
            seconds = max(1, round(wait))
            locale = locale or self._config.locale
            key = "slow_down" if seconds <= MOMENT else "web.full"
            message = self._gateway.text(locale, key, seconds=seconds)
            raise Refusal(429, "slow_down", message, wait)


def network(address: str) -> str:
    """What counts as one address: of IPv6, the 64 bits that are one household's."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(IPv6Address(int(parsed) >> 64 << 64))
    return str(parsed)
