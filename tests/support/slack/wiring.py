"""A gateway's configuration with a Slack channel, and a person who uses it."""

from typing import Any
from urllib.parse import urlsplit

from support.servers import eventually
from support.slack.model import Answer, Message
from support.slack.server import Slack


def with_slack(config: dict[str, Any], slack: Slack, **keys: Any) -> dict[str, Any]:
    """A configuration, with a channel called ``slack`` that leads to the same bot."""
    channel: dict[str, Any] = {
        "kind": "slack",
        "bot_token": "xoxb-test",
        "signing_secret": slack.signing_secret,
        "api_url": slack.api_url,
        "file_hosts": [urlsplit(slack.url).netloc],
    }
    config["channels"]["slack"] = {k: v for k, v in (channel | keys).items() if v}
    config["routes"].append({"channel": "slack", "bot": config["routes"][0]["bot"]})
    return config


class People:
    """The people of a workspace, who write to the bot of one gateway."""

    def __init__(self, slack: Slack, gateway_url: str) -> None:
        self._slack = slack
        self.url = f"{gateway_url}/slack/slack/events"

    async def mention(self, text: str, **more: Any) -> str:
        """Mention the bot in a channel; the thread's ts. It must be taken."""
        event = self._slack.mention(text=text, **more)
        return await self.send(event)

    async def write(self, text: str, **more: Any) -> str:
        """Write, directly unless told otherwise; the thread's ts. It must be taken."""
        return await self.send(self._slack.message(text=text, **more))

    async def send(self, event: dict[str, Any]) -> str:
        """Send an event that must be taken; the ts of the thread it belongs to."""
        answer = await self.try_to(event)
        assert answer.status == 200, answer
        return str(event.get("thread_ts") or event["ts"])

    async def try_to(self, event: dict[str, Any], **more: Any) -> Answer:
        """Send an event, whatever becomes of it."""
        return await self._slack.event(self.url, event, **more)

    async def answers(self, channel: str, thread: str, count: int = 1) -> list[Message]:
        """The bot's messages in a thread, once there are so many and all are whole."""

        def found() -> list[Message]:
            said = self._slack.thread(channel, thread)
            whole = len(said) >= count and not any(message.streaming for message in said)
            return said if whole else []

        shown: list[Message] = await eventually(found, 15)
        return shown

    async def answer(self, channel: str, thread: str, count: int = 1) -> str:
        """What the last of so many messages says."""
        return (await self.answers(channel, thread, count))[-1].text.strip()
