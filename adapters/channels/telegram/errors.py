"""What can become of a call to Telegram. No error holds the token, an address or a message's text.

They are the library's own kind of error, so that it lets them through as they are.
"""

from http import HTTPStatus

from msgspec import Raw, Struct
from telegram.error import TelegramError

LIMITED_SECONDS = 5.0
"""To wait when Telegram says that it is too much, and not for how long."""
_LONGEST = 200
"""Characters of what Telegram says of a refusal."""


class Refused(TelegramError):
    """Telegram said no, and why: nothing happened."""

    def __init__(self, code: int, description: str) -> None:
        super().__init__(f"{code} {description}")
        self.code = code
        self.description = description

    def says(self, *phrases: str) -> bool:
        """Whether one of the phrases is in the description, in whatever case."""
        said = self.description.casefold()
        return any(phrase.casefold() in said for phrase in phrases)


class Limited(Refused):
    """It was too much for Telegram: nothing happened. ``retry_after`` is in seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(429, f"too many requests: retry after {retry_after:g}")
        self.retry_after = retry_after


class Migrated(Refused):
    """The group has become the supergroup ``chat``: nothing happened."""

    def __init__(self, chat: int) -> None:
        super().__init__(400, "group chat was upgraded to a supergroup chat")
        self.chat = chat


class Gone(Refused):
    """The bot was blocked or kicked, or the person is deactivated: nothing happened."""


class Unauthorized(Refused):
    """The token is wrong, or no longer right."""


class Unsure(TelegramError):
    """The call may have been carried out: the connection broke, or Telegram's server failed."""


class Unreached(TelegramError):
    """There was no connection: nothing happened."""


class Parameters(Struct, frozen=True):
    """What helps with a refusal. ``retry_after`` is in seconds."""

    retry_after: float = 0
    migrate_to_chat_id: int = 0


class Answer(Struct, frozen=True):
    """What Telegram answers to any call."""

    ok: bool = False
    result: Raw = Raw(b"")
    error_code: int = 0
    description: str = ""
    parameters: Parameters = Parameters()

    @property
    def carried_out(self) -> bool:
        """Whether the call was, and there is a result."""
        return self.ok and bool(bytes(self.result))


def meaning(status: int, answer: Answer) -> Refused | Unsure:
    """What an answer says of the call, other than that it was carried out."""
    code = answer.error_code if status == HTTPStatus.OK else status
    if answer.ok or not HTTPStatus.MULTIPLE_CHOICES <= code < HTTPStatus.INTERNAL_SERVER_ERROR:
        return Unsure(f"status {code}")
    told = answer.parameters
    if code == HTTPStatus.TOO_MANY_REQUESTS:
        return Limited(max(told.retry_after or LIMITED_SECONDS, 1.0))
    if told.migrate_to_chat_id:
        return Migrated(told.migrate_to_chat_id)
    kinds = {401: Unauthorized, 403: Gone}
    return kinds.get(code, Refused)(code, answer.description[:_LONGEST])
