"""The generations of an index on disk, and what each was made of.

A generation is a folder named by its number. Its manifest is written last: without one it is
half-built and of no use to anybody.
"""

import os
import shutil
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct

MANIFEST = "manifest.json"
INDEX = "index"


class File(Struct, frozen=True):
    """A file as it was when it was read. With a ``reason`` it has no chunks."""

    id: str
    path: str
    size: int
    mtime_ns: int
    digest: str = ""
    chunks: int = 0
    fields: tuple[str, ...] = ()
    reason: str = ""


class Manifest(Struct, frozen=True):
    """What a generation is. ``settings`` is equal where chunks may be taken over as they are."""

    number: int
    settings: str
    built: float
    files: dict[str, File]


def folder_of(home: Path, number: int) -> Path:
    """Where a generation is."""
    return home / str(number)


def latest(home: Path) -> Manifest | None:
    """The newest whole generation; None when there is none. Blocks."""
    for number in sorted(_numbers(home), reverse=True):
        with suppress(OSError, msgspec.MsgspecError, UnicodeDecodeError):
            data = (folder_of(home, number) / MANIFEST).read_bytes()
            return msgspec.json.decode(data, type=Manifest)
    return None


def _numbers(home: Path) -> list[int]:
    with suppress(OSError):
        return [int(path.name) for path in home.iterdir() if path.name.isdecimal()]
    return []


def begin(home: Path, before: Manifest | None) -> tuple[int, Path]:
    """The number and the index folder of the next generation, with what the one ``before`` had.

    Segments are never written again, so both share them. Raises OSError.
    """
    number = 1 + max(_numbers(home), default=0)
    index = folder_of(home, number) / INDEX
    index.mkdir(parents=True)
    if before:
        for path in (folder_of(home, before.number) / INDEX).iterdir():
            _share(path, index / path.name)
    return number, index


def _share(path: Path, to: Path) -> None:
    if path.suffix == ".lock":
        return
    if path.suffix != ".json":
        with suppress(OSError):
            os.link(path, to)
            return
    shutil.copyfile(path, to)


def complete(home: Path, manifest: Manifest) -> None:
    """Make a generation whole: from here on it is the latest, whatever happens. Raises OSError."""
    folder = folder_of(home, manifest.number)
    written = folder / f"{MANIFEST}.new"
    with written.open("wb") as file:
        file.write(msgspec.json.encode(manifest))
        file.flush()
        os.fsync(file.fileno())
    written.rename(folder / MANIFEST)
    for each in (folder, home):
        _sync(each)


def _sync(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def discard(home: Path, number: int) -> None:
    """Have a generation taken for one that was never finished: it turned out to be damaged."""
    (folder_of(home, number) / MANIFEST).unlink(missing_ok=True)


def size(home: Path, number: int) -> int:
    """The bytes a generation takes on disk. Blocks."""
    folder = folder_of(home, number)
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def sweep_older(home: Path, than: int) -> None:
    """Remove the generations before one. Who still searches one of them goes on: its files are
    open. Blocks."""
    for number in _numbers(home):
        if number < than:
            shutil.rmtree(folder_of(home, number), ignore_errors=True)


def sweep_unfinished(home: Path, known: Manifest | None) -> None:
    """Remove what is behind the latest generation: it was never finished. Only for who builds."""
    for number in _numbers(home):
        if known is None or number > known.number:
            shutil.rmtree(folder_of(home, number), ignore_errors=True)
