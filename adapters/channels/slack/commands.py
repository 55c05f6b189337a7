"""The slash command: a question, or one of the words new, stop and help."""

import time

from msgspec.structs import replace

from adapters.channels.slack import inbound, mrkdwn
from adapters.channels.slack.api import Refused, Unreached, Unsure
from adapters.channels.slack.inbound import Door
from adapters.channels.slack.intake import Intake
from adapters.channels.slack.opening import Opening
from adapters.channels.slack.wire import Command
from gateway.model import Address, Inbound, Origin
from gateway.ports import GatewayForChannels, NotRouted


class Commands:
    """Does what a slash command asks for. What it says is for this person's eyes only.

    Its methods raise StoreUnavailable.
    """

    def __init__(self, gateway: GatewayForChannels, intake: Intake, opening: Opening) -> None:
        self._gateway = gateway
        self._intake = intake
        self._opening = opening

    async def heed(self, door: Door, command: Command) -> str:
        """Take a command; what the person is told at once."""
        person = inbound.origin(door, command.channel_id, command.user_id)
        text = inbound.command(mrkdwn.plain(command.text).strip())
        match text:
            case "" | "/help":
                return self._say("slack.help", command=command.command)
            case "/stop":
                return await self._stop(door, person)
            case "/new":
                return await self.begin_anew(door, person, command.trigger_id)
        return await self.ask(door, person, text)

    async def ask(self, door: Door, person: Origin, text: str) -> str:
        """Ask in the person's direct messages."""
        try:
            taken = await self._opening.ask(door, person, text)
        except (Refused, Unsure, Unreached, TimeoutError):
            taken = False
        return self._say("slack.answer_in_dm" if taken else "slack.try_again")

    async def begin_anew(self, door: Door, person: Origin, name: str) -> str:
        """Let what the person wrote last be followed by a new conversation.

        ``name`` tells this wish from others.
        """
        latest = await self._intake.latest(person)
        where = _at(door, person, latest) if latest else person
        # A thread of a channel is others' conversation, too.
        if latest and where.facts["slack_channel_type"] == "im":
            message = Inbound(
                id=f"{where.facts['slack_channel']}:new:{name}",
                origin=where,
                text="/new",
                received_at=time.time(),
            )
            await self._intake.admit(message, door.installation)
        return self._say("new_conversation")

    async def _stop(self, door: Door, person: Origin) -> str:
        latest = await self._intake.latest(person)
        try:
            stopped = bool(latest) and await self._gateway.halt(
                _at(door, person, latest) if latest else person
            )
        except NotRouted:
            stopped = False
        return self._say("stopped" if stopped else "nothing_to_stop")

    def _say(self, key: str, **values: object) -> str:
        return self._gateway.text("", key, **values)


def _at(door: Door, person: Origin, address: Address) -> Origin:
    """The person at another place of theirs."""
    there = inbound.origin(
        door,
        address.place.rpartition(":")[2],
        person.facts["user"],
        ts=address.thread,
        thread=address.thread or None,
        team=person.facts["team"],
    )
    return replace(there, address=address)
