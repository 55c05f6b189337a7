"""What CiniterFlow takes, and how it says no."""

import json

from aiohttp import web

from gateway.sandbox import ciniterflow_bodies as bodies
from gateway.sandbox.ciniterflow_bodies import Refusal
from gateway.sandbox.ciniterflow_flows import Flow


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


def uploads_of(values: dict[str, object]) -> str:
    """The texts that came along with a question, as they are put before it. Raises Refusal."""
    found = values.get("uploads")
    uploads = found if isinstance(found, list) else []
    texts = [_upload(each) for each in uploads if isinstance(each, dict)]
    return "".join(f"{text}\n\n\n\n" for text in texts if text)


def _upload(upload: dict[str, object]) -> str:
    data, kind = str(upload.get("data", "")), upload.get("type")
    if kind == "file" and not data.startswith("data:"):
        bodies.fail("Cannot read properties of undefined (reading 'split')")
    return f"<doc name='{upload.get('name')}'>{data}</doc>" if kind == "file:full" else ""
