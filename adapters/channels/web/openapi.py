"""The protocol as an OpenAPI document, made of the types that the commands take and give."""

from typing import Any

import msgspec
from aiohttp import web
from msgspec import Struct

from adapters.channels.web import wire
from adapters.channels.web.events import EVENTS

PATH = "/w/v1/openapi.json"
_REF = "#/components/schemas/{name}"


class Operation(Struct, frozen=True):
    """One command: what it is for, its fields, and its answer. A field with a ! must be there."""

    summary: str
    fields: str
    answer: type[Struct] | None
    status: int = 200


_SESSION = "token lang page identity merge conversation inputs challenge"
OPERATIONS = {
    "session": Operation("Open or resume a session", _SESSION, wire.Session),
    "identify": Operation(
        "Open a session for an identity", _SESSION.replace("identity", "identity!"), wire.Session
    ),
    "events": Operation("Follow the event stream", "token! conversation cursor", None),
    "messages": Operation(
        "Send a message", "token! conversation id! text page files", wire.Accepted, 202
    ),
    "regenerate": Operation(
        "Ask the last question again", "token! conversation turn! page", wire.Accepted, 202
    ),
    "stop": Operation("Stop the running answer", "token! conversation", wire.Stopped),
    "history": Operation("Read the transcript", "token! conversation", wire.Transcript),
    "read": Operation("Note up to where was read", "token! conversation cursor!", wire.Read),
    "feedback": Operation(
        "Rate an answer", "token! conversation turn! rating! comment", wire.Taken
    ),
    "conversations": Operation("List the conversations", "token!", wire.Listing),
    "conversations/delete": Operation("Erase a conversation", "token! conversation!", wire.Deleted),
    "files": Operation("Upload a file", "token! file!", wire.Kept, 201),
}
_LIMITED = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."}}
_STATUSES = {
    400: "The request is to be mended.",
    401: "Another session, or another identity, is needed.",
    403: "It is not allowed, or not yet.",
    404: "There is no such site, or the site does not offer this.",
    413: "It is too large.",
    415: "Files of this kind are not taken.",
    429: "Too much at a time.",
    503: "It cannot be done now.",
}


def document() -> dict[str, Any]:
    """All of it."""
    types = [each.answer for each in OPERATIONS.values() if each.answer]
    _, components = msgspec.json.schema_components(
        [wire.Command, wire.Error, *types, *EVENTS.values()], ref_template=_REF
    )
    taken = components["Command"]["properties"]
    paths = {
        f"/w/v1/{{key}}/{name}": {"post": _operation(name, operation, taken)}
        for name, operation in OPERATIONS.items()
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Chat Gateway: the widget's wire protocol",
            "version": "1",
            "description": "docs/widget-protocol.md says what everything means.",
        },
        "paths": paths,
        "components": {
            "schemas": {name: each for name, each in components.items() if name != "Command"},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "program": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            },
        },
    }


def _operation(name: str, operation: Operation, taken: dict[str, Any]) -> dict[str, Any]:
    return {
        "operationId": name.replace("/", "_"),
        "summary": operation.summary,
        "security": [{}, {"token": []}, {"program": []}, {"token": [], "program": []}],
        "parameters": [
            {"name": "key", "in": "path", "required": True, "schema": {"type": "string"}}
        ],
        "requestBody": {"required": True, "content": _body(operation, taken)},
        "responses": {str(operation.status): _given(operation), **_refusals()},
    }


def _body(operation: Operation, taken: dict[str, Any]) -> dict[str, Any]:
    names = operation.fields.split()
    binary = {"file": {"type": "string", "contentMediaType": "application/octet-stream"}}
    known = {**taken, **binary}
    # A token may also stand in the header.
    needed = [name.rstrip("!") for name in names if name.endswith("!") and name != "token!"]
    properties = {name.rstrip("!"): known[name.rstrip("!")] for name in names}
    schema = {"type": "object", "properties": properties, "required": needed}
    kinds = ["multipart/form-data"] if "file!" in names else ["text/plain", "application/json"]
    return {kind: {"schema": schema} for kind in kinds}


def _given(operation: Operation) -> dict[str, Any]:
    if operation.answer is None:
        stream = {"text/event-stream": {"schema": {"type": "string"}}}
        events = {name: {"$ref": _REF.format(name=each.__name__)} for name, each in EVENTS.items()}
        description = "Events, until the client leaves. x-events has the data of each by its name."
        return {"description": description, "content": stream, "x-events": events}
    schema = {"$ref": _REF.format(name=operation.answer.__name__)}
    return {"description": "Done.", "content": {"application/json": {"schema": schema}}}


def _refusals() -> dict[str, Any]:
    schema = {"$ref": _REF.format(name="Error")}
    content = {"application/json": {"schema": schema}}
    return {
        str(status): {"description": description, "content": content}
        | ({"headers": _LIMITED} if status in (429, 503) else {})
        for status, description in _STATUSES.items()
    }


_BODY = msgspec.json.encode(document())


async def serve(_: web.Request) -> web.Response:
    """The document, for everyone."""
    headers = {"Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=300"}
    return web.Response(body=_BODY, content_type="application/json", headers=headers)
