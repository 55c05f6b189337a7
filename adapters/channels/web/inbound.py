"""Raw requests in, typed commands out. Nothing here knows the network or the store."""

import re
import time
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from gateway.model import Address, Attachment, Inbound, Origin, Person, Rating
from gateway.ports import Refusal

PAGE_LONGEST = 2000
FILES_MOST = 10
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
    files: tuple[str, ...] = ()
    turn: str = ""
    rating: str = ""
    comment: str = ""


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


def check(command: Command, longest: int, too_long: str) -> None:
    """Raises Refusal when the command carries no message."""
    if not _MESSAGE_ID.fullmatch(command.id):
        raise Refusal(400, "bad_request", "id must be 8 to 64 letters, digits, - or _: a UUID.")
    if not command.text.strip() and not command.files:
        raise Refusal(400, "bad_request", "text must not be empty.")
    if len(command.text.strip()) > longest:
        raise Refusal(400, "bad_request", too_long)
    if len(command.files) > FILES_MOST:
        raise Refusal(400, "bad_request", f"A message has {FILES_MOST} files at most.")


def message(command: Command, origin: Origin, files: tuple[Attachment, ...]) -> Inbound:
    """The message that a checked command carries."""
    return Inbound(
        id=command.id,
        origin=origin,
        text=command.text.strip(),
        received_at=time.time(),
        attachments=files,
    )


def rating(command: Command) -> Rating:
    """What the visitor thinks. Raises Refusal."""
    if not command.turn or command.rating not in set(Rating):
        raise Refusal(400, "bad_request", "Give turn, and rating: like, dislike or none.")
    return Rating(command.rating)


def _page(page: str) -> str:
    """The page without its query: that may hold what is nobody's business."""
    url = urlsplit(page[:PAGE_LONGEST])
    return f"{url.scheme}://{url.netloc}{url.path}"
