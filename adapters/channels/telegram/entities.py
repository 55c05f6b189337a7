"""Markdown as Telegram takes it: a text, and which parts of it are bold, code or a link. Pure."""

import re
from collections.abc import Iterable, Sequence
from unicodedata import normalize

import structlog
from msgspec import Struct
from telegram import MessageEntity
from telegramify_markdown import convert
from telegramify_markdown.config import RenderConfig
from telegramify_markdown.entity import MessageEntity as Found

from adapters.channels.telegram.dialect import prepared
from adapters.channels.telegram.links import allowed
from adapters.channels.telegram.utf16 import MESSAGE_MOST, Units, length

COUNTED_MOST = 100
"""Entities of one message that are not left out; bold and its like are not counted."""
_EXPENDABLE = ("code", "pre", "blockquote")
"""What is left out first when there are more. The address of a link must not be lost."""
_SIMPLE = frozenset({"bold", "italic", "strikethrough", "code", "pre", "blockquote", "text_link"})
_COUNTED = frozenset({*_EXPENDABLE, "text_link"})
_LANGUAGE = re.compile(r"[\w+#.-]{1,32}")
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u2028-\u202e]")
_RINGS = re.compile(".\u030a")
"""Letters whose ring Telegram takes away when it is a sign of its own."""

log = structlog.get_logger(__name__)


class Rendered(Struct, frozen=True):
    """A text for Telegram; offsets and lengths of its entities are in UTF-16 units."""

    text: str
    entities: tuple[MessageEntity, ...] = ()


def rendered(markdown: str) -> Rendered:
    """A message's text and entities. Never raises: at the worst the Markdown itself is shown.

    No longer than a message when the Markdown is not; at most COUNTED_MOST entities that count.
    """
    source = clean(markdown)
    most = max(MESSAGE_MOST, length(source))
    for manner in ({}, {"verbatim": True}):
        try:
            found = _rendered(source, **manner)
        except Exception as error:  # Whatever a bot wrote, a person must be able to read it.
            log.warning("markdown is shown as it is", error=type(error).__name__)
            break
        if length(found.text) <= most:
            return found
    return Rendered(source.strip())


def clean(text: str) -> str:
    """A text without what is none: half a character, and signs that Telegram would take out."""
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    whole = _RINGS.sub(lambda found: normalize("NFC", found[0]), whole)
    return _UNSEEN.sub("", whole.replace("\r\n", "\n").replace("\r", "\n"))


def counted(entities: Iterable[MessageEntity]) -> int:
    """How many entities there are of the kinds that Telegram counts."""
    return sum(entity.type in _COUNTED for entity in entities)


def _rendered(source: str, *, verbatim: bool = False) -> Rendered:
    text, entities = _converted(prepared(source, verbatim=verbatim))
    if sum(entity.type == "text_link" for entity in entities) > COUNTED_MOST:
        text, entities = _converted(prepared(source, spell=True, verbatim=verbatim))
    return Rendered(text, tuple(_fewer(entities)))


def _config() -> RenderConfig:
    config = RenderConfig.isolated()
    config.cite_expandable = False
    symbols = config.markdown_symbol
    for level in range(1, 7):
        setattr(symbols, f"heading_level_{level}", "")
    symbols.image = ""
    symbols.unordered_list_item = "•"
    symbols.task_completed, symbols.task_uncompleted = "☑", "☐"
    symbols.horizontal_rule = "———"
    return config


_CONFIG = _config()


def _converted(markdown: str) -> tuple[str, list[MessageEntity]]:
    text, found = convert(markdown, latex_escape=False, config=_CONFIG)
    start = len(text) - len(text.lstrip("\n"))
    units, shown = Units(text), text.strip("\n").rstrip()
    last = start + length(shown)
    kept = [_kept(entity, start, last) for entity in found if _is_kept(entity, units)]
    ordered = sorted(filter(None, kept), key=_place)
    return shown, _unnested(ordered)


def _is_kept(found: Found, units: Units) -> bool:
    if found.type not in _SIMPLE:
        return False
    shown = units.cut(found.offset, found.offset + found.length).strip()
    return bool(shown) and (found.type != "text_link" or allowed(found.url or ""))


def _kept(found: Found, first: int, last: int) -> MessageEntity | None:
    offset, end = max(found.offset, first), min(found.offset + found.length, last)
    if end <= offset:
        return None
    spoken = _LANGUAGE.match(found.language or "")
    return MessageEntity(
        found.type,
        offset - first,
        end - offset,
        url=found.url,
        language=spoken[0] if spoken else None,
    )


def _place(entity: MessageEntity) -> tuple[int, int, bool]:
    return entity.offset, -entity.length, entity.type in ("code", "pre")


def _unnested(entities: Sequence[MessageEntity]) -> list[MessageEntity]:
    """Those that are not within another of their kind, and no code within a link."""
    ends: dict[str, int] = {}
    outer = []
    for entity in entities:
        # Of a link and code in one place Telegram keeps the code, and the address would be lost.
        rivals = ("code", "text_link") if entity.type == "code" else (entity.type,)
        if entity.offset >= max(ends.get(kind, 0) for kind in rivals):
            outer.append(entity)
            ends[entity.type] = entity.offset + entity.length
    return outer


def _fewer(entities: list[MessageEntity]) -> list[MessageEntity]:
    """At most COUNTED_MOST that count; the last of the least important are left out."""
    over = counted(entities) - COUNTED_MOST
    for kind in _EXPENDABLE:
        of_kind = [entity for entity in entities if entity.type == kind]
        out = {id(entity) for entity in of_kind[max(len(of_kind) - max(over, 0), 0) :]}
        entities = [entity for entity in entities if id(entity) not in out]
        over -= len(out)
    return entities
