"""Telegram's webhook: what it is set to, what is wrong with it, in words. Pure."""

import hashlib
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import urlsplit

from adapters.channels.telegram.config import Config

ALLOWED = (
    "message",
    "edited_message",
    "callback_query",
    "message_reaction",
    "my_chat_member",
    "stopped_message_generation",
)
"""The kinds of updates that are asked for: Telegram keeps to the list it was given last."""
CONNECTIONS = 40
"""That Telegram may open to the gateway at a time."""
PORTS = (443, 80, 88, 8443)
"""The only ones that Telegram calls."""
RECENT_SECONDS = 600
"""How long a delivery that failed is worth a word."""

NOT_HTTPS = (
    "server.public_url is {found}: write the https address under which Telegram reaches the "
    "gateway, or `updates: polling` on the channel, which needs none"
)
PORT = "server.public_url has port {port}: Telegram calls only 443, 80, 88 and 8443"

_MEANINGS = (
    ("403", "the request was refused: the secret is another one's; set the webhook anew"),
    ("404", "something answered that is not this gateway: look at the proxy, and at public_url"),
    ("503", "the gateway or its store was away; Telegram sends again"),
    ("502", "the proxy did not reach the gateway; Telegram sends again"),
    ("wrong response", "the gateway, or a proxy before it, did not answer with 200"),
    ("refused", "nothing listens there: is the gateway running, and the port open?"),
    ("timed out", "no answer came: a firewall, or an address that leads elsewhere"),
    ("timeout", "no answer came: a firewall, or an address that leads elsewhere"),
    ("ssl", "the certificate is not valid, or its chain is incomplete"),
    ("certificate", "the certificate is not valid, or its chain is incomplete"),
    ("resolve", "the name of public_url is not known in the DNS"),
    ("ip address", "public_url leads to an address that the outside world cannot reach"),
)
"""Words of Telegram's, and what they mean for an operator; the first that fits."""


def mode_of(config: Config, public_url: str) -> Literal["webhook", "polling"]:
    """How updates come: as it is written, or with ``auto`` by webhook where Telegram can call."""
    if config.updates == "auto":
        return "polling" if problem_of(public_url, local=False) else "webhook"
    return config.updates


def hook_path(name: str) -> str:
    """Where the gateway takes the updates of channel ``name``."""
    return f"/telegram/{name}/webhook"


def wanted(name: str, public_url: str, secret: str) -> dict[str, Any]:
    """What ``setWebhook`` is given; never to throw away what waits."""
    return {
        "url": public_url + hook_path(name),
        "secret_token": secret,
        "allowed_updates": list(ALLOWED),
        "max_connections": CONNECTIONS,
    }


def differs(info: Mapping[str, Any], settings: Mapping[str, Any]) -> bool:
    """Whether ``getWebhookInfo`` says something else than was wanted; it hides the secret."""
    return (
        info.get("url") != settings["url"]
        or set(info.get("allowed_updates") or ()) != set(settings["allowed_updates"])
        or info.get("max_connections") != settings["max_connections"]
    )


def fingerprint(settings: Mapping[str, Any]) -> bytes:
    """Tells whether the address or the secret is a new one, and gives neither away."""
    text = f"{settings['url']}\n{settings['secret_token']}"
    return hashlib.sha256(text.encode()).hexdigest().encode()


def problem_of(public_url: str, *, local: bool) -> str:
    """Why Telegram would not call there; empty when it would.

    ``local``: a Bot API server of one's own, which calls any address.
    """
    url = urlsplit(public_url)
    if local and url.hostname:
        return ""
    if url.scheme != "https" or not url.hostname:
        return NOT_HTTPS.format(found=public_url or "not set")
    try:
        port = url.port or 443
    except ValueError:
        return NOT_HTTPS.format(found="not an address")
    return "" if port in PORTS else PORT.format(port=port)


def host(url: object) -> str:
    """Where an address leads, without its path: that may hold a secret."""
    try:
        parts = urlsplit(url if isinstance(url, str) else "")
        name = parts.hostname or ""
    except ValueError:
        name = ""
    return name if name.isprintable() and name else "an address that cannot be read"


def failure(info: Mapping[str, Any], now: float) -> str:
    """Why Telegram could not deliver lately, and what it means; empty when it could.

    ``now`` is in seconds since the epoch.
    """
    said, when = info.get("last_error_message"), info.get("last_error_date")
    if not isinstance(said, str) or not said or not isinstance(when, int):
        return ""
    return f"{_word(said)} ({meaning(said)})" if now - when < RECENT_SECONDS else ""


def meaning(said: str) -> str:
    """What an error of the webhook, in Telegram's words, means for an operator."""
    lowered = said.lower()
    for words, means in _MEANINGS:
        if words in lowered:
            return means
    return "Telegram sends again"


def _word(said: str) -> str:
    return said[:200] if said.isprintable() else "an error that cannot be read"
