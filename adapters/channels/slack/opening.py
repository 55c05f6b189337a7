"""Opening: a question that is no message of Slack's gets one, so that its answer has a thread."""

import asyncio
import time
from collections.abc import Mapping

from adapters.channels.slack import inbound, mrkdwn
from adapters.channels.slack.api import Refused, Unsure
from adapters.channels.slack.inbound import Door
from adapters.channels.slack.intake import ApiOf, Intake
from gateway.model import Inbound, Origin
from gateway.ports import GatewayForChannels

SECONDS = 2.5
"""Slack waits three for a command or a form to be taken."""
QUOTE_LONGEST = 3000


class Opening:
    """Posts a question in somebody's name and admits it.

    Its methods raise what Api raises, TimeoutError after 2.5 s, and StoreUnavailable.
    """

    def __init__(self, gateway: GatewayForChannels, intake: Intake, api_of: ApiOf) -> None:
        self._gateway = gateway
        self._intake = intake
        self._api_of = api_of

    async def ask(self, door: Door, person: Origin, text: str) -> bool:
        """Ask in the person's direct messages; False when the question was not taken."""
        async with asyncio.timeout(SECONDS):
            return await self._ask_directly(door, person, text, text)

    async def ask_about(self, door: Door, person: Origin, text: str, context: str) -> bool:
        """Ask about a message in its thread, or directly where the bot is not let in.

        ``context`` is what the message says: it goes to the bot only. False when the question
        was not taken.
        """
        whole = f"{text}\n\n{quoted(context)}" if context else text
        async with asyncio.timeout(SECONDS):
            try:
                return await self._ask_there(door, person, text, whole)
            except Refused:
                return await self._ask_directly(door, person, text, whole)

    async def _ask_directly(self, door: Door, person: Origin, shown: str, text: str) -> bool:
        user, team = person.facts["user"], person.facts["team"]
        api = self._api_of(door.installation)
        opened = await api.call("conversations.open", users=user)
        channel = _found(opened, "channel", "id")
        said = f"{self._gateway.text(person.person.locale, 'slack.asked')}\n{_quote(shown)}"
        ts = await self._post(door, {"channel": channel, "text": said})
        where = inbound.origin(door, channel, user, ts=ts, team=team, kind="im")
        return await self._admit(door, where, text)

    async def _ask_there(self, door: Door, person: Origin, shown: str, text: str) -> bool:
        facts = person.facts
        key, locale = "slack.asks", person.person.locale
        said = self._gateway.text(locale, key, person=f"<@{facts['user']}>")
        place = {"channel": facts["slack_channel"], "thread_ts": facts["thread"]}
        ts = await self._post(door, {**place, "text": f"{said}\n{_quote(shown)}"})
        where = inbound.origin(
            door,
            facts["slack_channel"],
            facts["user"],
            ts=ts,
            thread=facts["thread"],
            team=facts["team"],
        )
        return await self._admit(door, where, text)

    async def _post(self, door: Door, message: Mapping[str, str]) -> str:
        api = self._api_of(door.installation)
        posted = await api.call(
            "chat.postMessage", **message, unfurl_links=False, unfurl_media=False
        )
        return _found(posted, "ts")

    async def _admit(self, door: Door, where: Origin, text: str) -> bool:
        name = f"{where.facts['slack_channel']}:{where.facts['ts']}"
        message = Inbound(id=name, origin=where, text=text, received_at=time.time())
        return await self._intake.admit(message, door.installation)


def quoted(text: str) -> str:
    """The text as a Markdown quotation."""
    return "\n".join(f"> {line}" for line in text.splitlines())


def _found(answer: object, *path: str) -> str:
    for key in path:
        answer = answer.get(key) if isinstance(answer, dict) else None
    if not isinstance(answer, str):
        raise Unsure("an odd answer")
    return answer


def _quote(text: str) -> str:
    shown = text if len(text) <= QUOTE_LONGEST else f"{text[:QUOTE_LONGEST]}…"
    return quoted(mrkdwn.escaped(shown))
