"""From the webhook's events to the gateway's pushes."""

import asyncio
from collections.abc import Awaitable, Callable
from weakref import WeakValueDictionary

import structlog

from adapters.bots.chataibot.content import Button
from adapters.bots.chataibot.events import Event, Kind
from adapters.bots.chataibot.memory import Memory
from gateway.ports import Refusal, StoreUnavailable

Push = Callable[[str, Event], Awaitable[bool]]
"""Says an event in the conversation with that alias; False when there is none."""

WAIT = 3.0
"""Seconds in which a conversation may become known: an answer may overtake the message's POST."""
_STEP = 0.2
_MOST_WAITING = 200
_MOST_KINDS = 100

log = structlog.get_logger()


class Inbox:
    """Takes the events in, and remembers what a person's next message needs of them.

    Both ``prompts`` (the latest buttons of a conversation) and ``closed`` (the conversations that
    have ended) are in this process only. After a restart, or on another replica, the label of a
    button is sent as plain text, and a message to a closed conversation begins a new one only
    once ChatAIBot says that it does not know the old one.
    """

    def __init__(self, bot: str, push: Push) -> None:
        self.prompts: Memory[tuple[Button, ...]] = Memory()
        self.closed: Memory[bool] = Memory()
        self._bot = bot
        self._push = push
        self._waiting = 0
        self._kinds: set[str] = set()
        # Events of one conversation may come in several requests at once, and stay in order.
        self._order: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def take(self, events: list[Event]) -> None:
        """Make all that is said durable. Raises Refusal when it must be sent again."""
        until = asyncio.get_running_loop().time() + WAIT
        for event in events:
            match event.kind:
                case Kind.SAID:
                    await self._say(event, until)
                case Kind.CLOSED:
                    self.closed.keep(event.conversations, value=True)
                case Kind.OPENED:
                    self.closed.forget(event.conversations)
                case Kind.OTHER:
                    self._pass_over(event)

    async def _say(self, event: Event, until: float) -> None:
        if not event.said.events:
            self._pass_over(event)
            return
        # Before the push: the person may press a button the moment they see it.
        if event.said.buttons:
            self.prompts.keep(event.aliases, event.said.buttons)
        try:
            known = await self._deliver(event, until)
        except StoreUnavailable:
            raise _again() from None
        if not known:
            log.warning("chataibot.conversation_unknown", bot=self._bot, kind=event.word)

    async def _deliver(self, event: Event, until: float) -> bool:
        name = next(iter(event.aliases), "")
        async with self._order.setdefault(name, asyncio.Lock()):
            while not await self._pushed(event):
                left = until - asyncio.get_running_loop().time()
                if left <= 0 or not event.aliases:
                    return False
                await self._pause(min(_STEP, left))
            return True

    async def _pushed(self, event: Event) -> bool:
        for alias in event.aliases:
            if await self._push(alias, event):
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

    def _pass_over(self, event: Event) -> None:
        if event.word not in self._kinds and len(self._kinds) < _MOST_KINDS:
            self._kinds.add(event.word)
            log.warning("chataibot.event_not_understood", bot=self._bot, kind=event.word)


def _again() -> Refusal:
    return Refusal(503, "unavailable", "Send the events again in a moment.", retry_after=1)
