"""What serves an HTTP path."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from gateway.ports.errors import Refusal

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def body_of(request: web.Request, most: int) -> bytes:
    """All of a request's body. Never holds more than ``most`` bytes and a chunk.

    Raises Refusal: 413 when it is larger, 400 when it breaks off.
    """
    too_large = Refusal(413, "too_large", f"A request has at most {most} bytes.")
    if (request.content_length or 0) > most:
        raise too_large
    body = bytearray()
    try:
        async for chunk in request.content.iter_any():
            body += chunk
            if len(body) > most:
                raise too_large
    except web.RequestPayloadError:
        raise Refusal(400, "bad_request", "The request's body is broken.") from None
    return bytes(body)
