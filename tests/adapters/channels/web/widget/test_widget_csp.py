"""Pages of another origin with strict policies: everything works, and nothing is reported."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect
from widget_acts import answer, say, watch
from widget_standin import StandIn, host_page

pytestmark = pytest.mark.asyncio(loop_scope="session")

TYPES = "require-trusted-types-for 'script'; trusted-types 'none'"
POLICIES = {
    "nonce": (
        "default-src 'none'; script-src 'nonce-abc' 'strict-dynamic'; connect-src {gateway}; "
        f"img-src {{gateway}}; {TYPES}"
    ),
    "host": (
        "default-src 'none'; script-src {gateway}; connect-src {gateway}; img-src {gateway}; "
        f"style-src 'none'; base-uri 'none'; form-action 'none'; {TYPES}"
    ),
    "isolated": (
        "default-src 'none'; script-src 'nonce-abc' 'strict-dynamic' 'unsafe-inline' https:; "
        f"connect-src {{gateway}}; style-src 'nonce-abc'; object-src 'none'; {TYPES}"
    ),
}
ISOLATION = {
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Opener-Policy": "same-origin",
}
REPORT = """document.addEventListener("securitypolicyviolation", (violation) => {
  window.violations = [...(window.violations ?? []), violation.violatedDirective];
});"""


@pytest.mark.parametrize("policy", POLICIES)
async def test_everything_under_a_strict_policy(page: Page, gateway: StandIn, policy: str) -> None:
    problems = watch(page)
    gateway.extra = {
        "features": {
            "files": {"bytes": 100, "count": 2, "accept": []},
            "feedback": True,
            "regenerate": True,
        },
        "conversations": True,
        "theme": {"accent": "#0a7d4f", "css": {"--cg-x": "30px"}},
        "proactive": [{"id": "a", "text": "Any questions?", "after": 0}],
    }
    html = host_page(gateway.origin, 'data-accent="#ffd23f" data-proactive')
    allowed = POLICIES[policy].format(gateway=gateway.origin)
    headers = {"Content-Security-Policy": allowed, **(ISOLATION if policy == "isolated" else {})}
    gateway.pages["/shop"] = (html, headers)
    await page.add_init_script(REPORT)
    await page.goto(gateway.origin.replace("127.0.0.1", "localhost") + "/shop")
    await page.get_by_role("button", name="Any questions?").click()
    await answer(
        page,
        gateway,
        "# Title\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n```py\nprint()\n```\n\n[a](https://x.example)",
        sources=[{"title": "S", "excerpt": "E"}],
        suggestions=["Why?"],
        files=[{"name": "a.pdf", "media_type": "application/pdf", "url": "/f/1", "size": 9}],
        choices={
            "prompt": "?",
            "items": [],
            "fields": [{"name": "n", "label": "Name", "kind": "text", "required": False}],
        },
    )
    await expect(page.locator("[data-role=bot] table")).to_be_visible()
    await expect(page.get_by_label("Name")).to_be_visible()
    await page.locator("[data-action=list]").click()
    await page.locator("[data-action=back]").click()
    await say(page, "And a second")
    await expect(page.locator(".launcher")).to_have_css("right", "30px")
    assert await page.evaluate("window.violations") is None
    assert problems == []


async def test_a_frame_under_a_strict_policy(page: Page, gateway: StandIn) -> None:
    problems = watch(page)
    gateway.hosted("/w/pk/frame", 'data-mode="frame"')
    html = host_page(gateway.origin, 'data-mode="frame"')
    policy = f"default-src 'none'; script-src {gateway.origin}; frame-src {gateway.origin}; {TYPES}"
    gateway.pages["/shop"] = (html, {"Content-Security-Policy": policy})
    await page.goto(gateway.origin.replace("127.0.0.1", "localhost") + "/shop")
    await page.locator(".launcher").click()
    frame = page.frame_locator("#chat-gateway iframe")
    await expect(frame.locator(".opening")).to_contain_text("How can I help?")
    assert problems == []
