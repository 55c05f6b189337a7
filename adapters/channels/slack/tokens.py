"""Tokens of many workspaces: kept encrypted, and renewed before they run out."""

import asyncio
import base64
import contextlib
import time
from collections.abc import Sequence

import msgspec
import structlog
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from adapters.channels.slack.api import Limited, Refused, Unreached, Unsure
from adapters.channels.slack.grants import Grants
from adapters.channels.slack.installation import Installation
from gateway.ports import Channel, GatewayForChannels, StoreUnavailable

RENEW_SECONDS = 2 * 3600.0
"""A token that has less to live is renewed."""
CLAIM_SECONDS = 30
"""Longer than a renewal can take; then somebody else may try."""
WAIT_SECONDS = 2.0
"""For a renewal on another replica."""
POLL_SECONDS = 0.1
REST_SECONDS = 60.0
"""After a renewal that failed, while the old token lives."""

log = structlog.get_logger(__name__)


class Sealer:
    """Encrypts with a key derived from the newest signing key, and decrypts with any."""

    def __init__(self, purpose: str, signing_keys: Sequence[bytes]) -> None:
        self._fernet = MultiFernet([_derived(purpose, key) for key in signing_keys])

    def seal(self, data: bytes) -> bytes:
        """What only the holder of a signing key can read."""
        return self._fernet.encrypt(data)

    def open(self, sealed: bytes) -> bytes | None:
        """What was sealed; None when no key fits, or a bit was changed."""
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken:
            return None


class Shelf:
    """The installations of one channel, in the gateway's store.

    Every method raises StoreUnavailable.
    """

    def __init__(self, channel: Channel, gateway: GatewayForChannels) -> None:
        self._channel = channel
        self._gateway = gateway
        self._sealer = Sealer(f"slack installations of {channel.name}", gateway.signing_keys())

    async def read(self, home: str) -> Installation | None:
        """The installation of a workspace or organisation; None when there is none."""
        sealed = await self._gateway.recall(self._channel, _key(home))
        if sealed is None:
            return None
        data = self._sealer.open(sealed)
        installation = msgspec.json.decode(data, type=Installation) if data else None
        if installation is None or installation.home != home:
            log.error(
                "an installation cannot be read: put back the signing secret that it was made "
                "with, or install the app again",
                channel=self._channel.name,
                workspace=home,
            )
            return None
        return installation

    async def write(self, installation: Installation) -> None:
        """Keep an installation for ever, in place of an earlier one."""
        sealed = self._sealer.seal(msgspec.json.encode(installation))
        await self._gateway.remember(self._channel, _key(installation.home), sealed, 0)

    async def drop(self, home: str) -> None:
        """Forget an installation."""
        await self._gateway.drop(self._channel, _key(home))


class Rotation:
    """Renews tokens that expire: one replica at a time, and one task at a time in each.

    A refresh token counts once, so a renewal is never broken off because its asker went away.
    """

    def __init__(
        self, channel: Channel, gateway: GatewayForChannels, shelf: Shelf, grants: Grants
    ) -> None:
        self._channel = channel
        self._gateway = gateway
        self._shelf = shelf
        self._grants = grants
        self._running: dict[str, asyncio.Task[Installation]] = {}
        self._unsaved: dict[str, Installation] = {}
        self._rest_until: dict[str, float] = {}

    async def fresh(self, installation: Installation) -> Installation:
        """The installation with a token that lives.

        Waits for Slack for some seconds at most. Raises StoreUnavailable, and Unreached when
        the token has run out and there is no new one.
        """
        home = installation.home
        if not _due(installation) or self._rests(installation):
            return installation
        task = self._running.get(home)
        if task is None:
            task = asyncio.create_task(self._renew(installation))
            self._running[home] = task
            task.add_done_callback(lambda done: self._finished(home, done))
        return await asyncio.shield(task)

    async def stop(self) -> None:
        """Let what is being renewed be kept. Returns within seconds."""
        await asyncio.gather(*self._running.values(), return_exceptions=True)

    def _finished(self, home: str, task: asyncio.Task[Installation]) -> None:
        del self._running[home]
        if not task.cancelled():
            # All who asked may have gone: nobody else looks at it then.
            task.exception()

    def _rests(self, installation: Installation) -> bool:
        waits = time.monotonic() < self._rest_until.get(installation.home, 0.0)
        return waits and _lives(installation)

    async def _renew(self, installation: Installation) -> Installation:
        claim = f"rotating:{installation.home}"
        if not await self._gateway.claim(self._channel, claim, b"1", CLAIM_SECONDS):
            return await self._awaited(installation)
        try:
            return await self._exchanged(installation)
        finally:
            with contextlib.suppress(StoreUnavailable):
                await self._gateway.drop(self._channel, claim)

    async def _exchanged(self, installation: Installation) -> Installation:
        home = installation.home
        # Whoever had the claim before may have done it.
        current = await self._shelf.read(home) or installation
        if not _due(current):
            self._unsaved.pop(home, None)
            return current
        try:
            renewed = self._unsaved.get(home) or await self._grants.renewed(current)
        except (Refused, Unsure, Unreached) as error:
            return self._kept(current, error)
        # If the store does not take it now, it is the next one's to keep.
        self._unsaved[home] = renewed
        await self._shelf.write(renewed)
        del self._unsaved[home]
        return renewed

    def _kept(self, installation: Installation, error: Exception) -> Installation:
        self._rest_until[installation.home] = time.monotonic() + REST_SECONDS
        refused = isinstance(error, Refused) and not isinstance(error, Limited)
        (log.error if refused else log.warning)(
            "a token was not renewed" + ("; install the app again" if refused else ""),
            channel=self._channel.name,
            workspace=installation.home,
            reason=error.code if isinstance(error, Refused) else str(error),
        )
        return _living(installation)

    async def _awaited(self, installation: Installation) -> Installation:
        until = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < until:
            await asyncio.sleep(POLL_SECONDS)
            current = await self._shelf.read(installation.home)
            if current and not _due(current):
                return current
        return _living(installation)


def _derived(purpose: str, key: bytes) -> Fernet:
    derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode())
    return Fernet(base64.urlsafe_b64encode(derive.derive(key)))


def _key(home: str) -> str:
    return f"install:{home}"


def _due(installation: Installation) -> bool:
    expires = bool(installation.refresh and installation.expires_at)
    return expires and installation.expires_at - time.time() < RENEW_SECONDS


def _lives(installation: Installation) -> bool:
    return installation.expires_at > time.time()


def _living(installation: Installation) -> Installation:
    if not _lives(installation):
        raise Unreached("the token of the workspace has run out")
    return installation
