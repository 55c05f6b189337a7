"""The OpenAPI document says all of the protocol, and what is really answered fits it."""

import re
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
from msgspec.structs import replace
from support.adapters import inbound
from support.servers import loaded, running, web_config
from support.widget import Widget

from adapters.channels.web import wire
from adapters.channels.web.openapi import OPERATIONS, document
from adapters.channels.web.outbound import Rendering, said
from gateway.model import (
    Attachment,
    Choice,
    Choices,
    End,
    EndState,
    Field,
    FieldKind,
    File,
    Notice,
    Source,
    Sources,
    Status,
    Suggestions,
    TextDelta,
    TextReplace,
    Thought,
    ToolUse,
)
from gateway.service import Service

DOC = Path(__file__).parents[4] / "docs" / "widget-protocol.md"
Schema = dict[str, Any]


def problems(value: Any, schema: Schema, root: Schema, at: str = "$") -> list[str]:
    """What of a value is not as a schema says; nothing may be in it that the schema has not."""
    if name := schema.get("$ref", "").rpartition("/")[2]:
        return problems(value, root["components"]["schemas"][name], root, at)
    if options := schema.get("anyOf"):
        tries = [problems(value, option, root, at) for option in options]
        return min(tries, key=len)
    kinds = {
        "string": str,
        "integer": int,
        "number": (int, float),
        "boolean": bool,
        "array": list,
        "object": dict,
        "null": type(None),
    }
    if "type" in schema and not isinstance(value, kinds[schema["type"]]):
        return [f"{at}: no {schema['type']}"]
    found = []
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{at}: none of {schema['enum']}")
    if isinstance(value, dict):
        found += [
            f"{at}: without {name}" for name in schema.get("required", ()) if name not in value
        ]
        known, others = schema.get("properties", {}), schema.get("additionalProperties")
        for name, inner in value.items():
            if name in known:
                found += problems(inner, known[name], root, f"{at}.{name}")
            elif isinstance(others, dict):
                found += problems(inner, others, root, f"{at}.{name}")
            elif schema:
                found.append(f"{at}: {name} is not in the document")
    if isinstance(value, list):
        for number, inner in enumerate(value):
            found += problems(inner, schema.get("items") or {}, root, f"{at}[{number}]")
    return found


FILE = Attachment("a.png", "image/png", "k", 9)


class Log:
    """Keeps what is written, as a reader gets it."""

    def __init__(self) -> None:
        self.events: list[tuple[str, Any]] = []

    def append(self, kind: str, data: object) -> None:
        self.events.append((kind, msgspec.json.decode(msgspec.json.encode(data))))


@pytest.fixture(scope="module")
def root() -> Schema:
    served: Schema = msgspec.json.decode(msgspec.json.encode(document()))
    return served


async def test_it_is_served(gateway: Service, http: aiohttp.ClientSession, root: Schema) -> None:
    async with http.get(f"{gateway.url}/w/v1/openapi.json") as response:
        assert response.status == 200
        assert await response.json() == root
        assert response.headers["Access-Control-Allow-Origin"] == "*"


async def test_every_endpoint_is_in_it(gateway: Service, root: Schema) -> None:
    router = gateway._runner.app.router  # type: ignore[union-attr]
    paths = {resource.canonical for resource in router.resources()}
    served = {
        path.replace("/w/v1/pk_test/", "") for path in paths if path.startswith("/w/v1/pk_test/")
    }
    described = {path.replace("/w/v1/{key}/", "") for path in root["paths"]}
    assert served == described == set(OPERATIONS)


def test_every_field_of_a_command_is_in_it(root: Schema) -> None:
    named: set[str] = set()
    for path in root["paths"].values():
        for content in path["post"]["requestBody"]["content"].values():
            named |= set(content["schema"]["properties"])
    assert named == {*wire.Command.__struct_fields__, "file"}


def test_the_page_names_every_endpoint_and_field() -> None:
    page = DOC.read_text()
    for command, operation in OPERATIONS.items():
        assert f"`POST {command}`" in page
        fields = [name.rstrip("!") for name in operation.fields.split()]
        if operation.answer:
            fields += operation.answer.__struct_fields__
        missing = [name for name in fields if not re.search(rf'["`]{name}["`]', page)]
        assert missing == [], command


async def test_what_is_answered_fits(
    sandbox: str, redis_url: str, folder: Path, http: aiohttp.ClientSession, root: Schema
) -> None:
    config = web_config(sandbox, redis_url)
    config["channels"]["site"] |= {
        "theme": {"accent": "#123", "css": {"--cg-a": "1"}},
        "texts": {"en": {"a": "b"}},
        "proactive": [{"id": "a", "text": "b", "page": "*"}],
        "identity_secrets": ["a secret of 32 characters or more"],
        "form": {"fields": [{"name": "a", "label": "A", "max": 3, "value": "x"}]},
    }

    def fits(command: str, status: int, answer: Any) -> None:
        responses = root["paths"][f"/w/v1/{{key}}/{command}"]["post"]["responses"]
        schema = responses[str(status)]["content"]["application/json"]["schema"]
        assert problems(answer, schema, root) == [], command

    async with running(loaded(folder, config)) as gateway:
        widget = Widget(http, gateway.url)
        fits("session", 200, await widget.open(lang="en"))
        widget.read()
        await widget.ask("hello")
        fits("session", 200, await widget.open())
        for command, body in {
            "messages": {"id": "12345678", "text": "x"},
            "regenerate": {"turn": "1"},
            "stop": {},
            "history": {},
            "read": {"cursor": "1-1"},
            "feedback": {"turn": "1", "rating": "like"},
            "conversations": {},
            "identify": {"identity": "x"},
            "session": {"inputs": {"a": "four"}},
            "conversations/delete": {"conversation": "first"},
        }.items():
            status, answer = await widget.post(command, **body)
            fits(command, status, answer)
        form = aiohttp.FormData({"token": widget.token})
        form.add_field("file", b"hello", filename="a.txt", content_type="text/plain")
        url, headers = f"{widget._base}/files", {"Origin": gateway.url}
        async with http.post(url, data=form, headers=headers) as response:
            fits("files", response.status, await response.json())
        await widget.leave()


def test_every_event_fits(root: Schema) -> None:
    """What an answer can be made of, as the stream has it."""
    log = Log()
    message = replace(inbound("hi", "id-1"), attachments=(FILE,))
    rendering = Rendering("1", (message,), log, lambda file: f"/files/{file.name}")
    fields = (Field("a", "A", FieldKind.SELECT, options=("x",)), Field("b", "B", max=1))
    for event in (
        TextDelta("a"),
        TextReplace("b"),
        Thought("t"),
        ToolUse("u"),
        Status("s"),
        Notice("n"),
        Sources((Source("s"),)),
        Suggestions(("q",)),
        Choices("p", (Choice("v", "l"),), fields, expires=1.5),
        File(FILE),
    ):
        rendering.show(event)
    closing = rendering.closing(End("b", EndState.FAILED, "why"))
    assert closing
    log.append(closing.kind, closing.data)
    log.append("typing", {"on": True, "until": 1.5})
    log.append("user", said(message, lambda file: file.name))
    described = events_of(root)
    for kind, data in log.events:
        assert problems(data, described[kind], root) == [], kind
    assert {kind for kind, _ in log.events} == set(described) - {"reset", "bye"}


async def test_the_events_of_a_stream_fit(widget: Widget, root: Schema) -> None:
    await widget.ask("markdown")
    described = events_of(root)
    for kind, data in widget.events:
        assert problems(data, described[kind], root) == [], kind
    history = (await widget.post("history"))[1]["history"]
    assert problems(history[-1], described["end"], root) == []


def events_of(root: Schema) -> Schema:
    responses = root["paths"]["/w/v1/{key}/events"]["post"]["responses"]
    events: Schema = responses["200"]["x-events"]
    return events


def test_the_page_names_every_event(root: Schema) -> None:
    page = DOC.read_text()
    assert [name for name in events_of(root) if f"| `{name}` |" not in page] == []


def test_the_checker_finds_what_does_not_fit(root: Schema) -> None:
    schema = {"$ref": "#/components/schemas/Accepted"}
    assert problems({"status": "x", "turn": "1"}, schema, root) == []
    assert problems({"status": 7, "turn": "1"}, schema, root)
    assert problems({"status": "x"}, schema, root)
    assert problems({"status": "x", "turn": "1", "more": 1}, schema, root)
