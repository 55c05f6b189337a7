"""How a bot gets its updates: asked for, or by webhook."""

import asyncio
import contextlib
import re
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from support.telegram.methods import method
from support.telegram.model import Bot, File, Refusal, Webhook, bad
from support.telegram.state import State

if TYPE_CHECKING:
    from support.telegram.server import Telegram

SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
PORTS = (None, 443, 80, 88, 8443)
UNASKED = {"chat_member", "message_reaction", "message_reaction_count"}
"""Kinds that come only to a bot that asks for them."""
KINDS = {
    "message", "edited_message", "channel_post", "edited_channel_post", "business_connection",
    "business_message", "edited_business_message", "deleted_business_messages", "guest_message",
    "message_reaction", "message_reaction_count", "inline_query", "chosen_inline_result",
    "callback_query", "shipping_query", "pre_checkout_query", "purchased_paid_media", "poll",
    "poll_answer", "my_chat_member", "chat_member", "chat_join_request", "chat_boost",
    "removed_chat_boost", "managed_bot", "subscription", "stopped_message_generation",
}  # fmt: skip
OTHER = (
    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is "
    "running"
)
ACTIVE = (
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete "
    "the webhook first"
)


@method("getUpdates", offset=int, limit=int, timeout=int, allowed_updates=list)
async def get_updates(tg: State, bot: Bot, args: dict[str, Any]) -> Any:
    """What came; waits for something until the timeout. The offset confirms what was before."""
    if bot.webhook.url:
        raise Refusal(ACTIVE, 409)
    _allow(tg, bot, args)
    mine = _interrupt(bot, OTHER)
    _confirm(bot, args.get("offset", 0))
    limit = max(1, min(100, args.get("limit", 100)))
    until = time.monotonic() + max(0, min(50, args.get("timeout", 0)))
    bot.polling += 1
    try:
        await _wait(bot, mine, until)
    finally:
        bot.polling -= 1
    return list(bot.pending)[:limit]


async def _wait(bot: Bot, mine: int, until: float) -> None:
    while not bot.pending and time.monotonic() < until:
        wake = bot.wake
        wake.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(until - time.monotonic()):
                await wake.wait()
        if bot.polls != mine:
            raise Refusal(bot.poll_end, 409)


def _interrupt(bot: Bot, says: str) -> int:
    bot.polls += 1
    bot.poll_end = says
    bot.wake.set()
    # Whoever waits on the old one is told; the new one has its own.
    bot.wake = asyncio.Event()
    return bot.polls


def _confirm(bot: Bot, offset: int) -> None:
    if offset < 0:
        while len(bot.pending) > -offset:
            bot.pending.popleft()
    while bot.pending and bot.pending[0]["update_id"] < offset:
        bot.pending.popleft()


def _allow(tg: State, bot: Bot, args: dict[str, Any]) -> None:
    if "allowed_updates" in args:
        names = args["allowed_updates"]
        if unknown := set(names) - KINDS:
            tg.complaints.append(f"unknown kinds of updates: {sorted(unknown)}")
        bot.allowed = [name for name in names if name in KINDS]


def wants(bot: Bot, kind: str) -> bool:
    """Whether a bot is told of such updates."""
    return kind in bot.allowed if bot.allowed else kind not in UNASKED


@method(
    "setWebhook", "url", url=str, certificate=File, ip_address=str, max_connections=int,
    allowed_updates=list, drop_pending_updates=bool, secret_token=str,
)  # fmt: skip
def set_webhook(tg: "Telegram", bot: Bot, args: dict[str, Any]) -> Any:
    """Updates go there from now on."""
    url, secret = args.get("url", ""), args.get("secret_token", "")
    if url and urlsplit(url).scheme != "https":
        raise bad("bad webhook: An HTTPS URL must be provided for webhook")
    if url and urlsplit(url).port not in PORTS:
        raise bad("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
    if "secret_token" in args and not SECRET.fullmatch(secret):
        raise bad("secret token contains unallowed characters")
    connections = args.get("max_connections", 40)
    if not 1 <= connections <= 100:
        raise bad("max_connections must be from 1 to 100")
    _allow(tg, bot, args)
    _drop(bot, args)
    bot.webhook = Webhook(url=url, secret=secret, connections=connections)
    _interrupt(bot, "Conflict: terminated by setWebhook request")
    tg.flush(bot)
    return True


@method("deleteWebhook", drop_pending_updates=bool)
def delete_webhook(tg: State, bot: Bot, args: dict[str, Any]) -> Any:
    """Updates are asked for from now on."""
    _drop(bot, args)
    bot.webhook = Webhook()
    return True


def _drop(bot: Bot, args: dict[str, Any]) -> None:
    if args.get("drop_pending_updates"):
        bot.pending.clear()


@method("getWebhookInfo")
def webhook_info(tg: State, bot: Bot, args: dict[str, Any]) -> Any:
    """Where updates go, and how that goes."""
    hook = bot.webhook
    info: dict[str, Any] = {
        "url": hook.url, "has_custom_certificate": False,
        "pending_update_count": len(bot.pending),
    }  # fmt: skip
    if hook.url:
        info |= {"max_connections": hook.connections, "ip_address": "203.0.113.1"}
    if hook.last_error:
        info |= {"last_error_message": hook.last_error, "last_error_date": hook.last_error_at}
    return info | ({"allowed_updates": bot.allowed} if bot.allowed else {})
