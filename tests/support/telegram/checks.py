"""What Telegram takes as texts, keyboards and replies."""

from typing import Any

from support.telegram import parser
from support.telegram.model import Bot, Message, Refusal, bad
from support.telegram.state import State

MARKUPS = ("inline_keyboard", "keyboard", "remove_keyboard", "force_reply")
BUTTON = {
    "text", "icon_custom_emoji_id", "style", "url", "callback_data", "web_app", "login_url",
    "switch_inline_query", "switch_inline_query_current_chat", "switch_inline_query_chosen_chat",
    "copy_text", "callback_game", "pay", "disabled",
}  # fmt: skip
MOST_BUTTONS = 100
MOST_IN_ROW = 8


def formatted(
    tg: State, args: dict[str, Any], text: str = "text", entities: str = "entities",
    most: int = parser.MOST_TEXT,
) -> tuple[str, parser.Entities]:  # fmt: skip
    """A text with its entities as people see it. Raises Refusal."""
    said, found = args.get(text, ""), args.get(entities, [])
    if args.get("parse_mode"):
        said, found = parser.parsed(said, args["parse_mode"])
    else:
        parser.judge(said, found)
    if len(said) > most or len(said.encode()) > 35_000:
        raise bad("message is too long" if text == "text" else "message caption is too long")
    if complaint := parser.unwise(said, found):
        tg.complaints.append(complaint)
    return parser.trimmed(said, found)


def keyboard(tg: State, args: dict[str, Any]) -> list[list[dict[str, Any]]]:
    """The inline keyboard of a message. Raises Refusal."""
    markup = args.get("reply_markup")
    if not markup:
        return []
    if not any(name in markup for name in MARKUPS):
        raise bad("object expected as reply markup")
    rows = markup.get("inline_keyboard", [])
    buttons = [button for row in rows for button in row]
    if len(buttons) > MOST_BUTTONS or any(len(row) > MOST_IN_ROW for row in rows):
        tg.complaints.append(f"a keyboard of {len(buttons)} buttons")
        raise bad("reply markup is too long")
    for button in buttons:
        _check_button(tg, button)
    return rows


def _check_button(tg: State, button: dict[str, Any]) -> None:
    if unknown := set(button) - BUTTON:
        tg.complaints.append(f"a button with {sorted(unknown)}")
    if not button.get("text"):
        raise bad("can't parse inline keyboard button: Text buttons are unallowed")
    actions = set(button) - {"text", "icon_custom_emoji_id", "style"}
    if len(actions) != 1:
        raise bad("can't parse inline keyboard button: Text buttons are unallowed")
    if "callback_data" in button and not 1 <= len(button["callback_data"].encode()) <= 64:
        raise bad("BUTTON_DATA_INVALID")
    if "url" in button and not button["url"].startswith(("http://", "https://", "tg://")):
        raise bad("inline keyboard button URL is invalid: Wrong HTTP URL")


def answered(bot: Bot, args: dict[str, Any]) -> int:
    """The message that a new one replies to; 0 when it replies to none. Raises Refusal."""
    given = args.get("reply_parameters")
    if not given:
        return 0
    there = bot.messages.get((given.get("chat_id", args["chat_id"]), given["message_id"]))
    if there and not there.deleted:
        return there.id
    if given.get("allow_sending_without_reply"):
        return 0
    raise bad("message to be replied not found")


def open_chat(tg: State, bot: Bot, args: dict[str, Any]) -> int:
    """The chat that is written to, when it is open to the bot. Raises Refusal."""
    if "chat_id" not in args:
        raise bad("chat_id is empty")
    chat = tg.chat(args["chat_id"])
    if chat.migrated_to:
        says = "Bad Request: group chat was upgraded to a supergroup chat"
        raise Refusal(says, migrate_to_chat_id=chat.migrated_to)
    if chat.id in bot.blocked:
        raise Refusal("Forbidden: bot was blocked by the user", 403)
    if chat.kicked:
        raise Refusal(f"Forbidden: bot was kicked from the {chat.type} chat", 403)
    return chat.id


def thread(tg: State, bot: Bot, args: dict[str, Any]) -> int:
    """The thread that is written to; 0 for none. Raises Refusal."""
    found: int = args.get("message_thread_id", 0)
    if found and found not in tg.chat(args["chat_id"]).topics:
        raise bad("message thread not found")
    return found


def own(tg: State, bot: Bot, args: dict[str, Any], verb: str = "edit") -> Message:
    """A message of the bot that is changed. Raises Refusal."""
    chat = open_chat(tg, bot, args)
    found = bot.messages.get((chat, args.get("message_id", 0)))
    if found is None or found.deleted:
        raise bad(f"message to {verb} not found")
    if not found.mine:
        raise bad(f"message can't be {verb}{'d' if verb.endswith('e') else 'ed'}")
    return found
