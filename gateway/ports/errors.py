"""What goes wrong on either side of the ports."""


class CannotStart(Exception):
    """A channel can never work as it is configured: the text says what was found and to be done."""


class Behind(Exception):
    """The reader must begin anew from the history."""


class ShuttingDown(Exception):
    """The gateway is going away; the reader should reconnect, to any replica."""


class Refusal(Exception):
    """A request that is answered with a 4xx or 5xx and an explanation, in JSON.

    ``code`` is for programs, ``message`` tells a person what to do. ``headers`` go along, and
    ``details``, further members of the JSON object.
    """

    def __init__(self, status: int, code: str, message: str, retry_after: float = 0) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message
        self.retry_after = retry_after
        self.headers: dict[str, str] = {}
        self.details: dict[str, object] = {}


class FileGone(Exception):
    """The file is no longer kept."""


class FileRefused(Exception):
    """The file cannot be kept. ``code`` is ``too_large`` or ``no_room``.

    ``limit`` is how many bytes one may have, when it is too large.
    """

    def __init__(self, code: str, limit: int = 0) -> None:
        super().__init__(code)
        self.code = code
        self.limit = limit


class NotRouted(Exception):
    """No route of the configuration leads anywhere from here."""


class StoreUnavailable(Exception):
    """The message could not be made durable. The platform should send it again."""
