"""What a workflow asks a person before it goes on: the form, and what is kept of it meanwhile."""

import re
from collections.abc import AsyncGenerator

from msgspec import DecodeError, Struct, ValidationError, json

from adapters.bots.clickai import wire
from adapters.bots.clickai.errors import Refused
from adapters.bots.clickai.form import Field, Form
from adapters.bots.clickai.transport import Transport, in_path
from gateway.model import Field as Asked
from gateway.model import FieldKind

_FIELD = re.compile(r"\s*\{\{#\$output\.[^#}]*#\}\}")
_SUBMITTED = "human_input_form_submitted"


class Forms:
    """The forms of one app. Servers up to 1.13 have them in their own pages only."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._offered: bool | None = None

    async def offered(self, token: str, user: str) -> bool:
        """Whether the server lets forms be submitted here. Asked once."""
        if self._offered is None:
            self._offered = await self._find_out(token, user)
        return self._offered

    async def submit(
        self, token: str, user: str, action: str, inputs: dict[str, object] | None = None
    ) -> None:
        """Press a form's button. That it has been pressed before is no failure."""
        body = {"inputs": inputs or {}, "action": action, "user": user}
        try:
            await self._transport.tell("POST", _path(token), body)
        except Refused as error:
            if error.code != _SUBMITTED:
                raise

    async def events(
        self, workflow_run_id: str, user: str
    ) -> AsyncGenerator[wire.AppEvent | wire.Unknown]:
        """What a run does from here on, as events, until there are no more."""
        query = {
            "user": user,
            "include_state_snapshot": "false",
            "continue_on_pause": "false",
        }
        path = f"workflow/{in_path(workflow_run_id)}/events"
        limits = self._transport.limits.streaming()
        async with self._transport.request("GET", path, limits, query=query) as response:
            async for event in self._transport.events(response, ()):
                yield event

    async def _find_out(self, token: str, user: str) -> bool:
        try:
            await self._transport.get(_path(token), dict[str, object], user=user)
        except Refused as error:
            # A route that is missing answers with a page. One that refuses names its reason.
            if error.status == 404 and not error.code:
                return False
            if not error.code:
                raise
        return True


class Waiting(Struct, frozen=True):
    """A run that waits for a form, and the form's ``actions`` by what a person may call them."""

    run: str
    token: str
    actions: dict[str, str]
    inputs: dict[str, object] = {}

    def chosen(self, text: str) -> str:
        """The action a person means; empty when it is none of them."""
        above, _, last = text.strip().rpartition("\n")
        if above and self._written(above) is None:
            last = text
        return self.actions.get(last.strip().casefold(), "")

    def filled(self, text: str) -> dict[str, object]:
        """What the fields hold now that a person has chosen."""
        above, _, _ = text.strip().rpartition("\n")
        return {**self.inputs, **(self._written(above) or {})}

    def _written(self, text: str) -> dict[str, str] | None:
        """What lines ``field: value`` say, each with those that follow it; None if they do not."""
        names = {name.casefold(): name for name in self.inputs}
        written: dict[str, str] = {}
        name = ""
        for line in text.splitlines():
            label, colon, value = line.partition(":")
            if colon and (known := names.get(label.strip().casefold())):
                name, written[known] = known, value.strip()
            elif name:
                written[name] += f"\n{line}"
            else:
                return None
        return {name: value.strip() for name, value in written.items()}


def waiting(form: Form, run: str) -> Waiting:
    """What has to be kept until a person has chosen. Fields keep what they hold."""
    actions: dict[str, str] = {}
    for action in form.actions or ():
        for name in (action.id, action.title or action.id):
            actions.setdefault(name.strip().casefold(), action.id)
    return Waiting(run, form.form_token or "", actions, _held(form))


def fields(form: Form, held: dict[str, object]) -> tuple[Asked, ...]:
    """The fields as they are shown, with what each holds. Files cannot be written into one."""
    found = [each for each in form.inputs or () if not (each.type or "").startswith("file")]
    return tuple(_field(each, held) for each in found)


def _field(field: Field, held: dict[str, object]) -> Asked:
    name = field.output_variable_name
    kind = FieldKind.PARAGRAPH if field.type == "paragraph" else FieldKind.TEXT
    return Asked(name, name, kind, value=str(held.get(name, "")))


def content(form: Form) -> str:
    """What the form says, without the places where its fields would be."""
    return _FIELD.sub("", form.form_content or "").strip()


def remember(conversation: str, form: Waiting) -> str:
    """A conversation and the form it waits for, as one reference."""
    return f"{conversation} {json.encode(form).decode()}"


def recall(reference: str) -> tuple[str, Waiting | None]:
    """The conversation that a reference names, and the form it waits for, if it does."""
    conversation, _, form = reference.partition(" ")
    try:
        return conversation, json.decode(form, type=Waiting) if form else None
    except (DecodeError, ValidationError):
        return conversation, None


def _held(form: Form) -> dict[str, object]:
    resolved = form.resolved_default_values or {}
    return {
        field.output_variable_name: resolved.get(
            field.output_variable_name, (field.default and field.default.value) or ""
        )
        for field in form.inputs or ()
    }


def _path(token: str) -> str:
    return f"form/human_input/{in_path(token)}"
