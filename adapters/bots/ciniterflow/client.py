"""A typed client for one CiniterFlow flow."""

from collections.abc import AsyncGenerator, Iterable, Mapping
from typing import Literal, TypeVar
from urllib.parse import quote, urlencode
from uuid import UUID

from aiohttp import ClientSession, ClientTimeout, FormData

from adapters.bots.ciniterflow import bodies, wire
from adapters.bots.ciniterflow.decoding import decode
from adapters.bots.ciniterflow.errors import midway
from adapters.bots.ciniterflow.transport import Payload, Transport, decoded, read
from adapters.bots.patience import within
from adapters.bots.stream import Stream

T = TypeVar("T")
Rating = Literal["THUMBS_UP", "THUMBS_DOWN"]

_QUICK = 10.0
"""Seconds that a small request may take in all."""
_UPLOAD = 120.0
"""Seconds that files may take on their way."""


class Client:
    """Speaks to one flow. Every method raises a ClientError and retries nothing.

    ``key`` may be empty. All limits are in seconds: ``idle`` without a byte, ``content`` with
    heartbeats only, ``connect`` until a connection stands, ``headers`` until a stream has begun.
    """

    def __init__(
        self,
        http: ClientSession,
        base_url: str,
        flow: UUID | str,
        key: str = "",
        *,
        idle: float = 45,
        content: float = 300,
        connect: float = 10,
        headers: float = 30,
    ) -> None:
        self._transport = Transport(http, base_url, key)
        self._key = key
        self._flow = quote(str(flow), safe="")
        self._idle = idle
        self._content = content
        self._connect = connect
        self._headers = headers

    async def predict(
        self,
        what: Mapping[str, object],
        chat: str,
        session: str,
        *,
        override: Mapping[str, object] | None = None,
        streaming: bool = True,
        private: Iterable[str] = (),
    ) -> AsyncGenerator[wire.FlowEvent | wire.Unknown]:
        """Ask, and yield the answer's events as they come, until the stream ends.

        ``what`` holds a ``question``, a ``form`` or a ``humanInput``, and perhaps ``uploads``.
        ``chat`` must not be that of another prediction that still runs: the two would be mixed.
        The end of the stream does not say that the answer is whole; its events do. An ``error``
        event is raised as Refused. An answer in one piece, asked for or not, comes as the same
        events. Closing the iterator closes the connection.
        """
        body = {
            **what,
            "chatId": chat,
            "overrideConfig": {**(override or {}), "sessionId": session},
            "streaming": streaming,
        }
        secrets = (self._key, chat, session, *private)
        # The server begins only when it has all of the body.
        begins_within = self._headers + self._connect + (_UPLOAD if "uploads" in what else 0)
        async with self._transport.request(
            "POST",
            f"prediction/{self._flow}",
            ClientTimeout(total=None, connect=self._connect, sock_connect=self._connect),
            body=body,
            private=secrets,
            headers_within=begins_within if streaming else self._content,
        ) as response:
            if response.content_type == "text/event-stream":
                stream = Stream[wire.FlowEvent | wire.Unknown](
                    response, self._idle, self._content, decode
                )
                while (events := await stream.next()) is not None:
                    for event in events:
                        if isinstance(event, wire.Error):
                            raise midway(event.data, secrets)
                        yield event
            else:
                for event in (
                    await within(self._content, decoded(response, bodies.Prediction))
                ).events():
                    yield event

    async def abort(self, chat: str) -> None:
        """Stop what runs. The server also says yes when nothing does, or cannot be stopped."""
        path = f"chatmessage/abort/{self._flow}/{quote(chat, safe='')}"
        async with self._transport.request("PUT", path, ClientTimeout(total=_QUICK / 2)):
            return

    async def is_streaming(self) -> bool:
        """Whether the flow can answer word by word. Raises Refused when there is no such flow."""
        found = await self._get(f"chatflows-streaming/{self._flow}", bodies.Streaming)
        return bool(found.is_streaming)

    async def uploads(self) -> bodies.Uploads:
        """What files the flow takes."""
        return await self._get(f"chatflows-uploads/{self._flow}", bodies.Uploads)

    async def public_config(self) -> bodies.PublicConfig:
        """What the flow says before it is asked, and its definition."""
        return await self._get(f"public-chatbotConfig/{self._flow}", bodies.PublicConfig)

    async def history(self, *, session: str = "", chat: str = "") -> list[bodies.StoredMessage]:
        """The messages of a session or of one of its chats, oldest first. Needs the key."""
        names = {"sessionId": session, "chatId": chat}
        query = {**{key: name for key, name in names.items() if name}, "order": "ASC"}
        return await self._get(f"chatmessage/{self._flow}", list[bodies.StoredMessage], query)

    async def forget(self, chat: str) -> None:
        """Delete a chat's messages, and what the flow remembers under its name. Needs the key."""
        limits, path = ClientTimeout(total=_QUICK), f"chatmessage/{self._flow}"
        async with self._transport.request(
            "DELETE", path, limits, query={"chatId": chat}, private=(chat,)
        ):
            return

    async def rate(self, chat: str, message: str, rating: Rating, content: str = "") -> str:
        """Rate an answer; the rating's id."""
        body = {"chatflowid": self._flow, "chatId": chat, "messageId": message, "rating": rating}
        said = {**body, "content": content}
        return (await self._send("POST", "feedback", said, bodies.Feedback, (chat, content))).id

    async def rate_anew(self, feedback: str, rating: Rating, content: str = "") -> None:
        """Change a rating."""
        body = {"rating": rating, "content": content}
        path = f"feedback/{quote(feedback, safe='')}"
        await self._send("PUT", path, body, dict[str, object], (content,))

    async def leave_contact(
        self, chat: str, *, name: str = "", email: str = "", phone: str = ""
    ) -> str:
        """Tell the flow's owner who writes; the contact's id."""
        person = {"name": name, "email": email, "phone": phone}
        body = {"chatflowid": self._flow, "chatId": chat, **person}
        return (await self._send("POST", "leads", body, bodies.Lead, (chat, *person.values()))).id

    async def upload(
        self, chat: str, name: str, media_type: str, content: bytes
    ) -> list[bodies.Uploaded]:
        """Have a file's text read. The flow must allow it.

        The name must have the ending of the media type, and no control characters.
        """
        form = FormData(quote_fields=False)
        form.add_field("files", content, filename=name, content_type=media_type)
        path = f"attachments/{self._flow}/{quote(chat, safe='')}"
        kind = list[bodies.Uploaded]
        return await self._send("POST", path, form, kind, (chat, name), _UPLOAD)

    def address_of(self, chat: str, file: str) -> str:
        """Where the server serves what it keeps for a chat under that name."""
        query = {"chatflowId": self._flow, "chatId": chat, "fileName": file}
        return f"{self._transport.base_url}/get-upload-file?{urlencode(query, quote_via=quote)}"

    async def ping(self) -> bool:
        """Whether a CiniterFlow answers there."""
        limits = ClientTimeout(total=_QUICK)
        async with self._transport.request("GET", "ping", limits) as response:
            return (await read(response)).strip() == b"pong"

    async def version(self) -> str:
        """Which CiniterFlow answers there."""
        return (await self._get("version", bodies.Version)).version

    async def _get(self, path: str, kind: type[T], query: Mapping[str, str] | None = None) -> T:
        limits = ClientTimeout(total=_QUICK, sock_connect=self._connect)
        private = tuple((query or {}).values())
        async with self._transport.request(
            "GET", path, limits, query=query, private=private
        ) as response:
            return await decoded(response, kind)

    async def _send(
        self,
        method: str,
        path: str,
        body: Payload,
        kind: type[T],
        private: Iterable[str],
        within: float = _QUICK,
    ) -> T:
        limits = ClientTimeout(total=within)
        async with self._transport.request(
            method, path, limits, body=body, private=private
        ) as response:
            return await decoded(response, kind)
