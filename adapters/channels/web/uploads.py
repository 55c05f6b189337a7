"""Uploads: files that visitors send before the message they belong to."""

import re

from aiohttp import BodyPartReader, web

from adapters.channels.web import wire
from adapters.channels.web.config import Config
from adapters.channels.web.content import is_accepted, is_what_it_says
from adapters.channels.web.gate import answer, bearer
from adapters.channels.web.limits import Limits
from adapters.channels.web.visitors import Caller, Visitors
from adapters.channels.web.wire import Command
from gateway.ports import FileRefused, GatewayForChannels, Refusal

NAME_LONGEST = 150
TOKEN_LONGEST = 16 * 1024
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,127}")


class Uploads:
    """Takes the files of one site's visitors."""

    def __init__(
        self, config: Config, gateway: GatewayForChannels, visitors: Visitors, limits: Limits
    ) -> None:
        self._config = config
        self._gateway = gateway
        self._visitors = visitors
        self._limits = limits

    async def files(self, request: web.Request, caller: Caller) -> web.Response:
        """Keep a file for a message that will name it."""
        too_large = self._say("file_too_large", limit=self._config.max_file_mb)
        upload = Upload(request, self._config.file_bytes, too_large)
        await upload.read()
        command = Command(token=bearer(request) or upload.token)
        speaker = await self._visitors.authenticate(command, caller)
        await self._limits.aside("files", speaker.origin)
        self._check(upload, speaker.origin.person.locale)
        try:
            kept = await self._gateway.keep(upload.name, upload.media_type, upload.data)
        except FileRefused as refused:
            raise self._not_kept(refused, too_large) from None
        path = self._gateway.file_path(kept)
        return answer(wire.Kept(kept.name, kept.media_type, kept.size, path), status=201)

    def _check(self, upload: "Upload", locale: str) -> None:
        is_so = is_what_it_says(upload.media_type, upload.data)
        if not is_so or not is_accepted(upload.media_type, self._config.accept):
            message = self._gateway.text(locale, "web.bad_file", name=upload.name)
            raise Refusal(415, "bad_file", message)

    def _not_kept(self, refused: FileRefused, too_large: str) -> Refusal:
        if refused.code == "too_large":
            return Refusal(413, "too_large", too_large)
        return Refusal(503, "no_room", self._say("file_no_room"), retry_after=60)

    def _say(self, key: str, **values: object) -> str:
        return self._gateway.text(self._config.locale, key, **values)


class Upload:
    """One multipart body: the field ``token``, if there is one, then the field ``file``."""

    def __init__(self, request: web.Request, most: int, too_large: str) -> None:
        self.token = ""
        self.name = ""
        self.media_type = ""
        self.data = b""
        self._request = request
        self._most = most
        self._too_large = Refusal(413, "too_large", too_large)

    async def read(self) -> None:
        """Read the body to the end of the file. Raises Refusal."""
        if not self._request.content_type.startswith("multipart/"):
            raise _not_a_form()
        if (self._request.content_length or 0) > self._most + TOKEN_LONGEST + 64 * 1024:
            raise self._too_large
        try:
            await self._parts()
        except (ValueError, AssertionError) as error:
            # What aiohttp raises for a body that is no multipart body.
            raise _not_a_form() from error
        if not self.name:
            raise _not_a_form()

    async def _parts(self) -> None:
        form = await self._request.multipart()
        while (part := await form.next()) is not None:
            if not isinstance(part, BodyPartReader):
                raise _not_a_form()
            if part.name == "token":
                self.token = (await self._bytes(part, TOKEN_LONGEST)).decode("ascii", "replace")
            elif part.name == "file":
                self.data = await self._bytes(part, self._most)
                self.name = _name(part.filename or "")
                self.media_type = _media_type(part.headers.get("Content-Type", ""))
                return

    async def _bytes(self, part: BodyPartReader, most: int) -> bytes:
        data = bytearray()
        while chunk := await part.read_chunk(64 * 1024):
            data += chunk
            if len(data) > most:
                raise self._too_large
        return bytes(data)


def _name(name: str) -> str:
    printable = "".join(c for c in name if c.isprintable())
    return printable.replace("\\", "/").rpartition("/")[2].strip()[-NAME_LONGEST:] or "file"


def _media_type(header: str) -> str:
    media_type = header.partition(";")[0].strip().lower()
    return media_type if _MEDIA_TYPE.fullmatch(media_type) else "application/octet-stream"


def _not_a_form() -> Refusal:
    message = "Send a multipart/form-data body with the fields token and file, in this order."
    return Refusal(400, "bad_request", message)
