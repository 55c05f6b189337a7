"""A gateway's configuration with a Telegram channel, and the people who use it."""

from collections.abc import Callable
from typing import Any

from support.servers import eventually
from support.telegram.model import Answer, Bot, Message
from support.telegram.sender import GROUP, PERSON, Update
from support.telegram.server import Telegram

PUBLIC = "https://gateway.test"
"""Where Telegram is told that the gateway is."""


def with_telegram(
    config: dict[str, Any], telegram: Telegram, name: str = "telegram", **keys: Any
) -> dict[str, Any]:
    """A configuration, with a channel that leads to the same bot."""
    channel = {"kind": "telegram", "token": telegram.token, "api_url": telegram.url}
    config["channels"][name] = channel | keys
    config["routes"].append({"channel": name, "bot": config["routes"][0]["bot"]})
    config["server"] = {**config.get("server", {}), "public_url": PUBLIC}
    return config


class People:
    """The people who write to the bot of one gateway, once it has told Telegram where it is."""

    def __init__(self, telegram: Telegram, gateway_url: str, bot: Bot | None = None) -> None:
        self.telegram = telegram
        self.bot = bot or telegram.bot
        telegram.reach[PUBLIC] = gateway_url

    async def ready(self) -> None:
        """Wait until the webhook is set."""
        await eventually(lambda: self.bot.webhook.url)

    async def write(self, text: str, *, user: int = PERSON, **more: Any) -> int:
        """Write to the bot; the chat. It must be taken."""
        await self.send(self.telegram.private(text, user=user, bot=self.bot, **more))
        return user

    async def mention(self, text: str, *, chat: int = GROUP, **more: Any) -> int:
        """Mention the bot in a group; the chat. It must be taken."""
        await self.send(self.telegram.mention(text, chat=chat, bot=self.bot, **more))
        return chat

    async def send(self, update: Update) -> Answer:
        """Have an update brought that must be taken."""
        answer = await self.telegram.push(update, bot=self.bot)
        assert answer is not None
        assert answer.status == 200, answer
        return answer

    async def press(self, message: Message, label: str = "", data: str = "", **more: Any) -> Answer:
        """Press a button."""
        found = message.button(label, data)["callback_data"]
        return await self.send(self.telegram.callback(message, found, bot=self.bot, **more))

    async def answers(
        self, chat: int, count: int = 1, thread: int | None = None, seconds: float = 15,
        whole: Callable[[Message], bool] = lambda message: bool(message.keyboard),
    ) -> list[Message]:  # fmt: skip
        """The bot's messages in a chat once so many of them are whole: the last of an answer is,
        by its buttons."""

        def found() -> list[Message]:
            said = self.telegram.said(chat, thread, self.bot)
            return said if sum(map(whole, said)) >= count else []

        shown: list[Message] = await eventually(found, seconds)
        return shown

    async def answer(self, chat: int, count: int = 1, thread: int | None = None) -> str:
        """What the last of so many answers says."""
        return (await self.answers(chat, count, thread))[-1].text
