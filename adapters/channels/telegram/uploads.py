"""Files of an answer: sent to Telegram, or else named with a link."""

from collections.abc import Iterator
from typing import Any

import structlog
from telegram import InlineKeyboardMarkup, InputFile

from adapters.channels.telegram.config import MB, Config
from adapters.channels.telegram.errors import Refused
from adapters.channels.telegram.messages import DECIDED, Adrift, Messages
from adapters.channels.telegram.sheets import Sheet, line
from gateway.model import Attachment
from gateway.ports import FileGone, GatewayForChannels

CAPTION_MOST = 1024
"""UTF-16 units."""
PHOTO_MOST, VOICE_MOST, FILE_MOST, LOCAL_MOST = 10 * MB, MB, 50 * MB, 2000 * MB
NAME_MOST = 100
PHOTOS = frozenset({"image/jpeg", "image/png", "image/webp"})
TRACKS = frozenset({"audio/mpeg", "audio/mp3", "audio/mp4", "audio/m4a", "audio/x-m4a"})
VOICES = TRACKS | {"audio/ogg", "audio/opus"}

log = structlog.get_logger(__name__)


class Uploads:
    """Sends the files of one answer."""

    def __init__(self, gateway: GatewayForChannels, messages: Messages, config: Config) -> None:
        self._gateway = gateway
        self._messages = messages
        self._voices = config.voice_notes
        self._most = LOCAL_MOST if config.local_mode else FILE_MOST

    async def send(self, number: int, attachment: Attachment) -> None:
        """Send one file, unless an attempt has. One that Telegram does not take is named.

        Raises what Messages raises, when that has nothing to do with the file.
        """
        part = f"file:{number}"
        # One without content could not be had: the answer says so already.
        if self._messages.sent(part) or not attachment.content:
            return
        try:
            if await self._upload(part, attachment, Sheet(""), None):
                return
        except Adrift as adrift:
            log.warning("file not sent", reason=str(adrift), size=attachment.size)
        await self._name(part, attachment)

    async def caption(
        self, attachment: Attachment, sheet: Sheet, keyboard: InlineKeyboardMarkup | None
    ) -> int:
        """Send the first file with all of an answer below it; its message, or 0 if it is refused.

        Raises what Messages raises, when that has nothing to do with the file.
        """
        return await self._upload("file:0", attachment, sheet, keyboard)

    async def _upload(
        self,
        part: str,
        attachment: Attachment,
        sheet: Sheet,
        keyboard: InlineKeyboardMarkup | None,
    ) -> int:
        data = await self._read(attachment)
        name = line(attachment.name, NAME_MOST) or "file"
        for kind in kinds(attachment.media_type, len(data), voices=self._voices) if data else ():
            arguments = {
                kind: InputFile(data, filename=name),
                "caption": sheet.text or None,
                "caption_entities": [entity.to_dict() for entity in sheet.entities] or None,
                "reply_markup": keyboard,
            }
            try:
                return await self._messages.create(part, Sending(self._messages, kind, arguments))
            except DECIDED:
                raise
            except Refused as refused:
                log.info("file not sent this way", way=kind, reason=refused.code, size=len(data))
        return 0

    async def _read(self, attachment: Attachment) -> bytes:
        """All of a file; nothing when it is gone, or too large for Telegram."""
        if attachment.size > self._most:
            return b""
        try:
            data = await self._gateway.read(attachment)
        except FileGone:
            return b""
        return data if len(data) <= self._most else b""

    async def _name(self, part: str, attachment: Attachment) -> None:
        """A line with the file's name, and where it can be had."""
        path = f"{self._gateway.public_url}{self._gateway.file_path(attachment)}"
        link = f": {path}" if self._gateway.public_url else ""
        named = Sheet(f"📎 {line(attachment.name, NAME_MOST)}{link}")
        await self._messages.create(part, lambda: self._messages.say(named))


class Sending:
    """Sends a file to wherever the answer goes by then."""

    def __init__(self, messages: Messages, kind: str, arguments: dict[str, Any]) -> None:
        self._messages = messages
        self._method = f"send{kind.capitalize()}"
        self._arguments = arguments

    async def __call__(self) -> int:
        """The message's id."""
        place = self._messages.place
        sent = await self._messages.api.call(
            self._method, chat_id=place.chat, message_thread_id=place.thread, **self._arguments
        )
        return int(sent["message_id"])


def kinds(media_type: str, size: int, *, voices: bool) -> Iterator[str]:
    """As what Telegram may show a file, the best first; the last takes any."""
    media_type = media_type.partition(";")[0].strip().lower()
    if media_type in PHOTOS and size <= PHOTO_MOST:
        yield "photo"
    if media_type == "image/gif":
        yield "animation"
    if media_type == "video/mp4":
        yield "video"
    if voices and media_type in VOICES and size <= VOICE_MOST:
        yield "voice"
    if media_type in TRACKS:
        yield "audio"
    yield "document"
