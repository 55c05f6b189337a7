"""On a customer's page: files, voices, pictures and forms, there and back."""

from __future__ import annotations

import re

import aiohttp
import pytest
from playwright.async_api import FilePayload, Page, expect
from support.browser import Chat
from support.servers import eventually
from table_acts import ask, opened
from table_bot import Bot
from table_shop import Shop

from gateway.sandbox.clickai_made import SOUND

pytestmark = pytest.mark.asyncio(loop_scope="session")

# What docs/widget.md says that pages with pictures, sound and video allow.
IMAGES = {"img-src": "{gateway}"}
MEDIA = {"media-src": "{gateway} blob:"}
SLOW = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 300_000}
NOTES = FilePayload(name="notes.txt", mimeType="text/plain", buffer=b"note\n" * 30_000)


async def fetched(address: str) -> tuple[str, bytes]:
    """What a link of the gateway leads to."""
    async with aiohttp.ClientSession() as http, http.get(address) as response:
        assert response.status == 200
        return response.content_type, await response.read()


async def test_a_file_is_seen_on_its_way_and_reaches_the_bot(
    page: Page, shop: Shop, bot: Bot
) -> None:
    network = await page.context.new_cdp_session(page)
    chat = await opened(page, shop.page())
    await expect(page.locator("[data-action=attach]")).to_be_visible()
    await network.send("Network.enable")
    await network.send("Network.emulateNetworkConditions", SLOW)
    await page.locator("input[type=file]").set_input_files([NOTES])
    bar = page.get_by_role("progressbar", name="notes.txt")
    await expect(bar).to_be_visible()
    await expect(bar).to_have_attribute("value", re.compile(r"0\.\d+"))
    await network.detach()
    await expect(bar).to_have_count(0)
    await chat.write("What is this?")
    await chat.wait(1)
    (asked,) = bot.bodies("/chat-messages")
    (file,) = asked["files"]
    assert (file["type"], file["transfer_method"]) == ("document", "local_file")
    preview = f"{bot.url}/files/{file['upload_file_id']}/preview?user={asked['user']}"
    headers = {"Authorization": "Bearer app-chat"}
    async with aiohttp.ClientSession() as http, http.get(preview, headers=headers) as response:
        assert await response.read() == NOTES["buffer"]


async def test_a_picture_of_an_answer_is_shown(page: Page, shop: Shop) -> None:
    chat = await opened(page, shop.page(allow=IMAGES))
    await ask(chat, "count to 2 with a picture")
    picture = page.locator("[data-role=bot] img")
    await expect(picture).to_be_visible()
    await expect(picture).to_have_js_property("naturalWidth", 1)
    assert (await picture.get_attribute("src") or "").startswith(f"{shop.gateway}/")


async def test_a_spoken_answer_has_a_player(page: Page, shop: Shop) -> None:
    chat = await opened(page, shop.page(allow=MEDIA))
    await ask(chat, "count to 2 aloud")
    player = page.locator("[data-role=bot] audio[controls]")
    await expect(player).to_be_visible()
    assert await fetched(await player.get_attribute("src") or "") == (
        "audio/mpeg",
        b"".join(SOUND),
    )


async def test_a_voice_is_heard_by_the_bot_and_can_be_played(
    page: Page, shop: Shop, bot: Bot
) -> None:
    chat = await opened(page, shop.page(allow=MEDIA))
    await page.get_by_role("button", name="Record a voice message").click()
    # The microphone beeps: that it is heard can be seen.
    await expect(page.locator(".level")).to_have_attribute("style", re.compile(r"scaleX\(0\.\d"))
    await page.get_by_role("button", name="Send the recording").click()
    await chat.wait(1)
    (asked,) = bot.asked()
    assert asked.startswith("mock transcript of")
    player = page.locator("[data-role=user] audio")
    await player.evaluate("async (audio) => { audio.muted = true; await audio.play(); }")
    await eventually(lambda: player.evaluate("({ currentTime }) => currentTime > 0"))


async def test_what_is_asked_first_reaches_the_bot(page: Page, shop: Shop, bot: Bot) -> None:
    chat = Chat(page)
    await page.goto(shop.page("asks_first"))
    await page.locator("[data-action=open]").click()
    form = page.locator("form")
    await expect(form).to_contain_text("Before we begin")
    await expect(page.locator("[part=field]")).to_be_hidden()
    await form.get_by_label("Topic").select_option("Return")
    await form.get_by_role("button", name="Send").click()
    await expect(form.get_by_label("E-mail")).to_be_focused()
    await form.get_by_label("E-mail").fill("ann@shop.example")
    await form.get_by_role("button", name="Send").click()
    await expect(page.locator("[part=field]")).to_be_visible()
    await ask(chat, "count to 2")
    (asked,) = bot.bodies("/chat-messages")
    assert asked["inputs"] == {"email": "ann@shop.example", "topic": "Return"}
    await page.reload()
    await page.locator("[data-action=open]").click()
    await expect(page.locator("[part=field]")).to_be_visible()


async def test_a_choice_and_what_is_filled_in_reach_the_bot(
    page: Page, shop: Shop, bot: Bot
) -> None:
    chat = await opened(page, shop.page("approval"))
    await chat.write("the order")
    form = page.locator("form")
    await form.get_by_role("textbox").fill("Too dear")
    await form.get_by_role("button", name="Reject").click()
    (sent,) = await eventually(
        lambda: [body for _, path, body in bot.heard if "/human_input/" in path and body]
    )
    assert (sent["action"], sent["inputs"]) == ("reject", {"note": "Too dear"})
    answer = page.locator("[data-role=bot] .text").last
    await expect(answer).to_contain_text("You chose Reject. Your note: Too dear")
    await expect(form).to_have_count(0)
