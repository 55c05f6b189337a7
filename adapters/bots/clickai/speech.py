"""What an answer sounds like, put together from its pieces. No I/O."""

import base64
import binascii

from adapters.bots.clickai import wire

_LARGEST = 10 * 1024 * 1024


class Spoken:
    """Gathers the speech of one answer: MP3, in the order it came."""

    def __init__(self) -> None:
        self.ended = False
        """All of it has come."""
        self._audio = bytearray()
        self._too_much = False

    def take(self, event: wire.AppEvent) -> None:
        """Note what ``event`` adds."""
        match event:
            case wire.Speech(audio=str(audio)):
                self._add(audio)
            case wire.SpeechEnd():
                self._add(event.audio or "")
                self.ended = True

    def whole(self) -> bytes:
        """All of it. Empty when there was none, or more than ten megabytes."""
        return b"" if self._too_much else bytes(self._audio)

    def _add(self, audio: str) -> None:
        if self._too_much or len(self._audio) + len(audio) * 3 // 4 > _LARGEST:
            self._too_much = True
            self._audio.clear()
            return
        try:
            self._audio += base64.b64decode(audio)
        except binascii.Error:
            # A piece that is no sound: the ones around it are still heard.
            return
