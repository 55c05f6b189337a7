"""docs/widget.md says what there is, all of it and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.async_api import Page, expect
from widget_acts import WIDGET, answer
from widget_standin import StandIn

SOURCES = WIDGET / "src"
GUIDE = (Path(__file__).parents[5] / "docs" / "widget.md").read_text()
EVENTS_OF_THE_PANEL = {"ready", "message", "error", "identity", "conversation", "challenge"}


def section(title: str) -> str:
    """What stands below a heading."""
    return GUIDE.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def first_cells(text: str) -> list[str]:
    """What is in backticks in the first cells of tables."""
    rows = re.findall(r"^\| (`.*?) \|", text, re.MULTILINE)
    return [name for row in rows for name in re.findall(r"`([^`]+)`", row)]


def source(name: str) -> str:
    return (SOURCES / name).read_text()


def test_options() -> None:
    interface = source("options.ts").split("export interface Options {", 1)[1].split("\n}", 1)[0]
    options = set(re.findall(r"^  (\w+)\??:", interface, re.MULTILINE))
    assert set(first_cells(section("Options"))) == {f"data-{name}" for name in options}
    assert set(re.findall(r"^\| `data-\w+` \| `(\w+)` \|", GUIDE, re.MULTILINE)) == options


def test_calls() -> None:
    api = source("widget.ts").split("\n  return {\n", 1)[1]
    calls = set(re.findall(r"^    (\w+)(?:\(|:|,)", api, re.MULTILINE))
    told = {name.split("(")[0] for name in first_cells(section("What a page can do"))}
    assert told == calls


def test_events() -> None:
    files = ("widget.ts", "watch.ts", "greet.ts", "panel.ts")
    said = {name for file in files for name in re.findall(r'emit\("(\w+)"', source(file))}
    assert said >= EVENTS_OF_THE_PANEL - {"ready"}
    assert set(first_cells(section("Events"))) == said


def test_properties() -> None:
    used = {
        name
        for path in SOURCES.glob("*.css")
        for name in re.findall(r"var\((--cg-[a-z-]+)", path.read_text())
    }
    assert set(first_cells(section("Looks"))) == used


def test_words() -> None:
    words = {"chat"}
    for path in SOURCES.glob("*.ts"):
        found = re.search(r"(?:const en = \{|\ben: \{)(.*?)\}[,;]", path.read_text(), re.DOTALL)
        if found:
            words |= set(re.findall(r'(\w+):\s+"', found[1]))
    assert set(first_cells(section("Languages"))) == words


@pytest.mark.asyncio(loop_scope="session")
async def test_parts(page: Page, gateway: StandIn) -> None:
    gateway.extra["proactive"] = [{"id": "a", "text": "Any questions?", "after": 0}]
    await page.goto(gateway.embedded(attributes="data-proactive"))
    await page.get_by_role("button", name="Any questions?").click()
    await answer(page, gateway)
    line = next(line for line in GUIDE.split("\n\n") if line.startswith("Parts: "))
    for name in re.findall(r"`(\w+)`", line):
        await expect(page.locator(f"[part={name}]")).to_have_count(1)
