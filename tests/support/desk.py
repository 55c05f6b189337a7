"""What a channel is handed, without a gateway behind it: everything it admits is kept."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import count

import aiohttp
from aiohttp import web

from gateway.http import BODY_MOST, errors
from gateway.model import Attachment, Inbound, Introduction, Origin, Rating
from gateway.ports import Admission, FileRefused, Handler, StoreUnavailable
from gateway.texts import Texts

_texts = Texts()


class Desk:
    """A GatewayForChannels in memory. While ``down``, its store is away."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self.http = http
        self.public_url = "https://chat.example.com"
        self.handlers: dict[tuple[str, str], Handler] = {}
        self.admitted: list[Inbound] = []
        self.halted: list[Origin] = []
        self.rated: list[tuple[Origin, str, Rating, str]] = []
        self.memory: dict[str, bytes] = {}
        self.files: dict[str, bytes] = {}
        self.introduction = Introduction()
        self.admission: Admission | None = None
        """What becomes of the next messages, when it is not that they are taken."""
        self.most_bytes = 1 << 30
        self.down = False
        self._numbers = count(1)

    def mount(self, method: str, path: str, handler: Handler) -> None:
        self.handlers[method, path] = handler

    def client_ip(self, request: web.Request) -> str:
        return request.remote or ""

    async def admit(
        self, inbound: Inbound, *, said: Mapping[str, object] | None = None
    ) -> Admission:
        self._check()
        if self.admission:
            return self.admission
        if inbound.id in [known.id for known in self.admitted]:
            return Admission("duplicate", "1")
        self.admitted.append(inbound)
        return Admission("accepted", str(len(self.admitted)))

    async def halt(self, origin: Origin) -> bool:
        self._check()
        self.halted.append(origin)
        return True

    async def rate(self, origin: Origin, turn: str, rating: Rating, comment: str = "") -> bool:
        self._check()
        self.rated.append((origin, turn, rating, comment))
        return True

    async def introduce(self, origin: Origin) -> Introduction:
        return self.introduction

    async def keep(self, name: str, media_type: str, data: bytes) -> Attachment:
        self._check()
        if len(data) > self.most_bytes:
            raise FileRefused("too_large")
        content = f"blob:{next(self._numbers)}"
        self.files[content] = data
        return Attachment(name, media_type, content, len(data))

    async def remember(self, channel: object, key: str, value: bytes, seconds: int) -> None:
        self._check()
        self.memory[key] = value

    async def recall(self, channel: object, key: str) -> bytes | None:
        self._check()
        return self.memory.get(key)

    async def claim(self, channel: object, key: str, value: bytes, seconds: int) -> bool:
        self._check()
        free = key not in self.memory
        self.memory.setdefault(key, value)
        return free

    async def extend(self, channel: object, key: str, value: bytes, seconds: int) -> bool:
        self._check()
        return self.memory.get(key) == value

    async def drop(self, channel: object, key: str) -> bool:
        self._check()
        return self.memory.pop(key, None) is not None

    async def allow(self, bucket: str, per_minute: int) -> float:
        return 0

    def signing_keys(self) -> Sequence[bytes]:
        return (b"a key for tests",)

    languages = ("en", "vi")

    def text(self, locale: str, key: str, **values: object) -> str:
        return _texts.get(locale, key, **values)

    def _check(self) -> None:
        if self.down:
            raise StoreUnavailable("the store is away")

    @asynccontextmanager
    async def served(self) -> AsyncIterator[str]:
        """All that was mounted, behind what the gateway has in front; the URL."""
        app = web.Application(middlewares=[errors], client_max_size=BODY_MOST)
        add: Callable[..., object] = app.router.add_route
        for (method, path), handler in self.handlers.items():
            add(method, path, handler)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        try:
            yield f"http://{host}:{port}"
        finally:
            await runner.cleanup()
