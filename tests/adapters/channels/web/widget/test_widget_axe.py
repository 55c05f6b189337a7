"""WCAG 2.2 AA by axe-core: every language, theme, size and state, without a violation."""

from __future__ import annotations

import itertools
from types import ModuleType
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect
from widget_acts import answer, eventually, say
from widget_standin import StandIn

pytestmark = pytest.mark.asyncio(loop_scope="session")

RUN = """async () => {
  const values = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const only = { runOnly: { type: "tag", values }, preload: false, resultTypes: ["violations"] };
  const { violations } = await axe.run("#chat-gateway", only);
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`));
}"""
ARABIC = {
    "chat": "محادثة",
    "placeholder": "اكتب رسالة…",
    "send": "إرسال",
    "thinking": "جارٍ التفكير…",
}
RICH = """# Heading

Text with `code`, **strong** and [a link](https://x.example/).

| left | right |
|---|--:|
| a long cell of a table | 2 |

```py
print("a line that is far too long for a panel of any width, so that it scrolls inside of it")
```

1. one
   - nested
2. two

> quoted
"""
FORM = [
    {"name": "email", "label": "E-mail", "kind": "email", "required": True},
    {"name": "size", "label": "Size", "kind": "select", "required": False, "options": ["S", "M"]},
    {"name": "news", "label": "Newsletter", "kind": "checkbox", "required": False},
    {"name": "why", "label": "Why?", "kind": "paragraph", "required": False, "max": 200},
]
SIZES = {"desktop": (1000, 800), "phone": (390, 700)}


@pytest.fixture(scope="session")
def axe(build: ModuleType) -> str:
    """What finds violations, as a script."""
    build.install()
    source: str = (build.MODULES / "axe-core" / "axe.min.js").read_text()
    return source


async def violations(page: Page) -> list[str]:
    found: list[str] = await page.evaluate(RUN)
    return found


@pytest.mark.parametrize(
    ("lang", "theme", "size"), list(itertools.product(["en", "vi", "ar"], ["light", "dark"], SIZES))
)
async def test_no_violation_in_any_state(
    browser: Browser, gateway: StandIn, axe: str, lang: str, theme: str, size: str
) -> None:
    width, height = SIZES[size]
    context = await browser.new_context(viewport={"width": width, "height": height})
    page = await context.new_page()
    found: dict[str, Any] = {}
    gateway.extra = {
        "conversations": True,
        "features": {
            "files": {"bytes": 1000, "count": 3, "accept": []},
            "feedback": True,
            "regenerate": True,
        },
        "texts": ARABIC if lang == "ar" else {},
    }
    await page.add_init_script(axe)
    html = gateway.embedded(attributes=f'data-lang="{lang}" data-theme="{theme}"')
    await page.goto(html)
    found["closed"] = await violations(page)
    await page.locator(".launcher").click()
    await eventually(lambda: gateway.connections)
    await expect(page.locator(".opening")).to_contain_text("How can I help?")
    found["empty"] = await violations(page)
    await say(page, "Hello")
    await eventually(lambda: gateway.commands("messages"))
    gateway.begin(gateway.commands("messages")[-1]["id"], "Hello")
    gateway.emit("status", {"turn": "1", "kind": "tool", "text": "Searching"})
    gateway.delta(0, RICH[:200])
    await expect(page.locator("[data-role=bot] .text")).to_contain_text("Heading")
    found["streaming"] = await violations(page)
    gateway.end(
        RICH,
        sources=[{"title": "Book", "url": "https://x.example/b", "excerpt": "Page one"}],
        suggestions=["Why?", "How?"],
        files=[{"name": "a.pdf", "media_type": "application/pdf", "url": "/f/1", "size": 9}],
    )
    await expect(page.locator(".actions")).to_be_visible()
    found["done"] = await violations(page)
    gateway.refusals["messages"] = [(413, {"error": "too_large", "message": "Too long"}, {})]
    await say(page, "Hello")
    await expect(page.get_by_role("alert")).to_have_text("Too long")
    found["error"] = await violations(page)
    await answer(
        page,
        gateway,
        "Fill this in",
        choices={
            "prompt": "Your order",
            "items": [{"value": "ok", "label": "Send it"}],
            "fields": FORM,
        },
    )
    await expect(page.get_by_label("E-mail")).to_be_visible()
    found["form"] = await violations(page)
    await context.close()
    assert {state: each for state, each in found.items() if each} == {}
