"""What goes into an app's input variables."""

import re
from collections.abc import Collection, Mapping

from adapters.bots.clickai.objects import Inputs, Parameters
from gateway.model import Ask

_PLACE = re.compile(r"\{(text|locale|user)\}")
_TEXT_FIELDS = ("text-input", "paragraph")


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
        for field in parameters.user_input_form or ()
        for kind, variable in field.items()
        if kind in _TEXT_FIELDS and variable.variable not in taken
    ]
    fields.sort(key=lambda variable: not variable.required)
    return fields[0].variable if fields else ""


def missing(parameters: Parameters, given: Collection[str]) -> list[str]:
    """The variables that the app cannot do without and that are not ``given``."""
    fields = [each for field in parameters.user_input_form or () for each in field.values()]
    return [each.variable for each in fields if each.required and each.variable not in given]


def _filled(value: object, facts: Mapping[str, str]) -> object:
    if not isinstance(value, str):
        return value
    return _PLACE.sub(lambda place: facts[place[1]], value)
