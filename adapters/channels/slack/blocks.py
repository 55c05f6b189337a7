"""Block Kit: what stands below an answer. Pure.

Everything a bot says here is cut to what Slack takes, and stands where nobody can be called by it.
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from adapters.channels.slack.markdown import neutralised
from gateway.model import Choices, Source

Block = dict[str, Any]

LABEL_MOST, VALUE_MOST = 75, 2000
BUTTONS_MOST, SUGGESTIONS_MOST, SOURCES_MOST = 25, 4, 10
PROMPT_MOST, TITLE_MOST, NOTICE_MOST, URL_MOST = 3000, 150, 2000, 1000
CARD_MOST = 256
FEEDBACK = "context_actions"
"""The kind of the block for feedback, which not every workspace has."""


def below(
    *,
    choices: Choices | None = None,
    sources: Sequence[Source] = (),
    notices: Sequence[str] = (),
    suggestions: Sequence[str] = (),
    retry: tuple[str, str] | None = None,
    feedback: bool = False,
) -> list[Block]:
    """The blocks below an answer, in the order in which they are read.

    ``retry`` is what the button to ask again says and sends; without it there is none.
    """
    blocks = [
        *(_choices(choices) if choices else ()),
        *_sources(sources),
        *(context(notice) for notice in notices if notice.strip()),
    ]
    if retry:
        blocks.append(_actions([_button("retry", *retry)]))
    if asked := [text for text in suggestions if text.strip()][:SUGGESTIONS_MOST]:
        buttons = [_button(f"suggest:{n}", text, text) for n, text in enumerate(asked)]
        blocks.append(_actions(buttons))
    if feedback:
        blocks.append(_feedback())
    return blocks


def context(text: str) -> Block:
    """A sentence in small print."""
    said = {"type": "plain_text", "text": _cut(neutralised(text), NOTICE_MOST)}
    return {"type": "context", "elements": [said]}


def card(number: int, title: str, *, done: bool) -> Block:
    """A step of an agent, as a card in a stream."""
    status = "complete" if done else "in_progress"
    title = _cut(neutralised(" ".join(title.split())) or "…", CARD_MOST)
    return {"type": "task_update", "id": f"step-{number}", "title": title, "status": status}


def _choices(choices: Choices) -> list[Block]:
    blocks: list[Block] = []
    if choices.prompt.strip():
        text = _cut(neutralised(choices.prompt), PROMPT_MOST)
        blocks.append({"type": "section", "text": {"type": "plain_text", "text": text}})
    buttons = [
        _button(f"choice:{n}", choice.label or choice.value, choice.value)
        for n, choice in enumerate(choices.items[:BUTTONS_MOST])
    ]
    return [*blocks, _actions(buttons)] if buttons else blocks


def _sources(sources: Sequence[Source]) -> list[Block]:
    named = [source for source in sources if source.title.strip() or source.url][:SOURCES_MOST]
    elements = [{"type": "mrkdwn", "text": _source(source)} for source in named]
    return [{"type": "context", "elements": elements}] if elements else []


def _source(source: Source) -> str:
    title = _escaped(_cut(" ".join((source.title or source.url).split()), TITLE_MOST))
    url = source.url if _is_link(source.url) else ""
    return f"<{_escaped(url).replace('|', '%7C')}|{title.replace('|', '¦')}>" if url else title


def _is_link(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    good = parts.scheme in ("http", "https") and bool(parts.netloc)
    return good and len(url) <= URL_MOST and not any(sign in url for sign in " \n\t<>")


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _feedback() -> Block:
    def button(sign: str, value: str, said: str) -> Block:
        text = {"type": "plain_text", "text": sign}
        return {"text": text, "value": value, "accessibility_label": said}

    buttons = {
        "type": "feedback_buttons",
        "action_id": "feedback",
        "positive_button": button("👍", "like", "Good answer"),
        "negative_button": button("👎", "dislike", "Bad answer"),
    }
    return {"type": FEEDBACK, "elements": [buttons]}


def _actions(buttons: list[Block]) -> Block:
    return {"type": "actions", "elements": buttons}


def _button(action: str, label: str, value: str) -> Block:
    text = {"type": "plain_text", "text": _cut(" ".join(label.split()) or "…", LABEL_MOST)}
    # A value that Slack has no room for would come back as another one.
    sent = value if len(value) <= VALUE_MOST else label[:VALUE_MOST]
    return {"type": "button", "action_id": action, "text": text, "value": sent or "…"}


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
