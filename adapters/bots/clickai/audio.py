"""Speech to text, and text to speech."""

import mimetypes
from io import BytesIO

import aiohttp

from adapters.bots.clickai.objects import Transcript
from adapters.bots.clickai.transport import Transport, read


class Audio:
    """The voice of one app, where it is switched on."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def to_text(self, name: str, content: bytes, user: str, *, media_type: str = "") -> str:
        """What is said in a recording: mp3, m4a, wav, amr or mpga, up to 30 MB."""
        kind = media_type or mimetypes.guess_type(name)[0] or "application/octet-stream"
        form = aiohttp.FormData()
        form.add_field("file", BytesIO(content), filename=name, content_type=kind)
        form.add_field("user", user)
        return (await self._transport.upload("audio-to-text", Transcript, form, (name,))).text

    async def from_text(
        self, user: str, *, text: str = "", message_id: str = "", voice: str = ""
    ) -> bytes:
        """``text``, or an earlier answer, as speech (MP3)."""
        asked = {"text": text, "message_id": message_id, "voice": voice, "user": user}
        body = {name: value for name, value in asked.items() if value}
        limits = self._transport.limits
        async with self._transport.request(
            "POST", "text-to-audio", limits.within(limits.upload), (text,), body=body
        ) as response:
            return await read(response)
