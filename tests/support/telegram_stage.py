"""What delivers answers to a stand-in for Telegram, without a gateway around it."""

import asyncio
from collections.abc import Callable
from typing import Any

import aiohttp

from adapters.channels.telegram.abilities import Abilities
from adapters.channels.telegram.api import Api
from adapters.channels.telegram.config import Config
from adapters.channels.telegram.homes import Homes
from adapters.channels.telegram.messages import Messages
from adapters.channels.telegram.outbound import Outbound
from adapters.channels.telegram.pacing import Pace
from adapters.channels.telegram.place import Place
from adapters.channels.telegram.tempo import Way
from adapters.channels.telegram.writer import Writer
from gateway.delivery import Delivery
from gateway.model import Address, EndState, Inbound, Origin, Person, ShownEvent
from gateway.ports import Outcome
from support.outgoing import Given, Log, Notes, told
from support.telegram import Message, Telegram

PERSON, GROUP = 42, -1_000_000_000_001


class Door:
    """A channel, by its name."""

    name = "telegram"


class Hall(Given):
    """Recalls what it was told to remember."""

    async def recall(self, channel: Any, key: str) -> bytes | None:
        return self.memory.get(key)


class Stage:
    """A chat with the bot, and a journal that outlives attempts."""

    def __init__(self, standin: Telegram, http: aiohttp.ClientSession, chat: int = PERSON) -> None:
        self.telegram = standin
        self.hall = Hall(http)
        self.notes = Notes()
        self.chat = chat
        self.thread = ""
        self.asked = 0
        """The message that is answered."""
        self.question = "?"
        self.pace = Pace(Door.name, self.hall.allow)
        self.homes = Homes(Door(), self.hall)  # type: ignore[arg-type]
        self.api = Api(http, standin.url, standin.token)
        self.abilities = Abilities()
        self.outbound = self.configured()

    def configured(self, **keys: Any) -> Outbound:
        """From now on with these keys."""
        given = {"kind": "telegram", "token": self.telegram.token} | keys
        config = Config.model_validate(given)
        self.outbound = Outbound(
            Door(),  # type: ignore[arg-type]
            config,
            self.hall,  # type: ignore[arg-type]
            self.api,
            self.pace,
            self.homes,
        )
        return self.outbound

    def reply(self, *, asked: bool = True, turn: str = "7") -> Delivery:
        """An answer to a message; unasked it is a push."""
        facts = {"chat": str(self.chat), "message": str(self.asked or 1)}
        address = Address(Door.name, str(self.chat), self.thread)
        origin = Origin(address, Person(str(PERSON), locale="en"), facts)
        message = Inbound(id=f"{self.chat}:1", origin=origin, text=self.question, received_at=0.0)
        messages = (message,) if asked else ()
        return Delivery(turn, origin, messages, Log(), self.notes, 400_000)

    def messages(self, *, reply_to: int | None = None) -> Messages:
        """The messages of an answer."""
        thread = int(self.thread) if self.thread else None
        place = Place(self.chat, thread, reply_to)
        return Messages(self.api, self.pace, self.homes, place, self.reply())

    def writer(self, way: Way = Way.DRAFT, *, rich: bool = False) -> Writer:
        """A writer of one answer, or of the rest of it."""
        return Writer(self.messages(), self.abilities, way, 7, rich=rich)

    async def deliver(
        self,
        *events: ShownEvent,
        state: EndState = EndState.DONE,
        notice: str = "",
        pause: float = 0.0,
        asked: bool = True,
    ) -> Outcome:
        """Deliver an answer that comes with pauses."""
        reply = self.reply(asked=asked)
        async with asyncio.timeout(30):
            telling = told(reply, events, state, notice, pause)
            outcome, _ = await asyncio.gather(self.outbound.deliver(reply), telling)
        return outcome

    async def until(self, ready: Callable[[], object]) -> None:
        """Wait until something is so."""
        async with asyncio.timeout(10):
            while not ready():  # noqa: ASYNC110
                await asyncio.sleep(0.005)

    @property
    def said(self) -> list[Message]:
        """The bot's messages."""
        return self.telegram.said(self.chat)

    @property
    def texts(self) -> list[str]:
        """What they say."""
        return self.telegram.texts(self.chat)

    @property
    def buttons(self) -> list[str]:
        """What the buttons below the last message send."""
        return [b["callback_data"] for row in self.said[-1].keyboard for b in row]

    def count(self, method: str) -> int:
        """How often a method was called."""
        return len(self.telegram.called(method))
