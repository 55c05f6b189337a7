"""The library's Bot over our own requests, and the methods that are newer than the library."""

import logging
from collections.abc import Awaitable, Sequence
from typing import Any, TypeVar

import aiohttp
from telegram import Bot, InlineKeyboardMarkup, InputFile, MessageEntity, ReplyParameters

from adapters.channels.telegram.errors import Unsure
from adapters.channels.telegram.request import AiohttpRequest

Result = TypeVar("Result")

# The library writes what it sends and what it is sent, texts and secrets too, at DEBUG.
logging.getLogger("telegram").setLevel(logging.WARNING)


class Caller:
    """Calls any method with one token. ``api_url`` has no slash at the end.

    Every method raises Refused and its kinds, Unsure and Unreached, and nothing else; none
    repeats a call, and each lasts 20 s at most unless it says otherwise.
    """

    def __init__(self, http: aiohttp.ClientSession, api_url: str, token: str) -> None:
        request = AiohttpRequest(http, token)
        self._bot = Bot(
            token,
            base_url=f"{api_url}/bot",
            base_file_url=f"{api_url}/file/bot",
            request=request,
            get_updates_request=request,
        )

    async def call(self, method: str, /, **arguments: object) -> Any:
        """The result of a method. Arguments that are None are left out; bytes are uploaded.

        With an upload it lasts 120 s at most.
        """
        return await self._call(method, arguments)

    async def draft(
        self,
        chat: int,
        draft_id: int,
        text: str,
        *,
        entities: Sequence[MessageEntity] = (),
        thread: int | None = None,
        stop: bool = True,
    ) -> None:
        """Show in a private chat what is being written; ``stop`` with Telegram's own button."""
        await done(
            self._bot.send_message_draft(
                chat,
                draft_id,
                text,
                message_thread_id=thread,
                entities=list(entities) or None,
                api_kwargs={"can_stop": True} if stop else None,
            )
        )

    async def send_rich(
        self,
        chat: int,
        markdown: str,
        *,
        thread: int | None = None,
        reply_to: int | None = None,
        keyboard: InlineKeyboardMarkup | None = None,
        silent: bool = False,
    ) -> int:
        """Send Markdown that Telegram itself lays out; the message's id.

        A server that does not know how refuses with code 404.
        """
        sent = await self.call(
            "sendRichMessage",
            chat_id=chat,
            rich_message={"markdown": markdown},
            message_thread_id=thread,
            reply_parameters=reply(reply_to),
            reply_markup=keyboard,
            disable_notification=silent or None,
        )
        return _message_id(sent)

    async def _call(
        self, method: str, arguments: dict[str, Any], seconds: float | None = None
    ) -> Any:
        given = {
            name: InputFile(value) if isinstance(value, bytes) else value
            for name, value in arguments.items()
        }
        times: dict[str, Any] = {} if seconds is None else {"read_timeout": seconds}
        # The library warns of its own methods; behind a name it does not know is the same one.
        return await done(self._bot.do_api_request(f"{method}_", given, **times))


async def done(call: Awaitable[Result]) -> Result:
    """The result of a call, in which the library may not find what it looks for."""
    try:
        return await call
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        unreadable = Unsure(f"unreadable: {type(error).__name__}")
    raise unreadable


def reply(message: int | None) -> ReplyParameters | None:
    """What makes a message a reply; one that was deleted meanwhile is answered all the same."""
    return ReplyParameters(message, allow_sending_without_reply=True) if message else None


def _message_id(sent: object) -> int:
    found = sent.get("message_id") if isinstance(sent, dict) else None
    if not isinstance(found, int):
        raise Unsure("unreadable")
    return found
