"""What the sandbox's ``app-approval`` asks a person, and what becomes of the run meanwhile."""

import secrets
import time
from collections.abc import Iterator
from uuid import uuid4

from aiohttp import web
from msgspec import Struct
from msgspec.structs import replace

from gateway.sandbox import bodies
from gateway.sandbox.answers import Answer
from gateway.sandbox.clickai_apps import App
from gateway.sandbox.clickai_chatflow import ChatflowVoice
from gateway.sandbox.requests import Refusal

FORM_SECONDS = 3600
_MOST = 1_000
_NODE = "hi"
_ACTIONS = {"approve": "Approve", "reject": "Reject"}
_NOTE = "note"


class Form(Struct):
    """A form that was shown, and how it was filled in."""

    voice: ChatflowVoice
    expires: float
    action: str = ""
    note: str = ""

    @property
    def app(self) -> App:
        """The app that asked."""
        return self.voice.job.app


class Approvals:
    """The forms of all runs that wait, the latest thousand."""

    def __init__(self) -> None:
        self._forms: dict[str, Form] = {}

    def ask(self, voice: ChatflowVoice) -> Iterator[bytes]:
        """Begin a run, ask, and pause it."""
        token, job = secrets.token_urlsafe(16), voice.job
        self._forms[token] = Form(voice, time.time() + FORM_SECONDS)
        if len(self._forms) > _MOST:
            del self._forms[next(iter(self._forms))]
        form = _form(f"Approve? {job.turn.query} {{{{#$output.{_NOTE}#}}}}")
        yield from voice.started()
        yield voice.node_started(_NODE, "human-input")
        more = {"display_in_ui": True, "form_token": token, "resolved_default_values": {}}
        until = {"expiration_time": int(time.time()) + FORM_SECONDS}
        asked = {"form_id": form["form_id"], "node_id": _NODE, "node_title": _NODE, **form}
        yield voice.event("human_input_required", {**asked, **more, **until})
        yield voice.event("workflow_paused", _pause(job.ids.run, form))

    def find(self, request: web.Request, app: App, user: str) -> Form:
        """The form that is asked about. Raises HTTPNotFound where the API has no forms."""
        if not app.takes_forms:
            raise web.HTTPNotFound
        form = self._forms.get(request.match_info["token"])
        if form is None or form.app is not app or form.voice.job.user != user:
            raise Refusal(404, "not_found", "Form not found.")
        if form.action:
            raise Refusal(412, "human_input_form_submitted", "The form has been submitted.")
        if form.expires < time.time():
            raise Refusal(412, "human_input_form_expired", "The form has expired.")
        return form

    def show(self, form: Form) -> web.Response:
        """``GET /form/human_input/{token}``."""
        asked = _form(f"Approve? {form.voice.job.turn.query} {{{{#$output.{_NOTE}#}}}}")
        return bodies.plain({**asked, "expiration_time": int(form.expires)})

    def submit(self, form: Form, values: dict[str, object]) -> web.Response:
        """``POST /form/human_input/{token}``."""
        action, inputs = values.get("action"), values.get("inputs")
        if action not in _ACTIONS or not isinstance(inputs, dict):
            raise Refusal(400, "invalid_form_data", "The form's data is invalid.")
        form.action, form.note = str(action), str(inputs.get(_NOTE, ""))
        return bodies.plain({})

    def resumed(self, request: web.Request, app: App, user: str) -> ChatflowVoice:
        """The run that goes on, with the person's choice as its answer."""
        if not app.takes_forms:
            raise web.HTTPNotFound
        run = request.match_info["run"]
        for form in self._forms.values():
            job = form.voice.job
            if job.ids.run == run and form.app is app and job.user == user and form.action:
                said = Answer(f"You chose {_ACTIONS[form.action]}. Your note: {form.note}")
                voice = ChatflowVoice(replace(job, answer=said))
                # Its node speaks in place of the model's.
                voice.node_started("llm")
                return voice
        raise Refusal(404, "not_found", "Workflow run not found.")


def _form(content: str) -> dict[str, object]:
    default = {"type": "constant", "selector": [], "value": "n/a"}
    styles = zip(_ACTIONS.items(), ("primary", "default"), strict=True)
    return {
        "form_id": str(uuid4()),
        "form_content": content,
        "inputs": [{"type": "paragraph", "output_variable_name": _NOTE, "default": default}],
        "actions": [
            {"id": action, "title": title, "button_style": style}
            for (action, title), style in styles
        ],
    }


def _pause(run: str, form: dict[str, object]) -> bodies.Body:
    node = {"node_id": _NODE, "node_title": _NODE, "resolved_default_values": {}}
    return {
        "workflow_run_id": run,
        "paused_nodes": [_NODE],
        "outputs": {},
        "reasons": [{"TYPE": "human_input_required", **form, **node}],
        "status": "paused",
        "created_at": int(time.time()),
        "elapsed_time": 0.1,
        "total_tokens": 0,
        "total_steps": 2,
    }
