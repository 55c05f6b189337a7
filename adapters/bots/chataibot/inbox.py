"""From the webhook's events to the gateway's pushes."""

import asyncio
from collections.abc import Sequence
from weakref import WeakValueDictionary

import structlog
from msgspec import Struct

from adapters.bots.chataibot.events import Event, Kind
from adapters.bots.chataibot.files import Files
from adapters.bots.chataibot.memory import Memory, Prompt
from adapters.bots.chataibot.quiet import Quiet
from gateway.model import Attachment, ReplyEvent
from gateway.ports import Bot, GatewayForBots, Refusal, StoreUnavailable
from gateway.tasks import cancel

WAIT = 3.0
"""Seconds in which a conversation may become known: an answer may overtake the message's POST."""
FILES = 5.0
"""Seconds that the files of one request may take, all together."""
_STEP = 0.2
_MOST_WAITING = 200
_MOST_AT_ONCE = 1_000

log = structlog.get_logger()


class _Patience(Struct):
    """How long a request may take: until when for its conversations, how long for its files."""

    known_until: float
    files: float


class Inbox:
    """Takes the events of one bot in, in the order of each conversation.

    ChatAIBot wants to hear within about a second that its events were taken, and repeats those of
    which it does not. They are acknowledged once they are durable all the same, and the files of a
    message are fetched before that, for their links need not live long. So a request is worked on
    to its end when ChatAIBot no longer waits for it, and its repeat finds that it was.
    """

    def __init__(
        self, bot: Bot, gateway: GatewayForBots, memory: Memory, files: Files, quiet: Quiet
    ) -> None:
        self._bot = bot
        self._gateway = gateway
        self._memory = memory
        self._files = files
        self._quiet = quiet
        self._waiting = 0
        self._running: set[asyncio.Task[None]] = set()
        # Events of one conversation may come in several requests at once, and stay in order.
        self._order: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def take(self, events: Sequence[Event]) -> None:
        """Make all that is said durable. Raises Refusal when it must be sent again.

        Cancelling this does not stop the work.
        """
        if len(self._running) >= _MOST_AT_ONCE:
            raise _again()
        task = asyncio.create_task(self._take(events))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        await asyncio.shield(task)

    async def stop(self) -> None:
        """Leave what is not done to the vendor's repeats."""
        await cancel(*self._running)

    async def _take(self, events: Sequence[Event]) -> None:
        patience = _Patience(_now() + WAIT, FILES)
        try:
            for event in events:
                await self._take_one(event, patience)
        except StoreUnavailable:
            raise _again() from None

    async def _take_one(self, event: Event, patience: _Patience) -> None:
        match event.kind:
            case Kind.SAID if not event.said.is_empty:
                await self._say(event, patience)
            case Kind.CLOSED:
                await self._memory.close(event.conversations)
                await self._quiet.hear(event.aliases, event.full_name)
            case Kind.OPENED:
                await self._memory.reopen(event.conversations)
            case Kind.TYPING | Kind.PAUSED:
                await self._show_typing(event, on=event.kind is Kind.TYPING)
            case Kind.SAID | Kind.OTHER:
                self._gateway.ignored(self._bot, event.word)

    async def _say(self, event: Event, patience: _Patience) -> None:
        name = next(iter(event.aliases), "")
        async with self._order.setdefault(name, asyncio.Lock()):
            if event.said.links and await self._memory.is_told(event.full_name):
                return
            await self._note(event)
            files = await self._collect(event, patience)
            known = await self._deliver(event, event.said.events(files), patience)
            if known and files:
                await self._memory.tell(event.full_name)
        if not known:
            log.warning("chataibot.conversation_unknown", bot=self._bot.name, kind=event.word)

    async def _show_typing(self, event: Event, *, on: bool) -> None:
        for alias in event.aliases:
            if await self._gateway.typing(self._bot, alias, on=on):
                return

    async def _note(self, event: Event) -> None:
        # Before the push: the person may press a button the moment they see it.
        if event.said.buttons:
            prompt = Prompt(event.full_name, event.said.buttons)
            await self._memory.offer(event.aliases, prompt)
        await self._quiet.hear(event.aliases, event.full_name)

    async def _collect(self, event: Event, patience: _Patience) -> list[Attachment]:
        began = _now()
        files = await self._files.collect(event.said.links, patience.files)
        patience.files -= _now() - began
        return files

    async def _deliver(
        self, event: Event, events: Sequence[ReplyEvent], patience: _Patience
    ) -> bool:
        while not await self._push(event, events):
            left = patience.known_until - _now()
            if left <= 0 or not event.aliases:
                return False
            await self._pause(min(_STEP, left))
        return True

    async def _push(self, event: Event, events: Sequence[ReplyEvent]) -> bool:
        for alias in event.aliases:
            if await self._gateway.push(self._bot, alias, event.name, events):
                return True
        return False

    async def _pause(self, seconds: float) -> None:
        if self._waiting >= _MOST_WAITING:
            raise _again()
        self._waiting += 1
        try:
            await asyncio.sleep(seconds)
        finally:
            self._waiting -= 1


def _now() -> float:
    return asyncio.get_running_loop().time()


def _again() -> Refusal:
    return Refusal(503, "unavailable", "Send the events again in a moment.", retry_after=1)
