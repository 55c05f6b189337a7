"""What goes into an app's input variables."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from msgspec import Struct

from adapters.bots.clickai.objects import Inputs, Parameters, Variable
from adapters.bots.clickai.rules import Rules, of_messages, of_variable
from gateway.model import Ask

_PLACE = re.compile(r"\{(text|locale|user)\}")
_TEXT_FIELDS = ("text-input", "paragraph")
_ONE_FILE, _MANY_FILES = "file", "file-list"


class FilePlace(Struct, frozen=True):
    """Where a message's files go: into a ``variable``, or without one beside the message."""

    rules: Rules
    variable: str = ""
    many: bool = True

    def value(self, files: Sequence[Mapping[str, str]]) -> object:
        """The variable's value."""
        return list(files) if self.many else files[0]


def filled(templates: Inputs, ask: Ask) -> dict[str, object]:
    """The operator's ``templates`` with what is asked in the place of {text}, {locale}, {user}."""
    facts = {"text": ask.text, "locale": ask.locale, "user": ask.user}
    return {name: _filled(value, facts) for name, value in templates.items()}


def take_text(templates: Inputs) -> bool:
    """Whether the person's text has a place in ``templates``."""
    return any("{text}" in value for value in templates.values() if isinstance(value, str))


def text_variable(parameters: Parameters, taken: Inputs) -> str:
    """The variable that a person's text belongs in, by the app's own form: its first field for
    text that is not ``taken``, a required one if there is any. Empty when there is none."""
    fields = [
        variable
        for kind, variable in _fields(parameters)
        if kind in _TEXT_FIELDS and variable.variable not in taken
    ]
    fields.sort(key=lambda variable: not variable.required)
    return fields[0].variable if fields else ""


def file_place(parameters: Parameters, taken: Inputs, wanted: str) -> FilePlace:
    """Where files go, by the app's own form: into the ``wanted`` variable, or the first for files
    that is not ``taken``. Where there is none, they go beside the message."""
    for kind, field in _fields(parameters):
        here = field.variable == wanted if wanted else field.variable not in taken
        if kind in {_ONE_FILE, _MANY_FILES} and here:
            many = kind == _MANY_FILES
            return FilePlace(of_variable(field, many, parameters), field.variable, many)
    return FilePlace(of_messages(parameters), wanted)


def missing(parameters: Parameters, given: Collection[str]) -> list[str]:
    """The variables that the app cannot do without and that are not ``given``."""
    fields = [field for _, field in _fields(parameters)]
    return [each.variable for each in fields if each.required and each.variable not in given]


def _fields(parameters: Parameters) -> Iterator[tuple[str, Variable]]:
    for field in parameters.user_input_form or ():
        yield from field.items()


def _filled(value: object, facts: Mapping[str, str]) -> object:
    if not isinstance(value, str):
        return value
    return _PLACE.sub(lambda place: facts[place[1]], value)
