"""Which files an app takes, as far as it says. No I/O."""

from collections.abc import Collection
from pathlib import PurePath

from msgspec import Struct

from adapters.bots.clickai.errors import NotTaken
from adapters.bots.clickai.objects import FileType, Parameters, SystemParameters, Variable

MEGABYTE = 1024 * 1024
_OTHER_LIMIT = 15.0
"""Megabytes, where the server names no limit of its own."""
_LIMITS: dict[str, float] = {"image": 10, "video": 100, "audio": 50}
_DOCUMENTS = (
    *(".txt", ".md", ".mdx", ".markdown", ".pdf", ".html", ".htm", ".xlsx", ".xls", ".doc"),
    *(".docx", ".csv", ".eml", ".msg", ".pptx", ".ppt", ".xml", ".epub"),
)
_SUFFIXES: dict[FileType, tuple[str, ...]] = {
    "image": (".jpg", ".jpeg", ".png", ".webp", ".gif", ".svg"),
    "document": _DOCUMENTS,
    "audio": (".mp3", ".m4a", ".wav", ".amr", ".mpga"),
    "video": (".mp4", ".mov", ".mpeg", ".webm"),
}
_FAMILIES: dict[str, FileType] = {
    "image": "image",
    "audio": "audio",
    "video": "video",
    "text": "document",
}


class Rules(Struct, frozen=True):
    """What is said of the files that go with a message, or into one input variable.

    ``types`` are of ClickAI's own kinds; without any, the server decides. ``suffixes`` are what
    it takes besides, when ``custom`` is among the types. ``number`` is how many; 0 says nothing.
    """

    enabled: bool = True
    types: tuple[str, ...] = ()
    suffixes: frozenset[str] = frozenset()
    number: int = 0
    sizes: SystemParameters = SystemParameters()

    def check(self, name: str, size: int, media_type: str = "") -> FileType:
        """What to call a file of that name and size, in bytes. Raises NotTaken."""
        limit = self.limit(type_of(name))
        if size > limit * MEGABYTE:
            raise NotTaken(f"the file is larger than {limit:g} MB", limit)
        return self._called(name, type_of(name, media_type))

    def limit(self, kind: str) -> float:
        """How many megabytes a file of that kind may have."""
        named = {
            "image": self.sizes.image_file_size_limit,
            "video": self.sizes.video_file_size_limit,
            "audio": self.sizes.audio_file_size_limit,
        }.get(kind, self.sizes.file_size_limit)
        return named or _LIMITS.get(kind, _OTHER_LIMIT)

    def words(self) -> str:
        """All of it in a few words for an operator; empty when no files are taken."""
        if not self.enabled:
            return ""
        kinds: tuple[str, ...] = self.types or ("image", "document", "audio", "video")
        sizes = " / ".join(f"{kind} {self.limit(kind):g} MB" for kind in kinds)
        return f"{self.number} at a time ({sizes})" if self.number else sizes

    def _called(self, name: str, kind: FileType) -> FileType:
        if self.enabled and (not self.types or (kind in self.types and kind != "custom")):
            return kind
        suffix = PurePath(name).suffix.lower()
        if self.enabled and "custom" in self.types and suffix in self.suffixes:
            return "custom"
        raise NotTaken("the app takes no file of this type")


def of_messages(parameters: Parameters) -> Rules:
    """The rules for files that go with a message."""
    upload, sizes = parameters.file_upload, parameters.system_parameters or SystemParameters()
    if upload is None:
        return Rules(sizes=sizes)
    return Rules(
        enabled=upload.enabled is not False and _by_upload(upload.allowed_file_upload_methods),
        types=tuple(upload.allowed_file_types or ()),
        suffixes=_suffixes(upload.allowed_file_extensions),
        number=upload.number_limits or 0,
        sizes=sizes,
    )


def of_variable(variable: Variable, many: bool, parameters: Parameters) -> Rules:
    """The rules for files that go into an input variable, of one file or of ``many``."""
    sizes = parameters.system_parameters or SystemParameters()
    most = variable.max_length or sizes.workflow_file_upload_limit or 0
    return Rules(
        enabled=_by_upload(variable.allowed_file_upload_methods),
        types=tuple(variable.allowed_file_types or ()),
        suffixes=_suffixes(variable.allowed_file_extensions),
        number=most if many else 1,
        sizes=sizes,
    )


def type_of(name: str, media_type: str = "") -> FileType:
    """What ClickAI calls a file: by its name, and only else by its media type."""
    suffix = PurePath(name).suffix.lower()
    by_name = next((kind for kind, known in _SUFFIXES.items() if suffix in known), None)
    if by_name or media_type == "application/pdf":
        return by_name or "document"
    return _FAMILIES.get(media_type.partition("/")[0], "custom")


def _by_upload(methods: Collection[str] | None) -> bool:
    return not methods or "local_file" in methods


def _suffixes(extensions: Collection[str] | None) -> frozenset[str]:
    return frozenset(f".{each.lower().lstrip('.')}" for each in extensions or ())
