"""The platform's API: post, edit, delete, and find where it can."""

from typing import Any

import aiohttp
from adapters.channels.pager.config import Config

SECONDS = 3.0
"""For one call."""


class Refused(Exception):
    """The platform did not do it."""


class Unsure(Exception):
    """The platform may have done it."""


class Client:
    """Calls one platform. Every method raises Refused and Unsure."""

    def __init__(self, http: aiohttp.ClientSession, config: Config) -> None:
        self.can_look_up = config.can_look_up
        self._http = http
        self._base = f"{config.platform}/places"
        self._headers = {"X-Replica": config.replica}

    async def post(self, place: str, ref: str, reply_to: str, text: str) -> str:
        """Post a message; its id. Twice is two messages."""
        body = {"ref": ref, "reply_to": reply_to, "text": text}
        return str((await self._call("POST", f"{place}/messages", json=body))["id"])

    async def edit(self, place: str, message: str, text: str) -> None:
        """Give a message another text."""
        await self._call("PUT", f"{place}/messages/{message}", json={"text": text})

    async def delete(self, place: str, message: str) -> None:
        """Take a message away."""
        await self._call("DELETE", f"{place}/messages/{message}")

    async def find(self, place: str, ref: str) -> str:
        """The id of the message posted with a reference; empty when there is none."""
        return str((await self._call("GET", f"{place}/messages", params={"ref": ref}))["id"])

    async def _call(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        timeout = aiohttp.ClientTimeout(total=SECONDS)
        try:
            async with self._http.request(
                method, f"{self._base}/{path}", headers=self._headers, timeout=timeout, **options
            ) as response:
                if response.status == 429:
                    raise Refused
                if response.status != 200:
                    raise Unsure
                found: dict[str, Any] = await response.json()
                return found
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unsure from error
