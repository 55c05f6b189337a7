"""The people of the run who write in Telegram, and a Telegram that fails as platforms do."""

import asyncio
import random
import re
from collections.abc import Iterator, MutableMapping, Sequence
from typing import Any

from support.telegram import Bot, Call, Message, Telegram
from support.telegram.faults import Faults

from adapters.channels.telegram.webhook import secret_of
from torture.answers import MARK
from torture.colleagues import REQUEST_SECONDS, trouble
from torture.people import Person
from torture.plan import Door, Question
from torture.platform import Platform, Post

GROUPS = -1_000_000_000_000
_TOKEN = re.compile(r"\[(c\w+m\w+-\w+)\]")


class Moods(Faults):
    """What goes wrong at random, at every call, beside the limits that Telegram publishes."""

    def __init__(self, dice: random.Random, troubles: MutableMapping[str, int]) -> None:
        super().__init__()
        self.chat, self.group, self.overall = (8, 5.0), (20, 60.0), (30, 1.0)
        self._dice = dice
        self._troubles = troubles

    def fault(self, method: str, chat: int) -> str:
        """What the call that is here now meets."""
        return trouble(self._dice, self._troubles)


class Chatter(Person):
    """Somebody who writes in one chat: a private one where ClickAI is, else a group."""

    def join(self, telegram: Telegram, platform: Platform) -> None:
        """Find the bot. In the end, what it said goes to the platform's posts."""
        self._telegram = telegram
        self._platform = platform
        self._bot = telegram.bots[token_of(self.talk.door)]
        number = 1_000 + int(self.talk.place[1:])
        self._chat = number if self.talk.door.bot == "clickai" else GROUPS - number
        self._updates: dict[str, dict[str, Any]] = {}

    @property
    def lane(self) -> str:
        """What the gateway calls the conversation, in its logs."""
        return f"{self.talk.door.name}:{self._chat}"

    async def _try(self, question: Question) -> str:
        update = self._updates.get(question.token)
        if update is None:
            update = self._updates[question.token] = self._update(question)
        name = self.talk.door.name
        async with asyncio.timeout(REQUEST_SECONDS):
            answer = await self._telegram.post(
                update,
                secret=secret_of(self._bot.token, name),
                url=f"{self._anywhere()}/telegram/{name}/webhook",
            )
        return "taken" if answer.status == 200 else ""

    def _update(self, question: Question) -> dict[str, Any]:
        make, bot = self._telegram, self._bot
        if self._chat > 0:
            return make.private(question.text, user=self._chat, bot=bot)
        return make.mention(question.text, chat=self._chat, bot=bot)

    async def stop(self) -> None:
        """Read the chat. Telegram does not say which turn a message became: the buttons do."""
        for ack in self.acks.values():
            ack.turns.clear()
        messages = self._telegram.said(self._chat, bot=self._bot)
        for message, token in zip(messages, self._tokens(messages), strict=True):
            if (turn := _turn(message)) and token in self.acks:
                self.acks[token].turns.add(turn)
            name = f"{self._bot.id}:{message.id}"
            self._platform.posts[name] = self._post(message, token)

    def _post(self, message: Message, token: str) -> Post:
        call, *edits = self._calls(message.id)
        text, notices = message.parts
        return Post(
            at=call.at,
            place=self.talk.place,
            ref=f"{token}.0",
            reply_to=token,
            replica=call.via,
            cut=call.fault == "cut after",
            text=MARK.join([text, *notices]),
            edited_at=edits[-1].at if edits else 0.0,
            edited_by=edits[-1].via if edits else "",
        )

    def _calls(self, message: int) -> list[Call]:
        """What made a message, and then each change of it."""
        return [call for call in self._telegram.calls if call.message == message]

    def _tokens(self, messages: Sequence[Message]) -> Iterator[str]:
        """Whose answer each message is: its text says so, or what it replies to. In a private chat
        one that says only that an answer failed is for the first that has no other."""
        named = [_token(message) for message in messages]
        silent = (token for token in self._asked() if token not in named)
        asked = {update["message"]["message_id"]: token for token, update in self._updates.items()}
        for message, token in zip(messages, named, strict=True):
            found = token or asked.get(message.reply_to, "")
            yield found or next(silent, f"nobody's {message.id}")

    def _asked(self) -> list[str]:
        return sorted(self._updates, key=lambda token: self._updates[token]["update_id"])


def token_of(door: Door) -> str:
    """The token of a door's bot."""
    number = 2_000_000 + sum(map(ord, door.name))
    return f"{number}:{door.name.replace('-', '_'):A<35}"


def add_bots(telegram: Telegram, doors: Sequence[Door]) -> None:
    """The bots there are."""
    for door in doors:
        if door.telegram:
            telegram.add(Bot(token=token_of(door), username=f"{door.name.replace('-', '_')}_bot"))


def channels(name: str, doors: Sequence[Door], telegram: Telegram) -> dict[str, Any]:
    """The doors in Telegram, with an address of the replica's own: it says who calls."""
    api = {"kind": "telegram", "updates": "webhook", "api_url": f"{telegram.url}/via/{name}"}
    return {door.name: api | {"token": token_of(door)} for door in doors if door.telegram}


def _token(message: Message) -> str:
    found = _TOKEN.match(message.text)
    return found[1] if found else ""


def _turn(message: Message) -> str:
    for row in message.keyboard:
        for button in row:
            return str(button["callback_data"]).split(":")[1]
    return ""
