"""How updates reach a bot: by its webhook, in order and until they are taken, or when it asks."""

import asyncio
import contextlib
import json
import time
from collections import defaultdict
from typing import Any

import aiohttp

from support.telegram.model import Answer, Bot
from support.telegram.sender import Sender, Update
from support.telegram.updates import wants

OUT_OF_REACH = Answer(0, "")
MESSAGES = ("message", "edited_message", "channel_post", "edited_channel_post")


class Pusher(Sender):
    """Brings updates to the bots."""

    http: aiohttp.ClientSession

    def __init__(self) -> None:
        super().__init__()
        self.reach: dict[str, str] = {}
        """Where a gateway really is, by its public address."""
        self.pauses: tuple[float, ...] = (0.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0)
        """Seconds before a webhook is tried again; the last of them for ever."""
        self.withheld: list[Update] = []
        """Updates that their bot is not told of."""
        self._order: defaultdict[tuple[int, str], asyncio.Lock] = defaultdict(asyncio.Lock)
        self._bringing = set[asyncio.Task[Any]]()

    async def push(
        self, update: Update, *, bot: Bot | None = None, again: bool = True
    ) -> Answer | None:
        """Bring an update to a bot as Telegram does; what its webhook answered in the end, or at
        first when it is not to be tried ``again``. None when it waits to be asked for, or when the
        bot is not told of it."""
        bot = bot or self.bot
        if not self._tells(bot, update):
            self.withheld.append(update)
            return None
        bot.pending.append(update)
        bot.wake.set()
        return await self._bring(bot, update, again) if bot.webhook.url else None

    async def push_all(self, updates: list[Update], *, bot: Bot | None = None) -> list[Any]:
        """Bring several, those of one chat one after another."""
        return await asyncio.gather(*(self.push(update, bot=bot) for update in updates))

    def flush(self, bot: Bot) -> None:
        """Bring what has waited to the webhook that there is now."""
        for update in list(bot.pending):
            task = asyncio.create_task(self._bring(bot, update, True))
            self._bringing.add(task)
            task.add_done_callback(self._bringing.discard)

    async def close(self) -> None:
        """Try no more."""
        for task in self._bringing:
            task.cancel()
        await asyncio.gather(*self._bringing, return_exceptions=True)

    async def _bring(self, bot: Bot, update: Update, again: bool) -> Answer:
        async with self._order[bot.id, _queue(update)]:
            answer, tries = OUT_OF_REACH, 0
            while update in bot.pending and bot.webhook.url:
                answer = await self.post(update, bot=bot)
                if 200 <= answer.status < 300:
                    bot.pending.remove(update)
                    break
                bot.webhook.last_error = f"Wrong response from the webhook: {answer.status}"
                bot.webhook.last_error_at = int(time.time())
                if not again:
                    break
                pause = self.pauses[min(tries, len(self.pauses) - 1)]
                await asyncio.sleep(float(answer.headers.get("Retry-After", pause)))
                tries += 1
        return answer

    async def post(
        self, update: Any, *, bot: Bot | None = None, secret: str | None = None, body: bytes = b"",
        url: str = "",
    ) -> Answer:  # fmt: skip
        """Post an update, or any body, to a bot's webhook or elsewhere, once; status 0 when nobody
        is there."""
        hook = (bot or self.bot).webhook
        url = url or hook.url
        for public, real in self.reach.items():
            url = url.replace(public, real, 1) if url.startswith(public) else url
        headers = {"Content-Type": "application/json"}
        if secret := hook.secret if secret is None else secret:
            headers["X-Telegram-Bot-Api-Secret-Token"] = secret
        began = time.monotonic()
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            data = body or json.dumps(update).encode()
            async with self.http.post(url, data=data, headers=headers) as response:
                text = await response.text()
                seconds = time.monotonic() - began
                return Answer(response.status, text, dict(response.headers), seconds)
        return OUT_OF_REACH

    def _tells(self, bot: Bot, update: Update) -> bool:
        kind = next(name for name in update if name != "update_id")
        if not wants(bot, kind):
            return False
        said = update[kind]
        private = said.get("chat", {}).get("type", "private") == "private"
        if kind not in MESSAGES or private or bot.reads_all:
            return True
        return bot.id in self.chat(said["chat"]["id"]).admins or _concerns(bot, said)


def _concerns(bot: Bot, said: dict[str, Any]) -> bool:
    """Whether a bot in privacy mode is told of a message in a group."""
    service = {"migrate_to_chat_id", "migrate_from_chat_id", "new_chat_members", "left_chat_member"}
    if service & set(said):
        return True
    if said.get("reply_to_message", {}).get("from", {}).get("id") == bot.id:
        return True
    text = said.get("text") or said.get("caption") or ""
    for entity in said.get("entities") or said.get("caption_entities") or ():
        units = text.encode("utf-16-le")[entity["offset"] * 2 :][: entity["length"] * 2]
        word = units.decode("utf-16-le").lower()
        if entity["type"] == "mention" and word == f"@{bot.username.lower()}":
            return True
        if entity["type"] == "bot_command" and word.partition("@")[2] in ("", bot.username.lower()):
            return True
        if entity["type"] == "text_mention" and entity["user"]["id"] == bot.id:
            return True
    return False


def _queue(update: Update) -> str:
    kind = next(name for name in update if name != "update_id")
    if kind in MESSAGES:
        return str(update[kind]["chat"]["id"])
    if kind == "callback_query":
        return f"callback {update[kind]['from']['id']}"
    return f"{kind} {update[kind].get('chat', {}).get('id', 0)}"
