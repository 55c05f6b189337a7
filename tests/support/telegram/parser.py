"""Telegram's own parser of texts and entities: the library that its apps are built on."""

import json
from typing import Any

import tdjson

from support.telegram.model import bad

MOST_TEXT = 4096
MOST_CAPTION = 1024
MOST_ENTITIES = 100
KINDS = {
    "bold": "Bold", "italic": "Italic", "underline": "Underline",
    "strikethrough": "Strikethrough", "spoiler": "Spoiler", "blockquote": "BlockQuote",
    "expandable_blockquote": "ExpandableBlockQuote", "code": "Code", "pre": "Pre",
    "text_link": "TextUrl", "text_mention": "MentionName", "custom_emoji": "CustomEmoji",
}  # fmt: skip
FOUND = {
    "mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number", "date_time",
}  # fmt: skip
"""Kinds that Telegram finds by itself, and drops when they are sent."""
SPLITTABLE = {"bold", "italic", "underline", "strikethrough", "spoiler"}
NAMES = {f"textEntityType{name}": kind for kind, name in KINDS.items()}
NAMES["textEntityTypePreCode"] = "pre"
MODES = {
    "html": {"@type": "textParseModeHTML"},
    "markdown": {"@type": "textParseModeMarkdown", "version": 0},
    "markdownv2": {"@type": "textParseModeMarkdown", "version": 2},
}
Entities = list[dict[str, Any]]


def _execute(**request: Any) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(tdjson.td_execute(json.dumps(request).encode()))
    if said["@type"] == "error":
        message = said["message"]
        raise bad(message[:1].lower() + message[1:])
    return said


tdjson.td_execute(b'{"@type": "setLogVerbosityLevel", "new_verbosity_level": 0}')


def parsed(text: str, mode: str) -> tuple[str, Entities]:
    """What a parse mode makes of a text. Raises Refusal."""
    if mode.lower() not in MODES:
        raise bad("unsupported parse_mode")
    said = _execute(**{"@type": "parseTextEntities"}, text=text, parse_mode=MODES[mode.lower()])
    return said["text"], [_from_td(entity) for entity in said["entities"]]


def judge(text: str, entities: Entities) -> None:
    """Raises Refusal when Telegram does not take these entities with that text."""
    sent = [_to_td(entity) for entity in entities if entity.get("type") not in FOUND]
    formatted = {"@type": "formattedText", "text": text, "entities": sent}
    _execute(**{"@type": "getMarkdownText"}, text=formatted)


def _to_td(entity: dict[str, Any]) -> dict[str, Any]:
    kind = entity.get("type")
    if kind not in KINDS:
        raise bad(f"unsupported entity type {kind}")
    td: dict[str, Any] = {"@type": f"textEntityType{KINDS[kind]}"}
    match kind:
        case "pre" if entity.get("language"):
            td = {"@type": "textEntityTypePreCode", "language": entity["language"]}
        case "text_link":
            td["url"] = entity.get("url", "")
        case "text_mention":
            td["user_id"] = entity["user"]["id"]
        case "custom_emoji":
            td["custom_emoji_id"] = entity["custom_emoji_id"]
    where = {"offset": entity["offset"], "length": entity["length"]}
    return {"@type": "textEntity", "type": td} | where


def _from_td(entity: dict[str, Any]) -> dict[str, Any]:
    found = {"type": NAMES[entity["type"]["@type"]]}
    found |= {name: entity[name] for name in ("offset", "length")}
    more = {name: entity["type"][name] for name in ("url", "language") if name in entity["type"]}
    return found | more


def unwise(text: str, entities: Entities) -> str:
    """What Telegram would repair or drop without a word; empty when there is nothing."""
    if sum(entity["type"] not in SPLITTABLE | FOUND for entity in entities) > MOST_ENTITIES:
        return f"more than {MOST_ENTITIES} entities"
    units = len(text.encode("utf-16-le")) // 2
    open_: list[tuple[int, str]] = []
    for entity in sorted(entities, key=lambda each: (each["offset"], -each["length"])):
        end = entity["offset"] + entity["length"]
        if entity["length"] < 1 or end > units:
            return f"an entity of no length, or past the end: {entity}"
        while open_ and open_[-1][0] <= entity["offset"]:
            open_.pop()
        if open_ and end > open_[-1][0]:
            return f"entities that overlap: {entity}"
        if any(kind in ("code", "pre") for _, kind in open_):
            return f"an entity in code: {entity}"
        open_.append((end, entity["type"]))
    return ""


def trimmed(text: str, entities: Entities) -> tuple[str, Entities]:
    """As Telegram shows it: no white space around it, and no entities but in the text."""
    lead = len(text) - len(text.lstrip())
    ahead = len(text[:lead].encode("utf-16-le")) // 2
    text = text.strip()
    units = len(text.encode("utf-16-le")) // 2
    kept = []
    for entity in entities:
        begin = max(0, entity["offset"] - ahead)
        end = min(units, entity["offset"] + entity["length"] - ahead)
        if end > begin and entity["type"] not in FOUND:
            kept.append(entity | {"offset": begin, "length": end - begin})
    return text, sorted(kept, key=lambda each: (each["offset"], -each["length"], each["type"]))
