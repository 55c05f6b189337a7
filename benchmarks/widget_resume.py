"""How soon the widget goes on after it was cut off, in a real Chromium at a real gateway.

``python -m benchmarks.widget_resume``; README.md says how to read the result. Needs a Chromium.
"""

import asyncio
import contextlib
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import quantiles
from typing import NamedTuple, TypeVar

from playwright.async_api import Browser, Page

from benchmarks.browser import chromium
from benchmarks.child import Child
from benchmarks.machine import Watch
from benchmarks.stage import Stage
from benchmarks.table import aligned
from benchmarks.visitors import KEY

VISITORS = 6
ROUNDS = 4
AWAY_SECONDS = 2.0
MOST_SECONDS = 230.0
TOKENS = 80
PAUSE = 50
"""In ms: an answer lasts longer than what it is cut off by."""
GOAL = "1500"
HEAD = ("until the answer goes on, ms", "goal p95", "p50", "p95", "longest", "request p95", "of")
ANSWER = "[data-turn][data-role=bot]"
T = TypeVar("T")
WATCH = """
const streams = (window.streams = []);
const ask = window.fetch;
window.fetch = async (...request) => {
  const asked = Date.now();
  const response = await ask(...request);
  if (!response.ok || !`${request[0]}`.endsWith("/events")) return response;
  const stream = { asked };
  streams.push(stream);
  const decoder = new TextDecoder();
  const watching = new TransformStream({
    transform(chunk, passing) {
      stream.heard ??= Date.now();
      if (decoder.decode(chunk).includes("id: ")) stream.replayed ??= Date.now();
      passing.enqueue(chunk);
    },
  });
  return new Response(response.body.pipeThrough(watching), response);
};
"""


class Resumed(NamedTuple):
    """Times in ms: since it could go on, and since the request that brought it."""

    after: float
    asking: float


class Gate:
    """The way to the gateway, which can be cut and closed."""

    def __init__(self) -> None:
        self.port = 0
        self._server: asyncio.Server | None = None
        self._target = 0
        self._ends: set[asyncio.StreamWriter] = set()
        self._passing: set[asyncio.Task[None]] = set()

    async def open(self, gateway: Child) -> float:
        """Let connections pass to a gateway; since when."""
        self._target = int(gateway.address.rsplit(":", 1)[1])
        self._server = await asyncio.start_server(self._take, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return time.time()

    def cut(self) -> float:
        """End every connection; when that was."""
        for end in list(self._ends):
            end.transport.abort()
        return time.time()

    def shut(self) -> None:
        """Refuse every connection, too."""
        if self._server:
            self._server.close()
        self.cut()

    async def end(self) -> None:
        """Shut for good."""
        self.shut()
        await asyncio.gather(*self._passing)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            inner, outer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.close()
            return
        self._ends |= {writer, outer}
        for passing in (self._pass(reader, outer), self._pass(inner, writer)):
            self._passing.add(task := asyncio.create_task(passing))
            task.add_done_callback(self._passing.discard)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
        writer.close()
        self._ends.discard(writer)


class Visitor:
    """Somebody with the chat open, who asks again and again."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._asked = 0

    async def ask(self) -> None:
        """Ask; returns when the answer has begun to show."""
        await self.page.locator("[part=field]").fill(f"{TOKENS} {PAUSE}")
        await self.page.locator("[part=field]").press("Enter")
        self._asked += 1
        await self.page.locator(f"{ANSWER}[data-state=streaming] .text:not(:empty)").wait_for()

    async def go_on(self, since: float, what: str = "replayed") -> Resumed:
        """Wait until it has been heard on a stream, after that moment."""
        found = f"streams.find((stream) => stream.{what} > {since * 1000})"
        await self.page.wait_for_function(found, timeout=60_000)
        stream: dict[str, float] = await self.page.evaluate(found)
        return Resumed(stream[what] - since * 1000, stream[what] - stream["asked"])

    async def finish(self) -> None:
        """Wait until all answers are whole."""
        await self.page.locator(f"{ANSWER}[data-state=done]").nth(self._asked - 1).wait_for()


class Course:
    """What the visitors go through."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._gate = Gate()
        self._gateway: Child
        self._visitors: list[Visitor] = []

    async def begin(self, browser: Browser) -> None:
        """Start the gateway and open the pages."""
        self._gateway = await self._stage.gateway("one")
        await self._gate.open(self._gateway)
        for _ in range(VISITORS):
            # What is measured with is no part of the page's own scripts.
            context = await browser.new_context(bypass_csp=True)
            await context.add_init_script(WATCH)
            page = await context.new_page()
            await page.goto(f"http://127.0.0.1:{self._gate.port}/w/{KEY}")
            self._visitors.append(Visitor(page))

    async def end(self) -> None:
        """Let nobody in any more."""
        await self._gate.end()

    async def cut(self) -> list[Resumed]:
        """Every connection is cut; whoever comes back is let in at once."""
        await self._each(Visitor.ask)
        since = self._gate.cut()
        return await self._each(lambda visitor: visitor.go_on(since))

    async def away(self) -> list[Resumed]:
        """The browsers have no network, and are told when it is back."""
        await self._each(Visitor.ask)
        await self._each(lambda visitor: visitor.page.context.set_offline(True))
        self._gate.shut()
        await asyncio.sleep(AWAY_SECONDS)
        await self._gate.open(self._gateway)
        return await self._each(_back)

    async def reload(self) -> list[Resumed]:
        """One page after the other is loaded again."""
        return [await _reload(visitor) for visitor in self._visitors]

    async def restart(self) -> list[Resumed]:
        """The gateway finishes what it says, stops, and is started again. Nothing was missed."""
        await self._each(Visitor.ask)
        await self._gateway.stop()
        self._gate.shut()
        self._gateway = await self._stage.gateway("one")
        since = await self._gate.open(self._gateway)
        return await self._each(lambda visitor: visitor.go_on(since, "heard"))

    async def rounds(self, trial: Callable[[], Awaitable[list[Resumed]]]) -> list[Resumed]:
        """The same several times."""
        found: list[Resumed] = []
        for _ in range(ROUNDS):
            found += await trial()
            await self._each(Visitor.finish)
        return found

    async def _each(self, act: Callable[[Visitor], Awaitable[T]]) -> list[T]:
        return list(await asyncio.gather(*map(act, self._visitors)))


async def _back(visitor: Visitor) -> Resumed:
    since = time.time()
    await visitor.page.context.set_offline(False)
    return await visitor.go_on(since)


async def _reload(visitor: Visitor) -> Resumed:
    await visitor.ask()
    since = time.time()
    await visitor.page.reload(wait_until="commit")
    return await visitor.go_on(since)


def row_of(name: str, trials: Sequence[Resumed]) -> Sequence[str]:
    """The table's row."""
    after, asking = (sorted(values) for values in zip(*trials, strict=True))
    p50, p95 = (quantiles(after, n=100, method="inclusive")[at] for at in (49, 94))
    request = quantiles(asking, n=100, method="inclusive")[94]
    numbers = (p50, p95, after[-1], request)
    return (name, GOAL, *(f"{number:.0f}" for number in numbers), str(len(trials)))


async def measured(folder: Path) -> list[Sequence[str]]:
    """Every row."""
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(asyncio.timeout(MOST_SECONDS))
        stage = Stage(folder, stack)
        await stage.stand_in()
        browser = await stack.enter_async_context(chromium())
        course = Course(stage)
        stack.push_async_callback(course.end)
        await course.begin(browser)
        return [
            row_of("connections cut", await course.rounds(course.cut)),
            row_of(f"network away for {AWAY_SECONDS:.0f} s", await course.rounds(course.away)),
            row_of("page loaded again", await course.rounds(course.reload)),
            row_of("gateway restarted", await course.rounds(course.restart)),
        ]


def main() -> int:
    """Measure and print."""
    watch = Watch()
    with tempfile.TemporaryDirectory() as folder:
        rows = asyncio.run(measured(Path(folder)))
    print(aligned(HEAD, rows))
    print(f"\n{watch}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
