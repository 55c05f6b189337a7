"""The app's own page in Slack, and the first questions in its messages tab."""

from typing import Any

from adapters.channels.background import Background
from adapters.channels.slack import inbound, mrkdwn
from adapters.channels.slack.api import Refused
from adapters.channels.slack.config import PROMPTS_MOST, Config
from adapters.channels.slack.inbound import Door
from adapters.channels.slack.intake import ApiOf
from adapters.channels.slack.wire import HomeOpened
from gateway.model import Introduction
from gateway.ports import GatewayForChannels

SECTION_LONGEST = 3000
BUTTON_LONGEST = 75
VALUE_LONGEST = 2000
LACKING = frozenset(
    {"not_agent_app", "unknown_method", "method_deprecated", "feature_not_enabled", "missing_scope"}
)
"""Refusals that stay: the app is not made for it."""


class Home:
    """Shows what the bot is. Never raises: everything is done on the side."""

    def __init__(
        self, config: Config, gateway: GatewayForChannels, background: Background, api_of: ApiOf
    ) -> None:
        self._config = config
        self._gateway = gateway
        self._background = background
        self._api_of = api_of
        self._without_prompts: set[str] = set()

    def opened(self, door: Door, event: HomeOpened) -> None:
        """Somebody looks at the app."""
        if event.tab == "home":
            self._background.start("home", self._publish(door, event))
        elif event.tab == "messages":
            self.suggest(door, event.channel, event.user)

    def suggest(self, door: Door, channel: str, user: str, thread: str | None = None) -> None:
        """Offer first questions."""
        if self._config.agent and door.installation.home not in self._without_prompts:
            offering = self._offer(door, channel, user, thread)
            self._background.start("first questions", offering)

    async def _publish(self, door: Door, event: HomeOpened) -> None:
        introduction = await self._introduction(door, event.channel, event.user)
        view = {"type": "home", "blocks": self._blocks(introduction)}
        api = self._api_of(door.installation)
        await api.call("views.publish", user_id=event.user, view=view)

    async def _offer(self, door: Door, channel: str, user: str, thread: str | None) -> None:
        texts = self._prompts(await self._introduction(door, channel, user))
        if not texts:
            return
        prompts = [{"title": _cut(text, BUTTON_LONGEST), "message": text} for text in texts]
        api = self._api_of(door.installation)
        try:
            await api.call(
                "assistant.threads.setSuggestedPrompts",
                channel_id=channel,
                thread_ts=thread,
                prompts=prompts,
            )
        except Refused as refused:
            if refused.code in LACKING:
                self._without_prompts.add(door.installation.home)
            raise

    async def _introduction(self, door: Door, channel: str, user: str) -> Introduction:
        return await self._gateway.introduce(inbound.origin(door, channel, user, kind="im"))

    def _prompts(self, introduction: Introduction) -> tuple[str, ...]:
        return (self._config.prompts or introduction.suggestions)[:PROMPTS_MOST]

    def _blocks(self, introduction: Introduction) -> list[dict[str, Any]]:
        blocks = [_section(introduction.opening)] if introduction.opening.strip() else []
        blocks.append(_section(self._gateway.text("", "slack.home.how")))
        if prompts := self._prompts(introduction):
            blocks.append(_section(self._gateway.text("", "slack.home.suggestions")))
            asks = [_button(f"home:ask:{n}", text, text) for n, text in enumerate(prompts)]
            blocks.append({"type": "actions", "elements": asks})
        anew = _button("home:new", self._gateway.text("", "slack.home.new"), "new")
        return [*blocks, {"type": "divider"}, {"type": "actions", "elements": [anew]}]


def _section(text: str) -> dict[str, Any]:
    shown = _cut(mrkdwn.escaped(text), SECTION_LONGEST)
    return {"type": "section", "text": {"type": "mrkdwn", "text": shown}}


def _button(action: str, label: str, value: str) -> dict[str, Any]:
    return {
        "type": "button",
        "action_id": action,
        "text": {"type": "plain_text", "text": _cut(label, BUTTON_LONGEST)},
        "value": value[:VALUE_LONGEST],
    }


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
