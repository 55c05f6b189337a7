"""What made people leave other widgets does not happen between this one and the real gateway."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from playwright.async_api import Browser, Response, expect
from support.browser import Chat, chromium
from support.pages import shop
from support.servers import free_port, loaded, running, web_config

from adapters.channels.web.assets import STATIC
from gateway.service import Service

BUTTON = """<button id="ask" onclick="ask()">Ask about this</button>
<script>
  function ask() {
    ChatGateway.send("/new");
    ChatGateway.send("what is my name?");
  }
</script>"""
# What the page reads of streams, too.
LISTEN = """(() => {
  const ask = window.fetch;
  window.got = "";
  window.fetch = async (...given) => {
    const response = await ask(...given);
    const reader = response.clone().body.pipeThrough(new TextDecoderStream()).getReader();
    (async () => {
      for (let part; !(part = await reader.read()).done; ) window.got += part.value;
    })().catch(() => {});
    return response;
  };
})()"""


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest.fixture
async def chat(browser: Browser, sandbox: str, redis_url: str, folder: Path) -> AsyncIterator[Chat]:
    port = free_port()
    config = web_config(sandbox, redis_url)
    config["channels"]["site"]["origins"] = [f"http://localhost:{port}"]
    async with (
        running(loaded(folder, config)) as gateway,
        shop(gateway.url, port, attributes="", body=BUTTON) as url,
    ):
        chat = Chat(await browser.new_page(locale="en-GB"))
        await chat.page.add_init_script(LISTEN)
        await chat.page.goto(url)
        yield chat


async def test_the_page_gets_no_address_and_no_key_of_a_bot(chat: Chat, sandbox: str) -> None:
    """Not in a file, not in an answer, not in what is said when the bot fails."""
    # Flowise #1606, Dify #4874, #7742, langflow-embedded-chat #46
    answers: list[Response] = []
    chat.page.on("response", lambda answer: answers.append(answer))
    await chat.page.reload()
    await chat.press("open")
    await chat.write("count to 3")
    await chat.wait(1)
    await chat.write("fail midway")
    await chat.wait(1, "failed")
    got = await chat.page.evaluate("got") + await chat.page.content()
    files = [answer for answer in answers if not answer.url.endswith("/events")]
    got += "".join([await answer.text() for answer in files])
    got += "".join([str(await answer.all_headers()) for answer in answers])
    assert "1 2 3" in got
    address = sandbox.removeprefix("http://")
    for secret in ("app-test", address, "unix:", "completion_request_error"):
        assert secret not in got


async def test_an_answer_that_was_resumed_can_be_stopped(chat: Chat) -> None:
    """And stays stopped, on the next page too; the question after it is answered."""
    # The Vercel AI SDK has the one or the other.
    await chat.press("open")
    await chat.write("count slowly to 100")
    await chat.wait_for_text("1 2")
    await chat.page.reload()
    await chat.press("open")
    await chat.wait_for_text("1 2 3")
    await chat.press("stop")
    text = await chat.wait(1, "stopped")
    await chat.page.reload()
    await chat.press("open")
    assert await chat.wait(1, "stopped") == text
    await chat.write("count to 3")
    assert await chat.wait(1) == "1 2 3"
    assert len(await chat.texts()) == 2


async def test_a_button_of_the_page_begins_anew_and_asks(chat: Chat) -> None:
    # MaxKB #3051
    await chat.press("open")
    await chat.write("My name is Sarah")
    assert "Sarah" in await chat.wait(1)
    await chat.press("close")
    await chat.page.locator("#ask").click()
    await expect(chat.page.get_by_role("dialog")).to_be_visible()
    assert "Sarah" not in await chat.wait(3)
    assert (await chat.texts("user"))[1:] == ["New conversation", "what is my name?"]


async def test_ten_thousand_characters_are_refused_with_clear_words(chat: Chat) -> None:
    await chat.press("open")
    await chat.page.get_by_text("I am the sandbox bot").wait_for()
    await chat.page.evaluate("ChatGateway.send('x'.repeat(10_000))")
    alert = chat.page.get_by_role("alert")
    await expect(alert).to_be_visible()
    await expect(alert).to_contain_text("4000")
    await chat.write("count to 3")
    assert await chat.wait(1) == "1 2 3"


async def test_files_are_kept_and_commands_are_for_listed_pages_only(
    gateway: Service, http: aiohttp.ClientSession
) -> None:
    """Flowise's own server has both the other way round."""
    names = [path.name for path in STATIC.glob("*.js")]
    for name in names:
        async with http.get(f"{gateway.url}/widget/{name}") as response:
            assert "no-store" not in response.headers["Cache-Control"]
            lasting = "immutable" in response.headers["Cache-Control"]
            assert lasting is (name.count(".") == 2)
    headers = {"Origin": "https://evil.example"}
    for command in ("session", "events", "messages", "history", "conversations", "identify"):
        url = f"{gateway.url}/w/v1/pk_test/{command}"
        async with http.post(url, data="{}", headers=headers) as response:
            assert response.status == 403
            assert set(await response.json()) == {"error", "message"}
            assert "Origin" in response.headers["Vary"]
            assert "Access-Control-Allow-Credentials" not in response.headers
