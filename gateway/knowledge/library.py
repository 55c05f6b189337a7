"""One configured knowledge: its index is built in the background and searched meanwhile."""

import asyncio
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import structlog
from msgspec import Struct

from gateway.config.knowledge import KnowledgeConfig
from gateway.fetch import Fetcher
from gateway.knowledge import manifest
from gateway.knowledge.builder import BuildFailed, build
from gateway.knowledge.building import Job, Progress, is_current
from gateway.knowledge.index import Generation
from gateway.knowledge.manifest import Manifest
from gateway.knowledge.model import NotReady, Query, Record, Skipped, Stats
from gateway.knowledge.pages import FOLDER
from gateway.knowledge.remote import CanFetch, Remote
from gateway.knowledge.sources import Sources
from gateway.tasks import cancel

MB = 1024 * 1024
THREADS = 4
"""Searches at a time; more wait."""
DOUBLINGS_MOST = 5
"""Of the time between two attempts, while they fail."""

log = structlog.get_logger(__name__)


def folder_of(data_dir: Path, name: str) -> Path:
    """Where the knowledge of that name in the configuration has its generations."""
    return data_dir / "knowledge" / name


class Served(Struct, frozen=True):
    """What is searched now."""

    generation: Generation
    stats: Stats


class Library:
    """One configured knowledge, with its generations in ``folder``.

    The folder is for one gateway: each replica has its own, on its own disk. Connects to nothing
    and starts nothing before ``start``.
    """

    def __init__(
        self, config: KnowledgeConfig, folder: Path, fetcher: CanFetch | None = None
    ) -> None:
        self._id = config.id
        self._home = folder
        self._pause = config.refresh_seconds
        self._job = _job(config, folder)
        fetcher = fetcher or Fetcher(config.max_file_mb * MB)
        self._remote = Remote(self._job.urls, folder / FOLDER, fetcher)
        self._threads = ThreadPoolExecutor(THREADS, "knowledge")
        self._served: Served | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Serve the last whole generation, and look for changes from now on.

        Never fails for what the sources hold. Raises OSError when the folder cannot be written.
        """
        self._home.mkdir(parents=True, exist_ok=True)
        await self.adopt()
        self._task = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """End what runs in the background. A half-built generation is left behind, unused."""
        if self._task:
            await cancel(self._task)
        await self._remote.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def search(self, query: Query) -> list[Record]:
        """The best chunks, best first: ``top_k`` at most, none below the threshold.

        Does not block the event loop. Raises NotReady before the first generation is there.
        """
        if self._served is None:
            raise NotReady
        generation = self._served.generation
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, generation.search, query)

    def stats(self) -> Stats:
        """What is served now; empty before there is anything. Does not block."""
        return self._served.stats if self._served else Stats()

    async def refresh(self, told: Callable[[Progress], None] = lambda _: None) -> bool:
        """Build what has changed, and serve it; whether there was anything to build.

        ``told`` hears of every file. Raises BuildFailed or OSError; what was served still is.
        """
        await self._remote.refresh()
        built = not await asyncio.to_thread(self._is_current)
        if built:
            await build(self._job, told)
        await self.adopt()
        return built

    async def adopt(self) -> None:
        """Serve the latest whole generation on disk, whoever built it."""
        before = self.stats()
        asked = self._served.generation.asked if self._served else []
        served = await asyncio.to_thread(_opened, self._home, before.generation, asked)
        if served is None:
            return
        self._served = served
        self._report(before, served.stats)
        await asyncio.to_thread(manifest.sweep_older, self._home, served.stats.generation)

    async def _watch(self) -> None:
        failures = 0
        while True:
            try:
                await self.refresh()
                failures = 0
            except Exception as error:  # whatever it is, it must not be the last attempt
                failures = min(failures + 1, DOUBLINGS_MOST)
                log.warning("knowledge is not up to date", knowledge=self._id, reason=_why(error))
            await asyncio.sleep(self._pause * 2**failures)

    def _is_current(self) -> bool:
        return is_current(manifest.latest(self._home), self._job, self._job.files())

    def _report(self, before: Stats, now: Stats) -> None:
        log.info(
            "knowledge is served",
            knowledge=self._id,
            documents=now.documents,
            chunks=now.chunks,
            skipped=len(now.skipped),
        )
        for skipped in set(now.skipped) - set(before.skipped):
            log.warning(
                "knowledge skips a file",
                knowledge=self._id,
                path=skipped.path,
                reason=skipped.reason,
            )


def _why(error: Exception) -> str:
    """What went wrong, of which only our own words are fit for a log."""
    if isinstance(error, BuildFailed):
        return str(error)
    return (error.strerror if isinstance(error, OSError) else "") or type(error).__name__


def _job(config: KnowledgeConfig, folder: Path) -> Job:
    urls = tuple(path for path in config.paths if "://" in path)
    return Job(
        home=str(folder.absolute()),
        sources=Sources(
            paths=tuple(path for path in config.paths if path not in urls),
            include=config.include,
            exclude=config.exclude,
            most_bytes=config.max_file_mb * MB,
        ),
        urls=urls,
        chunk_chars=config.chunk_chars,
        overlap_chars=config.overlap_chars,
    )


def _opened(home: Path, serving: int, asked: list[str]) -> Served | None:
    """The latest generation, unless it is the one that is served; None when there is none.

    The fields in ``asked`` are looked up beforehand, so that no search has to wait for that."""
    known = manifest.latest(home)
    if known is None or known.number == serving:
        return None
    try:
        generation = Generation(manifest.folder_of(home, known.number) / manifest.INDEX)
        for name in asked:
            generation.values(name)
    except (ValueError, OSError):
        # Not to be served, nor to be built upon.
        manifest.discard(home, known.number)
        return None
    return Served(generation, _stats(home, known, generation))


def _stats(home: Path, known: Manifest, generation: Generation) -> Stats:
    files = known.files.values()
    skipped = (Skipped(file.path, file.reason) for file in files if file.reason)
    return Stats(
        documents=sum(1 for file in files if file.chunks),
        chunks=generation.chunks,
        bytes=manifest.size(home, known.number),
        built=known.built,
        generation=known.number,
        fields=dict(Counter(name for file in files for name in file.fields)),
        skipped=tuple(sorted(skipped, key=lambda each: each.path)),
    )
