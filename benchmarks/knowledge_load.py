"""A hundred thousand chunks: how long they take to index, and each of many searches in them."""

import asyncio
import random
import resource
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import quantiles

import structlog

from gateway.config.knowledge import KnowledgeConfig
from gateway.knowledge.conditions import Condition, Filter
from gateway.knowledge.library import Library
from gateway.knowledge.model import Query

PER_FILE = 20
WORDS = 110
"""In a chunk."""
VOCABULARY = 40_000
SEARCHES = 1500
AT_ONCE = 20
KINDS = ("manual", "faq", "policy", "news", "price list", "contract")
COMMON = """
nghỉ phép năm lương thưởng bảo hiểm công tác chi phí máy tính mật khẩu đường thành phố gateway
install server channel message port config docker token delivery answer widget session queue
"""

Filters = Callable[[random.Random], Filter | None]


def _any(_: random.Random) -> Filter | None:
    return None


def _one(chance: random.Random) -> Filter:
    return Filter(True, (Condition("kind", "is", chance.choice(KINDS)),))


def _three(chance: random.Random) -> Filter:
    month = f"20{chance.randint(15, 25)}-0{chance.randint(1, 9)}-01"
    return Filter(
        True,
        (
            Condition("kind", "not in", [chance.choice(KINDS), chance.choice(KINDS)]),
            Condition("price", "≥", chance.randint(0, 500)),
            Condition("published", "after", month),
        ),
    )


def _paths(chance: random.Random) -> Filter:
    return Filter(True, (Condition("path", "contains", f"{chance.randint(0, 999)}"),))


FILTERS: dict[str, Filters] = {
    "no filter": _any,
    "one of six kinds": _one,
    "kind, price and date": _three,
    "part of the path": _paths,
}


class Load:
    """Documents made of a seed, their index, and searches of it."""

    def __init__(self, chunks: int, folder: Path) -> None:
        self._chance = random.Random(8)
        self._files = max(1, chunks // PER_FILE)
        self._docs, self._index = folder / "docs", folder / "index"
        made = (self._word() for _ in range(VOCABULARY))
        self._words = [*COMMON.split(), *made]
        # As in any language: a few words are most of a text.
        self._weights = [1 / (rank + 10) for rank in range(len(self._words))]
        self._waits: list[float] = []

    async def rows(self) -> list[Sequence[str]]:
        """The table, its head first."""
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
        await asyncio.to_thread(self._write)
        config = KnowledgeConfig(id="load", paths=[str(self._docs)], api_keys=["k" * 16])
        library = Library(config, self._index)
        try:
            return [*await self._building(library), *await self._searching(library)]
        finally:
            await library.stop()

    async def _building(self, library: Library) -> list[Sequence[str]]:
        watch = asyncio.create_task(self._watch())
        took = await _timed(library)
        stats = library.stats()
        (self._docs / "0.md").write_text("# Changed\n\nAnother text.")
        again = await _timed(library)
        watch.cancel()
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        return [
            (f"{stats.chunks:,} chunks of {stats.documents:,} files", "", ""),
            ("indexed in", f"{took:.1f} s", ""),
            ("one file changed", f"{again:.1f} s", ""),
            ("on disk", f"{stats.bytes / 1e6:.0f} MB", ""),
            ("memory of the building process, at most", f"{peak:.0f} MB", ""),
            ("longest pause of the gateway meanwhile", f"{1000 * max(self._waits):.0f} ms", ""),
        ]

    async def _searching(self, library: Library) -> list[Sequence[str]]:
        rows: list[Sequence[str]] = [("search", "p50", "p99")]
        for name, make in FILTERS.items():
            for at_once in (1, AT_ONCE):
                queries = [self._query(make) for _ in range(SEARCHES)]
                label = f"{name}, {at_once} at a time" if at_once > 1 else name
                rows.append((label, *await _searched(library, queries, at_once)))
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        return [*rows, ("memory of this process, at most", f"{memory:.0f} MB", "")]

    async def _watch(self) -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(0.001)
            self._waits.append(time.perf_counter() - began - 0.001)

    def _query(self, make: Filters) -> Query:
        words = self._chance.choices(self._words, self._weights, k=self._chance.randint(2, 9))
        return Query(" ".join(words), 5, 0.0, make(self._chance))

    def _write(self) -> None:
        self._docs.mkdir()
        for number in range(self._files):
            (self._docs / f"{number}.md").write_text(self._document(number))

    def _document(self, number: int) -> str:
        day = f"20{number % 16 + 10}-{number % 12 + 1:02}-{number % 28 + 1:02}"
        front = f"kind: {KINDS[number % 6]}\nprice: {number % 1000}\npublished: {day}"
        parts = (f"## Part {n}\n\n{self._text()}" for n in range(PER_FILE))
        return f"---\n{front}\n---\n# Document {number}\n\n" + "\n\n".join(parts)

    def _text(self) -> str:
        return " ".join(self._chance.choices(self._words, self._weights, k=WORDS))

    def _word(self) -> str:
        letters = self._chance.choices("bcdghklmnprstvx", k=3)
        vowels = self._chance.choices(("a", "e", "i", "o", "u", "ư", "ơ", "ế", "ạ"), k=3)
        return "".join(a + b for a, b in zip(letters, vowels, strict=True))


async def _timed(library: Library) -> float:
    began = time.perf_counter()
    await library.refresh()
    return time.perf_counter() - began


async def _searched(library: Library, queries: list[Query], at_once: int) -> tuple[str, str]:
    waiting, took = list(queries), list[float]()

    async def one() -> None:
        while waiting:
            query, began = waiting.pop(), time.perf_counter()
            await library.search(query)
            took.append(1000 * (time.perf_counter() - began))

    await asyncio.gather(*(one() for _ in range(at_once)))
    cuts = quantiles(took, n=100)
    return f"{cuts[49]:.1f} ms", f"{cuts[98]:.1f} ms"
