"""Forms, asked for and filled in by messages. No I/O."""

import re
from collections.abc import Iterator, Mapping

from msgspec import Struct

from adapters.bots.ciniterflow.bodies import Field, StartInputs
from gateway.model import Choice, Choices, FieldKind, TextDelta
from gateway.model import Field as Asked

_LINE = re.compile(r"[\s*•-]*(.+?)[\s*]*[:：](.*)")
_HINT = re.compile(r"\s*\([^()]*\)$")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
_KINDS = {
    "options": FieldKind.SELECT,
    "boolean": FieldKind.CHECKBOX,
    "number": FieldKind.NUMBER,
}
_YES = frozenset({"yes", "y", "true", "on", "1", "có", "đúng"})
_NO = frozenset({"no", "n", "false", "off", "0", "không", "sai"})


class FormField(Struct, frozen=True):
    """One thing a form asks for; ``kind`` is string, number, boolean or options."""

    name: str
    label: str
    kind: str
    options: tuple[str, ...] = ()

    def read(self, said: str) -> str:
        """What is taken of what a person said; empty when it is no such value."""
        word = said.strip().casefold()
        match self.kind:
            case "options":
                return next((each for each in self.options if each.casefold() == word), "")
            case "boolean":
                return "true" if word in _YES else "false" if word in _NO else ""
            case "number":
                return word if _NUMBER.fullmatch(word) else ""
        return said.strip()

    def value(self, taken: str) -> object:
        """The same as the flow expects it."""
        if self.kind == "boolean":
            return taken == "true"
        if self.kind == "number":
            return float(taken) if "." in taken else int(taken)
        return taken

    @property
    def field(self) -> Asked:
        """As it is shown."""
        kind = _KINDS.get(self.kind, FieldKind.TEXT)
        # A checkbox that is not ticked says no, which is an answer.
        required = kind is not FieldKind.CHECKBOX
        return Asked(self.name, self.label, kind, required, self.options)

    @property
    def line(self) -> str:
        """As a person is to fill it in."""
        hint = f" ({' / '.join(self.options)})" if self.options else ""
        return f"{self.label}{hint}:"


class Form(Struct, frozen=True):
    """What a flow wants to know before it begins."""

    title: str
    description: str
    fields: tuple[FormField, ...]

    def read(self, text: str, given: Mapping[str, str]) -> dict[str, str]:
        """What is known by field, with ``text`` behind what was ``given`` before.

        Lines such as ``Subject: order`` fill in the field of that label; a text without any is the
        value of the only field that is left, if only one is.
        """
        lines = dict(self._lines(text))
        missing = self.missing(given)
        if not lines and len(missing) == 1:
            lines = {missing[0].name: text}
        taken = {
            each.name: each.read(lines[each.name]) for each in self.fields if each.name in lines
        }
        return {**given, **{name: value for name, value in taken.items() if value}}

    def missing(self, given: Mapping[str, str]) -> list[FormField]:
        """The fields that nothing is known of, in order."""
        return [each for each in self.fields if each.name not in given]

    def values(self, given: Mapping[str, str]) -> dict[str, object]:
        """The form as it is sent."""
        return {each.name: each.value(given[each.name]) for each in self.fields}

    def request(self, given: Mapping[str, str], please: str) -> Iterator[TextDelta | Choices]:
        """Asks for what is missing. ``please`` is a sentence in the person's language."""
        missing = self.missing(given)
        lines = "\n".join(each.line for each in missing)
        head = "\n\n".join(filter(None, (self.title, self.description)))
        if head and not given:
            yield TextDelta(head)
        words = f"{please}\n\n{lines}"
        match missing:
            case [field] if field.options:
                items = tuple(Choice(each, each) for each in field.options)
                yield Choices(field.label, items, words=words)
            case _:
                fields = tuple(each.field for each in missing)
                yield Choices("", (), fields=fields, words=words)

    def _lines(self, text: str) -> Iterator[tuple[str, str]]:
        name, said = "", ""
        for line in text.splitlines():
            found = _LINE.fullmatch(line)
            if found and (field := self._named(found[1])):
                yield from [(name, said)] if name else []
                name, said = field.name, found[2].strip()
            else:
                said = f"{said}\n{line}"
        yield from [(name, said)] if name else []

    def _named(self, label: str) -> FormField | None:
        names = {label.casefold(), _HINT.sub("", label).casefold()}
        return next((each for each in self.fields if names & _names(each)), None)


def form_of(inputs: StartInputs) -> Form | None:
    """The form that a flow begins with; None when it begins with a question."""
    found = inputs.form_input_types if isinstance(inputs.form_input_types, list) else []
    fields = tuple(_field(each, each.name) for each in found if each.name)
    if inputs.start_input_type != "formInput" or not fields:
        return None
    return Form(inputs.form_title or "", inputs.form_description or "", fields)


def _field(field: Field, name: str) -> FormField:
    offered = field.add_options if isinstance(field.add_options, list) else []
    options = tuple(each.option for each in offered if each.option)
    label = (field.label or name).strip().rstrip(":")
    # Without anything to choose from, anything may be said.
    kind = "string" if field.type == "options" and not options else field.type or "string"
    return FormField(name, label, kind, options if kind == "options" else ())


def _names(field: FormField) -> set[str]:
    return {field.name.casefold(), field.label.casefold()}
