"""Raw requests in, typed commands out. Nothing here knows the network or the store."""

import re
import time
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from gateway.model import Address, Inbound, Origin, Person
from gateway.ports import Refusal

PAGE_LONGEST = 2000
_MESSAGE_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_LANGUAGE = re.compile(r"[A-Za-z0-9-]{0,35}")


class Command(Struct, frozen=True):
    """The body of every command: which fields count depends on the command."""

    token: str = ""
    id: str = ""
    text: str = ""
    cursor: str = ""
    lang: str = ""
    page: str = ""


def parse(body: bytes, bearer: str) -> Command:
    """A request's body. Raises Refusal."""
    try:
        command = msgspec.json.decode(body, type=Command)
    except msgspec.ValidationError as error:
        raise Refusal(400, "bad_request", f"The body does not fit: {error}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        message = 'The body must be a JSON object, such as {"token": "…"}.'
        raise Refusal(400, "bad_json", message) from None
    return msgspec.structs.replace(command, token=bearer) if bearer else command


def language(command: Command) -> str:
    """The language a session asks for; empty when that is no language tag."""
    return command.lang if _LANGUAGE.fullmatch(command.lang) else ""


def origin(channel: str, visitor: str, locale: str, site: str, page: str) -> Origin:
    """Who speaks from where. A visitor is a place of their own."""
    facts = {"site": site}
    if page:
        facts["page"] = _page(page)
    return Origin(Address(channel, visitor), Person(visitor, locale=locale), facts)


def message(command: Command, origin: Origin, longest: int, too_long: str) -> Inbound:
    """The message a command carries. Raises Refusal."""
    if not _MESSAGE_ID.fullmatch(command.id):
        raise Refusal(400, "bad_request", "id must be 8 to 64 letters, digits, - or _: a UUID.")
    text = command.text.strip()
    if not text:
        raise Refusal(400, "bad_request", "text must not be empty.")
    if len(text) > longest:
        raise Refusal(400, "bad_request", too_long)
    return Inbound(id=command.id, origin=origin, text=text, received_at=time.time())


def _page(page: str) -> str:
    """The page without its query: that may hold what is nobody's business."""
    url = urlsplit(page[:PAGE_LONGEST])
    return f"{url.scheme}://{url.netloc}{url.path}"
