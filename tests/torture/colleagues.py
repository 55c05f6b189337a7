"""The people of the run who write in Slack, and a Slack that fails as platforms do."""

import asyncio
import random
import re
from collections.abc import Iterator, MutableMapping, Sequence
from typing import Any

from support.slack import Call, Message, Slack
from support.slack.faults import Faults

from torture.answers import MARK
from torture.people import Person
from torture.plan import Door, Question
from torture.platform import Platform, Post

TROUBLE = {"": 88, "429:1": 3, "500": 2, "slow": 4, "cut before": 1, "cut after": 2}
"""How often, of a hundred calls, which of them happens."""
SLOW_SECONDS = (0.3, 2.0)
REQUEST_SECONDS = 3.0
STILL_GROWING = " (still growing)"
_TOKEN = re.compile(r"\[(c\w+m\w+-\w+)\]")


class Moods(Faults):
    """What goes wrong at random, at every call."""

    def __init__(self, dice: random.Random, troubles: MutableMapping[str, int]) -> None:
        super().__init__()
        self._dice = dice
        self._troubles = troubles

    def fault(self, method: str) -> str:
        """What the call that is here now meets."""
        return trouble(self._dice, self._troubles)


def trouble(dice: random.Random, troubles: MutableMapping[str, int]) -> str:
    """What a call meets, and it is counted."""
    found = dice.choices(list(TROUBLE), weights=list(TROUBLE.values()))[0]
    troubles["cut" if found == "cut after" else found] += 1
    return f"slow:{dice.uniform(*SLOW_SECONDS)}" if found == "slow" else found


class Colleague(Person):
    """Somebody who writes in one thread: directly where ClickAI is, else in a channel."""

    def join(self, slack: Slack, platform: Platform) -> None:
        """Begin the thread. In the end, what the bot said goes to the platform's posts."""
        self._slack = slack
        self._platform = platform
        letter = "D" if self.talk.door.bot == "clickai" else "C"
        self._channel = f"{letter}{self.talk.place.upper()}"
        self._thread = slack.message(channel=self._channel)["ts"]
        self._events: dict[str, dict[str, Any]] = {}

    @property
    def lane(self) -> str:
        """What the gateway calls the conversation, in its logs."""
        return f"{self.talk.door.name}:T1%3A{self._channel}:{self._thread}"

    async def _try(self, question: Question) -> str:
        event = self._events.get(question.token)
        if event is None:
            event = self._events[question.token] = self._event(question)
        elif self._channel.startswith("C") and self._dice.random() < 0.5:
            event = self._slack.twin(event)
        url = f"{self._anywhere()}/slack/{self.talk.door.name}/events"
        name, again = f"Ev-{question.token}-{event['type']}", self._dice.randrange(4)
        async with asyncio.timeout(REQUEST_SECONDS):
            answer = await self._slack.event(url, event, event_id=name, retry=again)
        return "taken" if answer.status == 200 else ""

    def _event(self, question: Question) -> dict[str, Any]:
        where = {"channel": self._channel, "thread_ts": self._thread, "text": question.text}
        direct = self._channel.startswith("D")
        return self._slack.message(**where) if direct else self._slack.mention(**where)

    async def stop(self) -> None:
        """Read the thread. Slack does not say which turn a message became: the answers do."""
        for ack in self.acks.values():
            ack.turns.clear()
        messages = self._slack.thread(self._channel, self._thread)
        turns = {_payload(m, "turn"): token for m in messages if (token := self._token(m))}
        for message in messages:
            turn = _payload(message, "turn")
            token = self._token(message) or turns.get(turn) or f"nobody's {message.ts}"
            if turn and token in self.acks:
                self.acks[token].turns.add(turn)
            self._platform.posts[message.ts] = self._post(message, token)

    def _post(self, message: Message, token: str) -> Post:
        call, *edits = self._calls(message.ts)
        # A stream that nobody has ended says neither its turn nor its part: it is a first one.
        said = [message.shown, *_notices(message)]
        return Post(
            at=call.at,
            place=self.talk.place,
            ref=f"{token}.{_payload(message, 'part') or 0}",
            reply_to=token,
            replica=_replica(call),
            cut=call.fault == "cut after",
            text=MARK.join(said) + STILL_GROWING * message.streaming,
            edited_at=edits[-1].at if edits else 0.0,
            edited_by=_replica(edits[-1]) if edits else "",
        )

    def _calls(self, ts: str) -> list[Call]:
        """What made a message, and then each change of it."""
        return [call for call in self._slack.calls if call.ts == ts and not call.error]

    def _token(self, message: Message) -> str:
        """Whose answer a message begins: its text says so, or what its button asks again."""
        if found := _TOKEN.match(message.shown):
            return found[1]
        asked = {f"{self._channel}:{event['ts']}": name for name, event in self._events.items()}
        ids = (element.get("value", "") for element in _elements(message))
        return next((asked[id_] for id_ in ids if id_ in asked), "")


def channels(name: str, doors: Sequence[Door], standin: Slack) -> dict[str, Any]:
    """The doors in Slack, with the replica's own token."""
    app = {
        "kind": "slack",
        "bot_token": f"xoxb-{name}",
        "signing_secret": standin.signing_secret,
        "api_url": standin.api_url,
    }
    return {door.name: app for door in doors if door.slack}


def _replica(call: Call) -> str:
    return call.token.removeprefix("xoxb-")


def _payload(message: Message, name: str) -> str:
    return str(message.metadata.get("event_payload", {}).get(name, ""))


def _elements(message: Message) -> Iterator[dict[str, Any]]:
    for block in message.blocks:
        yield from block.get("elements", ())


def _notices(message: Message) -> list[str]:
    blocks = [block for block in message.blocks if block["type"] == "context"]
    return [element["text"] for block in blocks for element in block["elements"]]
