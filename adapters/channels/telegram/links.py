"""Links: which addresses Telegram takes behind a text. Pure."""

import re

LONGEST = 2048

_WEB = re.compile(r"(?i)https?://(?:[\w-]+\.)+[\w-]{2,}(?::(\d{1,5}))?(?:[/?#][^\s<>]*)?")
_IP = re.compile(r"(?i)https?://(?:\d{1,3}\.){3}\d{1,3}(?::(\d{1,5}))?(?:[/?#][^\s<>]*)?")
_APP = re.compile(r"tg://(?!user|openmessage|emoji)[a-z]+(?:[/?][^\s<>]*)?")
_CALLS = re.compile(r"(?i)tg:/*(?:user|openmessage|emoji)")


def allowed(url: str) -> bool:
    """Whether an address can be behind a text: Telegram refuses a whole message for one it cannot.

    That is a host with a dot in the web, or a place in Telegram's own apps.
    """
    if len(url) > LONGEST:
        return False
    found = _WEB.fullmatch(url) or _IP.fullmatch(url)
    if found:
        return int(found[1] or 1) in range(1, 65536)
    return bool(_APP.fullmatch(url))


def spelt(url: str, text: str) -> str:
    """What is written for an address behind a text that it cannot be behind; may be empty.

    A link that would call a person is left out, and one that leads nowhere from here.
    """
    shown = url.removeprefix("mailto:")
    if _CALLS.match(url) or url.startswith("#") or shown == text.strip():
        return ""
    return shown
