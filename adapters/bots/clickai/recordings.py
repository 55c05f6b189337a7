"""What people say instead of writing it: recordings, turned into text by the app."""

import mimetypes
from pathlib import PurePath

import structlog

from adapters.bots.clickai.client import ClickAI
from adapters.bots.errors import ClientError
from gateway.model import Attachment
from gateway.ports import FileGone, GatewayForBots, StoreUnavailable

_LARGEST = 30 * 1024 * 1024
_NAMES = {
    "mpeg": "mp3",
    "mp3": "mp3",
    "mp4": "m4a",
    "x-m4a": "m4a",
    "m4a": "m4a",
    "x-wav": "wav",
    "wave": "wav",
    "vnd.wave": "wav",
    "wav": "wav",
    "amr": "amr",
    "mpga": "mpga",
    "webm": "webm",
    "ogg": "mp3",
    "opus": "mp3",
}
"""What ClickAI calls a recording, by the second half of its media type. It looks at nothing but
what is declared, and knows ``audio/mp3`` where the rest of the world says ``audio/mpeg``. Ogg,
which every voice note of Telegram is, it does not know at all: what decodes it behind ClickAI looks
at the bytes, and finds out by itself."""

log = structlog.get_logger()


class Recordings:
    """Listens to what a bot's people say."""

    def __init__(self, gateway: GatewayForBots, client: ClickAI, bot: str) -> None:
        self._gateway = gateway
        self._client = client
        self._bot = bot

    async def text(self, audio: Attachment, user: str) -> str:
        """What is said; empty when the app does not listen, or could not. Does not raise."""
        try:
            if not (await self._client.facts()).hears:
                return ""
            return await self._ask(audio, user)
        except (ClientError, FileGone, StoreUnavailable) as error:
            reason = str(error) or type(error).__name__
            log.warning("clickai.transcription_failed", bot=self._bot, error=reason)
            return ""

    async def _ask(self, audio: Attachment, user: str) -> str:
        content = await self._gateway.read(audio)
        if len(content) > _LARGEST:
            log.warning("clickai.recording_too_large", bot=self._bot, size=len(content))
            return ""
        kind = _kind(audio)
        name = f"{PurePath(audio.name).stem or 'recording'}.{kind}"
        said = await self._client.audio.to_text(name, content, user, media_type=f"audio/{kind}")
        return said.strip()


def _kind(audio: Attachment) -> str:
    """What ClickAI calls such a recording; else what others do."""
    media_type = audio.media_type or mimetypes.guess_type(audio.name)[0] or ""
    half = media_type.partition(";")[0].partition("/")[2].strip()
    return _NAMES.get(half, half or PurePath(audio.name).suffix.lower().lstrip("."))
