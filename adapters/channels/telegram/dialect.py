"""Markdown in which nothing is left that would be lost or misread on the way to Telegram. Pure.

The converter leaves HTML out, takes ``||`` for a spoiler and ``$`` for a formula, and knows tables
of its own kind only. So these are written differently before. What is what the parser says, which
is asked again until it finds nothing more: what is behind HTML is seen only when that is text.
"""

import re
from collections.abc import Iterator
from typing import Any

import pyromark
from msgspec import Struct

from adapters.channels.telegram import tables
from adapters.channels.telegram.links import allowed, spelt
from adapters.channels.telegram.tables import literal

OPTIONS = (
    pyromark.Options.ENABLE_TABLES
    | pyromark.Options.ENABLE_STRIKETHROUGH
    | pyromark.Options.ENABLE_TASKLISTS
    | pyromark.Options.ENABLE_MATH
)
"""What the converter parses with."""
PASSES = 12

_SPECIAL = re.compile(r"[<|$]|\]\(|\]:|#####")
_BREAK = re.compile(r"(?i)<br\s*/?>")
_PIPES = re.compile(rb"\|(?=\|)")
_DEFINITION = re.compile(rb"(?m)^(?:[ \t>]|[-*+][ \t]|\d+[.)][ \t])*(\[)[^\]\n]+\]:")
_TAG = re.compile(rb"(?m)^[ \t>]*(<)")
_FENCE = re.compile(rb"(?m)^[ \t>]*(?:```|~~~)")
_NOT_CONTAINER = re.compile(r"[^>\s]")


class _Node(Struct):
    """What the parser found: bytes of the source, and what is within them."""

    kind: str
    start: int
    end: int
    facts: Any = None
    text: str = ""
    parts: "list[_Node]" = []


class _Edit(Struct, frozen=True):
    start: int
    end: int
    text: str


def prepared(markdown: str, *, spell: bool = False, verbatim: bool = False) -> str:
    """The same to read. ``spell``: links are written out; ``verbatim``: tables stay as they are.

    Raises ValueError when there is no end to what would be lost.
    """
    if not _SPECIAL.search(markdown):
        return markdown
    source = markdown.encode()
    for _ in range(PASSES):
        edits = sorted(_Editor(source, spell, verbatim).edits(), key=lambda edit: edit.start)
        if not edits:
            return source.decode()
        source = _edited(source, edits)
    raise ValueError


def _edited(source: bytes, edits: list[_Edit]) -> bytes:
    """The source after the edits; of those within others the next pass takes care."""
    parts, at = [], 0
    for edit in edits:
        if edit.start >= at:
            parts += [source[at : edit.start], edit.text.encode()]
            at = edit.end
    return b"".join([*parts, source[at:]])


class _Editor:
    def __init__(self, source: bytes, spell: bool, verbatim: bool) -> None:
        self._source = source
        self._spell = spell
        self._verbatim = verbatim
        self._nodes = _tree(source.decode())

    def edits(self) -> Iterator[_Edit]:
        nodes = list(_all(self._nodes))
        for node in nodes:
            yield from self._edit(node)
        code = [node for node in nodes if node.kind in ("CodeBlock", "Code", "HtmlBlock")]
        for found in _PIPES.finditer(self._source):
            if not _within(found.start(), code):
                yield _Edit(found.end(), found.end(), "\\")
        for found in _DEFINITION.finditer(self._source):
            if not _within(found.start(1), code):
                yield _Edit(found.start(1), found.start(1), "\\")

    def _edit(self, node: _Node) -> Iterator[_Edit]:
        match node.kind:
            case "Heading" if node.facts["level"] in ("H5", "H6"):
                # The converter makes these slanted, not bold.
                yield _Edit(node.start, node.start + int(node.facts["level"][1]), "####")
            case "HtmlBlock":
                yield from self._html(node)
            case "InlineHtml":
                shown = "\n" if _BREAK.fullmatch(node.text) else literal(node.text)
                yield _Edit(node.start, node.end, shown)
            case "InlineMath" | "DisplayMath":
                yield _Edit(node.start, node.end, literal(self._said(node)))
            case "Link" | "Image":
                yield from self._link(node)
            case "Table":
                yield self._table(node)

    def _html(self, node: _Node) -> Iterator[_Edit]:
        """Every line of a block that begins with a tag becomes text; from code on, it is code."""
        code = _FENCE.search(self._source, node.start, node.end)
        end = code.start() if code else node.end
        first = self._source.find(b"<", node.start)
        tags = {first, *(found.start(1) for found in _TAG.finditer(self._source, first, end))}
        for at in sorted(tags):
            yield _Edit(at, at, "\\")

    def _link(self, node: _Node) -> Iterator[_Edit]:
        url, kind = node.facts["dest_url"], node.facts["link_type"]
        text = "".join(part.text for part in _all(node.parts))
        if not text.strip():
            yield _Edit(node.start, node.end, literal(url or self._said(node)))
        elif kind == "Inline" and (self._spell or not allowed(url)):
            address = spelt(url, text)
            inner = self._source[node.parts[0].start : node.parts[-1].end].decode()
            yield _Edit(node.start, node.end, f"{inner} ({literal(address)})" if address else inner)
        elif kind in ("Autolink", "Email") and (self._spell or not allowed(url)):
            yield _Edit(node.start, node.end, literal(text))

    def _table(self, node: _Node) -> _Edit:
        begin = self._source.rfind(b"\n", 0, node.start) + 1
        before = self._source[begin : node.start].decode()
        # The containers of the table are those of each line that comes in its place.
        margin = _NOT_CONTAINER.sub(" ", before)
        if self._verbatim:
            lines = ["~~~~~~~~", *self._said(node).rstrip("\n").split(f"\n{margin}"), "~~~~~~~~"]
        else:
            rows = [self._row(row) for row in node.parts]
            lines = tables.laid_out(rows, [side == "Right" for side in node.facts])
        return _Edit(node.start, node.end, f"\n{margin}".join(lines) + "\n")

    def _row(self, node: _Node) -> list[tables.Cell]:
        cells = [self._cell(cell) for cell in node.parts]
        # The parser has no more cells than the head has; a bot may.
        last = node.parts[-1].end if node.parts else node.start
        more = self._source[last : node.end].decode().strip("| \t\n")
        return [*cells, tables.Cell(literal(more), more)] if more else cells

    def _cell(self, node: _Node) -> tables.Cell:
        parts = list(_all(node.parts))
        text = "".join(self._read(part) for part in parts).strip()
        source = _BREAK.sub(" ", self._said(node).strip().strip("|").strip())
        return tables.Cell(source, text, any(part.kind in ("Link", "Image") for part in parts))

    def _read(self, node: _Node) -> str:
        if node.kind in ("InlineMath", "DisplayMath"):
            return self._said(node)
        return " " if _BREAK.fullmatch(node.text) or node.kind == "SoftBreak" else node.text

    def _said(self, node: _Node) -> str:
        return self._source[node.start : node.end].decode()


def _tree(text: str) -> list[_Node]:
    root = _Node("", 0, 0, parts=[])
    open_nodes = [root]
    for event, place in pyromark.events_with_range(text, options=OPTIONS):
        kind, facts = next(iter(event.items())) if isinstance(event, dict) else (event, None)
        if kind == "End":
            open_nodes.pop()
            continue
        node = _node(kind, facts, place["start"], place["end"])
        open_nodes[-1].parts.append(node)
        if kind == "Start":
            open_nodes.append(node)
    return root.parts


def _node(kind: str, facts: Any, start: int, end: int) -> _Node:
    if kind == "Start":
        name, about = next(iter(facts.items())) if isinstance(facts, dict) else (facts, None)
        return _Node(name, start, end, about, parts=[])
    return _Node(kind, start, end, text=facts if isinstance(facts, str) else "", parts=[])


def _all(nodes: list[_Node]) -> Iterator[_Node]:
    for node in nodes:
        yield node
        yield from _all(node.parts)


def _within(at: int, nodes: list[_Node]) -> bool:
    return any(node.start <= at < node.end for node in nodes)
