"""Telegram's updates: how soon they are acknowledged, beside a floor that only checks the secret.

``python -m benchmarks.telegram_updates [--quick]``; README.md says how to read the result.
"""

import argparse
import asyncio
import itertools
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec
import uvloop
import yaml

from benchmarks.child import Child, Failed, cpu_ms
from benchmarks.client import ANSWER_SECONDS
from benchmarks.machine import Watch
from benchmarks.slack_events import Hook as SlackHook
from benchmarks.table import Row, render
from benchmarks.telegram_side import HEADER, NAME, SECRET, TOKEN

CROWDS = (1, 20)
PATH = f"/telegram/{NAME}/webhook"
_numbers = itertools.count(1)


class Hook(SlackHook):
    """A connection on which Telegram posts one update after the other."""

    async def post(self, path: str, body: bytes) -> float:
        """Post an update; the ms until it was acknowledged. Raises Failed when it was not."""
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {self._host}\r\nContent-Type: application/json\r\n"
            f"{HEADER}: {SECRET}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self._rest = b""
        self._status = asyncio.get_running_loop().create_future()
        began = time.perf_counter()
        self._transport.write(head.encode() + body)
        async with asyncio.timeout(ANSWER_SECONDS):
            status = await self._status
        if status != 200:
            raise Failed(f"{path}: {status}")
        return 1000 * (time.perf_counter() - began)


def update(chat_type: str = "private", text: str = "3 0") -> bytes:
    """A message, as Telegram sends it; each is of a chat of its own."""
    number = next(_numbers)
    chat = {"id": 1000 + number, "type": "private", "first_name": "A"}
    if chat_type != "private":
        chat = {"id": -1_000_000_000_000 - number, "type": chat_type, "title": "A"}
    person = {"id": 1000 + number, "is_bot": False, "first_name": "A", "language_code": "en"}
    message = {"message_id": number, "date": 1700000000, "chat": chat, "from": person}
    return msgspec.json.encode({"update_id": number, "message": {**message, "text": text}})


async def post_all(address: str, path: str, bodies: Sequence[bytes], crowd: int) -> list[float]:
    """Post updates, so many at a time; the ms until each was acknowledged."""
    waiting = iter(bodies)
    taken: list[float] = []

    async def work() -> None:
        hook = await Hook.open(address)
        for body in waiting:
            taken.append(await hook.post(path, body))
        hook.close()

    async with asyncio.TaskGroup() as group:
        for _ in range(crowd):
            group.create_task(work())
    return taken


async def gateway(folder: Path, bot: str, telegram: str) -> Child:
    """A gateway with a Telegram channel, and a store of its own."""
    config = {
        "server": {"port": 0},
        "redis": {"data_dir": str(folder / "data")},
        "channels": {
            NAME: {
                "kind": "telegram",
                "token": TOKEN,
                "api_url": telegram,
                "updates": "webhook",
            }
        },
        "bots": {
            "bot": {"kind": "clickai", "base_url": f"{bot}/slack/v1", "api_key": "app-benchmark"}
        },
        "routes": [{"channel": NAME, "bot": "bot"}],
        "limits": {"messages_per_minute": 0, "conversation_messages_per_minute": 0},
        "logging": {"format": "json"},
    }
    file = folder / "gateway.yaml"
    file.write_text(yaml.safe_dump(config))
    command = (sys.executable, "-m", "gateway", "run", "--config", str(file))
    return await Child.start(folder / "gateway.log", *command)


async def measure(folder: Path, count: int) -> list[Row]:
    """The rows of the table."""
    async with AsyncExitStack() as stack:
        children = [
            await Child.python(folder / "bot.log", "benchmarks.stand_in"),
            await Child.python(folder / "telegram.log", "benchmarks.telegram_side"),
        ]
        for child in children:
            stack.push_async_callback(child.stop)
        bot, telegram = children
        served = await gateway(folder, bot.address, telegram.address)
        stack.push_async_callback(served.stop)
        await post_all(served.address, PATH, [update() for _ in range(20)], 1)
        rows = []
        for crowd in CROWDS:
            rows += await _rows(served, telegram, crowd, count // (1 if crowd > 1 else 5))
        return rows


async def _rows(served: Child, telegram: Child, crowd: int, count: int) -> list[Row]:
    bodies = [update() for _ in range(count)]
    others = [update("supergroup") for _ in range(count)]
    at_a_time = f"{crowd} at a time"
    floor = await post_all(telegram.address, "/verify", bodies, crowd)
    ignored = await post_all(served.address, PATH, others, crowd)
    before = _cpu(served)
    began = time.perf_counter()
    taken = await post_all(served.address, PATH, bodies, crowd)
    seconds = time.perf_counter() - began
    cpu = [(now - then) / count for now, then in zip(_cpu(served), before, strict=True)]
    return [
        Row(f"message nobody asked the bot → ack, {at_a_time}, ms", floor, ignored),
        Row(f"message → ack, {at_a_time}, ms", floor, taken, "≤ 50" if crowd > 1 else "≤ 10"),
        Row(f"messages a second, {at_a_time}", (), [count / seconds]),
        Row(f"CPU per message until the last is taken, {at_a_time}, ms", (), cpu[:1]),
        Row(f"CPU of its store, {at_a_time}, ms", (), [sum(cpu[1:])]),
    ]


def _cpu(served: Child) -> list[float]:
    return [cpu_ms(pid) for pid in (served.pid, *served.children)]


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.telegram_updates")
    parser.add_argument("--quick", action="store_true", help="a fifth of it")
    count = 200 if parser.parse_args().quick else 1000
    watch = Watch()
    try:
        with tempfile.TemporaryDirectory() as folder:
            rows = uvloop.run(measure(Path(folder), count))
    except (Failed, TimeoutError, ExceptionGroup) as error:
        print(f"telegram_updates: {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    print(render(rows))
    print(
        f"\n{os.cpu_count()} cores, of which {watch.others:.1f} were busy with something else;"
        f" Python {sys.version.split()[0]}; {watch.seconds:.0f} s."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
