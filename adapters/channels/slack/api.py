"""Slack's Web API for one workspace's token: one call, and what became of it."""

import asyncio
import logging
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

SECONDS = 10.0
"""For one call, from connecting to the last byte of the answer."""
LIMITED_SECONDS = 5.0
"""To wait when Slack says that it is too much, and not for how long."""

_LIMITED = {"ratelimited", "rate_limited"}
_UNSURE = {"fatal_error", "internal_error", "request_timeout", "service_unavailable"}
_READING = {
    "auth.test",
    "bots.info",
    "conversations.history",
    "conversations.info",
    "conversations.replies",
    "files.getUploadURLExternal",
    "files.info",
    "users.info",
}
"""What Slack takes as a form only."""


class Refused(Exception):
    """Slack said no, and why: nothing happened."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Limited(Refused):
    """It was too much for Slack: nothing happened. ``retry_after`` is in seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__("ratelimited")
        self.retry_after = retry_after


class Unsure(Exception):
    """The call may have been carried out: the connection broke, or Slack's server failed."""


class Unreached(Exception):
    """There was no connection: nothing happened."""


class Api:
    """Calls Slack with one token. ``base_url`` ends with ``/api/``."""

    def __init__(self, http: aiohttp.ClientSession, base_url: str, token: str) -> None:
        self._client = AsyncWebClient(
            token=token,
            base_url=base_url,
            session=http,
            retry_handlers=[],
            logger=logging.getLogger("slack_sdk"),
        )
        if base_url.startswith("http://"):
            # The library sends even what stays on this machine through a proxy of the environment.
            self._client.proxy = None

    async def call(self, method: str, /, **arguments: object) -> dict[str, Any]:
        """Slack's answer. Arguments that are None are left out.

        Raises Refused, Limited, Unsure and Unreached; no error holds a text or the token. Never
        repeats a call, and lasts SECONDS at most.
        """
        body = {name: value for name, value in arguments.items() if value is not None}
        sent = {"data": _form(body)} if method in _READING else {"json": body}
        try:
            async with asyncio.timeout(SECONDS):
                response = await self._client.api_call(method, **sent)
        except SlackApiError as error:
            raise _meaning(error.response) from None
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise Unreached(type(error).__name__) from None
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError, AttributeError) as error:
            # The library trips over answers that are no JSON object.
            raise Unsure(type(error).__name__) from None
        data = response.data
        return data if isinstance(data, dict) else {}


def _form(body: dict[str, object]) -> dict[str, str]:
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in body.items()
    }


def _meaning(response: Any) -> Exception:
    """What an answer that is not ok says of the call."""
    status = getattr(response, "status_code", 0)
    data = getattr(response, "data", None)
    code = str(data.get("error", "")) if isinstance(data, dict) else ""
    if status == 429 or code in _LIMITED:
        return Limited(_seconds(response.headers.get("Retry-After", "")))
    if code and code not in _UNSURE:
        return Refused(code)
    # An older server says in this way that it has no such method.
    return Refused("unknown_method") if status == 404 else Unsure(code or f"status {status}")


def _seconds(text: str) -> float:
    return max(float(text), 1.0) if text.isdigit() else LIMITED_SECONDS
