"""The chat in a frame of a page of another origin, with the gateway's own policies."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import web
from playwright.async_api import expect
from support.browser import chromium
from support.servers import free_port, loaded, running, web_config


@contextlib.asynccontextmanager
async def shop(gateway: str, port: int) -> AsyncIterator[str]:
    """A page with the widget in a frame."""

    async def page(_: web.Request) -> web.Response:
        tag = f'<script src="{gateway}/widget/w.js" data-key="pk_test" data-mode="frame"></script>'
        html = f'<!doctype html><title>Shop</title><link rel="icon" href="data:,">{tag}'
        return web.Response(text=html, content_type="text/html")

    app = web.Application()
    app.router.add_get("/", page)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield f"http://localhost:{port}"
    finally:
        await runner.cleanup()


async def test_only_a_listed_page_has_it_in_a_frame(
    sandbox: str, redis_url: str, folder: Path
) -> None:
    listed, other = free_port(), free_port()
    config = web_config(sandbox, redis_url)
    config["channels"]["site"]["origins"] = [f"http://localhost:{listed}"]
    async with running(loaded(folder, config)) as gateway, chromium() as browser:
        page = await browser.new_page()
        async with shop(gateway.url, listed) as url:
            await page.goto(url)
            await page.locator(".launcher").click()
            frame = page.frame_locator("#chat-gateway iframe")
            await frame.locator("[part=field]").fill("count slowly to 3")
            await frame.locator("[part=field]").press("Enter")
            answer = frame.locator("[data-role=bot]").last
            await expect(answer.locator(".text")).to_have_text("1 2 3", timeout=15_000)
        refusal = page.expect_console_message(lambda said: "frame-ancestors" in said.text)
        async with shop(gateway.url, other) as url, refusal:
            await page.goto(url)
            await page.locator(".launcher").click()
