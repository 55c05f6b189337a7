"""What a bot is handed, without a gateway behind it."""

from collections.abc import Sequence
from itertools import count

import aiohttp

from gateway.model import Attachment, ReplyEvent
from gateway.ports import Bot, FileGone, Handler
from gateway.texts import Texts

_texts = Texts()


class Handed:
    """A GatewayForBots that keeps everything in memory, and fetches from anywhere."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self.http = http
        self.public_url = ""
        self.handlers: dict[tuple[str, str], Handler] = {}
        self.pushes: list[tuple[str, str, tuple[ReplyEvent, ...]]] = []
        self.writing: list[tuple[str, bool]] = []
        self.known: set[str] = set()
        """The aliases that pushes reach somebody by."""
        self.unknown_events: list[str] = []
        self.files: dict[str, bytes] = {}
        self.collected: list[tuple[str, str, str]] = []
        """Every URL that was asked for, with the home and the token that were named."""
        self.memory: dict[str, bytes] = {}
        self._numbers = count(1)

    def mount(self, method: str, path: str, handler: Handler) -> None:
        self.handlers[method, path] = handler

    async def push(self, bot: Bot, alias: str, name: str, events: Sequence[ReplyEvent]) -> bool:
        self.pushes.append((alias, name, tuple(events)))
        return alias in self.known

    async def typing(self, bot: Bot, alias: str, *, on: bool) -> bool:
        self.writing.append((alias, on))
        return alias in self.known

    def text(self, locale: str, key: str, **values: object) -> str:
        return _texts.get(locale, key, **values)

    def ignored(self, bot: Bot, event: str) -> None:
        self.unknown_events.append(event)

    async def read(self, attachment: Attachment) -> bytes:
        try:
            return self.files[attachment.content]
        except KeyError:
            raise FileGone from None

    async def keep(self, name: str, media_type: str, data: bytes) -> Attachment:
        content = f"blob:{next(self._numbers)}"
        self.files[content] = data
        return Attachment(name, media_type, content, len(data))

    async def collect(
        self, url: str, *, name: str = "", media_type: str = "", home: str = "", token: str = ""
    ) -> Attachment:
        self.collected.append((url, home, token))
        name = name or url.rpartition("/")[2].partition("?")[0]
        async with self.http.get(url) as response:
            if response.status != 200:
                return Attachment(name, media_type)
            return await self.keep(name, media_type or response.content_type, await response.read())

    def file_path(self, attachment: Attachment) -> str:
        return f"/files/{attachment.content}"

    async def remember(self, bot: Bot, key: str, value: bytes, seconds: int) -> None:
        self.memory[f"{bot.identity}:{key}"] = value

    async def recall(self, bot: Bot, key: str) -> bytes | None:
        return self.memory.get(f"{bot.identity}:{key}")
