"""Every state of the widget looks as it did: pictures are compared with those in looks/.

All letters are boxes, so that no machine's fonts matter. Where a picture is meant to be another
one, `WIDGET_LOOKS=renew` with pytest's `-k` keeps it as it is now: look at it before you commit it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, ViewportSize
from widget_looks import (
    DESKTOP,
    HEAD,
    LOOKS,
    PHONE,
    PIXELS,
    compare,
    differing,
    picture,
    still_page,
)
from widget_standin import StandIn
from widget_states import STATES, Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")

DRAWN = [name for name in STATES if name != "asked-by-form"]
SMALL = [
    "[data-action=close] { translate: 2px }",
    ".attached .small { translate: 0 2px }",
    ".chip { translate: -2px }",
    ".panel { --cg-line: #d3d6db }",
    ".wrong .size { color: var(--cg-muted) }",
    ".panel { font-family: serif }",
]
SHEET = """() => {
  const sheet = new CSSStyleSheet();
  document.querySelector("#chat-gateway").shadowRoot.adoptedStyleSheets.push(sheet);
  return sheet;
}"""
PICTURES: dict[str, tuple[str, ViewportSize, str]] = {
    **{name: (name, DESKTOP, 'data-theme="light"') for name in DRAWN},
    **{
        f"{name}-dark": (name, DESKTOP, 'data-theme="dark"')
        for name in ("empty", "streaming", "done", "failed", "form", "unread")
    },
    **{
        f"{name}-phone": (name, PHONE, 'data-theme="light"')
        for name in ("empty", "done", "conversations")
    },
    "done-rtl": ("done", DESKTOP, 'data-theme="light" data-dir="rtl" data-side="right"'),
}


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def still(browser: Browser) -> AsyncIterator[Page]:
    async with still_page(browser) as page:
        yield page


@pytest.mark.parametrize("name", PICTURES)
async def test_it_looks_as_it_did(still: Page, gateway: StandIn, tmp_path: Path, name: str) -> None:
    state, size, attributes = PICTURES[name]
    await still.set_viewport_size(size)
    await STATES[state](Stage(still, gateway, attributes, HEAD))
    compare(name, await picture(still), tmp_path)


async def test_every_picture_is_of_something() -> None:
    assert {path.stem for path in LOOKS.glob("*.png")} == set(PICTURES)


async def test_small_changes_are_seen(still: Page, gateway: StandIn) -> None:
    await still.set_viewport_size(DESKTOP)
    await STATES["tray"](Stage(still, gateway, 'data-theme="light"', HEAD))
    before = await picture(still)
    sheet = await still.evaluate_handle(SHEET)
    for change in SMALL:
        await sheet.evaluate("(sheet, css) => sheet.replaceSync(css)", change)
        assert differing(before, await picture(still)) > PIXELS, change
