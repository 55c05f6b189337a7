"""ClickAI's whole API, in Python: ``ClickAI(api_key)``. Of use without the gateway, too."""

from collections.abc import Mapping, Sequence
from typing import Literal, Self, overload

from aiohttp import ClientSession

from adapters.bots.clickai.asking import Asking, Question
from adapters.bots.clickai.assistants import Assistants
from adapters.bots.clickai.audio import Audio
from adapters.bots.clickai.conversations import Conversations, Messages
from adapters.bots.clickai.files import Files
from adapters.bots.clickai.forms import Forms
from adapters.bots.clickai.kept import Kept
from adapters.bots.clickai.kinds import CHAT, COMPLETION, WORKFLOW, Kind
from adapters.bots.clickai.objects import Info, Inputs, Meta, Parameters
from adapters.bots.clickai.runs import RunDetail
from adapters.bots.clickai.sdk import Chunks, Pending
from adapters.bots.clickai.transport import Limits, Transport, in_path

BASE_URL = "https://api.clickai.io/v1"
STUDIO_URL = "https://clickai.io"

_FACTS_KEPT = 60.0

FileReferences = Sequence[Mapping[str, str]]


class _App:
    """One way to ask an app."""

    def __init__(self, transport: Transport, kind: Kind) -> None:
        self._asking = Asking(transport, kind)

    async def stop(self, task_id: str, user: str) -> None:
        """Stop a running answer. ClickAI also says yes to a task it does not know."""
        await self._asking.stop(task_id, user)

    def _create(self, question: Question, stream: bool) -> Pending | Chunks:
        kind, ask = self._asking.kind, self._asking.events
        if stream:
            return Chunks(kind, ask(question))
        return Pending(kind, lambda stream: ask(question, stream=stream))


class ChatApp(_App):
    """A chatbot, an agent or a chatflow: it keeps conversations."""

    @overload
    def create(
        self,
        *,
        query: str,
        user: str,
        conversation_id: str = ...,
        inputs: Inputs | None = ...,
        files: FileReferences = ...,
        auto_generate_name: bool = ...,
        stream: Literal[False] = ...,
    ) -> Pending: ...
    @overload
    def create(
        self,
        *,
        query: str,
        user: str,
        conversation_id: str = ...,
        inputs: Inputs | None = ...,
        files: FileReferences = ...,
        auto_generate_name: bool = ...,
        stream: Literal[True],
    ) -> Chunks: ...
    def create(
        self,
        *,
        query: str,
        user: str,
        conversation_id: str = "",
        inputs: Inputs | None = None,
        files: FileReferences = (),
        auto_generate_name: bool = False,
        stream: bool = False,
    ) -> Pending | Chunks:
        """Ask: ``await`` the whole answer, or with ``stream`` iterate over it as it comes.

        Without a conversation a new one begins. Send the same inputs with every turn: servers
        differ in whether they keep those of the first.
        """
        question = Question(
            user=user,
            query=query,
            conversation_id=conversation_id,
            inputs=inputs or {},
            files=files,
            auto_generate_name=auto_generate_name,
        )
        return self._create(question, stream)


class SingleApp(_App):
    """A text generator or a workflow: its inputs are all it is told, and it remembers nothing."""

    @overload
    def create(
        self,
        *,
        inputs: Inputs,
        user: str,
        files: FileReferences = ...,
        stream: Literal[False] = ...,
    ) -> Pending: ...
    @overload
    def create(
        self, *, inputs: Inputs, user: str, files: FileReferences = ..., stream: Literal[True]
    ) -> Chunks: ...
    def create(
        self, *, inputs: Inputs, user: str, files: FileReferences = (), stream: bool = False
    ) -> Pending | Chunks:
        """Ask: ``await`` the whole answer, or with ``stream`` iterate over it as it comes."""
        return self._create(Question(user=user, inputs=inputs, files=files), stream)


class WorkflowApp(SingleApp):
    """A workflow: its runs are kept."""

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport, WORKFLOW)
        self._transport = transport

    async def retrieve(self, workflow_run_id: str) -> RunDetail:
        """How a run is doing, or how it ended."""
        path = f"workflows/run/{in_path(workflow_run_id)}"
        return await self._transport.get(path, RunDetail)


class ClickAI:
    """One app, by its key; and with a ``studio_token``, the list of a workspace's apps.

    ``http`` may be a session of the caller's, without a limit for a whole request. Otherwise use
    it as a context manager, or ``close`` it. Whatever fails raises a ClientError; nothing is
    tried again.
    """

    def __init__(
        self,
        api_key: str,
        *,
        base_url: str = BASE_URL,
        studio_url: str = STUDIO_URL,
        studio_token: str = "",
        http: ClientSession | None = None,
        limits: Limits | None = None,
    ) -> None:
        limits = limits or Limits()
        self._transport = Transport(base_url, api_key, limits, http)
        self._studio = Transport(studio_url, studio_token, limits, http)
        self.chat = ChatApp(self._transport, CHAT)
        self.completion = SingleApp(self._transport, COMPLETION)
        self.workflow = WorkflowApp(self._transport)
        self.conversations = Conversations(self._transport)
        self.messages = Messages(self._transport)
        self._facts = Kept(self.parameters, _FACTS_KEPT)
        self.files = Files(self._transport, self._facts)
        self.audio = Audio(self._transport)
        self.forms = Forms(self._transport)
        self.assistants = Assistants(self._studio)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Let go of the connections, unless they are the caller's."""
        await self._transport.close()
        await self._studio.close()

    def asking(self, kind: Kind) -> Asking:
        """One way to ask the app, event by event."""
        return Asking(self._transport, kind)

    async def parameters(self) -> Parameters:
        """What the app says before it is asked, and what it takes."""
        return await self._transport.get("parameters", Parameters)

    async def facts(self) -> Parameters:
        """The same, at most a minute old."""
        return await self._facts.get()

    @property
    def origin(self) -> str:
        """Where the app's API is: scheme, host and port."""
        return self._transport.origin

    def absolute(self, url: str) -> str:
        """A link that may come without its host. Raises ValueError when it is none."""
        return self._transport.absolute(url)

    async def info(self) -> Info:
        """What the app is."""
        return await self._transport.get("info", Info)

    async def meta(self) -> Meta:
        """The icons of the app's tools."""
        return await self._transport.get("meta", Meta)
