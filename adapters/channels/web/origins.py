"""Which pages may talk to a site."""

import re
from collections.abc import Collection
from urllib.parse import urlsplit

from gateway.ports import Refusal


class Origins:
    """The origins of one site: those that are listed, and the gateway's own."""

    def __init__(self, site: str, listed: Collection[str], public_url: str) -> None:
        self._site = site
        self._listed = frozenset(listed)
        self._families = [_family(each) for each in listed if "*" in each]
        self._public_url = public_url

    def check(self, origin: str, host: str, fetch_site: str) -> str:
        """The origin, when it may talk to the site. Raises Refusal.

        ``host`` and ``fetch_site`` are the request's Host and Sec-Fetch-Site headers.
        """
        if not origin:
            if fetch_site == "same-origin":
                return self._public_url or f"http://{host}"
            raise Refusal(
                403,
                "origin_missing",
                "Send an Origin header with an origin of this site's list.",
            )
        if self._is_listed(origin.lower()) or self._is_own(origin, host):
            return origin
        raise Refusal(
            403,
            "origin_refused",
            f"{origin} may not use this widget. Add it to channels.{self._site}.origins in the"
            " gateway's configuration.",
        )

    def _is_listed(self, origin: str) -> bool:
        if "*" in origin:
            return False
        return origin in self._listed or any(each.fullmatch(origin) for each in self._families)

    def _is_own(self, origin: str, host: str) -> bool:
        if self._public_url:
            return origin == self._public_url
        # Without a public address there is only the one the page was asked for under.
        return urlsplit(origin).netloc == host


def _family(listed: str) -> re.Pattern[str]:
    """Matches the subdomains of https://*.example.com, however deep."""
    scheme, _, rest = listed.partition("*")
    return re.compile(rf"{re.escape(scheme)}[a-z0-9-]+(\.[a-z0-9-]+)*{re.escape(rest)}")
