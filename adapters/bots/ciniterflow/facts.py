"""What is known of the flow itself, asked for when needed and kept for a minute."""

import asyncio

import structlog
from msgspec import Struct
from msgspec.structs import replace

from adapters.bots.ciniterflow import bodies
from adapters.bots.ciniterflow.accepted import Accepted, accepted
from adapters.bots.ciniterflow.client import Client
from adapters.bots.ciniterflow.errors import Refused
from adapters.bots.ciniterflow.forms import Form, form_of
from adapters.bots.errors import ClientError, Unreachable
from gateway.model import Introduction

_KEPT = 60.0

log = structlog.get_logger()


class Facts(Struct, frozen=True):
    """What a flow is like. As it stands, what is assumed of one that would not say."""

    streaming: bool = True
    introduction: Introduction = Introduction()
    form: Form | None = None
    files: Accepted = Accepted()


class FlowFacts:
    """The facts about one flow, at most a minute old; several that wait share one inquiry."""

    def __init__(self, name: str, client: Client, *, streaming: bool) -> None:
        self._name = name
        self._client = client
        self._streaming = streaming
        self._known: Facts | None = None
        self._known_at = 0.0
        self._asking: asyncio.Task[Facts] | None = None

    async def get(self) -> Facts:
        """The facts. Raises ClientError when the server is away or has no such flow."""
        now = asyncio.get_running_loop().time()
        if self._known and now - self._known_at < _KEPT:
            return self._known
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask())
            self._asking.add_done_callback(self._asked)
        return await asyncio.shield(self._asking)

    async def close(self) -> None:
        """Ask no more."""
        if self._asking:
            self._asking.cancel()
            await asyncio.wait([self._asking])

    def _asked(self, task: asyncio.Task[Facts]) -> None:
        self._asking = None
        # Looking at the error keeps asyncio from reporting it when nobody waits any more.
        if not task.cancelled() and task.exception() is None:
            self._known = task.result()
            self._known_at = asyncio.get_running_loop().time()

    async def _ask(self) -> Facts:
        streaming = self._streaming and await self._can_stream()
        try:
            config = await self._client.public_config()
        except ClientError as error:
            self._passed_over("config", error)
            # What was true a minute ago is more than nothing.
            return replace(self._known or Facts(), streaming=streaming)
        form = form_of(bodies.start_inputs(config.flow_data))
        uploads = config.uploads or await self._uploads()
        files = accepted(uploads, config.full_file_upload or bodies.FullFileUpload())
        return Facts(streaming, _introduction(config), form, files)

    async def _can_stream(self) -> bool:
        try:
            return await self._client.is_streaming()
        except ClientError as error:
            self._passed_over("streaming", error)
            return True

    async def _uploads(self) -> bodies.Uploads:
        try:
            return await self._client.uploads()
        except ClientError as error:
            self._passed_over("uploads", error)
            return bodies.Uploads()

    def _passed_over(self, what: str, error: ClientError) -> None:
        """Go on without: a proxy may let nothing but predictions through."""
        if isinstance(error, Unreachable) or (isinstance(error, Refused) and error.unknown_flow):
            raise error
        log.warning("ciniterflow.unknown", bot=self._name, what=what, error=str(error))


def _introduction(config: bodies.PublicConfig) -> Introduction:
    prompts = config.starter_prompts
    found = list(prompts.values()) if isinstance(prompts, dict) else prompts
    asked = [each.get("prompt") for each in _list(found) if isinstance(each, dict)]
    suggestions = tuple(each for each in asked if isinstance(each, str) and each)
    return Introduction(config.welcome_message or "", suggestions)


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
