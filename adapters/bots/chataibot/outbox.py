"""From a person's message to ChatAIBot's two requests."""

import structlog
from msgspec.structs import replace

from adapters.bots.chataibot import wire
from adapters.bots.chataibot.client import Client
from adapters.bots.chataibot.memory import Memory, Prompt
from adapters.bots.chataibot.session import Session
from adapters.bots.chataibot.uploads import Uploads
from adapters.bots.chataibot.variables import variables_of
from gateway.model import Ask
from gateway.ports import StoreUnavailable

log = structlog.get_logger()


class Outbox:
    """Hands messages over, each with the button that it presses.

    While the store is away, the label of a button goes out as the text it is.
    """

    def __init__(
        self, bot: str, client: Client, memory: Memory, variables: dict[str, wire.Scalar]
    ) -> None:
        self._bot = bot
        self._client = client
        self._memory = memory
        self._variables = variables

    async def send(self, ask: Ask, uploads: Uploads, session: Session) -> Session:
        """Say it in its conversation, or begin one with it. Raises ClientError."""
        prompt = await self._prompt(session)
        if session.conversation:
            data = wire.data(ask.text, uploads.files) | _pressed(ask.text, prompt)
            await self._client.send_message(session.conversation, data)
        else:
            session = await self._begin(ask, uploads, session)
        # In a new conversation, too: the visitor's buttons are those of an earlier one.
        if prompt:
            await self._put_away(prompt)
        return session

    async def _begin(self, ask: Ask, uploads: Uploads, session: Session) -> Session:
        begun = await self._client.start_conversation(
            wire.data(ask.text, uploads.files),
            session.visitor,
            variables_of(ask, self._variables),
        )
        return replace(session, conversation=begun.id, key=begun.visitor_key or session.key)

    async def _prompt(self, session: Session) -> Prompt | None:
        try:
            return await self._memory.offered(session.aliases)
        except StoreUnavailable:
            log.warning("chataibot.buttons_not_known", bot=self._bot)
            return None

    async def _put_away(self, prompt: Prompt) -> None:
        try:
            await self._memory.put_away(prompt)
        except StoreUnavailable:
            log.warning("chataibot.buttons_not_put_away", bot=self._bot)


def _pressed(text: str, prompt: Prompt | None) -> dict[str, object]:
    """What goes along with ``text`` when it is the label of a button."""
    said = text.strip().casefold()
    buttons = prompt.buttons if prompt else ()
    pressed = next((button for button in buttons if button.label.casefold() == said), None)
    return {**pressed.carried, "body": pressed.label} if pressed else {}
