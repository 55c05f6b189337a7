"""Files: handed to ClickAI before a message that names them, and fetched from it."""

import mimetypes
from io import BytesIO

import aiohttp
from yarl import URL

from adapters.bots.clickai.errors import NotTaken
from adapters.bots.clickai.kept import Kept
from adapters.bots.clickai.objects import FileType, Parameters, UploadedFile
from adapters.bots.clickai.rules import Rules, of_messages, type_of
from adapters.bots.clickai.transport import Transport, read


class Files:
    """The files of one app's users. ``facts`` is what the app says of itself."""

    def __init__(self, transport: Transport, facts: Kept[Parameters]) -> None:
        self._transport = transport
        self._facts = facts

    async def upload(
        self,
        name: str,
        content: bytes,
        user: str,
        *,
        media_type: str = "",
        rules: Rules | None = None,
    ) -> UploadedFile:
        """Hand over a file for ``user``; no other user, and no other app, may name it.

        Raises NotTaken, and sends nothing, when it breaks the ``rules``: without any, the app's
        for files that go with a message.
        """
        rules = rules or of_messages(await self._facts.get())
        rules.check(name, len(content), media_type)
        kind = media_type or mimetypes.guess_type(name)[0] or "application/octet-stream"
        form = aiohttp.FormData()
        form.add_field("file", BytesIO(content), filename=name, content_type=kind)
        form.add_field("user", user)
        return await self._transport.upload("files/upload", UploadedFile, form, (name,))

    async def fetch(self, url: str, most: int) -> bytes:
        """A file the app has made. Its link, perhaps without a host, is good for minutes only.

        Raises NotTaken for a link to another host: it is the server's word, but not its file.
        """
        address = URL(self._transport.absolute(url))
        if address.host != URL(self._transport.origin).host:
            raise NotTaken("the file is on another host")
        limits = self._transport.limits
        async with self._transport.request("GET", address, limits.within(limits.quick)) as response:
            return await read(response, most)


def local(file: UploadedFile, kind: FileType | None = None) -> dict[str, str]:
    """What names an uploaded file in ``files``."""
    kind = kind or type_of(file.name or f".{file.extension or ''}", file.mime_type or "")
    return {"type": kind, "transfer_method": "local_file", "upload_file_id": file.id}


def remote(url: str, kind: FileType | None = None) -> dict[str, str]:
    """What names a file on the web in ``files``. ClickAI fetches it at once."""
    return {"type": kind or type_of(URL(url).name), "transfer_method": "remote_url", "url": url}
