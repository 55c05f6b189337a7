"""The methods of the Web API: their arguments, and how a request carries them."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web
from msgspec import Struct

from support.slack.model import Refusal

Handler = Callable[..., dict[str, Any]]
EVERYWHERE = {"token": str, "team_id": str}
LISTS = (list, dict)


class Method(Struct, frozen=True):
    """One method: who may call it with what. ``by`` is bot, app, client or both."""

    handler: Handler
    required: tuple[str, ...]
    types: dict[str, type]
    form_only: bool
    by: str


METHODS: dict[str, Method] = {}


def method(
    name: str, /, *required: str, form_only: bool = False, by: str = "bot", **types: type
) -> Callable[[Handler], Handler]:
    """Register what answers a method: a function of the stand-in, workspace and arguments."""

    def register(handler: Handler) -> Handler:
        METHODS[name] = Method(handler, required, types | EVERYWHERE, form_only, by)
        return handler

    return register


class Request(Struct):
    """A request of the Web API, taken apart."""

    method: str
    args: dict[str, Any]
    token: str
    json: bool


async def read(request: web.Request) -> Request:
    """Take a request apart, whichever way its arguments travel. Raises Refusal."""
    name = request.match_info["method"]
    args: dict[str, Any] = dict(request.query)
    body = await request.read()
    is_json = request.content_type == "application/json"
    if is_json and body:
        args |= _json(body)
    elif body:
        args |= dict(parse_qsl(body.decode(), keep_blank_values=True))
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer":
        token = str(args.get("token", ""))
    args.pop("token", None)
    return Request(name, args, token, is_json and bool(body))


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        raise Refusal("invalid_json") from None
    if not isinstance(found, dict):
        raise Refusal("json_not_object")
    return found


def checked(request: Request) -> dict[str, Any]:
    """The arguments, in their types. Raises Refusal with what a caller did wrong."""
    known = METHODS[request.method]
    if request.json and known.form_only:
        raise _wrong(request, "takes no JSON body")
    typed = dict[str, Any]()
    for name, value in request.args.items():
        if name not in known.types:
            raise _wrong(request, f"has no argument {name}")
        typed[name] = _typed(request, name, value, known.types[name])
    if missing := [name for name in known.required if typed.get(name) in (None, "")]:
        raise _wrong(request, f"needs {missing[0]}")
    return typed


def _typed(request: Request, name: str, value: Any, kind: type) -> Any:
    if kind in LISTS and isinstance(value, str):
        # Also in a JSON body Slack takes these as a string of JSON.
        try:
            value = json.loads(value)
        except ValueError:
            raise _wrong(request, f"{name} is no JSON") from None
    elif not request.json and kind is not str:
        value = _from_form(request, name, value, kind)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise _wrong(request, f"{name} must be {kind.__name__}")
    return value


def _from_form(request: Request, name: str, value: Any, kind: type) -> Any:
    if kind is bool:
        return value in ("1", "true", "True")
    if kind is int and str(value).isdigit():
        return int(value)
    return value


def _wrong(request: Request, what: str) -> Refusal:
    said = f"{request.method} {what}"
    return Refusal("invalid_arguments", response_metadata={"messages": [f"[ERROR] {said}"]})
