"""What a bot is, what it shows besides messages, and the chats it is in."""

import json
import re
import time
from typing import Any

from support.telegram import shapes
from support.telegram.checks import open_chat, thread
from support.telegram.methods import method
from support.telegram.model import Bot, bad
from support.telegram.state import State

ACTIONS = {
    "typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice",
    "upload_document", "choose_sticker", "find_location", "record_video_note", "upload_video_note",
}  # fmt: skip
COMMAND = re.compile(r"[a-z0-9_]{1,32}")
LANGUAGE = re.compile(r"([a-z]{2})?")
SCOPES = {
    "default", "all_private_chats", "all_group_chats", "all_chat_administrators", "chat",
    "chat_administrators", "chat_member",
}  # fmt: skip
SCOPED: dict[str, type] = {"scope": dict, "language_code": str}
TOO_OLD = "query is too old and response timeout expired or query ID is invalid"


@method("getMe")
def get_me(tg: State, bot: Bot, args: dict[str, Any]) -> Any:
    """The bot."""
    return shapes.me(bot)


@method(
    "sendChatAction", "chat_id", "action", chat_id=int, action=str, message_thread_id=int,
    business_connection_id=str,
)  # fmt: skip
def act(tg: State, bot: Bot, args: dict[str, Any]) -> Any:
    """What the bot is doing."""
    chat = open_chat(tg, bot, args)
    if args.get("action") not in ACTIONS:
        raise bad("wrong parameter action in request")
    bot.actions.append((chat, thread(tg, bot, args), args["action"]))
    return True


@method(
    "answerCallbackQuery", "callback_query_id", callback_query_id=str, text=str, show_alert=bool,
    url=str, cache_time=int,
)  # fmt: skip
def answer(tg: State, bot: Bot, args: dict[str, Any]) -> Any:
    """The end of a button's spinning."""
    query = args.get("callback_query_id", "")
    if bot.queries.get(query, float("-inf")) < time.monotonic() - tg.query_seconds:
        raise bad(TOO_OLD)
    if len(args.get("text", "")) > 200:
        raise bad("MESSAGE_TOO_LONG")
    bot.answered[query] = args.get("text", "")
    return True


@method("setMyCommands", "commands", commands=list, **SCOPED)
def set_commands(tg: State, bot: Bot, args: dict[str, Any]) -> Any:
    """The menu of commands."""
    if len(args.get("commands", [])) > 100:
        raise bad("BOT_COMMANDS_TOO_MUCH")
    for command in args["commands"]:
        if not COMMAND.fullmatch(command["command"].removeprefix("/")):
            raise bad("BOT_COMMAND_INVALID")
        if not 1 <= len(command["description"]) <= 256:
            raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
    bot.commands[_scope(args)] = args["commands"]
    return True


@method("getMyCommands", **SCOPED)
def get_commands(tg: State, bot: Bot, args: dict[str, Any]) -> Any:
    """The menu that was set."""
    return bot.commands.get(_scope(args), [])


@method("deleteMyCommands", **SCOPED)
def delete_commands(tg: State, bot: Bot, args: dict[str, Any]) -> Any:
    """No menu."""
    bot.commands.pop(_scope(args), None)
    return True


def _scope(args: dict[str, Any]) -> tuple[str, str]:
    scope, language = args.get("scope", {"type": "default"}), args.get("language_code", "")
    if scope.get("type") not in SCOPES:
        raise bad("can't parse BotCommandScope")
    if not LANGUAGE.fullmatch(language):
        raise bad("LANGUAGE_CODE_INVALID")
    more = {k: v for k, v in scope.items() if k != "type"}
    return scope["type"] + (json.dumps(more) if more else ""), language


@method(
    "setMessageReaction", "chat_id", "message_id", chat_id=int, message_id=int, reaction=list,
    is_big=bool,
)  # fmt: skip
def react(tg: State, bot: Bot, args: dict[str, Any]) -> Any:
    """The bot's reaction to a message."""
    chat = open_chat(tg, bot, args)
    if (chat, args["message_id"]) not in bot.messages:
        raise bad("message to react not found")
    bot.reactions[chat, args["message_id"]] = args.get("reaction", [])
    return True


@method("getChat", "chat_id", chat_id=int)
def get_chat(tg: State, bot: Bot, args: dict[str, Any]) -> Any:
    """What a chat is."""
    gifts = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription",
             "gifts_from_channels")  # fmt: skip
    full = {"accent_color_id": 0, "max_reaction_count": 11}
    full["accepted_gift_types"] = dict.fromkeys(gifts, False)
    return shapes.chat(tg.chat(open_chat(tg, bot, args))) | full


@method("getChatMember", "chat_id", "user_id", chat_id=int, user_id=int)
def get_member(tg: State, bot: Bot, args: dict[str, Any]) -> Any:
    """What somebody is in a chat."""
    chat = tg.chat(open_chat(tg, bot, args))
    mine = args["user_id"] == bot.id
    who = shapes.me(bot) if mine else shapes.user(args["user_id"])
    if args["user_id"] in chat.admins:
        return {"status": "creator", "user": who, "is_anonymous": False}
    return {"status": "member", "user": who}


@method("leaveChat", "chat_id", chat_id=int)
def leave(tg: State, bot: Bot, args: dict[str, Any]) -> Any:
    """A chat less."""
    tg.chat(open_chat(tg, bot, args)).kicked = True
    return True
