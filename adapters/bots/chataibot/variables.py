"""What ChatAIBot is told about a person when a conversation begins."""

import re
from collections.abc import Mapping

from adapters.bots.chataibot.wire import Scalar, Variables
from gateway.model import Ask

_PLACE = re.compile(r"\{(\w+)\}")


def variables_of(ask: Ask, templates: Mapping[str, Scalar]) -> Variables:
    """The vendor's three groups, without what is not known.

    In the texts of ``templates`` {page}, {name}, {locale} and any other fact of the channel stand
    for what they are, and for nothing when they are not known.
    """
    facts = {**ask.facts, "name": ask.name, "locale": ask.locale}
    system = {
        "timezone": facts.get("timezone"),
        "referrerUrl": facts.get("page"),
        "browserLanguage": facts["locale"],
    }
    contact = {key: facts.get(key) for key in ("name", "email", "phone")}
    conversation = {name: _filled(value, facts) for name, value in templates.items()}
    groups: Variables = {
        "system": _known(system),
        "contact": _known(contact),
        "conversation": {**conversation, **ask.conversation.inputs},
    }
    return {group: values for group, values in groups.items() if values}


def _known(values: Mapping[str, str | None]) -> dict[str, Scalar]:
    return {name: value for name, value in values.items() if value}


def _filled(value: Scalar, facts: Mapping[str, str]) -> Scalar:
    if not isinstance(value, str):
        return value
    return _PLACE.sub(lambda place: facts.get(place[1], ""), value)
