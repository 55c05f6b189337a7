"""What Slack takes as blocks, texts and metadata."""

from typing import Any

from support.slack.model import Refusal

MOST_BLOCKS = 50
MARKDOWN = 12_000
TYPES = {
    "actions", "context", "context_actions", "divider", "file", "header", "image", "input",
    "markdown", "plan", "rich_text", "section", "table", "task_card", "video", "alert", "card",
}  # fmt: skip


def check_blocks(blocks: list[Any]) -> None:
    """Raises Refusal as Slack does."""
    if len(blocks) > MOST_BLOCKS:
        raise _invalid(f"no more than {MOST_BLOCKS} items allowed")
    for block in blocks:
        if not isinstance(block, dict) or block.get("type") not in TYPES:
            raise _invalid(f"unsupported type: {block!r:.80}")
        _check(block)
    if sum(len(block["text"]) for block in blocks if block["type"] == "markdown") > MARKDOWN:
        raise Refusal("msg_blocks_too_long")
    ids = [e["action_id"] for b in blocks for e in _elements(b) if "action_id" in e]
    names = [b["block_id"] for b in blocks if "block_id" in b]
    if len(names) != len(set(names)):
        raise _invalid("block_id already exists")
    if any(not action or len(action) > 255 for action in ids):
        raise _invalid("action_id must be 1 to 255 characters")


def _elements(block: dict[str, Any]) -> list[dict[str, Any]]:
    found = list(block.get("elements", [])) if block["type"] != "rich_text" else []
    return [*found, *([block["accessory"]] if "accessory" in block else [])]


def _check(block: dict[str, Any]) -> None:
    match block["type"]:
        case "section":
            if "text" not in block and "fields" not in block:
                raise _invalid("section needs text or fields")
            if "text" in block:
                _text(block["text"], 3_000)
            for each in block.get("fields", []):
                _text(each, 2_000)
        case "header":
            _text(block["text"], 150, plain=True)
        case "markdown":
            if not isinstance(block.get("text"), str) or not block["text"]:
                raise _invalid("markdown needs text")
        case "context" | "actions" | "context_actions":
            most = {"context": 10, "actions": 25, "context_actions": 5}[block["type"]]
            if not 1 <= len(block.get("elements", [])) <= most:
                raise _invalid(f"{block['type']} takes 1 to {most} elements")
    for element in _elements(block):
        _element(block["type"], element)


def _element(within: str, element: dict[str, Any]) -> None:
    match element.get("type"):
        case "button":
            _text(element["text"], 75, plain=True)
            if len(element.get("value", "")) > 2_000 or len(element.get("url", "")) > 3_000:
                raise _invalid("value or url too long")
        case "feedback_buttons" if within == "context_actions":
            for name in ("positive_button", "negative_button"):
                _text(element[name]["text"], 75, plain=True)
                if not 1 <= len(element[name]["value"]) <= 2_000:
                    raise _invalid("feedback value")
        case "icon_button" if within == "context_actions":
            _text(element["text"], 75, plain=True)
        case "mrkdwn" | "plain_text" if within == "context":
            _text(element, 3_000)
        case "image":
            if not element.get("alt_text"):
                raise _invalid("image needs alt_text")
        case "feedback_buttons" | "icon_button" | None:
            raise _invalid(f"{element.get('type')} cannot be in {within}")


def _text(text: Any, most: int, plain: bool = False) -> None:
    kinds = ("plain_text",) if plain else ("plain_text", "mrkdwn")
    if not isinstance(text, dict) or text.get("type") not in kinds:
        raise _invalid("a text object is wanted")
    if not 1 <= len(text.get("text", "")) <= most:
        raise _invalid(f"text must be 1 to {most} characters")
    if set(text) - {"type", "text", "emoji", "verbatim"}:
        raise _invalid("a text object has other fields")


def _invalid(what: str) -> Refusal:
    return Refusal("invalid_blocks", response_metadata={"messages": [f"[ERROR] {what}"]})


def check_metadata(metadata: dict[str, Any]) -> None:
    """Raises Refusal unless it is an event type and a flat payload."""
    if set(metadata) != {"event_type", "event_payload"}:
        raise Refusal("invalid_metadata_format")
    if not isinstance(metadata["event_payload"], dict) or not metadata["event_type"]:
        raise Refusal("invalid_metadata_schema")
