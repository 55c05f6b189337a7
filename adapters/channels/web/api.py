"""The commands of the wire protocol: docs/widget-protocol.md says what each takes and gives."""

from collections.abc import Awaitable, Callable

import msgspec
from aiohttp import web
from msgspec import Raw

from adapters.channels.web import inbound, outbound
from adapters.channels.web.config import Config
from adapters.channels.web.inbound import Command
from adapters.channels.web.origins import Origins
from adapters.channels.web.tokens import BadToken, Tokens, Visitor
from adapters.channels.web.uploads import Upload, describe
from gateway.model import Attachment, Origin
from gateway.ports import (
    FileRefused,
    GatewayForChannels,
    Handler,
    History,
    NotRouted,
    Refusal,
    StoreUnavailable,
)

MB = 1024 * 1024
BODY_MOST = 64 * 1024
PREFLIGHT_SECONDS = 7200
ASIDE_PER_MINUTE = 30  # ratings of one visitor, and likewise files

Endpoint = Callable[[web.Request, Command, str], Awaitable[web.StreamResponse]]


class Api:
    """The endpoints of one site."""

    def __init__(
        self,
        channel: str,
        config: Config,
        gateway: GatewayForChannels,
        tokens: Tokens,
        origins: Origins,
    ) -> None:
        self._channel = channel
        self._config = config
        self._gateway = gateway
        self._tokens = tokens
        self._origins = origins

    def guarded(self, endpoint: Endpoint) -> Handler:
        """A command behind what holds for all: origin, size, JSON, a store that is there."""

        async def command(request: web.Request, site: str) -> web.StreamResponse:
            body = await _body(request)
            return await endpoint(request, inbound.parse(body, _bearer(request)), site)

        return self._behind_origin(command)

    def guarded_upload(self) -> Handler:
        """The one endpoint that takes a file, behind what holds for all."""
        return self._behind_origin(self._upload)

    def _behind_origin(
        self, endpoint: Callable[[web.Request, str], Awaitable[web.StreamResponse]]
    ) -> Handler:
        async def handler(request: web.Request) -> web.StreamResponse:
            cors = _cors(request.headers.get("Origin", ""))
            try:
                response = await endpoint(request, self._check_origin(request))
            except (Refusal, StoreUnavailable, NotRouted) as error:
                refusal = self._refusal(error)
                # A page that was refused may read why: its developer looks in the console.
                refusal.headers.update(cors)
                raise refusal from None
            if not response.prepared:
                response.headers.update(cors)
            return response

        return handler

    def _refusal(self, error: Exception) -> Refusal:
        match error:
            case Refusal():
                return error
            case NotRouted():
                return Refusal(403, "refused", self._say(None, "refused"))
        return Refusal(503, "unavailable", "Try again in a moment.", retry_after=1)

    async def preflight(self, request: web.Request) -> web.Response:
        """Let a browser send JSON with a bearer token from a listed origin."""
        origin = self._check_origin(request)
        headers = {
            **_cors(origin),
            "Access-Control-Allow-Methods": "POST",
            "Access-Control-Allow-Headers": "Authorization, Content-Type",
            "Access-Control-Max-Age": str(PREFLIGHT_SECONDS),
        }
        return web.Response(status=204, headers=headers)

    async def session(self, request: web.Request, command: Command, site: str) -> web.Response:
        """Open or resume a visitor's session."""
        try:
            known = self._tokens.read(command.token).id
        except BadToken:
            known = ""
            await self._throttle(f"session:{self._gateway.client_ip(request)}")
        visitor, token = self._tokens.issue(known, inbound.language(command))
        origin = self._origin(visitor, command, site)
        introduction = await self._gateway.introduce(origin)
        return _json(
            {
                "token": token,
                "visitor": visitor.id,
                **_history(await self._gateway.history(origin)),
                "title": self._config.title,
                "opening": introduction.opening,
                "suggestions": introduction.suggestions,
                "limits": {"text": self._config.max_text, "file": self._config.max_file_mb * MB},
            }
        )

    async def messages(self, _: web.Request, command: Command, site: str) -> web.Response:
        """Take a message; its answer comes on the event stream."""
        origin = self.authenticate(command, site)
        too_long = self._say(origin, "text_too_long", limit=self._config.max_text)
        inbound.check(command, self._config.max_text, too_long)
        message = inbound.message(command, origin, await self._files(command))
        said = outbound.said(message, self._gateway.file_path)
        admission = await self._gateway.admit(message, said=said)
        if admission.status == "busy":
            code = "slow_down" if admission.retry_after else "busy"
            raise Refusal(429, code, admission.notice, admission.retry_after or 5)
        if admission.status == "refused":
            raise Refusal(403, "refused", admission.notice)
        return _json({"status": admission.status, "turn": admission.turn}, status=202)

    async def stop(self, _: web.Request, command: Command, site: str) -> web.Response:
        """Stop the running answer."""
        stopped = await self._gateway.halt(self.authenticate(command, site))
        return _json({"stopped": stopped})

    async def history(self, _: web.Request, command: Command, site: str) -> web.Response:
        """The transcript and its cursor."""
        return _json(_history(await self._gateway.history(self.authenticate(command, site))))

    async def feedback(self, _: web.Request, command: Command, site: str) -> web.Response:
        """What the visitor thinks of an answer."""
        origin = self.authenticate(command, site)
        rating = inbound.rating(command)
        await self._throttle(f"feedback:{origin.person.id}", origin)
        comment = command.comment[: self._config.max_text]
        return _json({"taken": await self._gateway.rate(origin, command.turn, rating, comment)})

    async def _upload(self, request: web.Request, site: str) -> web.Response:
        """Keep a file for a message that will name it."""
        most = self._config.max_file_mb
        too_large = self._say(None, "file_too_large", limit=most)
        upload = Upload(request, most * MB, too_large)
        await upload.read()
        command = Command(token=_bearer(request) or upload.token)
        origin = self.authenticate(command, site)
        await self._throttle(f"files:{origin.person.id}", origin)
        try:
            kept = await self._gateway.keep(upload.name, upload.media_type, upload.data)
        except FileRefused as refused:
            raise self._not_kept(refused, too_large) from None
        return _json(describe(kept, self._gateway.file_path(kept)), status=201)

    def _not_kept(self, refused: FileRefused, too_large: str) -> Refusal:
        if refused.code == "too_large":
            return Refusal(413, "too_large", too_large)
        return Refusal(503, "no_room", self._say(None, "file_no_room"), retry_after=60)

    async def _files(self, command: Command) -> tuple[Attachment, ...]:
        found = [await self._gateway.find_file(path) for path in command.files]
        if None in found:
            raise Refusal(400, "file_gone", self._say(None, "file_gone"))
        return tuple(file for file in found if file)

    def authenticate(self, command: Command, site: str) -> Origin:
        """Whose token it is. Raises Refusal."""
        try:
            return self._origin(self._tokens.read(command.token), command, site)
        except BadToken as error:
            raise Refusal(401, error.code, error.message) from None

    def _origin(self, visitor: Visitor, command: Command, site: str) -> Origin:
        locale = visitor.lang or self._config.locale
        return inbound.origin(self._channel, visitor.id, locale, site, command.page)

    def _check_origin(self, request: web.Request) -> str:
        headers = request.headers
        fetch_site = headers.get("Sec-Fetch-Site", "")
        return self._origins.check(headers.get("Origin", ""), request.host, fetch_site)

    async def _throttle(self, bucket: str, origin: Origin | None = None) -> None:
        most = ASIDE_PER_MINUTE if origin else self._config.sessions_per_minute
        if wait := await self._gateway.allow(f"{self._channel}:{bucket}", most):
            seconds = max(1, round(wait))
            raise Refusal(429, "slow_down", self._say(origin, "slow_down", seconds=seconds), wait)

    def _say(self, origin: Origin | None, key: str, **values: object) -> str:
        locale = origin.person.locale if origin else self._config.locale
        return self._gateway.text(locale, key, **values)


async def _body(request: web.Request) -> bytes:
    too_large = Refusal(413, "too_large", f"A body has at most {BODY_MOST} bytes.")
    if (request.content_length or 0) > BODY_MOST:
        raise too_large
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > BODY_MOST:
            raise too_large
    return bytes(body)


def _bearer(request: web.Request) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _cors(origin: str) -> dict[str, str]:
    if not origin:
        return {}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Expose-Headers": "Retry-After",
        "Vary": "Origin",
    }


def _history(history: History) -> dict[str, object]:
    return {
        "history": [Raw(message) for message in history.messages],
        "cursor": history.cursor,
        "waiting": history.waiting,
    }


def _json(body: dict[str, object], status: int = 200) -> web.Response:
    headers = {"Cache-Control": "no-store"}
    return web.Response(
        body=msgspec.json.encode(body),
        status=status,
        content_type="application/json",
        headers=headers,
    )
