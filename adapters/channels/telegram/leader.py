"""A lock of all replicas: one of them leads, and knows in time when it no longer does."""

import asyncio
import secrets

from gateway.ports import Channel, GatewayForChannels, StoreUnavailable

LEASE_SECONDS = 10
RENEW_SECONDS = 3.0
MARGIN_SECONDS = 1.0
"""Before the lease ends whoever cannot renew it stops, so that nobody else has begun."""
RELEASE_SECONDS = 0.5
"""For giving it up in order; beyond it the lease runs out by itself."""


class Leader:
    """Holds a lock under ``key`` while it is renewed. One task uses it at a time."""

    def __init__(self, channel: Channel, gateway: GatewayForChannels, key: str) -> None:
        self._channel = channel
        self._gateway = gateway
        self._key = key
        self._id = secrets.token_hex(8).encode()
        self._until = 0.0

    @property
    def leading(self) -> bool:
        """Whether the lock is certainly this one's, by this process's own clock."""
        return _now() < self._until

    async def take(self) -> bool:
        """Try to become the leader. Raises StoreUnavailable."""
        asked = _now()
        if await self._gateway.claim(self._channel, self._key, self._id, LEASE_SECONDS):
            self._lead_since(asked)
        return self.leading

    async def keep(self) -> None:
        """Renew the lock; returns as soon as it is lost, or might be."""
        while self.leading:
            await self._renew()
            await asyncio.sleep(max(0.0, min(RENEW_SECONDS, self._until - _now())))

    async def release(self) -> None:
        """Let another lead at once. Never raises, and blocks for half a second at most."""
        if not self.leading:
            return
        self._until = 0.0
        try:
            async with asyncio.timeout(RELEASE_SECONDS):
                if await self._is_mine():
                    await self._gateway.drop(self._channel, self._key)
        except (StoreUnavailable, TimeoutError):
            return

    async def _renew(self) -> None:
        asked = _now()
        try:
            async with asyncio.timeout_at(self._until):
                extend = self._gateway.extend
                mine = await extend(self._channel, self._key, self._id, LEASE_SECONDS)
        except (StoreUnavailable, TimeoutError):
            # It may be back before the lease ends.
            return
        if mine:
            self._lead_since(asked)
        else:
            self._until = 0.0

    async def _is_mine(self) -> bool:
        return await self._gateway.recall(self._channel, self._key) == self._id

    def _lead_since(self, asked: float) -> None:
        self._until = asked + LEASE_SECONDS - MARGIN_SECONDS


def _now() -> float:
    return asyncio.get_running_loop().time()
