"""What CiniterFlow takes, and how it says no."""

import base64
import json

from aiohttp import web

from gateway.sandbox import ciniterflow_bodies as bodies
from gateway.sandbox.ciniterflow_bodies import Refusal
from gateway.sandbox.ciniterflow_files import check_ending
from gateway.sandbox.ciniterflow_flows import Flow, uploads

_STORED = frozenset({"file", "audio"})
_HEARD = frozenset({"audio/webm", "audio/mp4", "audio/ogg"})
_LIMITS = frozenset({"rate_limit_error", "too_many_requests"})
_NO_KEY = frozenset({"unauthorized", "forbidden"})


def query_of(asked: dict[str, object]) -> str:
    """What was asked, as the model is told."""
    form = asked.get("form")
    if isinstance(form, dict):
        return "\n".join(f"{name}: {value}" for name, value in form.items())
    return str(asked.get("question", "undefined"))


def check_key(request: web.Request, flow: Flow) -> None:
    """A flow without a key takes any. Raises Refusal."""
    if flow.key and request.headers.get("Authorization") != f"Bearer {flow.key}":
        bodies.fail("Unauthorized")


async def read_json(request: web.Request) -> dict[str, object]:
    """The body; nothing when its type is one the server does not read. Raises Refusal."""
    if request.content_type == "multipart/form-data":
        return dict((await request.post()).items())
    if request.content_type != "application/json":
        return {}
    try:
        found = json.loads(await request.read())
    except ValueError:
        raise Refusal(400, "Unexpected end of JSON input") from None
    return found if isinstance(found, dict) else {}


def uploads_of(values: dict[str, object], flow: Flow) -> tuple[str, str]:
    """What came along with a question: texts to be put before it, and what was heard, which takes
    its place. Raises Refusal."""
    given = _given(values)
    texts = [_words(each) for each in given]
    heard = [words for each in given if (words := _heard(each, flow))]
    return "".join(f"{text}\n\n\n\n" for text in texts if text), "".join(heard[-1:])


def _given(values: dict[str, object]) -> list[dict[str, object]]:
    found = values.get("uploads")
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _words(upload: dict[str, object]) -> str:
    name, data, kind = (str(upload.get(key, "")) for key in ("name", "data", "type"))
    if kind == "file:full":
        return f"<doc name='{name}'>{data}</doc>"
    if kind in _STORED:
        if not data.startswith("data:"):
            bodies.fail("Cannot read properties of undefined (reading 'split')")
        check_ending(name, data.removeprefix("data:").partition(";")[0], bodies.fail)
    return ""


def _heard(upload: dict[str, object], flow: Flow) -> str:
    if upload.get("mime") not in _HEARD or not uploads(flow)["isSpeechToTextEnabled"]:
        return ""
    encoded = str(upload.get("data", "")).partition(",")[2]
    return base64.b64decode(encoded).decode(errors="replace")


def listed(values: dict[str, object]) -> dict[str, object]:
    """What is told of the uploads of a question to whoever looks on: not what is in them."""
    told = [{key: each.get(key) for key in ("type", "name", "mime")} for each in _given(values)]
    return {"uploads": told} if told else {}


def refusal_of(code: str) -> Refusal | None:
    """What CiniterFlow says where another vendor has that error; None for its rate limit.

    It tells a wrong key from all else, and of that only what the model said.
    """
    if not code or code in _LIMITS:
        return None
    what = "Unauthorized" if code in _NO_KEY else f"[sandbox] {code}"
    return Refusal(500, bodies.SERVICE.format(what))
