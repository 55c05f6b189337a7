"""How a workflow says an answer: node by node."""

import json
import time
from collections.abc import Iterator
from typing import ClassVar
from uuid import uuid4

from aiohttp import web

from gateway.sandbox import bodies, texts
from gateway.sandbox.answers import Ending
from gateway.sandbox.clickai_voices import Job, Voice

LLM = ("llm", "text")


class FlowVoice(Voice):
    """A workflow's."""

    flows: ClassVar[bool] = True
    _last: ClassVar[tuple[str, str]] = ("end", "result")

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self._workflow = str(uuid4())
        self._nodes: dict[str, str] = {}

    def opening(self) -> Iterator[bytes]:
        """Up to the node that speaks."""
        yield from self.started()
        yield self.node_started("llm")

    def started(self) -> Iterator[bytes]:
        """The start of the run, and its first node."""
        now = self._now()
        told = {"inputs": self._inputs(), "created_at": now, "reason": "initial"}
        yield self.event("workflow_started", {**self._run(), **told})
        yield self.node_started("start")
        own = {} if self.job.app.chats else self.job.turn.inputs
        yield self._node_finished("start", inputs=own, outputs=own)

    def word(self, text: str) -> bytes:
        """One more."""
        return self.event("text_chunk", {"text": text, "from_variable_selector": LLM})

    def ending(self) -> Iterator[bytes]:
        """The speaking node's end, the last node and the end of the run."""
        yield self.word("")
        yield self.word("")
        yield from self._trailing()
        yield self._spoken()
        yield from self.concluded()

    def concluded(self) -> Iterator[bytes]:
        """The last node, and the end of the run."""
        node, name = self._last
        outputs = self.outputs()
        yield self.node_started(node)
        inputs = {} if self.job.app.chats else {name: outputs[name]}
        yield self._node_finished(node, inputs=inputs, outputs=outputs)
        if self.job.manner.old_order:
            yield self._finished("succeeded", outputs)
            yield from self._message_end()
        else:
            yield from self._message_end()
            yield self._finished("succeeded", outputs)

    def stopped(self) -> Iterator[bytes]:
        """Where it was stopped."""
        yield self._finished("stopped", {}, "Stopped by user.")

    def failed(self, reason: str) -> Iterator[bytes]:
        """Where it failed: since 1.13 there is no ``error`` event."""
        yield self._node_finished("llm", error=reason)
        yield self._finished("failed", {}, reason)
        if self.job.manner.old_order and self.job.app.chats:
            yield bodies.error(self.job.ids, reason)

    def whole(self) -> web.Response:
        """The run in one body."""
        return self._whole(self._result("succeeded", self.outputs()))

    def whole_failed(self, reason: str) -> web.Response:
        """A run that failed is a success of the request."""
        return self._whole(self._result("failed", {}, reason))

    def detail(self, status: str, error: str | None = None) -> bodies.Body:
        """What ``GET /workflows/run`` says of the run."""
        result = self._result(status, self.outputs() if status == "succeeded" else {}, error)
        over = status not in {"running", "paused"}
        return {
            **self._run(),
            "status": status,
            "inputs": json.dumps(self._inputs()),
            **{name: result[name] for name in ("outputs", "error", "total_steps", "total_tokens")},
            "created_at": self.job.turn.created_at,
            "finished_at": result["finished_at"] if over else None,
            "elapsed_time": result["elapsed_time"] if over else 0.0,
        }

    def outputs(self) -> dict[str, object]:
        """What the run results in."""
        files = {"files": self.files()} if self.job.files else {}
        return {self._last[1]: self.text(), **files}

    def files(self) -> list[bodies.Body]:
        """What the run has made."""
        return [file.value() for file in self.job.files]

    def event(self, name: str, data: bodies.Body) -> bytes:
        """An event of the run."""
        head = {"event": name, "workflow_run_id": self.job.ids.run, "task_id": self.job.ids.task}
        return bodies.sse({**head, "data": data})

    def node_started(self, node: str, kind: str = "") -> bytes:
        """The run has come to a node."""
        self._nodes[node] = str(uuid4())
        nothing = dict.fromkeys(("iteration_id", "loop_id", "agent_strategy"))
        head = {**self._node(node, kind), "inputs": None, "inputs_truncated": False}
        return self.event(
            "node_started", {**head, "created_at": self._now(), "extras": {}, **nothing}
        )

    def _trailing(self) -> Iterator[bytes]:
        if self.job.answer.ending is Ending.MODERATED:
            yield self.event("text_replace", {"text": texts.MODERATED})

    def _message_end(self) -> Iterator[bytes]:
        yield from ()

    def _inputs(self) -> dict[str, object]:
        return {**self.job.turn.inputs, "sys.files": [], **self._system()}

    def _system(self) -> dict[str, object]:
        return {
            "sys.user_id": self.job.user,
            "sys.app_id": str(uuid4()),
            "sys.workflow_id": self._workflow,
            "sys.workflow_run_id": self.job.ids.run,
        }

    def _node(self, node: str, kind: str = "") -> dict[str, object]:
        return {
            "id": self._nodes[node],
            "node_id": node,
            "node_type": kind or node,
            "title": node,
            "index": 1,
            "predecessor_node_id": None,
        }

    def _spoken(self) -> bytes:
        cost, done = self._usage(), {"finish_reason": "stop"}
        said = [("system", "You are a chatflow bot."), ("user", self.job.turn.query)]
        prompts = [{"role": role, "text": text, "files": []} for role, text in said]
        model = {"model_provider": "langgenius/mock/mock", "model_name": "mock-chat"}
        process = {"model_mode": "chat", "prompts": prompts, "usage": cost, **done, **model}
        outputs = {"text": self.job.answer.text, "reasoning_content": "", "usage": cost, **done}
        spent = {name: cost[name] for name in ("total_tokens", "total_price", "currency")}
        return self._node_finished("llm", process=process, outputs=outputs, spent=spent)

    def _node_finished(
        self,
        node: str,
        *,
        inputs: bodies.Body | None = None,
        process: bodies.Body | None = None,
        outputs: bodies.Body | None = None,
        spent: bodies.Body | None = None,
        error: str | None = None,
    ) -> bytes:
        data = {
            **self._node(node),
            "inputs": inputs or {},
            "inputs_truncated": False,
            "process_data": process or {},
            "process_data_truncated": False,
            "outputs": outputs or {},
            "outputs_truncated": False,
            "status": "failed" if error else "succeeded",
            "error": error,
            "elapsed_time": self.job.age(),
            "execution_metadata": spent,
            "created_at": self._now(),
            "finished_at": self._now(),
            "files": [],
            "iteration_id": None,
            "loop_id": None,
        }
        return self.event("node_finished", data)

    def _finished(self, status: str, outputs: bodies.Body, error: str | None = None) -> bytes:
        result = self._result(status, outputs, error)
        made = {name: result.pop(name) for name in ("created_at", "finished_at")}
        by = {"created_by": {"id": str(uuid4()), "user": self.job.user}}
        rest = {"exceptions_count": int(status == "failed"), "files": self.files()}
        return self.event("workflow_finished", {**result, **by, **made, **rest})

    def _result(
        self, status: str, outputs: bodies.Body, error: str | None = None
    ) -> dict[str, object]:
        done = status == "succeeded"
        return {
            **self._run(),
            "status": status,
            "outputs": outputs,
            "error": error,
            "elapsed_time": self.job.age(),
            "total_tokens": self._usage()["total_tokens"] if done else 0,
            "total_steps": 3 if done else 2,
            "created_at": self._now(),
            "finished_at": self._now(),
        }

    def _whole(self, result: bodies.Body) -> web.Response:
        ids = {"task_id": self.job.ids.task, "workflow_run_id": self.job.ids.run}
        return web.json_response({**ids, "data": result})

    def _run(self) -> dict[str, object]:
        return {"id": self.job.ids.run, "workflow_id": self._workflow}

    def _usage(self) -> dict[str, object]:
        age = self.job.age()
        times = {"time_to_first_token": age, "time_to_generate": age}
        return {**bodies.usage(self.job.prompt, len(self.job.words()), age), **times}

    def _now(self) -> int:
        return int(time.time())
