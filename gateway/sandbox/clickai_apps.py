"""The sandbox's apps: which one a request is for depends on its key, as with ClickAI.

``app-chat`` (also any key that is not listed here), ``app-chat-form`` (needs the input
``language``), ``app-agent``, ``app-chatflow``, ``app-completion`` (needs ``text``),
``app-workflow`` (needs ``input_text``), ``app-reader`` (a workflow that takes files, too, as
``documents``), ``app-looker`` (needs ``text`` and takes a ``picture``), ``app-approval`` (a
chatflow that asks a person first) and ``app-approval-old`` (the same, on a server whose API takes
no forms). More may stand behind the name: ``app-agent-7f3a`` is the agent.
"""

from collections.abc import Mapping
from enum import StrEnum

from aiohttp import web
from msgspec import Struct

from gateway.sandbox import bodies, texts
from gateway.sandbox.requests import Refusal, check_key

_WRONG_ROUTE = "Please check if your app mode matches the right API route."


class Mode(StrEnum):
    """The kinds of apps, as ClickAI calls them."""

    CHAT = "chat"
    AGENT = "agent-chat"
    CHATFLOW = "advanced-chat"
    COMPLETION = "completion"
    WORKFLOW = "workflow"


_CHATS = {Mode.CHAT, Mode.AGENT, Mode.CHATFLOW}
_FLOWS = {Mode.CHATFLOW, Mode.WORKFLOW}
_FIELDS = {"language": "text-input", "text": "paragraph", "input_text": "paragraph"}


class App(Struct, frozen=True):
    """One app. ``needs`` is the input it cannot do without."""

    id: str
    mode: Mode
    needs: str = ""
    approval: bool = False
    """It asks a person before it answers."""
    takes_forms: bool = True
    files: str = ""
    """The input that takes files."""
    many: bool = True
    """It takes more than one."""

    @property
    def chats(self) -> bool:
        """Whether it has conversations."""
        return self.mode in _CHATS

    @property
    def flows(self) -> bool:
        """Whether it is a workflow inside: since 1.13 these run elsewhere, and fail in silence."""
        return self.mode in _FLOWS

    @property
    def has_extras(self) -> bool:
        """Whether speech, and questions to ask next, are switched on."""
        return self.mode is Mode.CHAT

    def owner(self, user: str) -> str:
        """A user of this app. Users of one app are strangers to every other."""
        return user if self.id == "app-chat" else f"{self.id}/{user}"

    def query(self, inputs: Mapping[str, object], query: str) -> str:
        """What the person wants."""
        return query if self.chats else str(inputs.get(self.needs, ""))

    def check_inputs(self, inputs: Mapping[str, object]) -> None:
        """Raises Refusal when an input is missing that it needs."""
        if self.needs and not inputs.get(self.needs):
            raise Refusal(
                400, "invalid_param", f"{self.needs} is required in input form", is_of_the_run=True
            )

    def given(self, inputs: Mapping[str, object]) -> list[Mapping[str, object]]:
        """The files that are among the inputs. Raises Refusal."""
        value = inputs.get(self.files) if self.files else None
        if value is None:
            return []
        if isinstance(value, list) is not self.many:
            wanted = "a list of files" if self.many else "a file"
            raise Refusal(400, "invalid_param", f"{self.files} in input form must be {wanted}")
        return [
            each
            for each in (value if isinstance(value, list) else [value])
            if isinstance(each, dict)
        ]

    def info(self) -> bodies.Body:
        """What ``/info`` says."""
        return {**bodies.INFO, "mode": self.mode}

    def parameters(self) -> bodies.Body:
        """What ``/parameters`` says."""
        switch = {"enabled": self.has_extras}
        return {
            **bodies.PARAMETERS,
            "opening_statement": texts.OPENING if self.chats else "",
            "suggested_questions": texts.SUGGESTIONS if self.chats else (),
            "suggested_questions_after_answer": switch,
            "speech_to_text": switch,
            "text_to_speech": {**switch, "language": "", "voice": "", "autoPlay": "disabled"},
            "user_input_form": self._form(),
        }

    def _form(self) -> list[bodies.Body]:
        form: list[bodies.Body] = []
        if self.needs:
            field = {"label": self.needs, "variable": self.needs, "required": True}
            form.append({_FIELDS[self.needs]: {**field, "max_length": 2000, "default": ""}})
        if self.files:
            form.append({"file-list" if self.many else "file": self._file_field()})
        return form

    def _file_field(self) -> bodies.Body:
        return {
            "label": self.files,
            "variable": self.files,
            "required": False,
            "max_length": 2,
            "allowed_file_types": ["image", "document"],
            "allowed_file_extensions": [],
            "allowed_file_upload_methods": ["local_file", "remote_url"],
        }


APPS = (
    App("app-chat-form", Mode.CHAT, needs="language"),
    App("app-chatflow", Mode.CHATFLOW),
    App("app-chat", Mode.CHAT),
    App("app-agent", Mode.AGENT),
    App("app-completion", Mode.COMPLETION, needs="text"),
    App("app-workflow", Mode.WORKFLOW, needs="input_text"),
    App("app-reader", Mode.WORKFLOW, needs="input_text", files="documents"),
    App("app-looker", Mode.COMPLETION, needs="text", files="picture", many=False),
    App("app-approval-old", Mode.CHATFLOW, approval=True, takes_forms=False),
    App("app-approval", Mode.CHATFLOW, approval=True),
)
_CHAT = next(app for app in APPS if app.id == "app-chat")


def app_of(request: web.Request) -> App:
    """The app that a request is for. Raises Refusal when its key is refused."""
    key = check_key(request)
    return next((app for app in APPS if f"{key}-".startswith(f"{app.id}-")), _CHAT)


def app_for(request: web.Request, *modes: Mode) -> App:
    """The same. Raises Refusal, too, when it is of none of these kinds."""
    app = app_of(request)
    if app.mode in modes:
        return app
    if Mode.WORKFLOW in modes:
        raise Refusal(400, "not_workflow_app", _WRONG_ROUTE)
    if Mode.COMPLETION in modes:
        raise Refusal(
            400, "app_unavailable", "App unavailable, please check your app configurations."
        )
    raise Refusal(400, "not_chat_app", _WRONG_ROUTE)
