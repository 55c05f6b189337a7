"""Files: handed to ClickAI before a message that names them, and fetched from it."""

import mimetypes
from io import BytesIO
from pathlib import PurePath

import aiohttp
from yarl import URL

from adapters.bots.clickai.errors import NotTaken
from adapters.bots.clickai.kept import Kept
from adapters.bots.clickai.objects import FileType, FileUpload, Parameters, UploadedFile
from adapters.bots.clickai.transport import Transport, read
from adapters.bots.errors import ClientError

_MEGABYTE = 1024 * 1024
_PARAMETERS_KEPT = 60.0
_LONGEST_TEXT = 64 * 1024
_TEXTS = frozenset({".txt", ".md", ".markdown", ".csv", ".json"})

_DOCUMENTS = (
    *(".txt", ".md", ".mdx", ".markdown", ".pdf", ".html", ".htm", ".xlsx", ".xls", ".doc"),
    *(".docx", ".csv", ".eml", ".msg", ".pptx", ".ppt", ".xml", ".epub"),
)
_SUFFIXES: dict[FileType, tuple[str, ...]] = {
    "image": (".jpg", ".jpeg", ".png", ".webp", ".gif", ".svg"),
    "document": _DOCUMENTS,
    "audio": (".mp3", ".m4a", ".wav", ".amr", ".mpga"),
    "video": (".mp4", ".mov", ".mpeg", ".webm"),
}
_LIMITS: dict[FileType, float] = {"image": 10, "video": 100, "audio": 50}
_OTHER_LIMIT = 15.0
"""Megabytes, where the server names no limit of its own."""


class Files:
    """The files of one app's users."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._parameters = Kept(lambda: transport.get("parameters", Parameters), _PARAMETERS_KEPT)

    async def upload(
        self, name: str, content: bytes, user: str, *, media_type: str = ""
    ) -> UploadedFile:
        """Hand over a file for ``user``; no other user may name it.

        Raises NotTaken, and sends nothing, when it is larger than the server takes or of a type
        that the app does not.
        """
        check(name, len(content), await self._parameters.get())
        kind = media_type or mimetypes.guess_type(name)[0] or "application/octet-stream"
        form = aiohttp.FormData()
        form.add_field("file", BytesIO(content), filename=name, content_type=kind)
        form.add_field("user", user)
        return await self._transport.upload("files/upload", UploadedFile, form)

    async def fetch(self, url: str, most: int) -> bytes:
        """A file the app has made. Its link, perhaps without a host, is good for minutes only.

        Raises NotTaken for a link to another host: it is the server's word, but not its file.
        """
        address = self._transport.absolute(url)
        if address.host != self._transport.host:
            raise NotTaken("the file is on another host")
        limits = self._transport.limits
        async with self._transport.request("GET", address, limits.within(limits.quick)) as response:
            return await read(response, most)

    async def fetch_text(self, url: str) -> str:
        """The text of a file the app has made; empty when it is of another type or out of reach."""
        try:
            if PurePath(URL(url).path).suffix.lower() not in _TEXTS:
                return ""
            return (await self.fetch(url, _LONGEST_TEXT)).decode().strip()
        except (ClientError, ValueError):
            return ""


def local(file: UploadedFile, kind: FileType | None = None) -> dict[str, str]:
    """What names an uploaded file in ``files``."""
    kind = kind or type_of(file.name or f".{file.extension or ''}")
    return {"type": kind, "transfer_method": "local_file", "upload_file_id": file.id}


def remote(url: str, kind: FileType | None = None) -> dict[str, str]:
    """What names a file on the web in ``files``. ClickAI fetches it at once."""
    return {"type": kind or type_of(URL(url).name), "transfer_method": "remote_url", "url": url}


def type_of(name: str) -> FileType:
    """What ClickAI calls a file of that name."""
    suffix = PurePath(name).suffix.lower()
    return next((kind for kind, known in _SUFFIXES.items() if suffix in known), "custom")


def check(name: str, size: int, parameters: Parameters) -> None:
    """Raises NotTaken when the app would refuse a file of that name and size, in bytes."""
    kind = type_of(name)
    limit = _limit(kind, parameters)
    if size > limit * _MEGABYTE:
        raise NotTaken(f"the file is larger than {limit:g} MB")
    if parameters.file_upload and not _allowed(name, kind, parameters.file_upload):
        raise NotTaken("the app takes no file of this type")


def _limit(kind: FileType, parameters: Parameters) -> float:
    said = parameters.system_parameters
    named = {
        "image": said and said.image_file_size_limit,
        "video": said and said.video_file_size_limit,
        "audio": said and said.audio_file_size_limit,
    }.get(kind, said and said.file_size_limit)
    return named or _LIMITS.get(kind, _OTHER_LIMIT)


def _allowed(name: str, kind: FileType, upload: FileUpload) -> bool:
    if upload.enabled is False:
        return False
    types = upload.allowed_file_types
    # An app that says nothing of types leaves it to the server.
    if not types or (kind in types and kind != "custom"):
        return True
    suffixes = {f".{each.lower().lstrip('.')}" for each in upload.allowed_file_extensions or ()}
    return "custom" in types and PurePath(name).suffix.lower() in suffixes
