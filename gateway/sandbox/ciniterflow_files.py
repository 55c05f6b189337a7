"""Files in the sandbox's CiniterFlow: what is kept for a chat, and what flows make and read."""

from base64 import b64decode
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath
from typing import NoReturn

from aiohttp import web
from aiohttp.web_request import FileField

from gateway.sandbox import ciniterflow_bodies as bodies
from gateway.sandbox import ciniterflow_flows as flows
from gateway.sandbox import texts
from gateway.sandbox.ciniterflow_bodies import Refusal
from gateway.sandbox.ciniterflow_runs import Run

STORED = "FILE-STORAGE::"
PNG = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEUlEQVR4nGP4z8DA8B+MgBgAHfAD/dPQfSYAAAAA"
    "SUVORK5CYII="
)
REPORT = b"A report from the sandbox.\n"

_KEPT = 200
_ENDINGS = {
    "image/gif": "gif",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "audio/mp4": "m4a",
    "audio/ogg": "ogg",
    "audio/webm": "webm",
    "application/json": "json",
    "application/pdf": "pdf",
    "text/csv": "csv",
    "text/markdown": "md",
    "text/plain": "txt",
}


class Files:
    """What is kept, by flow, chat and name; the oldest go when there are too many."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str, str], bytes] = OrderedDict()

    def keep(self, flow: str, chat: str, name: str, data: bytes) -> str:
        """Keep a file; the reference to it."""
        self._kept[flow, chat, name] = data
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return f"{STORED}{name}"

    def make(self, flow: str, run: Run) -> None:
        """Make what was asked for: it comes with the answer."""
        if run.kind in flows.AGENTFLOWS:
            path = self.keep(flow, run.chat, "report.txt", REPORT)
            run.annotations = [{"filePath": path, "fileName": "report.txt"}]
        else:
            path = self.keep(flow, run.chat, f"artifact_{run.message}.png", PNG)
            table = {"type": "markdown", "data": texts.TABLE}
            run.artifacts = [{"type": "png", "data": path}, table]

    def routes(self) -> Sequence[web.RouteDef]:
        """The routes below ``/api/v1``. A file is fetched in either of two ways, without a key."""
        return [
            web.post("/api/v1/attachments/{flow}/{chat}", self._attach),
            web.get("/api/v1/get-upload-file", self._get),
            web.post("/api/v1/openai-assistants-file/download", self._download),
        ]

    async def _get(self, request: web.Request) -> web.Response:
        return self._file({**request.query})

    async def _download(self, request: web.Request) -> web.Response:
        return self._file(await request.json())

    def _file(self, named: dict[str, str]) -> web.Response:
        flow, chat, name = (named.get(key, "") for key in ("chatflowId", "chatId", "fileName"))
        if not (flow and chat and name):
            return bodies.html("Invalid file path", 500)
        data = self._kept.get((flow, chat, name))
        if data is None:
            raise Refusal(500, f"File {name} not found")
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return web.Response(body=data, content_type="application/octet-stream", headers=headers)

    async def _attach(self, request: web.Request) -> web.Response:
        flow, chat = request.match_info["flow"], request.match_info["chat"]
        if flow != flows.TOOLS.id:
            _fail("File upload is not enabled for this chatflow")
        found = (await request.post()).getall("files")
        files = [each for each in found if isinstance(each, FileField)]
        return bodies.plain([self._attachment(flow, chat, each) for each in files])

    def _attachment(self, flow: str, chat: str, file: FileField) -> bodies.Body:
        name, kind, raw = file.filename, file.content_type, file.file.read()
        if kind not in flows.DOCUMENTS:
            _fail(f"File type '{kind}' is not allowed. Allowed types: {', '.join(flows.DOCUMENTS)}")
        check_ending(name, kind, _fail)
        self.keep(flow, chat, name, raw)
        text = raw.decode(errors="replace")
        return {"name": name, "mimeType": kind, "size": len(raw), "content": text}


def check_ending(name: str, media_type: str, fail: Callable[[str], NoReturn]) -> None:
    """A name must end as its media type does. ``fail`` is told what is wrong."""
    ending = PurePosixPath(name).suffix.lower().removeprefix(".").replace("jpeg", "jpg")
    expected = _ENDINGS.get(media_type)
    if expected is None:
        fail(f'MIME type "{media_type}" is not supported')
    if ending != expected:
        fail(
            f'MIME type mismatch: file extension "{ending}" does not match declared MIME type '
            f'"{media_type}". Expected: {expected}'
        )


def _fail(why: str) -> NoReturn:
    raise Refusal(500, f"Error: attachmentService.createAttachment - {why}")
