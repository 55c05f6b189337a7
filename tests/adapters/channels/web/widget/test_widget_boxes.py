"""Nothing lies on anything else or outside of the panel, whatever is shown in whatever size."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, ViewportSize
from widget_looks import DESKTOP, PHONE, still_page
from widget_standin import StandIn
from widget_states import STATES, Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")

# What is wrong with where things are, a line for each. What scrolls out of sight is no problem,
# nor is the launcher below a panel that fills the screen.
PROBLEMS = """() => {
  const root = document.querySelector("#chat-gateway").shadowRoot;
  const panel = root.querySelector(".panel");
  const controls = of("button, a[href], input, select, textarea, summary");
  const texts = of(`.text, .status, .notice, [role=alert], h1, h2, h3, label, .name, .size, .time,
    .error, .prompt, .title, time, .day`);
  const all = [...new Set([...controls, ...texts])].map((e) => ({ e, ...seen(e) }));
  const found = [];

  function of(selector) {
    return [...root.querySelectorAll(selector)].filter((e) =>
      e.checkVisibility({ visibilityProperty: true }) && !e.closest("[inert]") &&
      !(panel?.matches(":modal") && !panel.contains(e)));
  }

  function name(e) {
    const words = e.title || e.ariaLabel || e.textContent;
    return `${e.localName}.${e.className} "${words.slice(0, 40)}"`;
  }

  // What is left of a box inside of all that clips it.
  function seen(e) {
    let { left, top, right, bottom } = e.getBoundingClientRect();
    for (let at = e.parentElement; at; at = at.parentElement) {
      if (getComputedStyle(at).overflow === "visible") continue;
      const clip = at.getBoundingClientRect();
      [left, top] = [Math.max(left, clip.left), Math.max(top, clip.top)];
      [right, bottom] = [Math.min(right, clip.right), Math.min(bottom, clip.bottom)];
    }
    return { left, top, right, bottom };
  }

  for (const { e } of all) {
    const { left, top, right, bottom } = e.getBoundingClientRect();
    const screen = { left: 0, top: 0, right: innerWidth, bottom: innerHeight };
    const edge = e.closest(".panel")?.getBoundingClientRect() ?? screen;
    const isAside = left < edge.left - 0.5 || right > edge.right + 0.5;
    const isAbove = top < edge.top - 0.5 || bottom > edge.bottom + 0.5;
    if (isAside && !e.closest("pre, .table")) found.push(`sticks out: ${name(e)}`);
    if (isAbove && !e.closest(".log, .items, .tray")) found.push(`is cut: ${name(e)}`);
  }
  // A button over code is meant to be there.
  const laid = all.filter(({ e }) => !e.matches(".code button"));
  for (const [at, one] of laid.entries())
    for (const other of laid.slice(at + 1)) {
      const width = Math.min(one.right, other.right) - Math.max(one.left, other.left);
      const height = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
      const isWithin = one.e.contains(other.e) || other.e.contains(one.e);
      if (Math.min(width, height) > 1 && !isWithin)
        found.push(`${name(one.e)} lies on ${name(other.e)}`);
    }
  for (const e of controls) {
    const { width, height } = e.getBoundingClientRect();
    // A link in a sentence is as high as the sentence.
    if (getComputedStyle(e).display !== "inline" && Math.min(width, height) < 24)
      found.push(`is too small, ${width} x ${height}: ${name(e)}`);
  }
  for (const e of [document.documentElement, ...of(".log, .items, .tray, .page, .form")])
    if (e.scrollWidth > e.clientWidth) found.push(`scrolls sideways: ${name(e)}`);
  for (const { e } of all) {
    const { overflowX, textOverflow } = getComputedStyle(e);
    const isMeant = overflowX === "visible" || textOverflow === "ellipsis";
    if (!isMeant && e.scrollWidth > e.clientWidth) found.push(`is cropped: ${name(e)}`);
  }
  return [...new Set(found)];
}"""
# On a small screen the panel becomes a modal one, a moment later.
SETTLED = """() => {
  const panel = document.querySelector("#chat-gateway").shadowRoot.querySelector(".panel");
  return !panel || panel.hidden || panel.matches(":modal") === innerWidth <= 480;
}"""
# As browsers do it that zoom the text and nothing else.
ZOOM = """() => {
  const all = [...document.querySelector("#chat-gateway").shadowRoot.querySelectorAll("*")];
  const sizes = all.map((e) => parseFloat(getComputedStyle(e).fontSize));
  all.forEach((e, at) => e.style?.setProperty("font-size", `${sizes[at] * 2}px`, "important"));
}"""
VIEWPORT = '<meta name="viewport" content="width=device-width">'
SIZES: dict[str, ViewportSize] = {
    "desktop": DESKTOP,
    "phone": PHONE,
    "small": {"width": 320, "height": 480},
}


NOTHING: dict[str, list[str]] = {size: [] for size in SIZES}
KEYS = re.compile(r"^\| `(\w+)` \| (.+) \|$", re.MULTILINE)
DOCS = Path(__file__).parents[5] / "docs" / "widget.md"


def doubled() -> dict[str, str]:
    """Every word of the widget, as long as in no language."""
    table = DOCS.read_text().partition("\nThe keys:\n")[2]
    return {key: f"{english} {english}" for key, english in KEYS.findall(table)}


WORDS: dict[str, tuple[str, dict[str, str]]] = {
    "en": ("en", {}),
    "vi": ("vi", {}),
    "long": ("en", doubled()),
}


# Twice the size with the words of one language: it is not about the words.
ZOOMED = "vi"


async def problems(page: Page) -> dict[str, list[str]]:
    """What is wrong, by the size of the window."""
    found: dict[str, list[str]] = {}
    for name, size in SIZES.items():
        await page.set_viewport_size(size)
        await page.wait_for_function(SETTLED)
        found[name] = await page.evaluate(PROBLEMS)
    return found


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def still(browser: Browser) -> AsyncIterator[Page]:
    async with still_page(browser, letters=True) as page:
        yield page


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize("state", STATES)
async def test_everything_has_its_place(
    still: Page, gateway: StandIn, state: str, words: str
) -> None:
    lang, texts = WORDS[words]
    gateway.extra["texts"] = texts
    await still.set_viewport_size(DESKTOP)
    await STATES[state](Stage(still, gateway, f'data-lang="{lang}"', VIEWPORT))
    assert await problems(still) == NOTHING
    if words == ZOOMED:
        await still.evaluate(ZOOM)
        assert await problems(still) == NOTHING
