"""A long answer through Telegram's limits and faults: what arrives, in how many messages and calls.

``python -m benchmarks.telegram_writer [--quick]``; README.md says how to read the result.
"""

import argparse
import random
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import aiohttp
import structlog
import uvloop

sys.path.append(str(Path(__file__).parent.parent / "tests"))

from support.telegram import Telegram, telegram
from support.telegram_stage import GROUP, PERSON, Stage

from adapters.channels.telegram import pacing, writer
from adapters.channels.telegram.errors import Limited
from adapters.channels.telegram.messages import Adrift
from adapters.channels.telegram.sheets import Sheet
from adapters.channels.telegram.tempo import Frame, Way
from adapters.channels.telegram.utf16 import length

SIZE = 61_000
WORDS = (
    "word", "Tiếng Việt", "日本語の文。", "Größe", "**bold**", "`code`", "[link](https://example.com)",
    "👩‍💻", "end.\n\n", "\n- item", "\n## Heading\n\n",
)  # fmt: skip
HEAD = ("fault", "way", "messages", "frames", "calls", "largest, units", "whole", "ms")
FRAMES = ("sendMessageDraft", "editMessageText")
NOTHING = Sheet("")
Fault = Callable[[Telegram], None]


def _failing(*faults: str) -> Fault:
    """Faults that come again and again, with a call between two that is well."""

    def fail(stand_in: Telegram) -> None:
        for method in ("sendMessage", *FRAMES):
            for fault in faults:
                stand_in.fail(method, "ok", fault)

    return fail


def _no_drafts(stand_in: Telegram) -> None:
    stand_in.fail("sendMessageDraft", "ok", "400:Bad Request: TEXTDRAFT_PEER_INVALID")


def _unknown(stand_in: Telegram) -> None:
    stand_in.forbidden.add("sendMessageDraft")


FAULTS: dict[str, Fault] = {
    "none": lambda _: None,
    "429": _failing("429:1", "429:1"),
    "400, entities": _failing("400:Bad Request: can't parse entities"),
    "400, too long": lambda it: it.fail("sendMessage", "400:Bad Request: message is too long"),
    "cut before": _failing("cut before", "cut before"),
    "cut after": _failing("cut after", "cut after"),
    "502": _failing("502", "502"),
    "drafts refused": _no_drafts,
    "drafts unknown": _unknown,
    "thread gone": lambda it: it.chat(PERSON).topics.discard(5),
}


def _answer(seed: int, size: int) -> str:
    """Markdown in several languages."""
    chance, text = random.Random(seed), ""
    while len(text.encode()) < size:
        text += f"{chance.choice(WORDS)} "
    return text


async def _write(text: str, fault: Fault, way: Way, seed: int) -> tuple[str, ...]:
    """One row: an answer, in chunks of any size."""
    chance, at = random.Random(seed), 0
    async with telegram() as stand_in, aiohttp.ClientSession() as http:
        stage = Stage(stand_in, http, PERSON if way is Way.DRAFT else GROUP)
        stand_in.chat(stage.chat).topics.add(5)
        stage.thread = "5"
        fault(stand_in)
        answer = stage.writer(way)
        began = time.perf_counter()
        while at < len(text):
            at += chance.randint(1, 1500)
            await answer.show(Frame(text[:at]))
        await _finish(stage, text)
        took = 1000 * (time.perf_counter() - began)
        shown = [stand_in.messages[stage.chat, number].text for number in _parts(stage)]
        wanted = [sheet.text.strip() for sheet in answer.sheets(text, NOTHING)]
        frames = sum(call.method in FRAMES for call in stand_in.calls)
        extra = len(stage.said) - len(shown)
    largest = max(map(length, shown))
    whole = "yes" if _words(shown) == _words(wanted) else "no"
    count = f"{len(shown)} + {extra}" if extra else str(len(shown))
    row = (way.value, count, str(frames), str(len(stand_in.calls)), str(largest), whole)
    return *row, f"{took:.0f}"


async def _finish(stage: Stage, text: str) -> None:
    """Finish it as the gateway does: what is given back is offered again, in another attempt."""
    while True:
        try:
            return await stage.writer(Way.EDIT).finish(text, NOTHING)
        except (Limited, Adrift):
            continue


def _parts(stage: Stage) -> list[int]:
    parts = stage.notes.parts
    return [int(parts[part]) for part in sorted(filter(str.isdigit, parts), key=int)]


def _words(texts: Sequence[str]) -> str:
    return "".join("".join(texts).split())


def _table(rows: Sequence[Sequence[str]]) -> str:
    lines = [HEAD, tuple("-" * len(name) for name in HEAD), *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        f"| {' | '.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))} |"
        for line in lines
    )


async def _run(size: int) -> None:
    # The rows are about what arrives; how often a chat may be written to is not part of it.
    pacing.EVERY, pacing.ALL_EVERY, writer.PAUSE = 0.0, 0.0, 0.05
    text = _answer(1, size)
    rows = [
        (name, *await _write(text, fault, way, 2))
        for way in (Way.DRAFT, Way.EDIT)
        for name, fault in FAULTS.items()
        if way is Way.DRAFT or not name.startswith("drafts")
    ]
    print(_table(rows))


def main() -> None:
    """Run it and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a third of the answer")
    size = SIZE // 3 if parser.parse_args().quick else SIZE
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    uvloop.run(_run(size))


if __name__ == "__main__":
    main()
