"""What the sandbox's apps make: files of theirs, and the sound of an answer."""

import base64
import time
from collections.abc import Iterator
from uuid import uuid4

from aiohttp import web
from msgspec import Struct

from gateway.sandbox import bodies
from gateway.sandbox.bodies import Ids

SOUND = (b"ID3MOCK0", b"ID3MOCK1", b"ID3MOCK2")
"""What everything sounds like, in pieces."""
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJg"
    "gg=="
)
_TEXT = "A file that the bot has made.\n"


class MadeFile(Struct, frozen=True):
    """A file. Each time it is named, it is named with another link."""

    id: str
    suffix: str

    def told(self, ids: Ids) -> bytes:
        """The event that names it, in chats."""
        about = {"id": self.id, "type": self._type, "belongs_to": "assistant", "url": self._link()}
        return bodies.event("message_file", ids, **about)

    def value(self) -> bodies.Body:
        """What a workflow calls it."""
        return {
            "dify_model_identity": "__dify__file__",
            "id": None,
            "type": self._type,
            "transfer_method": "tool_file",
            "remote_url": None,
            "related_id": self.id,
            "filename": f"made{self.suffix}",
            "extension": self.suffix,
            "mime_type": "image/png" if self._type == "image" else "text/plain",
            "size": len(PICTURE if self._type == "image" else _TEXT),
            "url": self._link(),
        }

    def kept(self) -> bodies.Body:
        """What the history calls it."""
        value = self.value()
        same = {name: value[name] for name in ("filename", "type", "url", "mime_type", "size")}
        whose = {"transfer_method": "tool_file", "belongs_to": "assistant", "upload_file_id": None}
        return {"id": self.id, **same, **whose}

    @property
    def _type(self) -> str:
        return "image" if self.suffix == ".png" else "document"

    def _link(self) -> str:
        signed = f"timestamp={int(time.time())}&nonce={uuid4().hex}&sign=s"
        return f"/files/tools/{self.id}{self.suffix}?{signed}"


def made(*suffixes: str) -> tuple[MadeFile, ...]:
    """A new file for each of ``suffixes``."""
    return tuple(MadeFile(str(uuid4()), suffix) for suffix in suffixes)


async def download(request: web.Request) -> web.Response:
    """``GET /files/tools/{name}``: what a file's link leads to, while it is signed."""
    if not request.query.get("sign"):
        raise web.HTTPNotFound
    if request.match_info["name"].endswith(".png"):
        return web.Response(body=PICTURE, content_type="image/png")
    return web.Response(text=_TEXT)


def spoken(ids: Ids) -> Iterator[bytes]:
    """The sound of an answer. Most of it comes when the answer has already ended."""
    for piece in SOUND:
        yield bodies.event("tts_message", ids, audio=base64.b64encode(piece).decode())
    yield bodies.event("tts_message_end", ids, audio="")
