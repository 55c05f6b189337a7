"""The External Knowledge API as it travels: a request, checked, and the answer. Pure.

An explicit null is as good as a field that is absent; fields that nobody knows are ignored.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from gateway.knowledge.conditions import Condition, Filter, InvalidCondition
from gateway.knowledge.model import Query, Record
from gateway.knowledge.refusals import (
    BAD_BODY,
    BAD_CONDITION,
    BAD_KNOWLEDGE,
    BAD_QUERY,
    BAD_SETTING,
    Refusal,
)

QUERY_MOST = 10_000
"""Characters of a query."""
TOP_K = 4
"""How many records there are when nobody says."""
TOP_K_MOST = 100
CONDITIONS_MOST = 50


class Request(Struct, frozen=True):
    """A retrieval: which knowledge is searched, and for what."""

    knowledge_id: str
    query: Query


def decode(body: bytes) -> Request:
    """A request. Raises Refusal, which says what to write instead."""
    try:
        values = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Refusal(BAD_BODY) from None
    if not isinstance(values, dict):
        raise Refusal(BAD_BODY)
    return Request(_knowledge_id(values), _query(values))


def encode(records: Sequence[Record]) -> bytes:
    """The answer: always with content, score, title and an object of metadata."""
    return msgspec.json.encode({"records": records})


def _knowledge_id(values: Mapping[str, Any]) -> str:
    knowledge_id = values.get("knowledge_id")
    if not isinstance(knowledge_id, str) or not knowledge_id:
        raise Refusal(BAD_KNOWLEDGE)
    return knowledge_id


def _query(values: Mapping[str, Any]) -> Query:
    text = values.get("query")
    if not isinstance(text, str) or not text.strip():
        raise Refusal(BAD_QUERY)
    if len(text) > QUERY_MOST:
        raise Refusal(BAD_QUERY, f"query: write at most {QUERY_MOST} characters.")
    setting = values.get("retrieval_setting")
    if not isinstance(setting, dict):
        raise Refusal(BAD_SETTING)
    return Query(text, _top_k(setting), _threshold(setting), _filter(values))


def _top_k(setting: Mapping[str, Any]) -> int:
    top_k = setting.get("top_k")
    if top_k is None:
        return TOP_K
    if type(top_k) is not int or not 1 <= top_k <= TOP_K_MOST:
        message = f"retrieval_setting.top_k: write a whole number from 1 to {TOP_K_MOST}."
        raise Refusal(BAD_SETTING, message)
    return top_k


def _threshold(setting: Mapping[str, Any]) -> float:
    threshold = setting.get("score_threshold")
    if threshold is None:
        return 0.0
    if type(threshold) not in (int, float) or not 0 <= threshold <= 1:
        message = "retrieval_setting.score_threshold: write a number from 0.0 to 1.0."
        raise Refusal(BAD_SETTING, message)
    return float(threshold)


def _filter(values: Mapping[str, Any]) -> Filter | None:
    written = values.get("metadata_condition")
    if written is None:
        return None
    if not isinstance(written, dict):
        raise Refusal(BAD_CONDITION)
    all_of = _is_and(written.get("logical_operator"))
    conditions = tuple(_condition(n, each) for n, each in enumerate(_listed(written)))
    return Filter(all_of, conditions) if conditions else None


def _is_and(operator: object) -> bool:
    if operator not in (None, "and", "or"):
        raise Refusal(BAD_CONDITION, "metadata_condition.logical_operator: write and, or or.")
    return operator != "or"


def _listed(written: Mapping[str, Any]) -> list[Any]:
    conditions = written.get("conditions")
    if conditions is None:
        return []
    if not isinstance(conditions, list) or len(conditions) > CONDITIONS_MOST:
        message = f"metadata_condition.conditions: write a list, of {CONDITIONS_MOST} at most."
        raise Refusal(BAD_CONDITION, message)
    return conditions


def _condition(number: int, written: object) -> Condition:
    place = f"metadata_condition.conditions[{number}]"
    if not isinstance(written, dict):
        raise Refusal(BAD_CONDITION, f"{place}: write an object.")
    name, operator = written.get("name"), written.get("comparison_operator")
    if not isinstance(name, str) or not isinstance(operator, str):
        raise Refusal(BAD_CONDITION, f"{place}: write name and comparison_operator, as text.")
    try:
        return Condition(name, operator, written.get("value"))
    except InvalidCondition as error:
        raise Refusal(BAD_CONDITION, f"{place}: {error}") from None
