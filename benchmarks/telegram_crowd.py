"""Many chats that ask one bot at once: what of Telegram's limits is used, what arrives.

``python -m benchmarks.telegram_crowd [--quick]``; README.md says how to read the result.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import structlog
import uvloop
from msgspec import Struct

sys.path.append(str(Path(__file__).parent.parent / "tests"))

from support.servers import end_embedded, loaded, running, web_config
from support.telegram import Telegram, telegram
from support.telegram.wiring import People, with_telegram

from benchmarks.table import aligned
from gateway.sandbox.answers import Answers
from gateway.sandbox.clickai import ClickAI
from gateway.sandbox.memory import Memory
from gateway.sandbox.server import serving

CHATS = 200
GROUPS_EACH = 4
"""One chat of so many is a group; the others are private."""
WORDS, PACE_SECONDS = 60, 0.1
"""Each answer counts so far, a number at a time."""
PATIENCE_SECONDS = 180.0
CHAT, GROUP, OVERALL = (8, 5.0), (20, 60.0), (30, 1.0)
"""Messages, edits and drafts in so many seconds, as Telegram publishes them for messages."""


class Heard(Struct, frozen=True):
    """What one of them got, after how many seconds, and how long until it was taken."""

    group: bool
    text: str
    seconds: float
    taken: float


class Crowd:
    """The people of all chats."""

    def __init__(self, stand_in: Telegram, url: str) -> None:
        self._telegram = stand_in
        self.people = People(stand_in, url)

    async def ask(self, number: int) -> Heard:
        """Ask in a chat; what is there when it is whole, or when patience ends."""
        tg, group = self._telegram, number % GROUPS_EACH == 0
        chat = -1_000_000_000_000 - number if group else 1_000 + number
        words = f"count to {WORDS}"
        asked = tg.mention(words, chat=chat) if group else tg.private(words, user=chat)
        began = time.monotonic()
        answer = await self.people.send(asked)
        while True:
            text = " ".join(tg.texts(chat))
            seconds = time.monotonic() - began
            if seconds > PATIENCE_SECONDS or text.split()[-1:] == [str(WORDS)]:
                return Heard(group, text, seconds, answer.seconds)
            await asyncio.sleep(0.1)


async def _run(chats: int) -> None:
    api = ClickAI(Answers("# Chat Gateway\n").answer, Memory(), pace=PACE_SECONDS)
    with tempfile.TemporaryDirectory() as folder:
        async with serving(api.application(), "127.0.0.1", 0) as port, telegram() as stand_in:
            faults = stand_in.faults
            faults.chat, faults.group, faults.overall = CHAT, GROUP, OVERALL
            config = with_telegram(web_config(f"http://127.0.0.1:{port}/v1"), stand_in)
            try:
                async with running(loaded(Path(folder), config)) as service:
                    crowd = Crowd(stand_in, service.url)
                    await crowd.people.ready()
                    heard = await asyncio.gather(*(crowd.ask(number) for number in range(chats)))
            finally:
                end_embedded(Path(folder) / "data")
            print("\n".join(_lines(heard, stand_in)))


def _lines(heard: Sequence[Heard], stand_in: Telegram) -> Iterator[str]:
    whole = [str(number) for number in range(1, WORDS + 1)]
    for group in (False, True):
        some = [each for each in heard if each.group is group]
        seconds = sorted(each.seconds for each in some)
        yield f"{'groups' if group else 'private chats'} that asked at once: {len(some)}"
        yield f"  whole: {sum(each.text.split() == whole for each in some)}"
        p50, longest = seconds[len(seconds) // 2], seconds[-1]
        yield f"  asked to whole: p50 {p50:.1f} s, longest {longest:.1f} s"
    taken = sorted(each.taken for each in heard)
    yield f"asked to taken: p50 {1000 * taken[len(taken) // 2]:.0f} ms, all at the same moment"
    done = Counter(call.method for call in stand_in.calls if not call.error)
    refused = Counter(call.method for call in stand_in.calls if call.error.startswith("429"))
    yield f"complaints: {len(stand_in.complaints)}"
    yield f"calls to a chat that was to be left alone: {len(stand_in.hammered)}"
    rows = [(method, str(done[method]), str(refused[method])) for method in sorted(done)]
    yield aligned(("method", "calls", "refused"), rows)


def main() -> None:
    """Run it and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.telegram_crowd")
    parser.add_argument("--quick", action="store_true", help="a quarter of the chats")
    chats = CHATS // 4 if parser.parse_args().quick else CHATS
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    uvloop.run(_run(chats))


if __name__ == "__main__":
    main()
