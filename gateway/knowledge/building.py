"""Building a generation in a process of its own, beside the gateway that serves the one before.

    python -m gateway.knowledge.building < job

It writes a line of JSON on standard output for every step, and ends when nobody reads them.
"""

import fcntl
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from gateway.knowledge import manifest, pages
from gateway.knowledge.chunks import cut
from gateway.knowledge.index import VERSION, Writer
from gateway.knowledge.manifest import File, Manifest
from gateway.knowledge.model import Date, Document, Metadata
from gateway.knowledge.readers import Unreadable
from gateway.knowledge.reading import SECONDS, Reader
from gateway.knowledge.sources import Found, Sources, content

TOLD_SECONDS = 0.1
"""Between two lines about progress."""
NICE = 10
"""How far the gateway goes before it."""


class Job(Struct, frozen=True):
    """What to build, and where. ``home`` is the folder of the generations."""

    home: str
    sources: Sources
    urls: tuple[str, ...] = ()
    chunk_chars: int = 1200
    overlap_chars: int = 150
    reading_seconds: float = SECONDS

    @property
    def settings(self) -> str:
        """What all chunks depend on."""
        return f"{VERSION} {self.chunk_chars} {self.overlap_chars}"

    def files(self) -> list[Found]:
        """The files there are now. Blocks."""
        return [*self.sources.files(), *pages.found(self.urls, Path(self.home, pages.FOLDER))]


class Progress(Struct, frozen=True, tag=True):
    """How many of the files are done, and how many there are."""

    done: int
    files: int


class Failure(Struct, frozen=True, tag=True):
    """Why there is no new generation."""

    reason: str


def is_current(known: Manifest | None, job: Job, found: list[Found]) -> bool:
    """Whether a generation is what would be built now."""
    if known is None or known.settings != job.settings or len(found) != len(known.files):
        return False
    return all(
        (file := known.files.get(each.id)) is not None
        and _same(file, each)
        and each.reason == ("" if file.digest else file.reason)
        for each in found
    )


def _same(file: File, found: Found) -> bool:
    return (file.size, file.mtime_ns) == (found.size, found.mtime_ns)


class Build:
    """Builds one generation. Only files that have changed are read."""

    def __init__(self, job: Job, told: Callable[[Progress], None]) -> None:
        self._job = job
        self._told = told
        self._reader = Reader(job.reading_seconds)
        self._before: Manifest | None = None
        self._writer: Writer

    def run(self) -> None:
        """Build it and make it whole, unless it is there already. Raises OSError or ValueError,
        and then what was there before is as it was."""
        home, found = Path(self._job.home), self._job.files()
        known = manifest.latest(home)
        if is_current(known, self._job, found):
            return
        manifest.sweep_unfinished(home, known)
        if known and known.settings == self._job.settings:
            self._before = known
        number, index = manifest.begin(home, self._before)
        self._writer = Writer(index)
        files = self._files(found)
        self._writer.finish()
        manifest.complete(home, Manifest(number, self._job.settings, time.time(), files))

    def _files(self, found: list[Found]) -> dict[str, File]:
        before = self._before.files if self._before else {}
        files: dict[str, File] = {}
        try:
            for done, each in enumerate(found):
                self._told(Progress(done, len(found)))
                files[each.id] = self._file(each, before.get(each.id))
        finally:
            self._reader.close()
        for id_ in before.keys() - files.keys():
            self._writer.remove(id_)
        self._told(Progress(len(found), len(found)))
        return files

    def _file(self, found: Found, before: File | None) -> File:
        if before and before.digest and _same(before, found) and not found.reason:
            return before
        file = File(found.id, found.path, found.size, found.mtime_ns)
        try:
            if found.reason:
                raise Unreadable(found.reason)
            data = content(found, self._job.sources.most_bytes)
            file = replace(file, digest=blake2b(data, digest_size=16).hexdigest())
            if before and before.digest == file.digest:
                return replace(before, size=found.size, mtime_ns=found.mtime_ns)
            document = self._reader.read(found.kind, data)
        except Unreadable as unreadable:
            self._forget(before)
            return replace(file, reason=str(unreadable))
        self._forget(before)
        return self._indexed(file, found, document)

    def _forget(self, before: File | None) -> None:
        if before and before.chunks:
            self._writer.remove(before.id)

    def _indexed(self, file: File, found: Found, document: Document) -> File:
        titled = replace(document, title=document.title or found.path.rpartition("/")[2])
        chunks = cut(
            titled, file.id, _fields(found), self._job.chunk_chars, self._job.overlap_chars
        )
        self._writer.add(chunks)
        fields = tuple(sorted({name for chunk in chunks for name in chunk.metadata}))
        return replace(file, chunks=len(chunks), fields=fields)


def _fields(found: Found) -> Metadata:
    modified = Date(found.mtime_ns // 1_000_000_000)
    return {"document_id": (found.id,), "path": (found.path,), "modified": (modified,)}


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """With nobody else building here: a command may run beside the gateway."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main() -> None:
    """Do the job on standard input."""
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    os.nice(NICE)
    try:
        with _alone(Path(job.home)):
            Build(job, _Teller().tell).run()
    except BrokenPipeError:
        sys.exit(1)
    except Exception as error:  # the text of one may quote a document
        reason = (error.strerror if isinstance(error, OSError) else "") or type(error).__name__
        _write(Failure(reason))
        sys.exit(1)


class _Teller:
    """Tells of progress, but not of every one of a hundred thousand files."""

    def __init__(self) -> None:
        self._told = 0.0

    def tell(self, progress: Progress) -> None:
        now = time.monotonic()
        if now - self._told >= TOLD_SECONDS or progress.done == progress.files:
            self._told = now
            _write(progress)


def _write(line: Progress | Failure) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(line) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
