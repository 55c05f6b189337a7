"""How updates and answers show people, chats and messages."""

from typing import Any

from support.telegram.model import Bot, Chat, File, Message
from support.telegram.state import State

KINDS = {"document", "voice", "audio", "video", "animation"}


def user(id_: int, **more: Any) -> dict[str, Any]:
    """A person."""
    found = {"id": id_, "is_bot": False, "first_name": f"Person {id_}", "username": f"person{id_}"}
    return {k: v for k, v in (found | {"language_code": "en"} | more).items() if v is not None}


def me(bot: Bot) -> dict[str, Any]:
    """A bot."""
    return {
        "id": bot.id, "is_bot": True, "first_name": bot.name, "username": bot.username,
        "can_join_groups": True, "can_read_all_group_messages": bot.reads_all,
        "supports_inline_queries": False, "can_connect_to_business": False,
        "has_main_web_app": False, "has_topics_enabled": bot.topics,
        "allows_users_to_create_topics": bot.topics,
    }  # fmt: skip


def chat(found: Chat) -> dict[str, Any]:
    """A chat."""
    if found.type == "private":
        return {"id": found.id, "type": "private", "first_name": f"Person {found.id}"}
    forum = {"is_forum": True} if found.forum else {}
    return {"id": found.id, "type": found.type, "title": found.title} | forum


def file(found: File) -> dict[str, Any]:
    """A file, without its kind."""
    return {"file_id": found.id, "file_unique_id": found.id[-8:], "file_size": found.size}


def media(found: File) -> dict[str, Any]:
    """The part of a message that is a file."""
    shape = file(found)
    named = {"file_name": found.name, "mime_type": found.mimetype}
    named = {name: value for name, value in named.items() if value}
    match found.kind:
        case "photo":
            small = shape | {"file_id": f"{found.id}-small", "width": 90, "height": 90}
            return {"photo": [small | {"file_size": 900}, shape | {"width": 800, "height": 800}]}
        case "voice":
            return {"voice": shape | {"duration": 3, "mime_type": found.mimetype}}
        case "audio":
            return {"audio": shape | {"duration": 60} | named}
        case "video" | "animation":
            size = {"width": 320, "height": 200, "duration": 5}
            return {found.kind: shape | size | named}
    return {"document": shape | named}


def shown(tg: State, bot: Bot, message: Message, nested: bool = False) -> dict[str, Any]:
    """A message, as updates and answers show it."""
    if message.raw:
        return {k: v for k, v in message.raw.items() if not nested or k != "reply_to_message"}
    place = tg.chat(message.chat)
    made = {"message_id": message.id, "date": message.date, "chat": chat(place)}
    made["from"] = {k: me(bot)[k] for k in ("id", "is_bot", "first_name", "username")}
    if message.thread:
        made |= {"message_thread_id": message.thread, "is_topic_message": True}
    if message.file:
        made |= media(message.file)
    made |= _texts(message)
    if message.keyboard:
        made["reply_markup"] = {"inline_keyboard": message.keyboard}
    if message.edited:
        made["edit_date"] = message.date + message.edited
    replied = bot.messages.get((message.chat, message.reply_to))
    if replied and not nested:
        made["reply_to_message"] = shown(tg, bot, replied, nested=True)
    return made


def _texts(message: Message) -> dict[str, Any]:
    names = ("caption", "caption_entities") if message.media else ("text", "entities")
    if message.group:
        return {"media_group_id": message.group} | {
            name: value for name in names if (value := getattr(message, name))
        }
    return {name: value for name in names if (value := getattr(message, name))}
