"""A request is understood, or refused with a code and what to write; an answer is whole."""

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.knowledge.conditions import Condition, Filter, Operator
from gateway.knowledge.model import Query, Record
from gateway.knowledge.refusals import CODES, Refusal
from gateway.knowledge.wire import decode, encode

LEAST = {"knowledge_id": "docs", "query": "words", "retrieval_setting": {}}
CONDITION = {"name": "lang", "comparison_operator": "is", "value": "vi"}


def asked(**fields: Any) -> bytes:
    return json.dumps(LEAST | fields).encode()


def filtered(*conditions: Any, **fields: Any) -> bytes:
    return asked(metadata_condition={"conditions": conditions, **fields})


def refused(body: bytes) -> tuple[int, str]:
    with pytest.raises(Refusal) as caught:
        decode(body)
    assert caught.value.code.status == 400
    return caught.value.code.number, caught.value.message


def test_what_is_not_said_has_a_default() -> None:
    request = decode(asked())
    assert (request.knowledge_id, request.query) == ("docs", Query("words", 4))


def test_a_whole_request_is_understood() -> None:
    body = b"""{"retrieval_setting": {"top_k": 3, "score_threshold": 0.5}, "query": "h\\u1ecfi",
        "knowledge_id": "docs", "metadata_condition": {"logical_operator": "or", "conditions": [
        {"name": "lang", "comparison_operator": "is", "value": "vi"},
        {"name": "year", "comparison_operator": "\\u2265", "value": 2024},
        {"name": "tags", "comparison_operator": "not in", "value": ["a", "b"]},
        {"name": "author", "comparison_operator": "empty", "value": null}]}}"""
    conditions = (
        Condition("lang", "is", "vi"),
        Condition("year", "≥", 2024),
        Condition("tags", "not in", ["a", "b"]),
        Condition("author", "empty"),
    )
    assert decode(body).query == Query("hỏi", 3, 0.5, Filter(False, conditions))


@pytest.mark.parametrize(
    "fields",
    [
        {"metadata_condition": None},
        {"metadata_condition": {}},
        {"metadata_condition": {"logical_operator": None, "conditions": None}},
        {"metadata_condition": {"logical_operator": "or", "conditions": []}},
        {"retrieval_setting": {"top_k": None, "score_threshold": None}},
        {"retrieval_setting": {"top_k": 4, "score_threshold": 0, "unknown": {"a": []}}},
        {"unknown": [1]},
    ],
    ids=str,
)
def test_an_explicit_null_is_as_good_as_nothing(fields: dict[str, Any]) -> None:
    assert decode(asked(**fields)).query == Query("words", 4)


def test_all_must_hold_unless_it_is_said_otherwise() -> None:
    for fields in ({}, {"logical_operator": None}, {"logical_operator": "and"}):
        assert decode(filtered(CONDITION, **fields)).query.filter == Filter(
            True, (Condition("lang", "is", "vi"),)
        )


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"null", b"[]", b'"x"', b"1", b"\xff", b'{"query": NaN}', b"[" * 100_000],
    ids=lambda body: str(body[:20]),
)
def test_what_is_not_an_object_is_told_so(body: bytes) -> None:
    assert refused(body) == (3001, "Send a JSON object, with Content-Type: application/json.")


@pytest.mark.parametrize(
    ("fields", "code", "words"),
    [
        ({"knowledge_id": None}, 3002, "knowledge_id: write"),
        ({"knowledge_id": ""}, 3002, "knowledge_id: write"),
        ({"knowledge_id": 7}, 3002, "knowledge_id: write"),
        ({"query": None}, 3003, "query: write"),
        ({"query": " \n"}, 3003, "not empty"),
        ({"query": ["x"]}, 3003, "as text"),
        ({"query": "x" * 10_001}, 3003, "at most 10000"),
        ({"retrieval_setting": None}, 3004, "an object with top_k"),
        ({"retrieval_setting": [3]}, 3004, "an object with top_k"),
        ({"metadata_condition": []}, 3005, "an object with conditions"),
        ({"metadata_condition": {"logical_operator": "xor"}}, 3005, "and, or or"),
        ({"metadata_condition": {"logical_operator": ["or"]}}, 3005, "and, or or"),
        ({"metadata_condition": {"conditions": {}}}, 3005, "a list, of 50"),
        ({"metadata_condition": {"conditions": [CONDITION] * 51}}, 3005, "of 50 at most"),
    ],
    ids=str,
)
def test_a_wrong_field_is_named(fields: dict[str, Any], code: int, words: str) -> None:
    number, message = refused(asked(**fields))
    assert number == code
    assert words in message


@pytest.mark.parametrize("top_k", [0, -1, 101, 3.0, 3.5, "3", True, [3], 10**30])
def test_top_k_is_a_whole_number_from_1_to_100(top_k: Any) -> None:
    number, message = refused(asked(retrieval_setting={"top_k": top_k}))
    assert (number, message) == (
        3004,
        "retrieval_setting.top_k: write a whole number from 1 to 100.",
    )


@pytest.mark.parametrize("threshold", [-0.01, 1.01, "0.5", False, {}, 10**30])
def test_the_threshold_is_a_number_from_0_to_1(threshold: Any) -> None:
    number, message = refused(asked(retrieval_setting={"score_threshold": threshold}))
    assert (number, message) == (
        3004,
        "retrieval_setting.score_threshold: write a number from 0.0 to 1.0.",
    )


@pytest.mark.parametrize("value", [(1, 0.0), (100, 1), (5, 0.25)])
def test_their_bounds_are_taken(value: tuple[int, float]) -> None:
    setting = {"top_k": value[0], "score_threshold": value[1]}
    query = decode(asked(retrieval_setting=setting)).query
    assert (query.top_k, query.score_threshold) == value


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": None}, "name and comparison_operator"),
        ({"name": 3}, "name and comparison_operator"),
        ({"name": ""}, "name of a metadata field"),
        ({"comparison_operator": None}, "name and comparison_operator"),
        ({"comparison_operator": "~"}, "one of the operators"),
        ({"value": None}, "is needs one"),
        ({"value": {}}, "a text or a number"),
        ({"comparison_operator": "in", "value": [{}]}, "texts or numbers"),
        ({"comparison_operator": "before", "value": "soon"}, "2026-01-31, for before"),
    ],
    ids=str,
)
def test_a_wrong_condition_is_named_by_its_place(change: dict[str, Any], words: str) -> None:
    number, message = refused(filtered(CONDITION, CONDITION | change))
    assert number == 3005
    assert message.startswith("metadata_condition.conditions[1]: ")
    assert words in message


def test_a_condition_is_an_object() -> None:
    assert refused(filtered("x"))[1] == "metadata_condition.conditions[0]: write an object."


@pytest.mark.parametrize(
    "fields",
    [
        {"knowledge_id": ["s3cret"]},
        {"query": {"s3cret": 1}},
        {"retrieval_setting": {"top_k": "s3cret"}},
        {"metadata_condition": {"logical_operator": "s3cret"}},
        {"metadata_condition": {"conditions": [CONDITION | {"comparison_operator": "s3cret"}]}},
        {"metadata_condition": {"conditions": [{**CONDITION, "value": {"s3cret": 1}}]}},
    ],
    ids=str,
)
def test_nothing_of_the_request_is_quoted(fields: dict[str, Any]) -> None:
    assert "s3cret" not in refused(asked(**fields))[1]


def test_an_answer_always_has_all_four_fields() -> None:
    records = [Record("Nội dung", 0.5, "Tài liệu", {}), Record("", 1.0, "", {"year": 2026.0})]
    assert json.loads(encode(records)) == {
        "records": [
            {"content": "Nội dung", "score": 0.5, "title": "Tài liệu", "metadata": {}},
            {"content": "", "score": 1.0, "title": "", "metadata": {"year": 2026.0}},
        ]
    }
    assert encode([]) == b'{"records":[]}'


def test_the_documentation_has_every_code_and_every_operator() -> None:
    pages = (Path(__file__).parents[3] / "docs" / "knowledge.md").read_text("utf-8")
    assert [f"| {code.number} | {code.status} |" in pages for code in CODES] == [True] * len(CODES)
    assert [operator for operator in Operator if f"`{operator}`" not in pages] == []


def test_every_code_has_a_number_of_its_own() -> None:
    assert len({code.number for code in CODES}) == len(CODES)
    assert all(400 <= code.status < 600 for code in CODES)
