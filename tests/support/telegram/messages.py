"""Messages and drafts: sent, edited, deleted."""

import time
from typing import Any

from support.telegram.checks import answered, formatted, keyboard, open_chat, own, thread
from support.telegram.methods import method
from support.telegram.model import Bot, Draft, Message, Refusal, bad
from support.telegram.shapes import shown
from support.telegram.state import State

SENT: dict[str, type] = {
    "chat_id": int, "message_thread_id": int, "business_connection_id": str,
    "direct_messages_topic_id": int, "disable_notification": bool, "protect_content": bool,
    "allow_paid_broadcast": bool, "message_effect_id": str, "suggested_post_parameters": dict,
    "reply_parameters": dict, "reply_markup": dict, "ephemeral_message_parameters": dict,
}  # fmt: skip
TO_PERSON: dict[str, type] = {"receiver_user_id": int, "callback_query_id": str}
TEXT: dict[str, type] = {
    "text": str, "parse_mode": str, "entities": list, "link_preview_options": dict,
}  # fmt: skip
WHICH: dict[str, type] = {
    "business_connection_id": str, "chat_id": int, "message_id": int, "inline_message_id": str,
    "reply_markup": dict,
}  # fmt: skip
RICH = {"html", "markdown", "is_rtl", "skip_entity_detection", "blocks", "media"}
MOST_RICH = 32_768


def posted(tg: State, bot: Bot, args: dict[str, Any], **content: Any) -> Message:
    """A new message of a bot. Raises Refusal."""
    message = Message(
        id=tg.new_id(), chat=open_chat(tg, bot, args), user=bot.id, mine=True,
        thread=thread(tg, bot, args), reply_to=answered(bot, args), keyboard=keyboard(tg, args),
        silent=args.get("disable_notification", False), **content,
    )  # fmt: skip
    return tg.keep(bot, message)


@method("sendMessage", "chat_id", "text", **SENT, **TO_PERSON, **TEXT)
def send(tg: State, bot: Bot, args: dict[str, Any]) -> Any:
    """A message."""
    open_chat(tg, bot, args)
    text, entities = formatted(tg, args)
    if not text:
        raise bad("message text is empty")
    preview = not args.get("link_preview_options", {}).get("is_disabled", False)
    return shown(tg, bot, posted(tg, bot, args, text=text, entities=entities, preview=preview))


@method("sendRichMessage", "chat_id", "rich_message", rich_message=dict, **SENT)
def send_rich(tg: State, bot: Bot, args: dict[str, Any]) -> Any:
    """A message that Telegram itself lays out."""
    open_chat(tg, bot, args)
    rich = _rich(tg, args)
    return shown(tg, bot, posted(tg, bot, args, text=_source(rich), rich=rich))


def _rich(tg: State, args: dict[str, Any]) -> dict[str, Any]:
    if not tg.rich:
        raise Refusal("Not Found", 404)
    rich: dict[str, Any] = args["rich_message"]
    if unknown := set(rich) - RICH:
        tg.complaints.append(f"a rich message with {sorted(unknown)}")
    if len(_source(rich).encode()) > MOST_RICH:
        raise bad("message is too long")
    if not _source(rich).strip() and not rich.get("blocks"):
        raise bad("message text is empty")
    return rich


def _source(rich: dict[str, Any]) -> str:
    return str(rich.get("markdown") or rich.get("html") or "")


@method("editMessageText", rich_message=dict, **WHICH, **TEXT)
def edit(tg: State, bot: Bot, args: dict[str, Any]) -> Any:
    """Another text, and another keyboard, for a message."""
    message = own(tg, bot, args)
    if message.media:
        raise bad("there is no text in the message to edit")
    rich = _rich(tg, args) if "rich_message" in args else {}
    text, entities = (_source(rich), []) if rich else formatted(tg, args)
    if not text:
        raise bad("message text is empty")
    _change(message, text=text, entities=entities, rich=rich, keyboard=keyboard(tg, args))
    return shown(tg, bot, message)


@method("editMessageCaption", caption=str, parse_mode=str, caption_entities=list,
        show_caption_above_media=bool, **WHICH)  # fmt: skip
def edit_caption(tg: State, bot: Bot, args: dict[str, Any]) -> Any:
    """Another caption for a message."""
    message = own(tg, bot, args)
    caption, entities = formatted(tg, args, "caption", "caption_entities", 1024)
    _change(message, caption=caption, caption_entities=entities, keyboard=keyboard(tg, args))
    return shown(tg, bot, message)


@method("editMessageReplyMarkup", **WHICH)
def edit_markup(tg: State, bot: Bot, args: dict[str, Any]) -> Any:
    """Another keyboard for a message, or none."""
    message = own(tg, bot, args)
    _change(message, keyboard=keyboard(tg, args))
    return shown(tg, bot, message)


def _change(message: Message, **content: Any) -> None:
    if all(getattr(message, name) == value for name, value in content.items()):
        raise bad(
            "message is not modified: specified new message content and reply markup are exactly "
            "the same as a current content and reply markup of the message"
        )
    for name, value in content.items():
        setattr(message, name, value)
    message.edited += 1


@method("deleteMessage", "chat_id", "message_id", chat_id=int, message_id=int)
def delete(tg: State, bot: Bot, args: dict[str, Any]) -> Any:
    """A message less."""
    chat = open_chat(tg, bot, args)
    found = bot.messages.get((chat, args.get("message_id", 0)))
    if found is None or found.deleted:
        raise bad("message to delete not found")
    if not found.mine and chat < 0 and bot.id not in tg.chat(chat).admins:
        raise bad("message can't be deleted")
    found.deleted = True
    return True


DRAFTED: dict[str, type] = {
    "chat_id": int, "message_thread_id": int, "draft_id": int, "can_stop": bool,
    "keep_on_stop": bool,
}  # fmt: skip


@method(
    "sendMessageDraft", "chat_id", "draft_id", text=str, parse_mode=str, entities=list, **DRAFTED
)
def draft(tg: State, bot: Bot, args: dict[str, Any]) -> Any:
    """What is being written, in a private chat."""
    _check_draft(tg, bot, args)
    text, entities = formatted(tg, args)
    return _drafted(tg, bot, args, text=text, entities=entities)


@method("sendRichMessageDraft", "chat_id", "draft_id", "rich_message", rich_message=dict, **DRAFTED)
def rich_draft(tg: State, bot: Bot, args: dict[str, Any]) -> Any:
    """The same, as Telegram itself lays it out."""
    _check_draft(tg, bot, args)
    rich = _rich(tg, args)
    return _drafted(tg, bot, args, text=_source(rich), rich=rich)


def _check_draft(tg: State, bot: Bot, args: dict[str, Any]) -> None:
    if open_chat(tg, bot, args) < 0:
        raise bad("TEXTDRAFT_PEER_INVALID")
    if not args.get("draft_id"):
        raise bad("RANDOM_ID_INVALID")


def _drafted(tg: State, bot: Bot, args: dict[str, Any], **content: Any) -> bool:
    place = args["chat_id"], thread(tg, bot, args)
    stoppable = args.get("can_stop", False)
    now = time.monotonic()
    bot.shown[place] = Draft(id=args["draft_id"], since=now, stoppable=stoppable, **content)
    return True
