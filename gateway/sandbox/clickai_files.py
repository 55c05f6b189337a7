"""The sandbox's files and its voice: uploads, and what it hears and says."""

import mimetypes
import time
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from uuid import UUID, uuid4

from aiohttp import BodyPartReader, web
from msgspec import Struct

from gateway.sandbox import bodies
from gateway.sandbox.clickai_apps import App, Mode, app_of
from gateway.sandbox.clickai_made import SOUND
from gateway.sandbox.requests import Refusal, read_json, user_of

_MOST = 100
_MEGABYTE = 1024 * 1024
_LIMITS = {"image": 10, "audio": 50, "video": 100}
_OTHER_LIMIT = 15
_LARGEST = 100 * _MEGABYTE
_SPEECH = {"mp3", "m4a", "wav", "amr", "mpga", "webm"}
_DEAD = "127.0.0.1:9"
"""Where nothing is to be fetched from, by ``remote_url``."""


class Held(Struct, frozen=True):
    """A file that was uploaded."""

    id: str
    owner: str
    name: str
    media_type: str
    content: bytes


class Store:
    """The latest hundred files of all users."""

    def __init__(self) -> None:
        self._files: dict[str, Held] = {}

    async def upload(self, request: web.Request) -> web.Response:
        """``POST /files/upload``."""
        app = app_of(request)
        name, media_type, content, user = await _form(request)
        held = Held(str(uuid4()), app.owner(user), name, media_type, content)
        limit = _LIMITS.get(media_type.partition("/")[0], _OTHER_LIMIT)
        if len(content) > limit * _MEGABYTE:
            # The braces are ClickAI's own.
            raise Refusal(413, "file_too_large", "File size exceeded. {message}")
        self._files[held.id] = held
        if len(self._files) > _MOST:
            del self._files[next(iter(self._files))]
        return bodies.plain(_row(request, held), status=201)

    async def preview(self, request: web.Request) -> web.Response:
        """``GET /files/{file}/preview``."""
        app, user = app_of(request), request.query.get("user", "")
        held = self._files.get(request.match_info["file"])
        if held is None or held.owner != app.owner(user):
            raise Refusal(404, "not_found", "File not found.")
        return web.Response(body=held.content, content_type=held.media_type)

    def shown(self, files: Sequence[Mapping[str, object]], owner: str) -> str:
        """The files of a message, as the bot's model sees them. Raises Refusal."""
        return "".join(f" <{self._kind(file, owner)}>" for file in files)

    def _kind(self, file: Mapping[str, object], owner: str) -> str:
        if file.get("transfer_method") == "remote_url":
            url = str(file.get("url", ""))
            if _DEAD in url:
                self._refuse(f"Reached maximum retries (3) for URL {url}")
        else:
            self._check_local(str(file.get("upload_file_id", "")), owner)
        return str(file.get("type", ""))

    def _check_local(self, name: str, owner: str) -> None:
        try:
            held = self._files.get(str(UUID(name)))
        except ValueError:
            self._refuse("Invalid upload file id format")
        if held is None or held.owner != owner:
            self._refuse("Invalid upload file")

    def _refuse(self, message: str) -> None:
        raise Refusal(400, "invalid_param", message, is_of_the_run=True)


async def to_text(request: web.Request) -> web.Response:
    """``POST /audio-to-text``."""
    app = app_of(request)
    name, _, content, _ = await _form(request)
    _check_extras(app, "Speech to text is not enabled")
    if PurePath(name).suffix.lower().lstrip(".") not in _SPEECH:
        raise Refusal(415, "unsupported_audio_type", "Audio type not allowed.")
    return bodies.plain({"text": f"mock transcript of {len(content)} bytes"})


async def to_audio(request: web.Request) -> web.StreamResponse:
    """``POST /text-to-audio``."""
    app, values = app_of(request), await read_json(request)
    user_of(values)
    _check_extras(app, "TTS is not enabled")
    response = web.StreamResponse(headers={"Content-Type": "audio/mpeg"})
    await response.prepare(request)
    for piece in SOUND:
        await response.write(piece)
    await response.write_eof()
    return response


def _check_extras(app: App, message: str) -> None:
    if app.mode is not Mode.CHAT:
        raise Refusal(400, "invalid_param", message)


async def _form(request: web.Request) -> tuple[str, str, bytes, str]:
    """The file of a form (its name, type and content) and whose it is. Raises Refusal."""
    files, user = [], ""
    if request.content_type == "multipart/form-data":
        async for part in await request.multipart():
            if isinstance(part, BodyPartReader):
                content = await _read(part)
                if part.filename:
                    files.append((part.filename, _type(part), content, part.name))
                elif part.name == "user":
                    user = content.decode(errors="replace")
    if len(files) > 1:
        raise Refusal(400, "too_many_files", "Only one file is allowed.")
    if not files or files[0][3] != "file":
        raise Refusal(400, "no_file_uploaded", "Please upload your file.")
    return (*files[0][:3], user)


async def _read(part: BodyPartReader) -> bytes:
    content = bytearray()
    while chunk := await part.read_chunk(64 * 1024):
        content += chunk
        if len(content) > _LARGEST:
            raise Refusal(413, "file_too_large", "File size exceeded. {message}")
    return bytes(content)


def _type(part: BodyPartReader) -> str:
    guessed = mimetypes.guess_type(part.filename or "")[0]
    return part.headers.get("Content-Type") or guessed or "application/octet-stream"


def _row(request: web.Request, held: Held) -> bodies.Body:
    created = int(time.time())
    signed = f"timestamp={created}&nonce={uuid4().hex}&sign=sandbox"
    return {
        "id": held.id,
        "name": held.name,
        "size": len(held.content),
        "extension": PurePath(held.name).suffix.lstrip("."),
        "mime_type": held.media_type,
        "created_by": str(uuid4()),
        "created_at": created,
        "preview_url": None,
        "source_url": f"{request.url.origin()}/files/{held.id}/file-preview?{signed}",
        "original_url": None,
        "user_id": None,
        "tenant_id": str(uuid4()),
        "conversation_id": None,
        "file_key": None,
    }
