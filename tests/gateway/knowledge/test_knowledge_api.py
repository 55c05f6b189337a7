"""The endpoint on a real socket, as a bot's server calls it and as nobody should."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import structlog
from aiohttp import web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway import telemetry
from gateway.config import KnowledgeConfig
from gateway.http import errors
from gateway.knowledge import api
from gateway.knowledge.conditions import Filter
from gateway.knowledge.model import NotReady, Query, Record
from gateway.ports import Quota, StoreUnavailable
from gateway.sandbox.server import serving
from gateway.store.quotas import Exceeded, Reserved

KEY, OTHER = "k" * 16, "another-key-of-16"
DOCS = {"knowledge_id": "docs", "query": "words", "retrieval_setting": {"top_k": 2}}
RECORD = Record("Some words.", 0.9, "Title", {"document_id": "d-1", "path": "a.md"})


class Library:
    """Stands in for what is searched."""

    def __init__(self) -> None:
        self.asked: list[Query] = []
        self.fails: BaseException | None = None
        self.delay = 0.0

    async def search(self, query: Query) -> list[Record]:
        """The one record there is."""
        self.asked.append(query)
        await asyncio.sleep(self.delay)
        if self.fails:
            raise self.fails
        return [RECORD]


class Endpoint:
    """A running endpoint, and what counts its requests: all of ``counted``, unless ``full``."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self.docs, self.team = Library(), Library()
        self.full: Exceeded | Exception | None = None
        self.counted: list[tuple[str, int]] = []
        self.http, self.url = http, ""

    def application(self) -> web.Application:
        """The endpoint at its paths."""
        shelves = [shelf("docs", self.docs, KEY), shelf("team", self.team, KEY, OTHER)]
        app = web.Application(middlewares=[errors])
        for path in api.PATHS:
            app.router.add_route("*", path, api.Retrieval(shelves, self).serve)
        return app

    async def reserve(self, quota: Quota, most_wait: float) -> Reserved | Exceeded:
        """Counts a request."""
        self.counted.append((quota.key, quota.per_minute))
        if isinstance(self.full, Exception):
            raise self.full
        return self.full or Reserved(most_wait)

    async def send(
        self, data: bytes | None, key: str = KEY, path: str = "/retrieval", **headers: str
    ) -> tuple[int, Any]:
        """Post bytes; the status and the body."""
        given = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"} | headers
        skipped = ("Content-Type",) if data is None else ()
        sent = {name: value for name, value in given.items() if name not in skipped}
        async with self.http.post(
            self.url + path, data=data, headers=sent, skip_auto_headers=("Content-Type",)
        ) as response:
            assert response.content_type == "application/json"
            return response.status, await response.json()

    async def ask(self, key: str = KEY, path: str = "/retrieval", **fields: Any) -> tuple[int, Any]:
        """Post a request; the status and the body."""
        return await self.send(json.dumps(DOCS | fields).encode(), key, path)


def shelf(name: str, library: Library, *keys: str) -> api.Shelf:
    given = {"id": name, "paths": ["."], "api_keys": keys, "requests_per_minute": 7}
    return api.Shelf(name, KnowledgeConfig.model_validate(given), library)


@pytest.fixture
async def endpoint(http: aiohttp.ClientSession) -> AsyncIterator[Endpoint]:
    endpoint = Endpoint(http)
    async with serving(endpoint.application(), "127.0.0.1", 0) as port:
        endpoint.url = f"http://127.0.0.1:{port}"
        yield endpoint


def refusal(answer: tuple[int, Any]) -> tuple[int, int]:
    status, body = answer
    assert set(body) == {"error_code", "error_msg"}
    assert body["error_msg"]
    return status, body["error_code"]


@pytest.mark.parametrize("path", ["/retrieval", "//retrieval", "/retrieval/", "//retrieval/"])
async def test_a_question_is_answered_with_records(endpoint: Endpoint, path: str) -> None:
    for _ in range(2):
        assert await endpoint.ask(path=path) == (
            200,
            {
                "records": [
                    {
                        "content": "Some words.",
                        "score": 0.9,
                        "title": "Title",
                        "metadata": {"document_id": "d-1", "path": "a.md"},
                    }
                ]
            },
        )
    assert endpoint.docs.asked == [Query("words", 2)] * 2


async def raw(endpoint: Endpoint, lines: list[str], body: bytes = b"") -> tuple[int, Any]:
    """Exactly these bytes over a socket of their own."""
    port = int(endpoint.url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write("\r\n".join([*lines, "Connection: close", "", ""]).encode() + body)
    head = await reader.readuntil(b"\r\n\r\n")
    answer = await reader.readexactly(int(head.split(b"Content-Length: ")[1].split()[0]))
    writer.close()
    return int(head.split()[1]), json.loads(answer)


@pytest.mark.parametrize(("key", "expected"), [(KEY, (400, 3001)), ("wrong" * 4, (403, 1002))])
@pytest.mark.parametrize("path", ["/retrieval", "//retrieval"])
async def test_the_registration_probe_tells_a_good_key_from_a_bad_one(
    endpoint: Endpoint, path: str, key: str, expected: tuple[int, int]
) -> None:
    lines = [
        *(f"POST {path} HTTP/1.1", "Host: gateway.example", "Accept: */*"),
        *("Accept-Encoding: gzip, deflate", "User-Agent: python-httpx/0.27.0"),
        *(f"Authorization: Bearer {key}", "Content-Length: 0"),
    ]
    assert refusal(await raw(endpoint, lines)) == expected


async def test_a_call_is_answered_as_the_server_writes_it(endpoint: Endpoint) -> None:
    body = (
        b'{"retrieval_setting": {"top_k": 4, "score_threshold": 0.0}, "query": "c\\u00e0i \\u0111'
        b'\\u1eb7t", "knowledge_id": "docs", "metadata_condition": {"logical_operator": "and",'
        b' "conditions": [{"name": "year", "comparison_operator": "\\u2265", "value": 2024},'
        b' {"name": "author", "comparison_operator": "not empty", "value": null}]}}'
    )
    lines = [
        *("POST /retrieval HTTP/1.1", "Host: gateway.example", f"Authorization: Bearer {KEY}"),
        *("Content-Type: application/json", f"Content-Length: {len(body)}"),
    ]
    status, answer = await raw(endpoint, lines, body)
    assert (status, len(answer["records"])) == (200, 1)
    (query,) = endpoint.docs.asked
    assert isinstance(query.filter, Filter)
    assert query.text == "cài đặt"
    assert [each.operator for each in query.filter.conditions] == ["≥", "not empty"]


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (None, 1002),
        ("Bearer nobody-knows-this", 1002),
        (f"Bearer {KEY}x", 1002),
        (f"Bearer {KEY[:-1]}", 1002),
        (f"bearer  {KEY} x", 1002),
        ("Bearer \udcff\udcfe", 1002),
        ("Bearer", 1001),
        ("Bearer ", 1001),
        (KEY, 1001),
        (f"Basic {KEY}", 1001),
    ],
)
async def test_a_bad_key_is_refused_before_anything_is_read(
    endpoint: Endpoint, header: str | None, code: int
) -> None:
    written = [f"Authorization: {header}".encode("utf-8", "surrogateescape")] if header else []
    port = int(endpoint.url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = [b"POST /retrieval HTTP/1.1", b"Host: x", *written, b"Content-Length: 9", b"", b""]
    writer.write(b"\r\n".join(head))
    answer = await reader.readuntil(b"}")
    writer.close()
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert f'"error_code": {code}'.encode() in answer
    assert not endpoint.docs.asked


async def test_a_key_opens_what_it_is_for_and_nothing_else(endpoint: Endpoint) -> None:
    assert (await endpoint.ask(OTHER, knowledge_id="team"))[0] == 200
    assert (await endpoint.ask(KEY, knowledge_id="team"))[0] == 200
    foreign = await endpoint.ask(OTHER, knowledge_id="docs")
    unknown = await endpoint.ask(OTHER, knowledge_id="nowhere")
    assert refusal(foreign) == (404, 2001)
    assert foreign == unknown
    assert not endpoint.docs.asked


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded"])
async def test_a_body_of_another_type_is_refused(endpoint: Endpoint, kind: str) -> None:
    answer = await endpoint.send(json.dumps(DOCS).encode(), **{"Content-Type": kind})
    assert refusal(answer) == (400, 3001)


async def test_a_charset_may_be_named(endpoint: Endpoint) -> None:
    body = json.dumps(DOCS).encode()
    headers = {"Content-Type": "application/json; charset=utf-8"}
    assert (await endpoint.send(body, **headers))[0] == 200


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_that_is_too_large_is_refused(endpoint: Endpoint, chunked: bool) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(300):
            yield b" " * 1024

    data: Any = pieces() if chunked else b" " * (256 * 1024 + 1)
    assert refusal(await endpoint.send(data)) == (413, 3006)
    whole = json.dumps(DOCS).encode()
    assert (await endpoint.send(whole + b" " * (256 * 1024 - len(whole))))[0] == 200


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_body_that_cannot_be_unpacked_is_refused(endpoint: Endpoint, encoding: str) -> None:
    lines = [
        *("POST /retrieval HTTP/1.1", "Host: x", f"Authorization: Bearer {KEY}"),
        *("Content-Type: application/json", f"Content-Encoding: {encoding}", "Content-Length: 9"),
    ]
    assert refusal(await raw(endpoint, lines, b"\x00no gzip!")) == (400, 3001)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_other_methods_are_told_which_is_right(endpoint: Endpoint, method: str) -> None:
    async with endpoint.http.request(method, f"{endpoint.url}/retrieval") as response:
        assert response.headers["Allow"] == "POST"
        assert refusal((response.status, await response.json())) == (405, 3007)


async def answer_with_headers(endpoint: Endpoint) -> tuple[int, int, int]:
    headers = {"Authorization": f"Bearer {KEY}"}
    url = f"{endpoint.url}/retrieval"
    async with endpoint.http.post(url, json=DOCS, headers=headers) as response:
        body = await response.json()
        return response.status, body["error_code"], int(response.headers["Retry-After"])


async def test_there_are_only_so_many_a_minute(endpoint: Endpoint) -> None:
    await endpoint.ask()
    await endpoint.ask(knowledge_id="team")
    assert endpoint.counted == [("knowledge/docs", 7), ("knowledge/team", 7)]
    endpoint.full = Exceeded(12.2)
    assert await answer_with_headers(endpoint) == (429, 4001, 13)
    assert len(endpoint.docs.asked) == 1


async def test_a_store_that_is_away_refuses_nobody(endpoint: Endpoint) -> None:
    endpoint.full = StoreUnavailable("away")
    assert (await endpoint.ask())[0] == 200


async def test_a_store_that_hangs_refuses_nobody(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(quota: Quota, most_wait: float) -> Reserved:
        await asyncio.Event().wait()
        return Reserved(0)

    monkeypatch.setattr(api, "PATIENCE", 0.01)
    monkeypatch.setattr(endpoint, "reserve", hang)
    assert (await endpoint.ask())[0] == 200


@pytest.mark.parametrize(
    ("fails", "code"),
    [(NotReady(), 5001), (ValueError("words"), 5003), (OSError("words"), 5003)],
)
async def test_what_cannot_be_searched_now_is_tried_again(
    endpoint: Endpoint, fails: BaseException, code: int
) -> None:
    endpoint.docs.fails = fails
    with structlog.testing.capture_logs() as logged:
        assert await answer_with_headers(endpoint) == (503, code, 2)
    assert "words" not in str(logged)
    assert code == 5001 or {"search failed", "retrieval refused"} == {e["event"] for e in logged}


async def test_a_record_that_cannot_be_sent_is_no_crash(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(globals(), "RECORD", Record("\udcff", 1.0, "", {}))
    assert await answer_with_headers(endpoint) == (503, 5003, 2)


async def test_a_search_that_takes_too_long_is_given_up(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "ANSWER_SECONDS", 0.05)
    endpoint.docs.delay = 600
    assert await answer_with_headers(endpoint) == (503, 5002, 2)


async def test_a_body_that_never_ends_is_given_up(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "ANSWER_SECONDS", 0.05)
    lines = [
        *("POST /retrieval HTTP/1.1", "Host: x", f"Authorization: Bearer {KEY}"),
        *("Content-Type: application/json", "Content-Length: 9"),
    ]
    status, answer = await raw(endpoint, lines, b"{")
    assert (status, answer["error_code"]) == (503, 5002)


def count(name: str, **labels: str) -> float:
    return telemetry.REGISTRY.get_sample_value(f"chat_gateway_{name}", labels) or 0


async def test_the_operator_sees_how_many_and_how_fast(endpoint: Endpoint) -> None:
    good, bad = {"knowledge": "docs", "status": "200"}, {"knowledge": "", "status": "403"}
    before = count("knowledge_requests_total", **good), count("knowledge_requests_total", **bad)
    timed = count("knowledge_seconds_count", knowledge="docs")
    await endpoint.ask()
    await endpoint.ask("wrong" * 4)
    assert count("knowledge_requests_total", **good) == before[0] + 1
    assert count("knowledge_requests_total", **bad) == before[1] + 1
    assert count("knowledge_seconds_count", knowledge="docs") == timed + 1


async def test_a_caller_who_hangs_up_leaves_nothing_running(endpoint: Endpoint) -> None:
    body = json.dumps(DOCS).encode()
    head = (
        f"POST /retrieval HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    arrived, gone = asyncio.Event(), asyncio.Event()

    async def search(query: Query) -> list[Record]:
        arrived.set()
        try:
            await asyncio.Event().wait()
        finally:
            gone.set()
        return []

    endpoint.docs.search = search  # type: ignore[method-assign]
    port = int(endpoint.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as caller:
        caller.sendall(head.encode() + body)
        await arrived.wait()
    await gone.wait()


JSON = st.recursive(
    st.one_of(
        *(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text()),
        st.sampled_from(["docs", "team", "and", "or", "is", "in", "≥", "empty", "s3cret-words"]),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(), inner)),
    max_leaves=8,
)
CONDITIONS = st.lists(
    st.fixed_dictionaries(
        {}, optional={"name": JSON, "comparison_operator": JSON, "value": JSON, "x": JSON}
    ),
    max_size=3,
)
REQUESTS = st.fixed_dictionaries(
    {},
    optional={
        "knowledge_id": st.one_of(st.just("docs"), JSON),
        "query": st.one_of(st.just("s3cret-words"), JSON),
        "retrieval_setting": st.one_of(
            st.just({"top_k": 3}),
            st.fixed_dictionaries({}, optional={"top_k": JSON, "score_threshold": JSON}),
            JSON,
        ),
        "metadata_condition": st.one_of(
            st.none(),
            st.fixed_dictionaries(
                {}, optional={"logical_operator": JSON, "conditions": CONDITIONS}
            ),
            JSON,
        ),
    },
)
BODIES = st.one_of(REQUESTS.map(lambda value: json.dumps(value).encode()), st.binary())


@settings(
    max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(body=BODIES)
def test_whatever_is_sent_there_is_an_answer_and_no_word_of_it_is_logged(body: bytes) -> None:
    async def send() -> tuple[int, Any]:
        async with aiohttp.ClientSession() as http:
            endpoint = Endpoint(http)
            async with serving(endpoint.application(), "127.0.0.1", 0) as port:
                endpoint.url = f"http://127.0.0.1:{port}"
                return await endpoint.send(body)

    with structlog.testing.capture_logs() as logged:
        status, answer = asyncio.run(send())
    assert status < 500
    assert ("records" in answer) is (status == 200)
    assert "s3cret-words" not in str(logged) + str(answer.get("error_msg"))
