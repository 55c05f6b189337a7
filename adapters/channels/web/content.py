"""What a file is by its first bytes, and whether that is what it is said to be. No I/O."""

import re
from collections.abc import Collection
from fnmatch import fnmatchcase

_SIGNATURES = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), {"image/png", "image/apng"}),
    (re.compile(rb"\xff\xd8\xff"), {"image/jpeg", "image/jpg", "image/pjpeg"}),
    (re.compile(rb"GIF8[79]a"), {"image/gif"}),
    (re.compile(rb"BM.{12}[\x0c\x28\x40\x6c\x7c]\0", re.DOTALL), {"image/bmp", "image/x-ms-bmp"}),
    (re.compile(rb"RIFF.{4}WEBP", re.DOTALL), {"image/webp"}),
    (re.compile(rb"RIFF.{4}WAVE", re.DOTALL), {"audio/wav", "audio/x-wav", "audio/wave"}),
    (re.compile(rb"(\xef\xbb\xbf)?\s{0,32}%PDF-"), {"application/pdf"}),
    (re.compile(rb"OggS"), {"audio/ogg", "audio/opus", "video/ogg", "application/ogg"}),
    (re.compile(rb"\x1aE\xdf\xa3"), {"audio/webm", "video/webm", "video/x-matroska"}),
    (re.compile(rb"fLaC"), {"audio/flac", "audio/x-flac"}),
    (re.compile(rb"ID3[\x02-\x04]|\xff[\xfa\xfb\xf2\xf3\xe2\xe3]"), {"audio/mpeg", "audio/mp3"}),
    (re.compile(rb".{4}ftypavi[fs]", re.DOTALL), {"image/avif"}),
    (
        re.compile(rb".{4}ftyp(he[iv][cmsx]|m[is]f1)", re.DOTALL),
        {"image/heic", "image/heif", "image/avif"},
    ),
    (
        re.compile(rb".{4}ftyp", re.DOTALL),
        {"video/mp4", "audio/mp4", "audio/m4a", "audio/x-m4a"},
    ),
)
_PROGRAM = re.compile(
    rb"MZ.\0|\x7fELF|\xca\xfe\xba\xbe|[\xce\xcf]\xfa\xed\xfe|\xfe\xed\xfa[\xce\xcf]", re.DOTALL
)
_KNOWN = frozenset(media for _, types in _SIGNATURES for media in types)
UNKNOWN = "application/octet-stream"


def is_what_it_says(media_type: str, data: bytes) -> bool:
    """Whether the content may be of the declared type.

    A type with a signature must have it; any other must not have one of those, and what is said
    to be text must be none of a machine's programs.
    """
    found = next((types for pattern, types in _SIGNATURES if pattern.match(data)), None)
    if media_type in _KNOWN:
        return found is not None and media_type in found
    if media_type == UNKNOWN:
        return True
    is_media = media_type.partition("/")[0] in {"image", "audio", "video"}
    program = _PROGRAM.match(data) and media_type.startswith(("text/", "image/", "audio/"))
    return not program and (found is None or is_media)


def is_accepted(media_type: str, accept: Collection[str]) -> bool:
    """Whether a site takes files of this type."""
    return not accept or any(fnmatchcase(media_type, pattern) for pattern in accept)
