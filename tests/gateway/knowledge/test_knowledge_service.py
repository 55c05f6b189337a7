"""A whole gateway that serves a knowledge: real files, real index, real Redis."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from support.filtering import OPERATORS, Refused, reference
from support.servers import eventually, loaded, running, web_config

from gateway.knowledge.model import Date
from gateway.service import Service
from gateway.telemetry import configure_logging

KEY = "a-key-of-16-chars"
TERMS = """\
---
title: Điều khoản
lang: vi
year: 2026
valid: 2026-02-01
tags: [hợp đồng, bảo hành]
---
# Điều khoản

## Bảo hành

Thời hạn bảo hành là mười hai tháng.
"""
GUIDE = "# Guide\n\n## Install\n\nThe warranty of the press is twelve months.\n"


@asynccontextmanager
async def serving(folder: Path, redis_url: str, **keys: Any) -> AsyncIterator[Service]:
    """A gateway with the documents of ``folder``."""
    section = {"paths": ["handbook"], "api_keys": [KEY], "refresh_seconds": 1} | keys
    config = web_config("http://127.0.0.1:1/v1", redis_url, knowledge={"docs": section})
    async with running(loaded(folder, config)) as service:
        yield service


@pytest.fixture
def handbook(folder: Path) -> Path:
    handbook = folder / "handbook"
    handbook.mkdir()
    (handbook / "terms.md").write_text(TERMS)
    (handbook / "guide.md").write_text(GUIDE)
    return handbook


class Caller:
    """A bot's server."""

    def __init__(self, http: aiohttp.ClientSession, service: Service) -> None:
        self._http, self._url = http, service.url

    async def ask(self, query: str, *conditions: Any, top_k: int = 5) -> tuple[int, Any]:
        """The status and the body."""
        body: dict[str, Any] = {
            "retrieval_setting": {"top_k": top_k, "score_threshold": 0.0},
            "query": query,
            "knowledge_id": "docs",
            "metadata_condition": None,
        }
        if conditions:
            names = ("name", "comparison_operator", "value")
            listed = [dict(zip(names, each, strict=True)) for each in conditions]
            body["metadata_condition"] = {"logical_operator": "and", "conditions": listed}
        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
        url, data = f"{self._url}//retrieval", json.dumps(body)
        async with self._http.post(url, data=data, headers=headers) as response:
            return response.status, await response.json()

    async def titles(self, query: str, *conditions: Any) -> list[str]:
        """The titles of what is found, once there is an index."""
        status, body = await self.ask(query, *conditions)
        assert status in (200, 503), body
        return [record["title"] for record in body.get("records", [])]


async def test_documents_are_found_with_all_that_is_known_of_them(
    handbook: Path, folder: Path, redis_url: str, http: aiohttp.ClientSession
) -> None:
    async with serving(folder, redis_url) as service:
        caller = Caller(http, service)
        await eventually(lambda: caller.titles("bao hanh"), 20)
        status, body = await caller.ask("bao hanh")
        first = body["records"][0]
        assert status == 200
        assert set(first) == {"content", "score", "title", "metadata"}
        assert "mười hai tháng" in first["content"]
        assert 0 < first["score"] <= 1
        assert first["title"] == "Điều khoản"
        known = first["metadata"]
        assert (known["lang"], known["year"], known["valid"]) == ("vi", 2026, "2026-02-01")
        assert known["path"].endswith("terms.md")
        assert {"document_id", "modified", "heading"} <= known.keys()
    assert (folder / "data" / "knowledge" / "docs").is_dir()


CHOSEN: list[tuple[list[Any], list[str]]] = [
    ([("lang", "is", "vi")], ["Điều khoản"]),
    ([("lang", "is not", "vi")], ["Guide"]),
    ([("year", "≥", 2026), ("year", "<", "2027")], ["Điều khoản"]),
    ([("year", ">", 2026)], []),
    ([("valid", "is", "2026-02-01")], ["Điều khoản"]),
    ([("valid", "before", 1769904000)], []),
    ([("valid", "after", 1769903999)], ["Điều khoản"]),
    ([("tags", "contains", "đồng")], ["Điều khoản"]),
    ([("tags", "not in", ["bảo hành"])], ["Guide"]),
    ([("lang", "empty", None)], ["Guide"]),
    ([("lang", "not empty", None), ("heading", "end with", "hành")], ["Điều khoản"]),
    ([("modified", "after", "2020-01-01")], ["Guide", "Điều khoản"]),
]


async def test_conditions_choose_among_them(
    handbook: Path, folder: Path, redis_url: str, http: aiohttp.ClientSession
) -> None:
    async with serving(folder, redis_url) as service:
        caller = Caller(http, service)
        await eventually(lambda: caller.titles("warranty"), 20)
        for conditions, titles in CHOSEN:
            found = await caller.titles("warranty bảo hành", *conditions)
            assert sorted(set(found)) == titles, conditions


ROWS: list[tuple[str, str, str]] = [
    ("guide", "3", "2026-01-31"),
    ("Guide", "-2.5", "2026-01-31T12:00:00Z"),
    ("user guide", "0", "2026-02-01"),
    ("hướng dẫn", "1000000", "1970-01-01"),
    ("", "3.0", "2026-01-30T23:59:59Z"),
    ("3", "", "2026-02-01T06:59:59+07:00"),
    ("a", "20260131", ""),
]
GIVEN: list[Any] = [
    *("guide", "3", "3.0", "a, guide", "2026-01-31", "2026-01-31T12:00:00Z", "-2.5", ""),
    *(3, 0, -2.5, 1769860800, ["guide", "3"], ["2026-02-01", None], [], None, {}),
]


def typed(row: tuple[str, str, str]) -> dict[str, Any]:
    """A row's fields as they are indexed."""
    text, number, moment = row
    when = datetime.fromisoformat(moment) if moment else None
    date = when and Date((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp())
    return {
        "text": text or None,
        "number": float(number) if number else None,
        "moment": date,
        "missing": None,
    }


def chosen(name: str, operator: str, value: Any) -> list[int]:
    """The rows that pass. Raises Refused."""
    return [n for n, row in enumerate(ROWS) if reference(operator, typed(row)[name], value)]


async def test_every_operator_chooses_what_the_reference_does(
    folder: Path, redis_url: str, http: aiohttp.ClientSession
) -> None:
    (folder / "handbook").mkdir()
    lines = [f"row,{n},{','.join(row)}" for n, row in enumerate(ROWS)]
    table = "\n".join(["kind,id,text,number,moment", *lines, ""])
    (folder / "handbook" / "table.csv").write_text(table)
    fields = ("text", "number", "moment", "missing")
    async with serving(folder, redis_url, requests_per_minute=0) as service:
        caller = Caller(http, service)
        await eventually(lambda: caller.titles("row"), 20)
        for condition in product(fields, OPERATORS, GIVEN):
            status, body = await caller.ask("row", condition, top_k=100)
            try:
                expected = chosen(*condition)
            except Refused:
                assert (status, body["error_code"]) == (400, 3005), condition
            else:
                found = sorted(int(record["metadata"]["id"]) for record in body["records"])
                assert found == expected, condition


async def test_a_changed_file_is_found_without_a_gap(
    handbook: Path, folder: Path, redis_url: str, http: aiohttp.ClientSession
) -> None:
    async with serving(folder, redis_url) as service:
        caller = Caller(http, service)
        await eventually(lambda: caller.titles("warranty"), 20)
        (handbook / "news.md").write_text("# News\n\nThe lighthouse is open.\n")

        async def news() -> list[str]:
            assert await caller.titles("warranty")
            return await caller.titles("lighthouse")

        assert await eventually(news, 20) == ["News"]


async def test_a_gateway_is_ready_before_its_knowledge_is(
    handbook: Path, folder: Path, redis_url: str, http: aiohttp.ClientSession
) -> None:
    async with serving(folder, redis_url) as service:
        assert await service.ready() == ""
        status, body = await Caller(http, service).ask("warranty")
        assert (status, body.get("error_code")) in {(200, None), (503, 5001)}


async def test_all_replicas_count_what_a_minute_has(
    handbook: Path, folder: Path, redis_url: str, http: aiohttp.ClientSession
) -> None:
    keys = {"requests_per_minute": 3}
    (other := folder / "other").mkdir()
    (other / "handbook").symlink_to(handbook)
    async with serving(folder, redis_url, **keys) as one, serving(other, redis_url, **keys) as two:
        callers = [Caller(http, one), Caller(http, two)] * 3
        statuses = [(await caller.ask("warranty"))[0] for caller in callers]
    assert set(statuses[:3]) <= {200, 503}
    assert statuses[3:] == [429] * 3


async def test_many_at_once_are_not_taken_for_too_many(
    handbook: Path, folder: Path, redis_url: str, http: aiohttp.ClientSession
) -> None:
    async with serving(folder, redis_url) as service:
        caller = Caller(http, service)
        await eventually(lambda: caller.titles("warranty"), 20)
        answers = await asyncio.gather(*(caller.ask("warranty") for _ in range(200)))
    assert {status for status, _ in answers} == {200}


@pytest.mark.parametrize("path", ["/retrieval", "//retrieval"])
async def test_without_a_knowledge_there_is_no_endpoint(
    gateway: Service, http: aiohttp.ClientSession, path: str
) -> None:
    async with http.post(gateway.url + path) as response:
        assert response.status == 404


@pytest.mark.usefixtures("own_logging")
async def test_neither_keys_nor_words_are_logged(
    handbook: Path,
    folder: Path,
    redis_url: str,
    http: aiohttp.ClientSession,
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logging("debug", "json", [])
    async with serving(folder, redis_url) as service:
        caller = Caller(http, service)
        await eventually(lambda: caller.titles("warranty"), 20)
        await caller.ask("warranty", ("tags", "is", None))
        await caller.ask("warranty", top_k=0)
    logged = capsys.readouterr().err
    assert '"error": 3004' in logged
    assert not [word for word in (KEY, "warranty", "twelve") if word in logged]
