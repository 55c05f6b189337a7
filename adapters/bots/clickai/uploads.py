"""A person's files on their way to the app, and what becomes of those that it does not take."""

import asyncio
import mimetypes
from pathlib import PurePath

from msgspec import Struct
from msgspec.structs import replace

from adapters.bots.clickai.client import ClickAI
from adapters.bots.clickai.errors import NotTaken, Refused
from adapters.bots.clickai.files import local
from adapters.bots.clickai.rules import Rules, type_of
from gateway.model import Ask, Attachment
from gateway.ports import FileGone, GatewayForBots

_MOST = 20
"""Files of one message, where the app names no number."""
_TOO_LARGE = 413
_UNFIT = frozenset({400, 415})

Named = dict[str, str]


class Uploads(Struct, frozen=True):
    """The files of a message that the app has, as it calls them.

    ``names`` are those they came with. ``notices`` tell the person what was left out, and why.
    """

    files: tuple[Named, ...] = ()
    names: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()

    @property
    def ids(self) -> set[str]:
        """What the app calls them."""
        return {file["upload_file_id"] for file in self.files}


class Uploader:
    """Hands over the files of one message, as far as the ``rules`` allow."""

    def __init__(self, gateway: GatewayForBots, client: ClickAI, ask: Ask, rules: Rules) -> None:
        self._gateway = gateway
        self._client = client
        self._ask = ask
        self._rules = rules
        self._notices: list[str] = []

    async def upload(self) -> Uploads:
        """Hand them over, all at the same time. Call it once.

        Raises ClientError when the server cannot be asked, and StoreUnavailable.
        """
        fitting = self._fitting()
        # All are waited for: what has begun must not go on behind a failure.
        sending = (self._send(file) for file in fitting)
        sent = await asyncio.gather(*sending, return_exceptions=True)
        taken: list[tuple[Named, str]] = []
        for file, named in zip(fitting, sent, strict=True):
            if isinstance(named, BaseException):
                raise named
            if named:
                taken.append((named, file.name))
        files, names = (tuple(each) for each in zip(*taken, strict=True)) if taken else ((), ())
        return Uploads(files, names, tuple(self._notices))

    def _fitting(self) -> list[Attachment]:
        fitting: list[Attachment] = []
        most = self._rules.number or _MOST
        for file in map(_named, self._ask.attachments):
            if not self._suits(file, file.size):
                continue
            if len(fitting) == most:
                self._tell("too_many", file, most)
            else:
                fitting.append(file)
        return fitting

    async def _send(self, file: Attachment) -> Named | None:
        try:
            content = await self._gateway.read(file)
        except FileGone:
            self._tell("gone", file)
            return None
        if not self._suits(file, len(content)):
            return None
        kind = self._rules.check(file.name, len(content), file.media_type)
        try:
            held = await self._client.files.upload(
                file.name, content, self._ask.user, media_type=file.media_type, rules=self._rules
            )
        except Refused as error:
            self._refuse(file, error)
            return None
        return local(held, kind)

    def _suits(self, file: Attachment, size: int) -> bool:
        try:
            self._rules.check(file.name, size, file.media_type)
        except NotTaken as error:
            self._tell("too_large" if error.limit else "refused", file, error.limit)
            return False
        return True

    def _refuse(self, file: Attachment, error: Refused) -> None:
        if error.status == _TOO_LARGE:
            self._tell("too_large", file, self._rules.limit(type_of(file.name)))
        elif error.status in _UNFIT:
            self._tell("refused", file)
        else:
            raise error

    def _tell(self, what: str, file: Attachment, limit: float = 0) -> None:
        key, locale = f"file.{what}", self._ask.locale
        self._notices.append(self._gateway.text(locale, key, name=file.name, limit=f"{limit:g}"))


def _named(file: Attachment) -> Attachment:
    """A file whose name says what it is: the app looks at nothing else."""
    if PurePath(file.name).suffix:
        return file
    suffix = mimetypes.guess_extension(file.media_type) or ""
    return replace(file, name=f"{file.name or file.family}{suffix}")
