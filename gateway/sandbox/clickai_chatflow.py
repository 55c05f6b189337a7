"""How a chatflow says an answer: a workflow's nodes, a chat's words."""

from collections.abc import Iterator, Sequence
from typing import ClassVar

from aiohttp import web

from gateway.sandbox import bodies, texts
from gateway.sandbox.answers import Ending
from gateway.sandbox.clickai_apps import Mode
from gateway.sandbox.clickai_flows import LLM, FlowVoice
from gateway.sandbox.requests import Refusal


class ChatflowVoice(FlowVoice):
    """A chatflow's: its answer ends in the conversation's variable ``lang``."""

    _last: ClassVar[tuple[str, str]] = ("answer", "answer")

    def word(self, text: str) -> bytes:
        """One more."""
        return bodies.message(self.job.ids, text, LLM)

    def outputs(self) -> dict[str, object]:
        """What the run results in."""
        return {"answer": self.text(), "files": self.files()}

    def text(self) -> str:
        """All that is said."""
        moderated = self.job.answer.ending is Ending.MODERATED
        return super().text() if moderated else f"{super().text()} [lang={self.job.language}]"

    def event(self, name: str, data: bodies.Body) -> bytes:
        """An event of the run."""
        return bodies.event(name, self.job.ids, workflow_run_id=self.job.ids.run, data=data)

    def whole(self) -> web.Response:
        """The answer in one body."""
        return bodies.whole(self.job.ids, Mode.CHATFLOW, self.text(), self._cost())

    def whole_failed(self, reason: str) -> web.Response:
        """Unlike a workflow's failure, this one is the request's."""
        raise Refusal(400, "invalid_param", f"Run failed: {reason}")

    def _trailing(self) -> Iterator[bytes]:
        if self.job.answer.ending is Ending.MODERATED:
            yield bodies.message_replace(self.job.ids, texts.MODERATED)
            return
        for text, source in self._language():
            yield bodies.message(self.job.ids, text, source)

    def _language(self) -> Iterator[tuple[str, Sequence[str]]]:
        yield " [lang=", ("answer", "answer")
        yield self.job.language, ("conversation", "lang")
        yield "]", ("answer", "answer")

    def _message_end(self) -> Iterator[bytes]:
        yield bodies.message_end(self.job.ids, self._cost(), self.files())

    def _cost(self) -> bodies.Body:
        return {
            "annotation_reply": None,
            "retriever_resources": self.job.resources(),
            "usage": self._usage(),
        }

    def _inputs(self) -> dict[str, object]:
        asked = {"sys.query": self.job.turn.query, "sys.files": [], "sys.user_id": self.job.user}
        return {**asked, "sys.dialogue_count": self.job.dialogue, **self._system()}
