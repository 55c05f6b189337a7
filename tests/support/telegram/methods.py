"""The methods of the Bot API: their arguments, and how a request carries them."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from msgspec import Struct

from support.telegram.model import File, Refusal, bad

Handler = Callable[..., Any | Awaitable[Any]]


class Method(Struct, frozen=True):
    """One method: what answers it, which arguments it takes, and which it needs."""

    name: str
    handler: Handler
    types: dict[str, type]
    required: tuple[str, ...]


METHODS: dict[str, Method] = {}
"""By their names in lower case, as Telegram finds them."""


def method(name: str, /, *required: str, **types: type) -> Callable[[Handler], Handler]:
    """Register what answers a method: a function of the stand-in, the bot and the arguments.
    ``File`` stands for a file that is sent along, or its name."""

    def register(handler: Handler) -> Handler:
        METHODS[name.lower()] = Method(name, handler, types, required)
        return handler

    return register


async def read(request: web.Request) -> dict[str, Any]:
    """The arguments of a request, whichever way they travel. Raises Refusal."""
    args: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        return args | _json(await request.read())
    if request.content_type.startswith("multipart/"):
        return args | await _parts(request)
    return args | dict(await request.post())


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        raise bad("can't parse JSON object") from None
    if not isinstance(found, dict):
        raise bad("object expected as JSON")
    return found


async def _parts(request: web.Request) -> dict[str, Any]:
    found = dict[str, Any]()
    async for part in await request.multipart():
        data = bytes(await part.read(decode=True))
        if part.filename is None:
            found[part.name] = data.decode()
        else:
            mimetype = part.headers.get("Content-Type", "")
            found[part.name] = File(id="", name=part.filename, data=data, mimetype=mimetype)
    return found


def checked(
    known: Method, given: dict[str, Any], complaints: list[str]
) -> tuple[dict[str, Any], dict[str, File]]:
    """The arguments in their types, and the files beside them. What Telegram overlooks is a
    complaint. Raises Refusal."""
    typed, files = dict[str, Any](), dict[str, File]()
    for name, value in given.items():
        if isinstance(value, File) and known.types.get(name) is not File:
            files[name] = value
        elif name not in known.types:
            complaints.append(f"{known.name} has no argument {name}")
        elif value is not None:
            typed[name] = _typed(known, name, value, complaints)
    for name in known.required:
        if name not in typed:
            complaints.append(f"{known.name} needs {name}")
    return typed, files


def _typed(known: Method, name: str, value: Any, complaints: list[str]) -> Any:
    kind = known.types[name]
    try:
        found = _converted(value, kind)
    except ValueError:
        complaints.append(f"{known.name}: {name} is no {kind.__name__}: {value!r:.80}")
        raise bad(f"can't parse {name}") from None
    if kind is not File and not isinstance(found, kind):
        complaints.append(f"{known.name}: {name} is no {kind.__name__}: {value!r:.80}")
        raise bad(f"can't parse {name}")
    return found


def _converted(value: Any, kind: type) -> Any:
    if isinstance(value, bool) and kind is int:
        raise ValueError
    if not isinstance(value, str) or kind in (str, File):
        return value
    if kind is bool:
        return {"true": True, "1": True, "false": False, "0": False}.get(value.lower(), value)
    if kind is int:
        return int(value)
    return json.loads(value)


def needed(args: dict[str, Any], name: str, says: str) -> Any:
    """An argument that must be there. Raises Refusal with Telegram's words."""
    if name not in args:
        raise bad(says)
    return args[name]


__all__ = ["METHODS", "Method", "Refusal", "checked", "method", "needed", "read"]
