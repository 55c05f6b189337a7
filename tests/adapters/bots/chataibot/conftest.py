"""A bot between a stand-in for ChatAIBot and a small gateway."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, aclosing
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from chataibot_doubles import SECRET, SENT, STARTED, TOKEN, Gateway, Vendor

from adapters.bots.chataibot import Bot, Config
from gateway.model import Ask, Conversation, Reference, ReplyEvent
from gateway.sandbox.answers import Answers
from gateway.sandbox.chataibot import ChatAIBot
from gateway.sandbox.server import serving


@pytest.fixture
async def gateway(http: aiohttp.ClientSession) -> Gateway:
    return Gateway(http)


@pytest.fixture
async def vendor() -> AsyncIterator[Vendor]:
    stand_in = Vendor()
    app = web.Application()
    app.router.add_post("/{path:.*}", stand_in.serve)
    async with serving(app, "127.0.0.1", 0) as port:
        stand_in.url = f"http://127.0.0.1:{port}"
        yield stand_in


MakeBot = Callable[..., Awaitable[Bot]]


@pytest.fixture
async def make_bot(vendor: Vendor, gateway: Gateway) -> AsyncIterator[MakeBot]:
    """A started bot, and its webhook on a real port."""
    async with AsyncExitStack() as stack:

        async def make(**config: object) -> Bot:
            values = {
                "kind": "chataibot",
                "base_url": vendor.url,
                "token": TOKEN,
                "bot_key": "bot-key",
                "webhook_secret": SECRET,
                **config,
            }
            bot = Bot("helper", Config.model_validate(values))
            await bot.start(gateway)
            stack.push_async_callback(bot.stop)
            app = gateway.application()
            port = await stack.enter_async_context(serving(app, "127.0.0.1", 0))
            gateway.url = f"http://127.0.0.1:{port}{bot.webhook_path}"
            return bot

        yield make


@pytest.fixture
async def bot(make_bot: MakeBot) -> Bot:
    return await make_bot()


@pytest.fixture
def ask(gateway: Gateway) -> Callable[..., Awaitable[list[ReplyEvent]]]:
    """Asks as the core does: what a Reference names is known the moment it is said."""

    async def ask(bot: Bot, text: str = "hello", reference: str = "", **more: Any) -> list:
        more["conversation"] = Conversation(reference, more.pop("inputs", {}))
        question = Ask(**{"turn": "1", "text": text, "user": "site!v1", **more})
        events: list[ReplyEvent] = []
        async with asyncio.timeout(10), aclosing(bot.answer(question)) as answer:
            async for event in answer:
                events.append(event)
                if isinstance(event, Reference):
                    gateway.known.update(event.aliases)
        return events

    return ask


@pytest.fixture
def post(http: aiohttp.ClientSession, gateway: Gateway) -> Callable[..., Any]:
    """Posts to the webhook as ChatAIBot does; the status and the body of the answer."""

    async def post(*events: Any, body: Any = None, **how: Any) -> tuple[int, Any]:
        how.setdefault("headers", {"Authorization": f"Bearer {SECRET}"})
        if "data" not in how:
            how["json"] = {"events": list(events)} if body is None else body
        async with http.post(gateway.url, **how) as response:
            return response.status, await response.json()

    return post


@pytest.fixture
def said() -> Callable[..., dict[str, Any]]:
    """The event of one message."""

    def said(body: str = "Hi!", sender: str = "BOT", number: int = 1, **data: Any) -> dict:
        message = {
            "id": f"m-{number}",
            "type": data.pop("type", "text"),
            "data": {"body": body, **data},
            "from": {"type": sender},
            "created_at": f"2025-02-10 20:21:{number:02}.000000",
        }
        payload = {"conversation": {"id": "conv-1"}, "message": message}
        return {"event": {"type": "message_create", "payload": payload}}

    return said


@pytest.fixture
async def account(make_bot: MakeBot, gateway: Gateway) -> AsyncIterator[tuple[Bot, ChatAIBot]]:
    """A bot in front of the sandbox, whose answers come to its webhook."""
    sandbox = ChatAIBot(Answers("# Chat Gateway\n").answer, webhook_token=SECRET, delay=0.01)
    async with serving(sandbox.application(), "127.0.0.1", 0) as port:
        bot = await make_bot(base_url=f"http://127.0.0.1:{port}")
        sandbox.webhook_url = gateway.url
        yield bot, sandbox


@pytest.fixture
def started() -> dict[str, Any]:
    return STARTED


@pytest.fixture
def sent() -> dict[str, Any]:
    return SENT


@pytest.fixture
def secret() -> str:
    return SECRET


@pytest.fixture
def token() -> str:
    return TOKEN
