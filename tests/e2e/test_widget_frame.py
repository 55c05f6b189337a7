"""The chat in a frame of a page of another origin, with the gateway's own policies."""

from pathlib import Path

from playwright.async_api import expect
from support.browser import chromium
from support.pages import shop
from support.servers import free_port, loaded, running, web_config

FRAME = 'data-mode="frame"'


async def test_only_a_listed_page_has_it_in_a_frame(
    sandbox: str, redis_url: str, folder: Path
) -> None:
    listed, other = free_port(), free_port()
    config = web_config(sandbox, redis_url)
    config["channels"]["site"]["origins"] = [f"http://localhost:{listed}"]
    async with running(loaded(folder, config)) as gateway, chromium() as browser:
        page = await browser.new_page()
        async with shop(gateway.url, listed, FRAME) as url:
            await page.goto(url)
            await page.locator(".launcher").click()
            frame = page.frame_locator("#chat-gateway iframe")
            await frame.locator("[part=field]").fill("count slowly to 3")
            await frame.locator("[part=field]").press("Enter")
            answer = frame.locator("[data-role=bot]").last
            await expect(answer.locator(".text")).to_have_text("1 2 3", timeout=15_000)
        refusal = page.expect_console_message(lambda said: "frame-ancestors" in said.text)
        async with shop(gateway.url, other, FRAME) as url, refusal:
            await page.goto(url)
            await page.locator(".launcher").click()
