"""A long answer through Slack's limits and faults: what arrives, in how many messages and calls.

``python -m benchmarks.slack_writer [--quick]``; README.md says how to read the result.
"""

import argparse
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

import aiohttp
import structlog
import uvloop

sys.path.append(str(Path(__file__).parent.parent / "tests"))

from support.outgoing import Given, Notes, delivery
from support.slack import Slack, slack

from adapters.channels.slack import parts, writer
from adapters.channels.slack.api import Api
from adapters.channels.slack.markdown import steady
from adapters.channels.slack.messages import Messages, Place
from adapters.channels.slack.pacing import Pace
from adapters.channels.slack.workspace import Workspace
from adapters.channels.slack.writer import Writer
from benchmarks.table import aligned

SIZE = 61_000
WORDS = (
    "word", "Tiếng Việt", "日本語の文。", "Größe", "**bold**", "`code`", "[link](https://example.com)",
    "👩‍💻", "end.\n\n", "\n- item", "\n## Heading\n\n",
)  # fmt: skip
HEAD = ("fault", "messages", "calls", "largest, bytes", "whole", "ms")
Fault = Callable[[Slack], None]


def _ttl(stand_in: Slack) -> None:
    stand_in.stream_seconds = 0.004


def _cap(stand_in: Slack) -> None:
    stand_in.stream_bytes = 4000


def _limited(stand_in: Slack) -> None:
    for method in ("chat.startStream", "chat.appendStream", "chat.stopStream"):
        stand_in.fail(method, "ok", "429:1")


def _unknown(stand_in: Slack) -> None:
    stand_in.broken["chat.startStream"] = "unknown_method"


def _missing(stand_in: Slack) -> None:
    stand_in.broken["chat.startStream"] = "404"


def _cut(stand_in: Slack) -> None:
    for method in ("chat.startStream", "chat.appendStream", "chat.stopStream", "chat.update"):
        stand_in.fail(method, "ok", "cut before", "ok", "cut after")


FAULTS: dict[str, Fault] = {
    "none": lambda _: None,
    "streams end early": _ttl,
    "less room": _cap,
    "429": _limited,
    "unknown_method": _unknown,
    "404": _missing,
    "cut connections": _cut,
}


def _answer(seed: int, size: int) -> str:
    """Markdown in several languages, as lines that can each be found again."""
    chance, text = random.Random(seed), ""
    while len(text.encode()) < size:
        text += f"{chance.choice(WORDS)} "
    return text


async def _write(text: str, fault: Fault, seed: int) -> tuple[str, ...]:
    """One row: an answer, in chunks of any size."""
    chance, at = random.Random(seed), 0
    async with slack() as stand_in, aiohttp.ClientSession() as http:
        fault(stand_in)
        root = stand_in.message(channel="C1", text="?")["ts"]
        caller = Api(http, stand_in.api_url, "xoxb-test")
        workspace = Workspace(caller, Pace(Given(http).allow, "T1"), "UBOT", "BBOT")
        place = Place("C1", root, "U1", "T1", root)
        reply = delivery("T1:C1", root, Notes(), {"user": "U1"})
        answer = Writer(Messages(workspace, place, reply), "auto")
        began = time.perf_counter()
        while at < len(text):
            at += chance.randint(1, 1500)
            await answer.show(steady(text[:at]))
        await answer.finish(text)
        took = 1000 * (time.perf_counter() - began)
        said = [message.text for message in stand_in.thread("C1", root)]
    largest = max(len(part.encode()) for part in said)
    whole = "yes" if "".join(said) == text else "no"
    return str(len(said)), str(len(stand_in.calls)), str(largest), whole, f"{took:.0f}"


async def _run(size: int) -> None:
    # The rows are about what arrives; how often a message may be edited is not part of it.
    parts.EDIT_SECONDS, writer.PAUSE = 0.0, 0.05
    text = _answer(1, size)
    rows = [(name, *await _write(text, fault, 2)) for name, fault in FAULTS.items()]
    print(aligned(HEAD, rows))


def main() -> None:
    """Run it and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a third of the answer")
    size = SIZE // 3 if parser.parse_args().quick else SIZE
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    uvloop.run(_run(size))


if __name__ == "__main__":
    main()
