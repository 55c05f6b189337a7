"""What every turn needs: the store, the adapters, and the gateway's own voice."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass

from gateway.config import Limits
from gateway.files import Files
from gateway.guard import Guard
from gateway.model import Ask, Failed, Failure, ReplyEvent
from gateway.ports import Bot, Channel, GatewayForBots
from gateway.store.aliases import Aliases
from gateway.store.answers import Answers
from gateway.store.inbox import Inbox
from gateway.store.memory import Memory
from gateway.store.people import People
from gateway.store.replies import Replies
from gateway.store.traces import Traces
from gateway.texts import Texts


@dataclass(frozen=True, slots=True)
class Services:
    """What every turn needs."""

    inbox: Inbox
    replies: Replies
    aliases: Aliases
    answers: Answers
    people: People
    traces: Traces
    memory: Memory
    files: Files
    guard: Guard
    channels: Mapping[str, Channel]
    bots: Mapping[str, Bot]
    texts: Texts
    limits: Limits

    def bot(self, name: str) -> Bot:
        """The bot of that name, or one that says it is gone: the configuration may have changed
        since the message was admitted."""
        return self.bots.get(name) or _Gone(name)


class _Gone:
    """Stands in for a bot that is no longer configured."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.identity = f"gone:{name}"

    async def start(self, gateway: GatewayForBots) -> None:
        """Nothing to get ready."""

    async def answer(self, ask: Ask) -> AsyncGenerator[ReplyEvent, None]:  # noqa: ARG002
        """Fail honestly."""
        yield Failed(Failure.MISCONFIGURED, f"bot {self.name} is not in the configuration")

    async def stop(self) -> None:
        """Nothing to let go of."""
