"""One prediction of the sandbox's CiniterFlow: the events it consists of, in their order."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

from msgspec import Struct, field

from gateway.sandbox import bodies as clickai_bodies
from gateway.sandbox import ciniterflow_bodies as bodies
from gateway.sandbox import texts
from gateway.sandbox.answers import Answer, Ending
from gateway.sandbox.ciniterflow_flows import AGENTFLOWS, Kind

FAILURE = "[sandbox] The model could not be reached"
ABORTED = "This operation was aborted"

_START = ("startAgentflow_0", "Start")
_MODEL = ("llmAgentflow_0", "LLM")
_HUMAN = ("humanInputAgentflow_0", "Human Input")
_REPLY = ("directReplyAgentflow_0", "Direct Reply")

Event = tuple[str, object]


class Run(Struct, eq=False):
    """One prediction. ``asked`` is what the request held: a question, a form or a decision.

    ``decision`` is empty unless the run goes on where another stopped. ``pace`` is in seconds per
    word. What is said and found out on the way is collected here, for answers in one piece.
    """

    kind: Kind
    asked: dict[str, object]
    chat: str
    session: str
    message: str
    answer: Answer
    pace: float
    decision: str = ""
    said: str = ""
    action: bodies.Body | None = None
    artifacts: list[bodies.Body] = field(default_factory=list)
    annotations: list[bodies.Body] = field(default_factory=list)
    sources: list[bodies.Body] = field(default_factory=list)
    aborted: asyncio.Event = field(default_factory=asyncio.Event)
    nodes: list[tuple[str, str]] = field(default_factory=list)

    async def events(self) -> AsyncIterator[Event]:
        """What is streamed, without ``end``. Raises Refusal where the run fails."""
        steps = self._agentflow() if self.kind in AGENTFLOWS else self._chain()
        async for event in steps:
            yield event
        yield "metadata", self._metadata()

    def body(self) -> bodies.Body:
        """The whole answer in one piece."""
        agentflow = self.kind in AGENTFLOWS
        return {
            "text": self.said,
            **self.extras(),
            **self.asked,
            "chatId": self.chat,
            "chatMessageId": self.message,
            **(self._execution() if agentflow else {"isStreamValid": False}),
            "sessionId": self.session,
            **({} if agentflow else {"memoryType": "Buffer Memory"}),
        }

    def extras(self) -> dict[str, object]:
        """What comes with it beside its text."""
        found = {
            "usedTools": _CALCULATED if self.kind is Kind.TOOLS else None,
            "artifacts": self.artifacts,
            "fileAnnotations": self.annotations,
            "sourceDocuments": self.sources,
        }
        return {name: value for name, value in found.items() if value}

    def kept(self) -> dict[str, object]:
        """What is kept of it beside its text."""
        return {**self.extras(), **({"action": self.action} if self.action else {})}

    async def _chain(self) -> AsyncIterator[Event]:
        async for event in self._say(("start", "")):
            yield event
        if self.answer.ending is Ending.FAILURE:
            bodies.fail(FAILURE)
        if self.sources:
            yield "sourceDocuments", self.sources
        if self.kind is Kind.TOOLS:
            yield "usedTools", _CALCULATED
        if self.artifacts:
            yield "artifacts", self.artifacts

    async def _agentflow(self) -> AsyncIterator[Event]:
        yield "agentFlowEvent", "INPROGRESS"
        steps = self._go_on() if self.decision else self._begin()
        try:
            async for event in steps:
                yield event
        except _Failed as failed:
            for event in self._break(failed.reason):
                yield event
            yield "agentFlowEvent", "ERROR"
            bodies.fail(f"Error in LLM node: {failed.reason}")
        if self.action:
            yield "agentFlowEvent", "STOPPED"
            yield "action", self.action
        yield "agentFlowEvent", "STOPPED" if self.action else "FINISHED"

    async def _begin(self) -> AsyncIterator[Event]:
        yield self._step(_START, "INPROGRESS")
        for event in self._left(_START):
            yield event
        yield self._step(_MODEL, "INPROGRESS")
        # A model whose answer is not the flow's own is not streamed.
        steps = self._ask() if self.kind is Kind.HUMAN else self._model()
        async for event in steps:
            yield event

    async def _model(self) -> AsyncIterator[Event]:
        async for event in self._say(("token", "")):
            yield event
        if self.answer.ending is Ending.FAILURE:
            raise _Failed(FAILURE)
        for empty in ("", ""):
            yield "token", empty
        if self.annotations:
            yield "fileAnnotations", self.annotations
        yield "calledTools", []
        yield "usageMetadata", self._usage()
        for event in self._left(_MODEL):
            yield event

    async def _ask(self) -> AsyncIterator[Event]:
        for event in self._left(_MODEL):
            yield event
        yield self._step(_HUMAN, "INPROGRESS")
        self.said = f"{self.answer.text}\n\n{bodies.ASKS}"
        yield "token", self.said
        self.action = bodies.action(_HUMAN[0], str(uuid4()))
        for event in self._left(_HUMAN, "STOPPED"):
            yield event

    async def _go_on(self) -> AsyncIterator[Event]:
        yield self._step(_HUMAN, "INPROGRESS")
        for event in self._left(_HUMAN):
            yield event
        yield self._step(_REPLY, "INPROGRESS")
        self.said = bodies.APPROVED if self.decision == "proceed" else bodies.REJECTED
        yield "token", self.said
        for event in self._left(_REPLY):
            yield event

    async def _say(self, opening: Event) -> AsyncIterator[Event]:
        """The words, with ``opening`` before the first: it comes when the model begins."""
        pace = self.pace if self.answer.pace is None else self.answer.pace
        words = clickai_bodies.words(self.answer.text)
        if not words and self.answer.ending is not Ending.FAILURE:
            yield opening
        for n, word in enumerate(words):
            await asyncio.sleep(pace)
            # Chains take no notice.
            if self.aborted.is_set() and self.kind in AGENTFLOWS:
                raise _Failed(ABORTED)
            if n == 0:
                yield opening
            self.said += word
            yield "token", word

    def _left(self, node: tuple[str, str], status: str = "FINISHED") -> list[Event]:
        self.nodes.append(node)
        return [self._step(node, status), self._trace()]

    def _break(self, reason: str) -> list[Event]:
        label, data = self._step(_MODEL, "ERROR")
        error = {**data, "error": f"Error in LLM node: {reason}"}
        return [(label, error), self._trace()]

    def _step(self, node: tuple[str, str], status: str) -> tuple[str, dict[str, object]]:
        return "nextAgentFlow", {"nodeId": node[0], "nodeLabel": node[1], "status": status}

    def _trace(self) -> Event:
        return "agentFlowExecutedData", bodies.trace(self.nodes, self.asked)

    def _execution(self) -> bodies.Body:
        found = {"executionId": str(uuid4()), "agentFlowExecutedData": self._trace()[1]}
        return {**found, "action": self.action} if self.action else found

    def _metadata(self) -> bodies.Body:
        question = {"question": self.asked["question"]} if "question" in self.asked else {}
        found: dict[str, object] = {"chatId": self.chat, "chatMessageId": self.message}
        found |= {**question, "sessionId": self.session}
        if self.kind not in AGENTFLOWS:
            found["memoryType"] = "Buffer Memory"
        return {**found, "action": self.action} if self.action else found

    def _usage(self) -> bodies.Body:
        given, said = 10, len(clickai_bodies.words(self.said))
        counts = {"input_tokens": given, "output_tokens": said, "total_tokens": given + said}
        return {**counts, "input_token_details": {}, "output_token_details": {}}


def allowed(answer: Answer) -> Answer:
    """What moderation does not let through is not said: its own sentence is the answer."""
    if answer.ending is Ending.MODERATED:
        return Answer(texts.MODERATED, pace=answer.pace)
    return answer


class _Failed(Exception):
    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


_CALCULATED = [{"tool": "calculator", "toolInput": {"input": "2+2"}, "toolOutput": "4"}]
