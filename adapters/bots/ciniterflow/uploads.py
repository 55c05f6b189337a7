"""The files that go to a flow with one question."""

from base64 import b64encode

from adapters.bots.ciniterflow import media
from adapters.bots.ciniterflow.accepted import Accepted
from adapters.bots.ciniterflow.client import Client
from adapters.bots.ciniterflow.errors import Refused
from adapters.bots.errors import Unreachable
from gateway.model import Ask, Attachment, Failure, Notice
from gateway.ports import FileGone, GatewayForBots, StoreUnavailable

_MEGABYTE = 1024 * 1024
_LARGEST = 35
"""Megabytes: as a data URL it is a third more, and the server takes bodies of 50."""
_ROOM = 48 * _MEGABYTE
_MOST_PRIVATE = 100_000

Upload = dict[str, str]


class _LeftOut(Exception):
    """A file that does not go along: the sentence that says why, and its values."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key = key
        self.values = values


class Uploads:
    """What of a message's files goes along, and what the person is told of the others."""

    def __init__(self, gateway: GatewayForBots, client: Client, accepted: Accepted) -> None:
        self.taken: list[Upload] = []
        self.notices: list[Notice] = []
        self._gateway = gateway
        self._client = client
        self._accepted = accepted
        self._room = _ROOM
        self._hears = False

    async def add(self, ask: Ask, chat: str) -> None:
        """Read all the files of a message, which is about to be asked in ``chat``.

        Raises ClientError when that cannot be done now.
        """
        for attachment in ask.attachments:
            try:
                self._take(await self._upload(attachment, chat))
            except _LeftOut as left:
                values = {"name": attachment.name, **left.values}
                self.notices.append(Notice(self._gateway.text(ask.locale, left.key, **values)))
        if self._hears and ask.text.strip():
            # What is heard takes the place of the question.
            self.taken.append(_words("message.txt", "text/plain", ask.text))

    @property
    def names(self) -> str:
        """What is asked when nothing is said: the flow would be told "undefined"."""
        return ", ".join(upload["name"] for upload in self.taken)

    @property
    def private(self) -> list[str]:
        """What no error may repeat."""
        told = (each["data"][:_MOST_PRIVATE] for each in self.taken if each["type"] == "file:full")
        return [*(upload["name"] for upload in self.taken), *told]

    def _take(self, upload: Upload) -> None:
        if len(upload["data"]) > self._room:
            raise _LeftOut("file.too_many", limit=len(self.taken))
        self._room -= len(upload["data"])
        self._hears |= upload["type"] == "audio"
        self.taken.append(upload)

    async def _upload(self, attachment: Attachment, chat: str) -> Upload:
        media_type = media.type_of(attachment)
        if limit := self._accepted.image_megabytes(media_type):
            return _inline("file", attachment, media_type, await self._read(attachment, limit))
        if self._accepted.hears(media_type):
            if self._hears:
                raise _LeftOut("file.too_many", limit=1)
            return _inline("audio", attachment, media_type, await self._read(attachment))
        return await self._document(attachment, media_type, chat)

    async def _document(self, attachment: Attachment, media_type: str, chat: str) -> Upload:
        reads, is_text = self._accepted.reads(media_type), media.is_text(media_type)
        if not reads and not is_text:
            raise _LeftOut("file.refused")
        data, text = await self._read(attachment), ""
        if reads:
            text = await self._text_by_flow(attachment.name, media_type, chat, data)
        if is_text:
            text = text or media.text_of(data)
        if not text.strip():
            raise _LeftOut("file.refused")
        return _words(attachment.name, media_type, text)

    async def _text_by_flow(self, name: str, media_type: str, chat: str, data: bytes) -> str:
        fitting = media.fitting(name, media_type)
        try:
            found = await self._client.upload(chat, fitting, media_type, data)
        except Refused as error:
            # A 500 is how the server says no to a file; the others are of the server itself.
            if error.failure is Failure.BUSY or error.status > 500:
                raise
            return ""
        return "\n".join(filter(None, (each.content for each in found)))

    async def _read(self, attachment: Attachment, megabytes: float = _LARGEST) -> bytes:
        too_large = _LeftOut("file.too_large", limit=f"{megabytes:g}")
        if attachment.size > megabytes * _MEGABYTE:
            raise too_large
        try:
            data = await self._gateway.read(attachment)
        except FileGone:
            raise _LeftOut("file.gone") from None
        except StoreUnavailable as error:
            raise Unreachable("the message's files cannot be read now") from error
        if len(data) > megabytes * _MEGABYTE:
            raise too_large
        return data


def _inline(kind: str, attachment: Attachment, media_type: str, data: bytes) -> Upload:
    url = f"data:{media_type};base64,{b64encode(data).decode()}"
    name = media.fitting(attachment.name, media_type)
    return {"type": kind, "name": name, "mime": media_type, "data": url}


def _words(name: str, media_type: str, text: str) -> Upload:
    return {"type": "file:full", "name": media.fitting(name), "mime": media_type, "data": text}
