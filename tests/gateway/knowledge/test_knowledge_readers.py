"""Every kind of document is understood, and what is made to harm is refused with a reason."""

import unicodedata
from collections.abc import Iterator

import pytest

from gateway.knowledge.model import Date, Document
from gateway.knowledge.readers import KINDS, Unreadable, kind_of, read
from gateway.knowledge.reading import Reader

MARKDOWN = """\
---
title: Installing
version: 2.5
published: 2026-03-01
updated: 2026-03-01T10:00:00Z
tags: [docker, linux]
draft: false
nested: {a: 1}
path: /etc/passwd
nothing:
---
# Installing

Begin here.

## Docker

Run it:

```sh
docker run gateway

# not a heading
```

- one
- two

| key | value |
|---|---|
| port | 8080 |

Options
-------
All of **them**.
"""


@pytest.fixture
def reader() -> Iterator[Reader]:
    """A reader in a process of its own."""
    reader = Reader()
    yield reader
    reader.close()


def headings(document: Document) -> dict[str, str]:
    return {section.heading: "\n".join(section.blocks).strip() for section in document.sections}


def test_kinds_are_known_by_their_names() -> None:
    assert kind_of("a/README.MD") == "markdown"
    assert kind_of("picture.png") == ""
    assert kind_of("md") == ""


def test_half_a_character_does_no_harm(reader: Reader) -> None:
    document = reader.read("markdown", b'---\na: "x\\ud800"\n---\ntext')
    assert document.metadata == {"a": ("x?",)}


@pytest.mark.parametrize("kind", sorted(set(KINDS.values())))
def test_every_kind_has_a_reader_that_refuses_nothing_at_all(kind: str) -> None:
    with pytest.raises(Unreadable):
        read(kind, b"")


def test_markdown_has_sections() -> None:
    document = read("markdown", MARKDOWN.encode())
    sections = headings(document)
    assert document.title == "Installing"
    assert list(sections) == ["", "Docker", "Options"]
    assert sections[""] == "Begin here."
    assert "docker run gateway\n\n# not a heading\n```" in sections["Docker"]
    assert "- one\n- two" in sections["Docker"]
    assert sections["Docker"].endswith("| key | value |\n|---|---|\n| port | 8080 |")
    assert sections["Options"] == "All of **them**."


def test_code_is_one_block_and_items_are_several() -> None:
    blocks = read("markdown", MARKDOWN.encode()).sections[1].blocks
    assert "```sh\ndocker run gateway\n\n# not a heading\n```\n" in blocks
    assert "- one" in blocks
    assert "- two\n" in blocks


def test_front_matter_is_typed() -> None:
    assert read("markdown", MARKDOWN.encode()).metadata == {
        "version": (2.5,),
        "published": (Date(1772323200),),
        "updated": (Date(1772359200),),
        "tags": ("docker", "linux"),
        "draft": ("false",),
    }


@pytest.mark.parametrize(
    "front",
    ["a: [", "- a list", "a: 2026-99-99", "[" * 5000, "a: &a [*a, *a]", f"a: {'9' * 500}.0e999"],
)
def test_no_front_matter_does_harm(reader: Reader, front: str) -> None:
    document = reader.read("markdown", f"---\n{front}\n---\nThe text.".encode())
    assert "The text." in "".join(document.sections[0].blocks)


def test_headings_are_a_path() -> None:
    text = "# A\n\nx\n\n### *B* [c](d)\n\ny\n\n## C\n\nz\n\n# D\n\nw"
    sections = headings(read("markdown", text.encode()))
    assert list(sections) == ["A", "A > B c", "A > C", "D"]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1258"]
)
def test_text_in_any_encoding(encoding: str) -> None:
    text = "Nghỉ phép năm: mười bốn ngày, được cộng thêm."
    data = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(encoding, b"")
    data += _half_composed(text).encode(encoding) if encoding == "cp1258" else text.encode(encoding)
    assert read("text", data).sections[0].blocks == (f"{text}\n",)


def _half_composed(text: str) -> str:
    """As Windows writes Vietnamese: tones apart, all else composed."""
    out = ""
    for char in text:
        parts = unicodedata.normalize("NFD", char)
        tone = "".join(mark for mark in parts if mark in "\u0300\u0301\u0303\u0309\u0323")
        base = "".join(mark for mark in parts if mark not in "\u0300\u0301\u0303\u0309\u0323")
        out += unicodedata.normalize("NFC", base) + tone
    return out


def test_western_text_stays_western() -> None:
    assert read("text", "Größe, naïve, però più".encode("cp1252")).sections[0].blocks == (
        "Größe, naïve, però più\n",
    )


def test_text_that_is_none_is_refused() -> None:
    with pytest.raises(Unreadable, match="binary"):
        read("text", b"\x7fELF\0\0\0")


PAGE = """<!doctype html><html><head><title> Help  page </title>
<meta name="author" content="An"><meta name="viewport" content="w"><style>p {}</style></head>
<body><nav>Home</nav><main><h1>Help</h1><p>First <b>bold</b>
words<br>next</p><div>loose<p>inner</p>tail</div>
<h2>Prices</h2><ul><li>one</li><li>two</li></ul><pre>a
  b</pre><table><tr><th>Plan</th><th>Price</th></tr><tr><td>Pro</td><td>9</td></tr></table>
<script>alert(1)</script></main><footer>Imprint</footer></body></html>"""


def test_a_page_is_its_main_text() -> None:
    document = read("html", PAGE.encode())
    sections = headings(document)
    assert document.title == "Help page"
    assert document.metadata == {"author": ("An",)}
    assert sections[""] == "First bold words\nnext\n\nloose\n\ninner\n\ntail"
    assert sections["Prices"] == "- one\n- two\na\n  b\n\nPlan | Price\nPro | 9"


def test_a_page_without_a_main_part_is_its_body() -> None:
    page = b"<body><aside>Ads</aside><form><p>Text<button>Go</button></form></body>"
    assert read("html", page).sections[0].blocks == ("Text\n",)
    noted = b"<main><p>Text</p><aside>Note</aside></main>"
    assert headings(read("html", noted)) == {"": "Text\n\nNote"}


def test_a_page_says_its_encoding() -> None:
    page = '<meta charset="windows-1252"><p>Größe</p>'.encode("cp1252")
    assert read("html", page).sections[0].blocks == ("Größe\n",)
    assert read("html", page.replace(b"windows-1252", b"no-such")).sections


def test_a_deep_page_is_read(reader: Reader) -> None:
    assert reader.read("html", b"<div>" * 20_000 + b"deep").sections[0].blocks == ("deep\n",)
