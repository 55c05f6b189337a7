"""On a customer's page: who somebody is counts when the shop's server has signed it."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Browser, Page, expect
from support.browser import Chat
from support.servers import eventually
from table_acts import SIGNING_SECRET, Problems, ask, launch, opened, token, vouched
from table_bot import Bot
from table_shop import Shop

from adapters.channels.web.tokens import Tokens

pytestmark = pytest.mark.asyncio(loop_scope="session")

COMMANDS = (
    *("session", "messages", "stop", "feedback", "regenerate", "history", "read"),
    *("conversations", "conversations/delete", "events"),
)
FULL = {
    "id": "a-message-of-nobody",
    "text": "Hello",
    "turn": "1",
    "rating": "like",
    "cursor": "0-0",
    "conversation": "first",
}
WHO = "heard.filter(([name]) => name === 'identity').map(([, detail]) => detail)"


def identify(identity: object) -> list[list[object]]:
    return [["identify", identity]]


async def send(
    http: aiohttp.ClientSession, shop: Shop, command: str, **body: Any
) -> tuple[int, str]:
    """A command as whoever is no browser sends it: the status and the error."""
    url = f"{shop.gateway}/w/v1/members/{command}"
    headers = {"Origin": shop.url, "Content-Type": "text/plain"}
    async with http.post(url, data=json.dumps({**FULL, **body}), headers=headers) as response:
        return response.status, (await response.json())["error"]


async def test_a_person_of_a_token_is_let_in_on_every_device(
    page: Page, browser: Browser, shop: Shop, bot: Bot
) -> None:
    url = shop.page("members", calls=identify({"token": token("ann")}))
    answer = await ask(await opened(page, url), "My name is Ann")
    assert await page.evaluate(WHO) == [{"user": {"name": "Ann"}}]
    # Nothing of the first browser is there.
    elsewhere = await browser.new_page()
    assert await (await opened(elsewhere, url)).wait(1) == answer
    await elsewhere.close()
    assert bot.asked() == ["My name is Ann"]


async def test_a_person_of_a_hash_is_let_in_where_it_counts(page: Page, shop: Shop) -> None:
    chat = await opened(page, shop.page("members", calls=identify(vouched("eve"))))
    assert await ask(chat, "count to 2") == "1 2"
    assert await page.evaluate(WHO) == [{"user": {"name": ""}}]


@pytest.mark.parametrize(
    ("key", "identity"),
    [
        ("members", {"token": token("ann", "a secret that somebody has guessed")}),
        ("members", {"token": token("ann", exp=1)}),
        ("members", vouched("ann", "a secret that somebody has guessed")),
        ("shop", vouched("ann")),
    ],
    ids=["forged", "expired", "forged hash", "hash where none is taken"],
)
async def test_who_is_not_vouched_for_is_nobody(
    page: Page, shop: Shop, bot: Bot, problems: Problems, key: str, identity: dict[str, str]
) -> None:
    await page.goto(shop.page(key, calls=[*identify(identity), ["open"]]))
    await eventually(lambda: page.evaluate(f"{WHO}.some((detail) => 'error' in detail)"))
    await expect(page.locator(".line.refused")).not_to_be_empty()
    assert await page.locator(".composer").evaluate("composer => composer.inert") is True
    assert "token" not in str(await page.context.storage_state())
    assert bot.asked() == []
    problems.forgive("401", "This identity")


async def test_without_an_identity_nothing_can_be_said(
    page: Page, shop: Shop, bot: Bot, problems: Problems
) -> None:
    await page.goto(shop.page("members"))
    await page.locator("[data-action=open]").click()
    await expect(page.get_by_text("This site lets in only those")).to_be_visible()
    assert await page.locator(".composer").evaluate("composer => composer.inert") is True
    assert bot.heard == []
    problems.forgive("401", "Chat Gateway:")


async def test_no_command_is_taken_of_who_has_no_identity(
    shop: Shop, bot: Bot, gateway: object
) -> None:
    tokens = Tokens("members", [SIGNING_SECRET.encode()])
    # As one has it who was here before the site required identities.
    anonymous = tokens.issue(tokens.stranger())
    person = tokens.issue(tokens.person("ann", "Ann", {}))
    async with aiohttp.ClientSession() as http:
        assert await send(http, shop, "session") == (401, "identity_required")
        for command in COMMANDS:
            refused = await send(http, shop, command, token=anonymous)
            assert refused == (401, "identity_required"), command
        for command in COMMANDS[1:]:
            assert await send(http, shop, command) == (401, "no_token"), command
        # A message of a person is taken, so it was the identity that was missing.
        body = json.dumps({**FULL, "token": person})
        url, headers = f"{shop.gateway}/w/v1/members/messages", {"Origin": shop.url}
        assert bot.heard == []
        async with http.post(url, data=body, headers=headers) as response:
            assert response.status == 202
    await eventually(lambda: bot.answered)


async def test_no_file_is_taken_of_who_has_no_identity(shop: Shop, gateway: object) -> None:
    tokens = Tokens("members", [SIGNING_SECRET.encode()])
    form = aiohttp.FormData()
    form.add_field("token", tokens.issue(tokens.stranger()))
    form.add_field("file", b"Hello", filename="a.txt", content_type="text/plain")
    url, headers = f"{shop.gateway}/w/v1/members/files", {"Origin": shop.url}
    sent = aiohttp.request("POST", url, data=form, headers=headers)
    async with sent as response:
        assert response.status == 401
        assert (await response.json())["error"] == "identity_required"


async def test_another_user_has_another_conversation(page: Page, shop: Shop, bot: Bot) -> None:
    buttons: dict[str, list[Any]] = {
        "Bob": ["identify", {"token": token("bob")}],
        "Cleo": ["identify", {"token": token("cleo")}],
        "Sign out": ["reset"],
    }
    chat = await opened(page, shop.page(buttons=buttons, calls=identify({"token": token("bob")})))
    assert "Bob" in await ask(chat, "My name is Bob")
    await page.get_by_role("button", name="Cleo").click()
    await expect(page.locator("[data-role=user]")).to_have_count(0)
    await expect(page.locator(".opening")).to_contain_text("I am the sandbox bot")
    assert "Bob" not in await ask(chat, "what is my name?")
    bobs, cleos = bot.bodies("/chat-messages")
    assert bobs["user"] != cleos["user"]
    assert not cleos.get("conversation_id")
    await page.get_by_role("button", name="Bob").click()
    await expect(page.locator("[data-role=user] .text")).to_have_text(["My name is Bob"])
    assert "Bob" in await ask(chat, "what is my name?")
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.locator("[data-role=user]")).to_have_count(0)
    assert "Bob" not in await ask(chat, "what is my name?")


async def test_nobody_is_left_on_a_page_where_somebody_signed_out(page: Page, shop: Shop) -> None:
    url = shop.page(buttons={"Sign out": ["reset"]}, calls=identify({"token": token("dan")}))
    chat = await opened(page, url)
    await ask(chat, "My name is Dan")
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.locator("[data-role=user]")).to_have_count(0)
    await page.goto(shop.page())
    await launch(page)
    assert "Dan" not in await ask(Chat(page), "what is my name?")


@pytest.mark.parametrize("identity", [{"id": "ann"}, {}, {"token": None}, {"token": ""}])
async def test_an_id_without_its_hash_is_told_of(
    page: Page, shop: Shop, bot: Bot, problems: Problems, identity: dict[str, str]
) -> None:
    await page.goto(shop.page("members", calls=[["identify", identity], ["open"]]))
    await expect(page.locator(".line.refused")).to_be_visible()
    problems.clear()
