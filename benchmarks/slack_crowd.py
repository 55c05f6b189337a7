"""A workspace in which many ask within a minute: what of Slack's limits is used, what arrives.

``python -m benchmarks.slack_crowd [--quick]``; README.md says how to read the result.
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
from support.slack import Slack, slack
from support.slack.wiring import People, with_slack

from benchmarks.table import aligned
from gateway.sandbox.answers import Answers
from gateway.sandbox.clickai import ClickAI
from gateway.sandbox.memory import Memory
from gateway.sandbox.server import serving

PEOPLE, CHANNELS, WITHIN_SECONDS = 60, 6, 30.0
WORDS, PACE_SECONDS = 40, 0.1
"""Each answer counts so far, a number at a time."""
PATIENCE_SECONDS = 300.0
LIMITS = {
    "chat.startStream": 20,
    "chat.stopStream": 20,
    "chat.appendStream": 100,
    "chat.update": 50,
    "agents.sessions.setStatus": 50,
    "assistant.threads.setStatus": 50,
}
"""Calls per minute and workspace, as Slack publishes them."""


class Heard(Struct, frozen=True):
    """What one of them got, and after how many seconds."""

    text: str
    seconds: float


class Crowd:
    """The people of the workspace."""

    def __init__(self, stand_in: Slack, url: str) -> None:
        self._slack = stand_in
        self._people = People(stand_in, url)

    async def ask(self, number: int, after: float) -> Heard:
        """Ask in a channel, after so long; what is there when it is whole, or patience ends."""
        await asyncio.sleep(after)
        channel = f"C{number % CHANNELS}"
        began = time.monotonic()
        thread = await self._people.mention(f"count to {WORDS}", channel=channel, user=f"U{number}")
        while True:
            said = self._slack.thread(channel, thread)
            text = " ".join(message.shown for message in said)
            seconds = time.monotonic() - began
            growing = not said or any(message.streaming for message in said)
            if seconds > PATIENCE_SECONDS or (not growing and text.split()[-1:] == [str(WORDS)]):
                return Heard(text, seconds)
            await asyncio.sleep(0.1)


async def _run(people: int) -> None:
    api = ClickAI(Answers("# Chat Gateway\n").answer, Memory(), pace=PACE_SECONDS)
    with tempfile.TemporaryDirectory() as folder:
        async with serving(api.application(), "127.0.0.1", 0) as port, slack() as stand_in:
            stand_in.limits.update({method: (most, 60) for method, most in LIMITS.items()})
            config = with_slack(web_config(f"http://127.0.0.1:{port}/v1"), stand_in)
            try:
                async with running(loaded(Path(folder), config)) as service:
                    crowd = Crowd(stand_in, service.url)
                    gap = WITHIN_SECONDS / people
                    asked = (crowd.ask(number, number * gap) for number in range(people))
                    heard = await asyncio.gather(*asked)
            finally:
                end_embedded(Path(folder) / "data")
            print("\n".join(_lines(heard, stand_in)))


def _lines(heard: Sequence[Heard], stand_in: Slack) -> Iterator[str]:
    whole = [str(number) for number in range(1, WORDS + 1)]
    seconds = sorted(each.seconds for each in heard)
    yield f"asked within {WITHIN_SECONDS:g} s: {len(heard)}"
    yield f"whole: {sum(each.text.split() == whole for each in heard)}"
    yield f"asked to whole: p50 {seconds[len(seconds) // 2]:.1f} s, longest {seconds[-1]:.1f} s"
    done = Counter(call.method for call in stand_in.calls if not call.error)
    refused = Counter(call.method for call in stand_in.calls if call.error == "ratelimited")
    rows = [(m, str(LIMITS.get(m, "")), str(done[m]), str(refused[m])) for m in sorted(done)]
    yield aligned(("method", "a minute", "calls", "refused"), rows)


def main() -> None:
    """Run it and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a third of the people")
    people = PEOPLE // 3 if parser.parse_args().quick else PEOPLE
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    uvloop.run(_run(people))


if __name__ == "__main__":
    main()
