"""Which files a knowledge is made of; nothing outside of what the operator named.

A link is followed to where it leads only if that is within the same source. What begins with a dot
is left out, as is what is neither a file nor a folder.
"""

import os
import stat
from collections.abc import Iterator
from hashlib import blake2b
from itertools import chain, islice
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from gateway.knowledge.patterns import is_within, matches, split
from gateway.knowledge.readers import Unreadable, kind_of

FILES_MOST = 500_000
"""Of one knowledge."""
OUTSIDE = "it leads outside of its source"
TOO_LARGE = "it is larger than max_file_mb"
NO_READER = "there is no reader for files of its kind"
NO_FILE = "it is no file"
GONE = "it cannot be opened"


class Found(Struct, frozen=True):
    """A file, and how it was when it was seen.

    ``file`` is where it is, without links; ``path`` is how it is called, with the name of its
    source in front. With a ``reason`` it is not to be read.
    """

    id: str
    path: str
    file: str
    kind: str = ""
    size: int = 0
    mtime_ns: int = 0
    reason: str = ""


class Sources(Struct, frozen=True):
    """What the operator named: absolute paths of files and folders, or patterns of them."""

    paths: tuple[str, ...]
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    most_bytes: int = 50_000_000

    def files(self) -> list[Found]:
        """All there is now, each file once, in the order of their paths. Blocks; raises nothing
        for what cannot be looked into: it is as if it were empty."""
        found: dict[str, Found] = {}
        files: set[str] = set()
        for each in islice(chain.from_iterable(map(self._of, self.paths)), FILES_MOST):
            if each.file not in files:
                files.add(each.file)
                # Two sources may have a file of one name.
                id_ = each.id if each.id not in found else digest(f"{each.path}\0{each.file}")
                found[id_] = replace(each, id=id_)
        return sorted(found.values(), key=lambda each: (each.path, each.id))

    def _of(self, source: str) -> Iterator[Found]:
        pattern = ""
        if not os.path.lexists(source):
            source, pattern = split(source)
        root = Path(source)
        if root.is_dir():
            yield from self._within(root, pattern)
        elif root.exists():
            yield self._named_file(root)

    def _within(self, root: Path, pattern: str) -> Iterator[Found]:
        real = Path(os.path.realpath(root))
        for folder, folders, files in os.walk(root):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(files):
                path = Path(folder, name)
                inside = path.relative_to(root).as_posix()
                if name.startswith(".") or (pattern and not is_within(inside, pattern)):
                    continue
                if kind_of(name) and self._wanted(inside):
                    yield self._seen(path, f"{root.name}/{inside}", real)

    def _wanted(self, path: str) -> bool:
        if matches(path, self.exclude):
            return False
        return not self.include or matches(path, self.include)

    def _named_file(self, path: Path) -> Found:
        # The operator named this one: where it leads is meant.
        seen = self._seen(path, path.name, Path(os.path.realpath(path)))
        return seen if kind_of(path.name) else replace(seen, reason=NO_READER)

    def _seen(self, path: Path, shown: str, within: Path) -> Found:
        file = Path(os.path.realpath(path))
        shown = shown.encode("utf-8", "replace").decode()
        found = Found(digest(shown), shown, str(file), kind_of(path.name))
        if not file.is_relative_to(within):
            return replace(found, reason=OUTSIDE)
        try:
            known = file.lstat()
        except OSError:
            return replace(found, reason=GONE)
        if not stat.S_ISREG(known.st_mode):
            return replace(found, reason=NO_FILE)
        reason = TOO_LARGE if known.st_size > self.most_bytes else ""
        if not os.access(file, os.R_OK):
            reason = GONE
        return replace(found, size=known.st_size, mtime_ns=known.st_mtime_ns, reason=reason)


def digest(name: str) -> str:
    """A short name for a long one, the same everywhere."""
    return blake2b(name.encode("utf-8", "replace"), digest_size=8).hexdigest()


def content(found: Found, most_bytes: int) -> bytes:
    """The bytes of a file. Raises Unreadable when it is not any more what was seen."""
    try:
        # Not to hang on what became a pipe, nor to follow what became a link, meanwhile.
        number = os.open(found.file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with open(number, "rb") as file:  # noqa: PTH123
            if not stat.S_ISREG(os.fstat(number).st_mode):
                raise Unreadable(NO_FILE)
            if os.path.realpath(found.file) != found.file:
                raise Unreadable(OUTSIDE)
            data = file.read(most_bytes + 1)
    except OSError:
        raise Unreadable(GONE) from None
    if len(data) > most_bytes:
        raise Unreadable(TOO_LARGE)
    return data
