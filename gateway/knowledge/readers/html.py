"""Web pages: the title, the headings and the main text."""

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from gateway.knowledge.model import Document, Metadata
from gateway.knowledge.readers.headings import Outline
from gateway.knowledge.readers.text import decoded
from gateway.knowledge.values import metadata

LEFT_OUT = (
    "script", "style", "noscript", "template", "nav", "footer", "iframe", "svg", "math", "object",
    "button", "select", "textarea", "head",
)  # fmt: skip
MAIN = ("main", "[role=main]", "article")
"""Where the text of a page is, the first that it has; else all of its body."""
FIELDS = {"author", "description", "keywords", "date"}
"""The names of ``meta`` elements that become metadata."""

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_CELLS = {"td", "th"}
_TIGHT = {"li", "tr", "dt", "dd", "option"}
"""Elements after which no blank line is written."""
_BLOCKS = {
    *_HEADINGS, *_TIGHT, "address", "article", "aside", "blockquote", "body", "caption", "details",
    "div", "dl", "fieldset", "figcaption", "figure", "form", "header", "hr", "main", "ol", "p",
    "pre", "section", "summary", "table", "tbody", "tfoot", "thead", "ul",
}  # fmt: skip
_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?([A-Za-z0-9_.:-]{1,40})""", re.I)


def read(data: bytes) -> Document:
    """Its sections. Raises Unreadable for what is no text."""
    page = LexborHTMLParser(decoded(data, _declared(data)))
    title, fields = _title(page), _fields(page)
    page.strip_tags(list(LEFT_OUT))
    outline = Outline()
    root = next((node for name in MAIN if (node := page.css_first(name))), None)
    if root is None:
        # Within the main text it is a note; beside it, it is not of the text.
        page.strip_tags(["aside"])
        root = page.body
    for tag, text in _blocks(root) if root else ():
        if tag in _HEADINGS:
            outline.enter(_HEADINGS[tag], text)
        else:
            outline.add(text if tag in _TIGHT else f"{text}\n")
    return Document(title or outline.first, outline.sections(), fields)


def _declared(data: bytes) -> str:
    found = _CHARSET.search(data[:4096])
    return found[1].decode("ascii") if found else ""


def _title(page: LexborHTMLParser) -> str:
    title = page.css_first("title")
    return " ".join(title.text().split())[:300] if title else ""


def _fields(page: LexborHTMLParser) -> Metadata:
    named = {
        (node.attributes.get("name") or "").lower(): node.attributes.get("content") or ""
        for node in page.css("meta[name]")
    }
    return metadata({name: named[name] for name in named if name in FIELDS})


def _blocks(root: LexborNode) -> Iterator[tuple[str, str]]:
    """The text of each element that is a block, with its tag, in order."""
    current, tag, pieces, new_cell = -1, "", list[str](), False
    for node in root.traverse(include_text=True):
        if node.tag in _CELLS:
            new_cell = True
        elif node.tag == "br":
            pieces.append("\n")
        elif node.tag == "-text":
            block, text = _block_of(node), node.text_content or ""
            if block.mem_id != current:
                yield from _joined(tag, pieces)
                current, tag, pieces = block.mem_id, block.tag or "", []
            elif new_cell and text.strip():
                pieces.append(" | ")
            new_cell = new_cell and not text.strip()
            pieces.append(text)
    yield from _joined(tag, pieces)


def _block_of(node: LexborNode) -> LexborNode:
    while node.tag not in _BLOCKS and node.parent is not None:
        node = node.parent
    return node


def _joined(tag: str, pieces: list[str]) -> Iterator[tuple[str, str]]:
    text = "".join(pieces)
    if tag == "pre":
        text = text.strip("\n")
    else:
        lines = (" ".join(line.split()) for line in _split(pieces))
        text = "\n".join(line for line in lines if line)
    if text.strip():
        yield tag, f"- {text}" if tag == "li" else text


def _split(pieces: list[str]) -> list[str]:
    """The lines that ``br`` makes; a line feed in the source is a space."""
    return "".join(piece if piece == "\n" else piece.replace("\n", " ") for piece in pieces).split(
        "\n"
    )
