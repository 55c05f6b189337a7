"""The apps of a workspace, as ClickAI Studio lists them at an address of its own."""

from collections.abc import AsyncGenerator

from adapters.bots.clickai.objects import Assistant, AssistantList
from adapters.bots.clickai.transport import Transport

_PATH = "assistant/api/assistant/my-assistants"
_MOST_PAGES = 200


class Assistants:
    """The apps of one's workspaces."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def list(
        self, workspace_id: str, *, page: int = 1, page_size: int = 10, mode: str = ""
    ) -> AssistantList:
        """One page of a workspace's apps: of all kinds, or of one as ``/info`` calls it."""
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
        self, workspace_id: str, *, page_size: int = 50, mode: str = ""
    ) -> AsyncGenerator[Assistant]:
        """Every app of a workspace, page by page, each once."""
        seen: set[str] = set()
        for page in range(1, _MOST_PAGES + 1):
            found = await self.list(workspace_id, page=page, page_size=page_size, mode=mode)
            # A server that knows no pages sends the same again and again.
            fresh = [each for each in found.data if each.id not in seen]
            for assistant in fresh:
                yield assistant
            seen.update(each.id for each in fresh)
            if not fresh or found.total == len(seen):
                return
            # One that does not count may take another size for a page than it was asked for.
            if found.total is None and len(found.data) < min(
                page_size, found.page_size or page_size
            ):
                return
