"""How the sandbox's apps say an answer: one voice for each kind, all in ClickAI's bytes."""

import time
from collections.abc import Iterator
from typing import ClassVar, NoReturn
from uuid import uuid4

from aiohttp import web
from msgspec import Struct, field

from gateway.sandbox import bodies, texts
from gateway.sandbox.answers import Answer, Ending
from gateway.sandbox.bodies import Ids
from gateway.sandbox.clickai_apps import App
from gateway.sandbox.clickai_made import MadeFile
from gateway.sandbox.clickai_manner import Manner
from gateway.sandbox.memory import Turn
from gateway.sandbox.requests import Refusal

_TOOL = "current_time"
_SEEN = '{"current_time": "2026-11-21 05:07:16"}'


class Job(Struct, frozen=True):
    """One answer that is being given. ``prompt`` is the size of what was asked, in words.

    ``files`` are what it makes.
    """

    app: App
    ids: Ids
    turn: Turn
    answer: Answer
    prompt: int
    user: str
    dialogue: int = 1
    language: str = "en"
    manner: Manner = Manner()
    files: tuple[MadeFile, ...] = ()
    began: float = field(default_factory=time.monotonic)

    def age(self) -> float:
        """Seconds since it was asked for."""
        return time.monotonic() - self.began

    def words(self) -> list[str]:
        """The text in the pieces it is streamed in."""
        return bodies.words(self.answer.text)

    def cost(self) -> bodies.Body:
        """What it cost, and what it rests on."""
        cost = bodies.metadata(self.prompt, len(self.words()), self.age())
        return {**cost, "retriever_resources": self.resources()}

    def resources(self) -> list[bodies.Body]:
        """The documents it rests on."""
        shown = [texts.RESOURCE] if self.manner.sources else []
        return [*self.answer.resources, *shown]

    def extras(self) -> dict[str, object]:
        """What is kept of it beside its text."""
        files = [file.kept() for file in self.files]
        return {"message_files": files, "retriever_resources": self.resources()}


class Voice:
    """A chatbot's."""

    flows: ClassVar[bool] = False
    """It sends its headers, and a heartbeat, before there is anything to say."""

    def __init__(self, job: Job) -> None:
        self.job = job

    def opening(self) -> Iterator[bytes]:
        """Before the first word."""
        yield from ()

    def word(self, text: str) -> bytes:
        """One more."""
        return bodies.message(self.job.ids, text)

    def ending(self) -> Iterator[bytes]:
        """Behind the last word."""
        yield self.word("")
        yield from (file.told(self.job.ids) for file in self.job.files)
        if self.job.answer.ending is Ending.MODERATED:
            yield bodies.message_replace(self.job.ids, texts.MODERATED)
            yield self._nothing()
        else:
            files = [file.value() for file in self.job.files]
            yield bodies.message_end(self.job.ids, self.job.cost(), files or None)

    def stopped(self) -> Iterator[bytes]:
        """Where it was stopped."""
        yield self._nothing()

    def failed(self, reason: str) -> Iterator[bytes]:
        """Where it failed."""
        yield bodies.error(self.job.ids, reason)

    def whole(self) -> web.Response:
        """All of it in one body."""
        return bodies.whole(self.job.ids, self.job.app.mode, self.text(), self.job.cost())

    def text(self) -> str:
        """All that is said."""
        answer = self.job.answer
        return texts.MODERATED if answer.ending is Ending.MODERATED else answer.text

    def whole_failed(self, reason: str) -> web.Response:
        """The failure, in place of the whole. May raise Refusal."""
        raise Refusal(400, "completion_request_error", reason)

    def _nothing(self) -> bytes:
        return bodies.message_end(self.job.ids, bodies.metadata(0, 0, self.job.age()))


class AgentVoice(Voice):
    """An agent's: it uses a tool first, and says what it thinks."""

    _first = "Let me check. "

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self._step = str(uuid4())

    def opening(self) -> Iterator[bytes]:
        """Its use of the tool."""
        yield self._thought(1)
        for word in bodies.words(self._first):
            yield self.word(word)
        yield self.word("")
        yield self._thought(1, self._first, tool=_TOOL)
        yield self._thought(1, self._first, tool=_TOOL, seen=_SEEN)
        self._step = str(uuid4())
        yield self._thought(2)

    def word(self, text: str) -> bytes:
        """One more."""
        return bodies.event("agent_message", self.job.ids, id=self.job.ids.message, answer=text)

    def ending(self) -> Iterator[bytes]:
        """What it thought while it said all that."""
        first, *rest = super().ending()
        yield first
        yield self._thought(2, self.job.answer.text)
        yield from rest

    def text(self) -> str:
        """All that is said."""
        return self._first + super().text()

    def whole(self) -> NoReturn:
        """Agents do not."""
        raise Refusal(400, "invalid_param", "Agent Chat App does not support blocking mode")

    def _thought(self, position: int, thought: str = "", tool: str = "", seen: str = "") -> bytes:
        name = {
            "zh_Hans": "获取当前时间",
            **dict.fromkeys(("en_US", "pt_BR", "ja_JP"), "Current Time"),
        }
        return bodies.event(
            "agent_thought",
            self.job.ids,
            id=self._step,
            position=position,
            thought=thought,
            observation=seen,
            tool=tool,
            tool_labels={tool: name} if tool else {},
            tool_input=f'{{"{tool}": {{}}}}' if tool else "",
            message_files=[],
        )
