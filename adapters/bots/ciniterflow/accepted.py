"""Which files a flow takes, as far as it says. No I/O."""

from msgspec import Struct

from adapters.bots.ciniterflow.bodies import FullFileUpload, Uploads

SPEECH = frozenset({"audio/webm", "audio/mp4", "audio/ogg"})
"""The recordings that a flow hears; it passes over all others in silence."""

_ANY = "*"
_MEGABYTES = 5.0
"""What an image may have where the flow names no limit."""


class Images(Struct, frozen=True):
    """Images of some media types, with so many megabytes at most."""

    types: frozenset[str]
    megabytes: float


class Accepted(Struct, frozen=True):
    """What files a flow takes. As it stands: none but plain text, which goes as words."""

    images: tuple[Images, ...] = ()
    speech: bool = False
    documents: frozenset[str] = frozenset()

    def image_megabytes(self, media_type: str) -> float:
        """How many megabytes an image of that type may have; 0 when it is not taken."""
        return max((each.megabytes for each in self.images if media_type in each.types), default=0)

    def hears(self, media_type: str) -> bool:
        """Whether what is said in such a recording becomes the question."""
        return self.speech and media_type in SPEECH

    def reads(self, media_type: str) -> bool:
        """Whether the flow finds the text in such a file itself."""
        return media_type in self.documents or _ANY in self.documents

    def abilities(self) -> dict[str, str]:
        """The same for an operator."""
        images = "; ".join(
            f"{_endings(each.types)} up to {each.megabytes:g} MB" for each in self.images
        )
        documents = "all" if _ANY in self.documents else _endings(self.documents)
        speech = _endings(SPEECH) if self.speech else "no"
        return {"images": images or "no", "speech": speech, "documents": documents or "plain text"}


def accepted(uploads: Uploads, full: FullFileUpload) -> Accepted:
    """What the flow's own words come to."""
    allowed = uploads.img_upload_size_and_types if uploads.is_image_upload_allowed else None
    images = (
        Images(frozenset(filter(None, each.file_types or ())), each.max_upload_size or _MEGABYTES)
        for each in allowed or ()
    )
    named = [each.strip() for each in (full.allowed_upload_file_types or _ANY).split(",")]
    return Accepted(
        tuple(each for each in images if each.types),
        bool(uploads.is_speech_to_text_enabled),
        frozenset(filter(None, named)) if full.status else frozenset(),
    )


def _endings(media_types: frozenset[str]) -> str:
    return ", ".join(sorted(each.rpartition("/")[2] for each in media_types))
