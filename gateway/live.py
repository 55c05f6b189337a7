"""Bots and channels outside a running gateway: for the commands that ask how they are."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import aiohttp

from gateway.config import Config
from gateway.fetch import Fetcher, FetchError
from gateway.model import Attachment, ReplyEvent
from gateway.ports import Bot, CanCheck, CanDescribe, Description, FileGone, Handler
from gateway.service import MB, adapters
from gateway.texts import Texts


class Handed:
    """What a bot may use where nothing is served, nobody can be spoken to, and nothing stays."""

    def __init__(self, http: aiohttp.ClientSession, fetcher: Fetcher) -> None:
        self.http = http
        self.public_url = ""
        self.files: dict[str, bytes] = {}
        """The bytes of every file that was kept, by the content of its attachment."""
        self._fetcher = fetcher
        self._texts = Texts()
        self._memory: dict[str, bytes] = {}

    def mount(self, method: str, path: str, handler: Handler) -> None:
        """Nothing is served here."""

    async def push(
        self,
        bot: Bot,  # noqa: ARG002
        alias: str,  # noqa: ARG002
        name: str,  # noqa: ARG002
        events: Sequence[ReplyEvent],  # noqa: ARG002
    ) -> bool:
        """Nobody is waiting here."""
        return False

    async def typing(self, bot: Bot, alias: str, *, on: bool) -> bool:  # noqa: ARG002
        """Nobody is waiting here."""
        return False

    def text(self, locale: str, key: str, **values: object) -> str:
        """A sentence for a person."""
        return self._texts.get(locale, key, **values)

    def ignored(self, bot: Bot, event: str) -> None:
        """Nobody counts here."""

    async def read(self, attachment: Attachment) -> bytes:
        """All of a file. Raises FileGone."""
        if attachment.content not in self.files:
            raise FileGone
        return self.files[attachment.content]

    async def keep(self, name: str, media_type: str, data: bytes) -> Attachment:
        """Keep a file until the command ends."""
        content = str(len(self.files))
        self.files[content] = data
        return Attachment(name, media_type, content, len(data))

    async def collect(
        self, url: str, *, name: str = "", media_type: str = "", home: str = "", token: str = ""
    ) -> Attachment:
        """Fetch a file and keep it; without content when that cannot be."""
        try:
            found = await self._fetcher.fetch(url, home=home, token=token)
        except FetchError:
            return Attachment(name or "file", media_type)
        return await self.keep(name or found.name, media_type or found.media_type, found.data)

    def file_path(self, attachment: Attachment) -> str:  # noqa: ARG002
        """Nothing is served here."""
        return ""

    async def remember(self, bot: Bot, key: str, value: bytes, seconds: int) -> None:  # noqa: ARG002
        """Keep a value until the command ends."""
        self._memory[f"{bot.name}:{key}"] = value

    async def recall(self, bot: Bot, key: str) -> bytes | None:
        """A value that was remembered."""
        return self._memory.get(f"{bot.name}:{key}")


@asynccontextmanager
async def started(config: Config, name: str) -> AsyncIterator[tuple[Bot, Handed]]:
    """One configured bot, started, and what it was handed."""
    bot: Bot = adapters("bots", "Bot", {name: config.bots[name]})[name]
    fetcher = Fetcher(config.limits.file_mb * MB)
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as http:
        handed = Handed(http, fetcher)
        await bot.start(handed)
        try:
            yield bot, handed
        finally:
            await bot.stop()
            await fetcher.close()


async def describe(config: Config) -> dict[str, Description]:
    """What each bot can do, and what is wrong with it."""
    described = {}
    for name in config.bots:
        async with started(config, name) as (bot, _):
            described[name] = (
                await bot.describe() if isinstance(bot, CanDescribe) else Description()
            )
    return described


async def check_channels(config: Config) -> dict[str, Description]:
    """What those channels whose platform can be asked are, and what is wrong with them."""
    channels = adapters("channels", "Channel", config.channels)
    async with aiohttp.ClientSession() as http:
        return {
            name: await channel.check(http, config.server.public_url)
            for name, channel in channels.items()
            if isinstance(channel, CanCheck)
        }
