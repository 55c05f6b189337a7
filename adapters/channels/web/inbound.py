"""Raw requests in, typed commands out. Nothing here knows the network or the store."""

import re
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from adapters.channels.web.tokens import Visitor
from adapters.channels.web.wire import Command
from gateway.model import Address, Attachment, Inbound, Origin, Person, Rating
from gateway.ports import Refusal

PAGE_LONGEST = 2000
FILES_MOST = 10
_MESSAGE_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_AGAIN = "again:"
"""No client can make such an id."""
_LANGUAGE = re.compile(r"[A-Za-z0-9-]{0,35}")


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


def facts(site: str, page: str) -> dict[str, str]:
    """What routes may ask about where somebody writes."""
    return {"site": site, **({"page": _page(page)} if page else {})}


def origin(address: Address, visitor: Visitor, locale: str, facts: dict[str, str]) -> Origin:
    """Who speaks from where. A visitor is a place of their own, a conversation a thread."""
    return Origin(address, Person(visitor.id, visitor.name, locale), facts)


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


def message(
    command: Command, origin: Origin, files: tuple[Attachment, ...], inputs: dict[str, str]
) -> Inbound:
    """The message that a checked command carries."""
    return Inbound(
        id=command.id,
        inputs=inputs,
        origin=origin,
        text=command.text.strip(),
        received_at=time.time(),
        attachments=files,
    )


class Question(Struct, frozen=True):
    """What was asked: the text, and where its files are."""

    text: str
    paths: tuple[str, ...] = ()


class _Said(Struct, frozen=True):
    kind: str = ""
    turn: str = ""
    text: str = ""
    files: tuple[dict[str, object], ...] = ()


def last_question(messages: Sequence[bytes], turn: str) -> Question:
    """The last question of a transcript whose last answer is that of ``turn``. Raises Refusal."""
    said = [msgspec.json.decode(each, type=_Said) for each in reversed(messages)]
    answers = [each.turn for each in said if each.kind == "bot"]
    asked = next((each for each in said if each.kind == "user"), None)
    if asked is None or answers[:1] != [turn]:
        message = "Only the last answer of a conversation can be asked for again."
        raise Refusal(409, "not_last", message)
    return Question(asked.text, tuple(str(file.get("url", "")) for file in asked.files))


def again(turn: str) -> str:
    """The id of the message that asks for another answer in place of that of ``turn``."""
    return f"{_AGAIN}{turn}"


def is_again(message: Inbound) -> bool:
    """Whether a message only repeats an earlier one: nobody wrote it."""
    return message.id.startswith(_AGAIN)


def rating(command: Command) -> Rating:
    """What the visitor thinks. Raises Refusal."""
    if not command.turn or command.rating not in set(Rating):
        raise Refusal(400, "bad_request", "Give turn, and rating: like, dislike or none.")
    return Rating(command.rating)


def _page(page: str) -> str:
    """The page without its query: that may hold what is nobody's business."""
    url = urlsplit(page[:PAGE_LONGEST])
    return f"{url.scheme}://{url.netloc}{url.path}"
