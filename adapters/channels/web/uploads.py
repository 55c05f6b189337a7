"""Uploads: files that visitors send before the message they belong to."""

import re

from aiohttp import BodyPartReader, web

from gateway.model import Attachment
from gateway.ports import Refusal

NAME_LONGEST = 150
TOKEN_LONGEST = 4096
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,127}")


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


def describe(attachment: Attachment, path: str) -> dict[str, object]:
    """A file as the widget's wire has it."""
    return {
        "name": attachment.name,
        "media_type": attachment.media_type,
        "size": attachment.size,
        "url": path,
    }


def _name(name: str) -> str:
    printable = "".join(c for c in name if c.isprintable())
    return printable.replace("\\", "/").rpartition("/")[2].strip()[-NAME_LONGEST:] or "file"


def _media_type(header: str) -> str:
    media_type = header.partition(";")[0].strip().lower()
    return media_type if _MEDIA_TYPE.fullmatch(media_type) else "application/octet-stream"


def _not_a_form() -> Refusal:
    message = "Send a multipart/form-data body with the fields token and file, in this order."
    return Refusal(400, "bad_request", message)
