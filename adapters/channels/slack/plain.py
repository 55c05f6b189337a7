"""Calls to Slack outside of any workspace: signing in, and trying out a token."""

from collections.abc import Mapping
from typing import Any

import aiohttp
from msgspec import Struct

from adapters.channels.slack.api import Limited, Refused, Unreached, Unsure

SECONDS = 10.0
"""For one call."""
PASSING = frozenset(
    {
        "accesslimited",
        "fatal_error",
        "internal_error",
        "org_login_required",
        "request_timeout",
        "service_unavailable",
        "team_added_to_org",
    }
)
"""Refusals that say nothing about what was sent."""


class Answer(Struct, frozen=True):
    """What Slack said, and the ``scopes`` that the token was granted."""

    data: dict[str, Any]
    scopes: frozenset[str]


async def post(
    http: aiohttp.ClientSession, url: str, authorization: str, form: Mapping[str, str]
) -> Answer:
    """Call once, for 10 s at most. Raises Refused, Limited, Unsure and Unreached."""
    try:
        async with http.post(
            url,
            data=form,
            headers={"Authorization": authorization},
            timeout=aiohttp.ClientTimeout(total=SECONDS),
            allow_redirects=False,
        ) as response:
            return await _answer(response)
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
        raise Unreached("no connection to Slack") from None
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise Unsure(type(error).__name__) from None


def bearer(token: str) -> str:
    """The Authorization header of a token."""
    return f"Bearer {token}"


async def _answer(response: aiohttp.ClientResponse) -> Answer:
    if response.status == 429:
        raise Limited(_seconds(response))
    if response.status != 200:
        raise Unsure(f"HTTP {response.status}")
    data = await response.json(content_type=None)
    if not isinstance(data, dict):
        raise Unsure("not an object")
    if data.get("ok") is not True:
        _refuse(str(data.get("error", "unknown_error")), response)
    scopes = response.headers.get("X-OAuth-Scopes", "")
    return Answer(data, frozenset(filter(None, map(str.strip, scopes.split(",")))))


def _refuse(code: str, response: aiohttp.ClientResponse) -> None:
    if code in ("ratelimited", "rate_limited"):
        raise Limited(_seconds(response))
    raise Unsure(code) if code in PASSING else Refused(code)


def _seconds(response: aiohttp.ClientResponse) -> float:
    given = response.headers.get("Retry-After", "")
    return float(given) if given.isdecimal() else 1.0
