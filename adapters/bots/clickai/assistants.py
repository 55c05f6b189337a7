"""The apps of a workspace, as ClickAI Studio lists them at an address of its own."""

from collections.abc import AsyncGenerator
from typing import Literal

from adapters.bots.clickai.objects import Assistant, AssistantList
from adapters.bots.clickai.transport import Transport

Mode = Literal["workflow", "agent-chat", "chat", "completion"]

_PATH = "assistant/api/assistant/my-assistants"


class Assistants:
    """The apps of one's workspaces."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def list(
        self, workspace_id: str, *, page: int = 1, page_size: int = 10, mode: Mode | None = None
    ) -> AssistantList:
        """One page of a workspace's apps, of all kinds or of one."""
        query = {"mode": mode} if mode else {}
        return await self._transport.get(
            _PATH,
            AssistantList,
            workspace_id=workspace_id,
            page=page,
            page_size=page_size,
            **query,
        )

    async def all(
        self, workspace_id: str, *, page_size: int = 50, mode: Mode | None = None
    ) -> AsyncGenerator[Assistant]:
        """Every app of a workspace, page by page, until one is not full."""
        page = 1
        while True:
            found = await self.list(workspace_id, page=page, page_size=page_size, mode=mode)
            for assistant in found.data:
                yield assistant
            if len(found.data) < page_size:
                return
            page += 1
