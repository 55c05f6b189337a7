"""Buttons: what people think of an answer, what they choose, and what they want again."""

import time
from typing import Any

import structlog
from msgspec.structs import replace

from adapters.channels.background import Background
from adapters.channels.slack import inbound
from adapters.channels.slack.commands import Commands
from adapters.channels.slack.inbound import Door
from adapters.channels.slack.intake import ApiOf, Intake
from adapters.channels.slack.modals import About, Modals
from adapters.channels.slack.ratings import Ratings, Turn
from adapters.channels.slack.wire import Action, Interaction, Message
from gateway.model import Inbound, Origin, Rating
from gateway.ports import GatewayForChannels

MARKDOWN_LONGEST = 12_000
TEXT_LONGEST = 4000
LABEL_LONGEST = 300
SAYING = frozenset({"rich_text", "markdown"})
"""Blocks that carry an answer's text; a section may be no more than the question it ends with."""

log = structlog.get_logger(__name__)


class Actions:
    """Does what a pressed button asks for. Raises StoreUnavailable: then it was not done."""

    def __init__(
        self,
        gateway: GatewayForChannels,
        background: Background,
        intake: Intake,
        ratings: Ratings,
        modals: Modals,
        commands: Commands,
        api_of: ApiOf,
    ) -> None:
        self._gateway = gateway
        self._background = background
        self._intake = intake
        self._ratings = ratings
        self._modals = modals
        self._commands = commands
        self._api_of = api_of

    async def heed(self, door: Door, interaction: Interaction) -> None:
        """Take the press of one button."""
        for action in interaction.actions[:1]:
            kind, _, rest = action.action_id.partition(":")
            if kind == "home":
                await self._at_home(door, interaction, action, rest)
            elif interaction.channel and interaction.message and interaction.message.ts:
                where = inbound.pressed_by(
                    door, interaction.user, interaction.channel.id, interaction.message
                )
                await self._below(door, interaction, interaction.message, action, where)

    async def _below(
        self, door: Door, press: Interaction, message: Message, action: Action, where: Origin
    ) -> None:
        match action.action_id.partition(":")[0]:
            case "feedback" if action.value in (Rating.LIKE, Rating.DISLIKE):
                await self._rate(door, press, action, where)
            case "choice" | "suggest" if action.value:
                await self._choose(door, message, action, where)
            case "retry" if action.value:
                await self._retry(door, message, action.value, where)

    async def _rate(self, door: Door, press: Interaction, action: Action, where: Origin) -> None:
        channel, ts = where.facts["slack_channel"], where.facts["ts"]
        turn = await self._ratings.find(channel, ts)
        if not turn:
            return
        person, value = where.person.id, action.value or ""
        rating = await self._ratings.pressed(channel, ts, person, value, action.action_ts)
        if rating is Rating.DISLIKE:
            self._modals.ask_for_comment(door, press.trigger_id, About(channel, ts))
        self._background.start("rating", self._pass_on(door, turn, rating, where))

    async def _pass_on(self, door: Door, turn: Turn, rating: Rating, where: Origin) -> None:
        if await self._ratings.rate(turn, rating) and rating is not Rating.NONE:
            facts, text = where.facts, self._gateway.text("", "slack.thanks")
            await self._api_of(door.installation).call(
                "chat.postEphemeral",
                channel=facts["slack_channel"],
                user=facts["user"],
                text=text,
                thread_ts=facts["thread"] or None,
            )

    async def _choose(self, door: Door, message: Message, action: Action, where: Origin) -> None:
        # By the message, not by the press: of several buttons one counts, and once.
        name = f"{where.facts['slack_channel']}:{message.ts}:choice"
        said = Inbound(id=name, origin=where, text=action.value or "", received_at=time.time())
        if await self._intake.admit(said, door.installation):
            self._background.start("choice", self._show_choice(door, message, action, where))

    async def _show_choice(
        self, door: Door, message: Message, action: Action, where: Origin
    ) -> None:
        label = (action.text.text if action.text else "") or action.value or ""
        blocks = _chosen(message, action, label)
        if blocks:
            await self._api_of(door.installation).call(
                "chat.update",
                channel=where.facts["slack_channel"],
                ts=message.ts,
                text=(message.text or label)[:TEXT_LONGEST],
                blocks=blocks,
            )

    async def _retry(self, door: Door, message: Message, asked: str, where: Origin) -> None:
        question = await self._intake.question(asked)
        if not question:
            text = self._gateway.text("", "slack.try_again")
            self._background.start("retry", self._intake.tell(where, door.installation, text))
            return
        # Only within the conversation: the value of a button could name any message.
        if question.origin.address != where.address:
            log.warning("a retry of another conversation's question was left out")
            return
        name = f"{where.facts['slack_channel']}:{message.ts}:retry"
        again = replace(question, id=name, origin=where, received_at=time.time())
        await self._intake.admit(again, door.installation)

    async def _at_home(self, door: Door, press: Interaction, action: Action, what: str) -> None:
        # The page has no channel: only where the person last wrote counts.
        person = inbound.origin(door, "D", press.user.id, team=press.user.team_id, kind="im")
        if what == "new":
            await self._commands.begin_anew(door, person, action.action_ts or press.trigger_id)
        elif action.value:
            await self._commands.ask(door, person, action.value)


def _chosen(message: Message, action: Action, label: str) -> list[dict[str, Any]]:
    """The message's blocks with what was chosen in place of the buttons; none when they would
    not carry the text that is there now."""
    chosen = {
        "type": "context",
        "elements": [{"type": "plain_text", "text": f"✓ {label[:LABEL_LONGEST]}"}],
    }
    blocks = [chosen if _has(block, action.action_id) else block for block in message.blocks or []]
    if chosen not in blocks:
        return []
    if not _says(blocks, message.text or ""):
        if len(message.text or "") > MARKDOWN_LONGEST:
            return []
        blocks.insert(0, {"type": "markdown", "text": message.text})
    return blocks


def _says(blocks: list[dict[str, Any]], text: str) -> bool:
    """Whether the blocks carry the text: it is not shown beside them."""
    return not text.strip() or any(
        block.get("type") in SAYING or _text(block) == text for block in blocks
    )


def _text(block: dict[str, Any]) -> str:
    text = block.get("text")
    return str(text.get("text", "")) if isinstance(text, dict) else ""


def _has(block: dict[str, Any], action: str) -> bool:
    elements = block.get("elements")
    return (
        block.get("type") == "actions"
        and isinstance(elements, list)
        and any(isinstance(e, dict) and e.get("action_id") == action for e in elements)
    )
