"""Telegram's Bot API for one bot: one call, and what became of it."""

from collections.abc import Sequence
from typing import Any

import aiohttp
from telegram import InlineKeyboardMarkup, LinkPreviewOptions, MessageEntity, User

from adapters.channels.telegram.caller import Caller, done, reply
from adapters.channels.telegram.errors import (
    Gone,
    Limited,
    Migrated,
    Refused,
    Unauthorized,
    Unreached,
    Unsure,
)
from adapters.channels.telegram.filehost import TOO_BIG, FileHost

__all__ = [
    "TOO_BIG",
    "Api",
    "Gone",
    "Limited",
    "Migrated",
    "Refused",
    "Unauthorized",
    "Unreached",
    "Unsure",
]

POLL_MARGIN = 10.0
"""Seconds that a long poll may last beyond what it was asked to wait."""
_STALE = ("query is too old", "query id is invalid")
_UNCHANGED = "message is not modified"
_PLAIN = LinkPreviewOptions(is_disabled=True)


class Api(Caller):
    """One bot's API, with what the channel uses of it.

    Every method raises Refused and its kinds, Unsure and Unreached, and nothing else; none
    repeats a call, and each lasts 20 s at most unless it says otherwise. ``local`` is for a Bot
    API server that keeps its files on this machine.
    """

    def __init__(
        self, http: aiohttp.ClientSession, api_url: str, token: str, *, local: bool = False
    ) -> None:
        super().__init__(http, api_url, token)
        self._files = FileHost(http, f"{api_url}/file/bot{token}/", local=local)
        self._me: User | None = None

    async def me(self) -> User:
        """The bot itself; asked for once. Raises Unauthorized when the token is wrong."""
        if self._me is None:
            try:
                self._me = await done(self._bot.get_me())
            except Refused as refused:
                # Telegram knows no method of a token that has not its shape.
                if refused.code == 404:
                    raise Unauthorized(404, refused.description) from None
                raise
        return self._me

    async def send(
        self,
        chat: int,
        text: str,
        *,
        entities: Sequence[MessageEntity] = (),
        thread: int | None = None,
        reply_to: int | None = None,
        keyboard: InlineKeyboardMarkup | None = None,
        preview: bool = False,
        silent: bool = False,
    ) -> int:
        """Send a text; the message's id."""
        sending = self._bot.send_message(
            chat,
            text,
            entities=list(entities) or None,
            message_thread_id=thread,
            reply_parameters=reply(reply_to),
            reply_markup=keyboard,
            link_preview_options=None if preview else _PLAIN,
            disable_notification=silent or None,
        )
        return (await done(sending)).message_id

    async def edit(
        self,
        chat: int,
        message: int,
        text: str,
        *,
        entities: Sequence[MessageEntity] = (),
        keyboard: InlineKeyboardMarkup | None = None,
        preview: bool = False,
    ) -> None:
        """Give a message another text. One that has it already is no failure."""
        editing = self._bot.edit_message_text(
            text,
            chat,
            message,
            entities=list(entities) or None,
            reply_markup=keyboard,
            link_preview_options=None if preview else _PLAIN,
        )
        try:
            await done(editing)
        except Refused as refused:
            if not refused.says(_UNCHANGED):
                raise

    async def act(self, chat: int, action: str, thread: int | None = None) -> None:
        """Show for five seconds what the bot is doing."""
        await done(self._bot.send_chat_action(chat, action, message_thread_id=thread))

    async def delete(self, chat: int, message: int) -> None:
        """Take a message away."""
        await done(self._bot.delete_message(chat, message))

    async def answer_callback(self, query: str, text: str = "") -> None:
        """Tell a person that their press was taken. One that waits no longer is no failure."""
        try:
            await done(self._bot.answer_callback_query(query, text or None))
        except Refused as refused:
            if not refused.says(*_STALE):
                raise

    async def updates(
        self, offset: int, seconds: int, allowed: Sequence[str]
    ) -> list[dict[str, Any]]:
        """What has happened from ``offset`` on, raw; waits so many seconds for the first."""
        arguments = {"offset": offset, "timeout": seconds, "allowed_updates": list(allowed)}
        found = await self._call("getUpdates", arguments, seconds + POLL_MARGIN)
        if not isinstance(found, list):
            raise Unsure("unreadable")
        return found

    async def download(self, file_id: str, most: int) -> bytes:
        """A file's bytes, within 80 s. Refused says TOO_BIG when there are more than ``most``."""
        file = await self.call("getFile", file_id=file_id)
        path = file.get("file_path") if isinstance(file, dict) else None
        if not isinstance(path, str):
            raise Unsure("unreadable")
        return await self._files.get(path, most)
