"""What the bot finds out about its app, once: its kind, where a message goes, how it opens."""

import asyncio

import structlog

from adapters.bots.clickai.asking import Question
from adapters.bots.clickai.client import ClickAI
from adapters.bots.clickai.config import Config
from adapters.bots.clickai.errors import Refused
from adapters.bots.clickai.inputs import filled, missing, take_text, text_variable
from adapters.bots.clickai.kept import Kept
from adapters.bots.clickai.kinds import CHAT, MODES, Kind
from adapters.bots.errors import ClientError, Unintelligible
from gateway.model import Ask, Introduction
from gateway.ports import Description

_INTRODUCTION_KEPT = 60.0
_DESCRIBED = 10.0

log = structlog.get_logger()


class App:
    """The app behind a bot. Asks the server when it is first needed, and keeps the answer."""

    def __init__(self, client: ClickAI, config: Config, bot: str) -> None:
        self._bot = bot
        self._client = client
        self._config = config
        self._kind = Kept(self._find_kind)
        self._variable = Kept(self._find_variable)
        self._introduction = Kept(self._ask_introduction, _INTRODUCTION_KEPT)

    async def kind(self) -> Kind:
        """Its kind. Raises ClientError when the server cannot be asked."""
        return await self._kind.get()

    async def question(self, ask: Ask, conversation: str, kind: Kind) -> Question:
        """What it is asked for ``ask``. Raises ClientError when the server cannot be asked."""
        config = self._config
        inputs = {**filled(config.inputs, ask), **ask.conversation.inputs}
        if variable := await self._text_variable(kind):
            inputs[variable] = ask.text
        return Question(
            user=ask.user,
            inputs=inputs,
            query=ask.text,
            conversation_id=conversation,
            auto_generate_name=config.auto_generate_name,
        )

    async def describe(self) -> Description:
        """What it is, and what in the configuration does not fit it. Does not raise."""
        try:
            async with asyncio.timeout(_DESCRIBED):
                kind, parameters = await self.kind(), await self._client.parameters()
                variable = await self._text_variable(kind)
        except ClientError as error:
            return Description(problem=str(error))
        except TimeoutError:
            return Description(problem=f"no answer within {_DESCRIBED:g} s")
        if names := missing(parameters, {*self._config.inputs, variable}):
            return Description(problem=f"the app needs more inputs: {', '.join(names)}")
        return Description({"as": kind.name, **({"message in": variable} if variable else {})})

    async def introduction(self) -> Introduction:
        """Its opening statement, at most a minute old; empty when it cannot be had."""
        return await self._introduction.get()

    async def _ask_introduction(self) -> Introduction:
        try:
            parameters = await self._client.parameters()
        except ClientError as error:
            log.warning("clickai.introduction_failed", bot=self._bot, error=str(error))
            return Introduction()
        suggestions = filter(None, parameters.suggested_questions or ())
        return Introduction(parameters.opening_statement or "", tuple(suggestions))

    async def _text_variable(self, kind: Kind) -> str:
        config = self._config
        if config.text_input or kind.remembers or take_text(config.inputs):
            return config.text_input
        return await self._variable.get()

    async def _find_kind(self) -> Kind:
        if self._config.mode != "auto":
            return MODES[self._config.mode]
        try:
            mode = (await self._client.info()).mode
        except Unintelligible:
            return CHAT
        except Refused as error:
            # Servers that are too old, or hidden behind too strict a proxy, do not say.
            if error.status not in {404, 405}:
                raise
            return CHAT
        return MODES.get(mode or "", CHAT)

    async def _find_variable(self) -> str:
        return text_variable(await self._client.parameters(), self._config.inputs)
