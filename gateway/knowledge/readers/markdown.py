"""Markdown: front matter, headings, and blocks that stay together."""

import re
from collections.abc import Iterator

import yaml

from gateway.knowledge.model import Document, Metadata
from gateway.knowledge.readers.headings import Outline
from gateway.knowledge.readers.text import decoded
from gateway.knowledge.values import metadata

FRONT_MATTER_MOST = 20_000
"""Characters; what is longer is text."""

_FRONT_MATTER = re.compile(r"---[^\S\n]*\n(.*?)\n(?:---|\.\.\.)[^\S\n]*(?:\n|\Z)", re.DOTALL)
_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*")
_FENCE = re.compile(r"\s{0,12}(`{3,}|~{3,})(.*)")
_ITEM = re.compile(r"\s*(?:[-*+]|\d{1,9}[.)])\s")
_ROW = re.compile(r"\s*\|")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_MARKUP = re.compile(r"\[([^\]]*)\]\([^)]*\)|[*_`]{1,3}(?=\S)|(?<=\S)[*_`]{1,3}")


def read(data: bytes) -> Document:
    """Its sections, with the types of its front matter. Raises Unreadable for what is no text."""
    fields, text = _front_matter(decoded(data))
    outline = Outline()
    for level, block in _parts(text):
        if level:
            outline.enter(level, _plain(block))
        else:
            outline.add(block)
    title = next((str(value) for value in fields.pop("title", ())), "") or outline.first
    return Document(title, outline.sections(), fields)


def _front_matter(text: str) -> tuple[Metadata, str]:
    found = _FRONT_MATTER.match(text)
    if not found or len(found[1]) > FRONT_MATTER_MOST:
        return {}, text
    try:
        written = yaml.safe_load(found[1])
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}, text
    if not isinstance(written, dict):
        return {}, text
    return metadata(written), text[found.end() :]


def _parts(text: str) -> Iterator[tuple[int, str]]:
    """Headings with their level, and blocks with level 0."""
    lines: list[str] = []
    source = iter(text.split("\n"))
    for line in source:
        if fence := _FENCE.fullmatch(line):
            yield from _block(lines)
            yield 0, "\n".join((line, *_fenced(source, fence[1]), ""))
        elif heading := _HEADING.fullmatch(line):
            yield from _block(lines)
            yield len(heading[1]), heading[2] or ""
        elif lines and _is_text(lines[0]) and (under := _UNDERLINE.fullmatch(line)):
            yield 1 if under[1][0] == "=" else 2, " ".join(lines)
            lines.clear()
        else:
            yield from _taken(lines, line)
    yield from _block(lines)


def _taken(lines: list[str], line: str) -> Iterator[tuple[int, str]]:
    if not line.strip():
        yield from _block(lines)
        return
    if lines and (_ITEM.match(line) or _ROW.match(line)) and not _heads_a_table(lines):
        yield 0, "\n".join(lines)
        lines.clear()
    lines.append(line)


def _heads_a_table(lines: list[str]) -> bool:
    """Whether a row is still of the head: a row and the line under it say what columns are."""
    return len(lines) == 1 and bool(_ROW.match(lines[0]))


def _is_text(line: str) -> bool:
    return not (_ITEM.match(line) or _ROW.match(line) or line.lstrip().startswith(">"))


def _fenced(source: Iterator[str], fence: str) -> Iterator[str]:
    for line in source:
        yield line
        bare = line.strip()
        if len(bare) >= len(fence) and not bare.strip(fence[0]):
            return


def _block(lines: list[str]) -> Iterator[tuple[int, str]]:
    block = _COMMENT.sub("", "\n".join(lines)).rstrip()
    lines.clear()
    if block:
        yield 0, f"{block}\n"


def _plain(heading: str) -> str:
    return _MARKUP.sub(lambda found: found[1] or "", heading).strip()
