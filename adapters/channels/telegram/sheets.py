"""Sheets: what single messages show, and what stands below an answer. Pure."""

import unicodedata
from collections.abc import Sequence

from msgspec import Struct
from telegram import MessageEntity

from adapters.channels.telegram.entities import COUNTED_MOST, clean, counted
from adapters.channels.telegram.links import allowed
from adapters.channels.telegram.utf16 import MESSAGE_MOST, length
from gateway.model import Source

SOURCES_MOST, TITLE_MOST = 10, 80
PROMPT_MOST, NOTICE_MOST = 1500, 500


class Sheet(Struct, frozen=True):
    """What one message shows. Telegram itself lays out ``source``, Markdown, where there is any."""

    text: str
    entities: tuple[MessageEntity, ...] = ()
    source: str = ""

    @property
    def blank(self) -> bool:
        """Whether there is nothing to be seen, which Telegram refuses to send."""
        return not any(unicodedata.category(sign)[0] not in "CZ" for sign in self.text)


def italic(text: str) -> Sheet:
    """A sentence that is not the bot's answer."""
    return Sheet(text, (MessageEntity("italic", 0, length(text)),) if text else ())


def below(
    title: str, *, prompt: str = "", sources: Sequence[Source] = (), notices: Sequence[str] = ()
) -> Sheet:
    """What stands below an answer, in the order in which it is read.

    ``title`` stands before the sources.
    """
    parts = [Sheet(line(prompt, PROMPT_MOST)), _sources(title, sources)]
    parts += [italic(line(notice, NOTICE_MOST)) for notice in notices]
    whole = Sheet("")
    for part in parts:
        whole = _joined(whole, part)
    return whole


def fitted(sheets: Sequence[Sheet], last: Sheet, most: int = MESSAGE_MOST) -> list[Sheet]:
    """The sheets of an answer with what stands below it, none longer than so many units.

    What is blank is left out.
    """
    fitting = [part for sheet in sheets for part in split(sheet, most) if not part.blank]
    if last.blank:
        return fitting
    if fitting and not fitting[-1].source:
        together = _joined(fitting[-1], last)
        if length(together.text) <= most and counted(together.entities) <= COUNTED_MOST:
            return [*fitting[:-1], together]
    return [*fitting, *split(last, most)]


def split(sheet: Sheet, most: int) -> list[Sheet]:
    """A sheet in parts of so many units at most, cut between lines or words where there are any."""
    parts = []
    while not sheet.source and length(sheet.text) > most:
        at = _cut(sheet.text, most)
        parts.append(_slice(sheet, 0, at))
        sheet = _slice(sheet, at, len(sheet.text))
    return [*parts, sheet]


def line(text: str, most: int) -> str:
    """A text in one line, without what cannot be sent, and not longer than so many characters."""
    words = " ".join(clean(text).split())
    return words if len(words) <= most else f"{words[: most - 1]}…"


def _joined(upper: Sheet, lower: Sheet) -> Sheet:
    if not upper.text or not lower.text:
        return upper if upper.text else lower
    head = f"{upper.text}\n\n"
    shifted = MessageEntity.shift_entities(length(head), lower.entities)
    return Sheet(head + lower.text, (*upper.entities, *shifted))


def _sources(title: str, sources: Sequence[Source]) -> Sheet:
    text, entities = f"{title}: ", []
    named = [source for source in sources if source.title.strip() or source.url]
    for number, source in enumerate(named[:SOURCES_MOST], 1):
        words = f"{number} {line(source.title or source.url, TITLE_MOST)}"
        text += " · " if number > 1 else ""
        if allowed(source.url):
            entities.append(MessageEntity("text_link", length(text), length(words), url=source.url))
        text += words
    return Sheet(text, tuple(entities)) if named else Sheet("")


def _cut(text: str, most: int) -> int:
    """Where to cut a text so that so many units stand before it at most."""
    at = used = 0
    for sign in text:
        used += 1 + (sign > "\uffff")
        if used > most:
            break
        at += 1
    for sign in "\n ":
        place = text.rfind(sign, at // 2, at)
        if place > 0:
            return place + 1
    return max(at, 1)


def _slice(sheet: Sheet, start: int, end: int) -> Sheet:
    first, last = length(sheet.text[:start]), length(sheet.text[:end])
    clipped = []
    for entity in sheet.entities:
        begin = max(entity.offset, first)
        rest = min(entity.offset + entity.length, last) - begin
        if rest > 0:
            kept = entity.to_dict() | {"offset": begin - first, "length": rest}
            clipped.append(MessageEntity.de_json(kept, None))
    return Sheet(sheet.text[start:end], tuple(clipped))
