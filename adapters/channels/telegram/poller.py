"""Long polling: one replica at a time fetches what Telegram holds, and confirms what is safe."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from typing import Any

import structlog

from adapters.channels.telegram.api import (
    Api,
    Limited,
    Refused,
    Unauthorized,
    Unreached,
    Unsure,
)
from adapters.channels.telegram.hooks import ALLOWED
from adapters.channels.telegram.leader import Leader
from adapters.channels.telegram.trouble import Trouble
from gateway.ports import Channel, GatewayForChannels, StoreUnavailable
from gateway.tasks import cancel

KEY = "poller"
POLL_SECONDS = 30
"""How long Telegram holds a poll while it has nothing."""
LOOK_SECONDS = 1.0
"""Between looks at whether the lock is free, and at whether the store is back."""
MEND_SECONDS = 60.0
"""Before the next try where somebody has to mend something."""

AWAY = "Telegram cannot be reached; what people write waits there"
STORE_AWAY = "the store is away; what people write waits at Telegram"
UNAUTHORIZED = (
    "Telegram refuses the token: copy it anew from @BotFather (/mybots, API Token) and restart "
    "the gateway"
)
OTHER = "another process uses this token: stop it, or give each a bot of its own"
HOOKED = (
    "a webhook is set again and again, so nothing can be polled: another service uses this "
    "token; stop it, or write `updates: webhook`"
)
DEFECT = "polling failed by a defect"

log = structlog.get_logger(__name__)
Update = dict[str, Any]


class Poller:
    """Polls while it leads, and hands each update to ``heed``, which makes it durable.

    Telegram is told of an update that it may forget it only after ``heed`` returned for it. When
    that raises StoreUnavailable it is called again with the same update, until it returns.
    Updates of different chats are handled beside each other, those of one in order.
    """

    def __init__(
        self,
        channel: Channel,
        gateway: GatewayForChannels,
        api: Api,
        heed: Callable[[Update], Awaitable[None]],
    ) -> None:
        self._api = api
        self._heed = heed
        self._leader = Leader(channel, gateway, KEY)
        self._trouble = Trouble(channel.name, "Telegram is polled again")
        self._store = Trouble(channel.name, "the store is back")
        self._log = log.bind(channel=channel.name)
        self._unhooked = False
        self._task: asyncio.Task[None] | None = None

    @property
    def leading(self) -> bool:
        """Whether this replica is the one that polls."""
        return self._leader.leading

    async def start(self) -> None:
        """Begin, in the background; Telegram and the store may be away."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop, whatever is under way, and let another replica go on. Takes a second at most."""
        if self._task:
            await cancel(self._task)
        await self._leader.release()

    async def _run(self) -> None:
        while True:
            pause = LOOK_SECONDS
            try:
                leading = await self._leader.take()
                self._store.ends()
                if leading:
                    await self._lead()
            except StoreUnavailable:
                self._store.begins(STORE_AWAY)
            except Exception as error:
                # Whatever it was: without its poller the channel would be deaf.
                pause = self._trouble.begins(DEFECT, reason=type(error).__name__, grave=True)
            await asyncio.sleep(pause)

    async def _lead(self) -> None:
        """Poll until the lock is lost."""
        self._log.info("polling Telegram")
        polling = asyncio.create_task(self._poll())
        try:
            await _first(self._leader.keep(), polling)
        finally:
            await cancel(polling)
        if not self.leading:
            self._log.warning("another replica polls Telegram now, or the store is away")

    async def _poll(self) -> None:
        offset = 0
        while self.leading:
            try:
                updates = await self._api.updates(offset, POLL_SECONDS, ALLOWED)
            except (Refused, Unsure, Unreached) as error:
                await asyncio.sleep(await self._after(error))
                continue
            self._trouble.ends()
            offset = await self._handle(updates, offset)

    async def _after(self, error: Exception) -> float:
        """Do what a failed poll asks for; how long to wait before the next, in seconds."""
        if isinstance(error, Unauthorized) or (isinstance(error, Refused) and error.code == 404):
            # Telegram knows every method that is called here: 404 is a token it cannot read.
            self._trouble.begins(UNAUTHORIZED, grave=True)
            return MEND_SECONDS
        if isinstance(error, Limited):
            return max(error.retry_after, self._trouble.begins(AWAY, reason="429"))
        if isinstance(error, Refused) and error.code == 409:
            return await self._after_conflict(error)
        reason = str(error.code) if isinstance(error, Refused) else type(error).__name__
        return self._trouble.begins(AWAY, reason=reason)

    async def _after_conflict(self, conflict: Refused) -> float:
        if not conflict.says("webhook is active"):
            return self._trouble.begins(OTHER)
        if self._unhooked:
            self._trouble.begins(HOOKED, grave=True)
            return MEND_SECONDS
        return await self._unhook()

    async def _unhook(self) -> float:
        try:
            await self._api.call("deleteWebhook", drop_pending_updates=False)
        except (Refused, Unsure, Unreached) as error:
            return self._trouble.begins(AWAY, reason=type(error).__name__)
        self._unhooked = True
        self._log.warning("a webhook was set: removed, for this channel polls")
        return 0.0

    async def _handle(self, updates: Sequence[Update], offset: int) -> int:
        """Have every update heeded; the offset that confirms them."""
        numbered = [each for each in updates if _is_update(each)]
        await asyncio.gather(*(self._one_by_one(lane) for lane in _lanes(numbered)))
        return max((each["update_id"] + 1 for each in numbered), default=offset)

    async def _one_by_one(self, updates: Iterable[Update]) -> None:
        for update in updates:
            while not await self._heeded(update):
                self._store.begins(STORE_AWAY)
                await asyncio.sleep(LOOK_SECONDS)
            self._store.ends()

    async def _heeded(self, update: Update) -> bool:
        try:
            await self._heed(update)
        except StoreUnavailable:
            return False
        except Exception as error:
            # Held back it would hold up every chat, for it would come again and again.
            self._log.error(
                "an update was given up on",
                update=update["update_id"],
                error=type(error).__name__,
            )
        return True


def _is_update(given: object) -> bool:
    return isinstance(given, dict) and isinstance(given.get("update_id"), int)


def _lanes(updates: Iterable[Update]) -> Iterable[list[Update]]:
    """The updates of each chat, in order; what belongs to none is a lane of its own."""
    lanes = dict[object, list[Update]]()
    for update in updates:
        lanes.setdefault(_chat(update) or ("no chat", update["update_id"]), []).append(update)
    return lanes.values()


def _chat(update: Update) -> int:
    """The chat that an update happened in; 0 when it names none."""
    for event in update.values():
        if isinstance(event, dict):
            within = event if "chat" in event else event.get("message")
            chat = within.get("chat") if isinstance(within, dict) else None
            if isinstance(chat, dict) and isinstance(chat.get("id"), int):
                return int(chat["id"])
    return 0


async def _first(work: Coroutine[Any, Any, None], other: asyncio.Task[None]) -> None:
    """Wait until either ends; raises what it raised."""
    task = asyncio.create_task(work)
    try:
        ended, _ = await asyncio.wait({task, other}, return_when=asyncio.FIRST_COMPLETED)
        for each in ended:
            each.result()
    finally:
        await cancel(task)
