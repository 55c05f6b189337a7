"""What the bot finds out about its app: its kind, where a message goes, how it opens."""

import asyncio

import structlog
from msgspec.structs import replace

from adapters.bots.clickai.asking import Question
from adapters.bots.clickai.client import ClickAI
from adapters.bots.clickai.config import Config
from adapters.bots.clickai.errors import Refused
from adapters.bots.clickai.inputs import (
    FilePlace,
    file_place,
    filled,
    missing,
    take_text,
    text_variable,
)
from adapters.bots.clickai.kept import Kept
from adapters.bots.clickai.kinds import CHAT, MODES, RUN_ON, Kind
from adapters.bots.clickai.objects import Parameters
from adapters.bots.clickai.rules import of_messages
from adapters.bots.clickai.uploads import Uploads
from adapters.bots.errors import ClientError, Unintelligible
from gateway.model import Ask, Introduction
from gateway.ports import Description

_DESCRIBED = 10.0

log = structlog.get_logger()


class App:
    """The app behind a bot. Asks the server when it is first needed, and keeps the answer."""

    def __init__(self, client: ClickAI, config: Config, bot: str) -> None:
        self._bot = bot
        self._client = client
        self._config = config
        self._mode = Kept(self._find_mode)
        self._variable = Kept(self._find_variable)

    async def kind(self) -> Kind:
        """Its kind. Raises ClientError when the server cannot be asked."""
        wanted = self._config.mode
        return MODES.get(await self._mode.get() if wanted == "auto" else wanted, CHAT)

    async def runs_on(self) -> bool:
        """Whether it goes on with an answer that nobody hears. Raises ClientError."""
        return await self._mode.get() in RUN_ON

    async def file_place(self, kind: Kind) -> FilePlace:
        """Where a message's files go. Raises ClientError when the server cannot be asked."""
        return self._file_place(kind, await self._client.facts())

    async def question(
        self, ask: Ask, conversation: str, kind: Kind, place: FilePlace | None, uploads: Uploads
    ) -> Question:
        """What it is asked for ``ask``. Raises ClientError when the server cannot be asked."""
        config = self._config
        # An empty message is refused, even when there is a file to go with it.
        ask = ask if ask.text.strip() else replace(ask, text=", ".join(uploads.names))
        inputs = {**filled(config.inputs, ask), **ask.conversation.inputs}
        if variable := await self._text_variable(kind):
            inputs[variable] = ask.text
        into = place.variable if place and uploads.files else ""
        if place and into:
            inputs[into] = place.value(uploads.files)
        return Question(
            user=ask.user,
            inputs=inputs,
            query=ask.text,
            conversation_id=conversation,
            files=() if into else uploads.files,
            auto_generate_name=config.auto_generate_name,
        )

    async def suggests(self, kind: Kind) -> bool:
        """Whether to ask for questions behind an answer. Raises ClientError."""
        wanted = kind.remembers and self._config.suggestions
        return wanted and self._suggests(kind, await self._client.facts())

    async def describe(self) -> Description:
        """What it is, and what in the configuration does not fit it. Does not raise."""
        try:
            async with asyncio.timeout(_DESCRIBED):
                kind, parameters = await self.kind(), await self._client.parameters()
                text, files = await self._text_variable(kind), self._file_place(kind, parameters)
        except ClientError as error:
            return Description(problem=str(error))
        except TimeoutError:
            return Description(problem=f"no answer within {_DESCRIBED:g} s")
        if names := missing(parameters, {*self._config.inputs, text, files.variable}):
            return Description(problem=f"the app needs more inputs: {', '.join(names)}")
        told = {
            "as": kind.name,
            "message in": text,
            "files in": files.variable,
            "files": files.rules.words(),
            "speech": "to text" if parameters.hears else "",
            "suggests": "questions" if self._suggests(kind, parameters) else "",
        }
        return Description({word: value for word, value in told.items() if value})

    async def introduction(self) -> Introduction:
        """Its opening statement, at most a minute old; empty when it cannot be had."""
        try:
            parameters = await self._client.facts()
        except ClientError as error:
            log.warning("clickai.introduction_failed", bot=self._bot, error=str(error))
            return Introduction()
        suggestions = filter(None, parameters.suggested_questions or ())
        return Introduction(parameters.opening_statement or "", tuple(suggestions))

    def _file_place(self, kind: Kind, parameters: Parameters) -> FilePlace:
        wanted = self._config.file_input
        if kind.remembers and not wanted:
            return FilePlace(of_messages(parameters))
        return file_place(parameters, self._config.inputs, wanted)

    def _suggests(self, kind: Kind, parameters: Parameters) -> bool:
        return kind.remembers and self._config.suggestions and parameters.suggests

    async def _text_variable(self, kind: Kind) -> str:
        config = self._config
        if config.text_input or kind.remembers or take_text(config.inputs):
            return config.text_input
        return await self._variable.get()

    async def _find_mode(self) -> str:
        try:
            return (await self._client.info()).mode or ""
        except Unintelligible:
            return ""
        except Refused as error:
            # Servers that are too old, or hidden behind too strict a proxy, do not say.
            if error.status not in {404, 405}:
                raise
            return ""

    async def _find_variable(self) -> str:
        return text_variable(await self._client.facts(), self._config.inputs)
