"""PDF, Word documents and tables are understood, and bombs are not unpacked."""

from collections.abc import Iterator
from io import BytesIO

import pytest
from pypdf import PdfReader, PdfWriter
from support.papers import bomb, pdf, word

from gateway.knowledge.model import Date, Document
from gateway.knowledge.readers import Unreadable, read
from gateway.knowledge.reading import Reader


@pytest.fixture
def reader() -> Iterator[Reader]:
    """A reader in a process of its own."""
    reader = Reader()
    yield reader
    reader.close()


def headings(document: Document) -> dict[str, str]:
    return {section.heading: "\n".join(section.blocks).strip() for section in document.sections}


def test_pages_of_a_pdf_have_their_numbers() -> None:
    document = read("pdf", pdf("First page", "", "Third page"))
    assert [section.metadata for section in document.sections] == [
        {"page": (1.0,)},
        {"page": (3.0,)},
    ]
    assert document.sections[1].blocks == ("Third page\n",)


def test_a_locked_pdf_is_refused() -> None:
    writer = PdfWriter(clone_from=PdfReader(BytesIO(pdf("secret"))))
    writer.encrypt("word", algorithm="AES-256")
    out = BytesIO()
    writer.write(out)
    with pytest.raises(Unreadable, match="encrypted"):
        read("pdf", out.getvalue())


@pytest.mark.parametrize("data", [b"no pdf", pdf("x")[:200], b"%PDF-1.7\n" + b"\xff" * 500])
def test_a_broken_pdf_is_refused(reader: Reader, data: bytes) -> None:
    with pytest.raises(Unreadable):
        reader.read("pdf", data)


def test_a_pdf_without_text_says_so() -> None:
    with pytest.raises(Unreadable, match="no text"):
        read("pdf", pdf("", ""))


def test_a_word_document_has_sections() -> None:
    document = read("docx", word())
    sections = headings(document)
    assert document.title == "Handbook"
    assert document.metadata["author"] == ("An",)
    assert isinstance(document.metadata["modified"][0], Date)
    assert sections == {
        "": "Everyone has fourteen days.",
        "Sick leave": "- Tell your lead\nKind | Days\nSick | 30",
    }


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    with pytest.raises(Unreadable, match="far more"):
        read("docx", bomb(50_000_000))
    with pytest.raises(Unreadable, match="too large"):
        read("docx", bomb(210_000_000))


@pytest.mark.parametrize("data", [b"PK\x03\x04", b"none", bomb(10), word()[:-100]])
def test_a_broken_word_document_is_refused(reader: Reader, data: bytes) -> None:
    with pytest.raises(Unreadable):
        reader.read("docx", data)


def test_rows_have_typed_columns() -> None:
    table = "sku;price;since;code;note\nA;9;2026-01-02;007;x\nB;10.5;2026-01-03;8;\n"
    document = read("csv", table.encode())
    assert [section.metadata for section in document.sections] == [
        {
            "sku": ("A",),
            "price": (9.0,),
            "since": (Date(1767312000),),
            "code": ("007",),
            "note": ("x",),
        },
        {"sku": ("B",), "price": (10.5,), "since": (Date(1767398400),), "code": ("8",)},
    ]
    assert document.sections[0].blocks[:2] == ("sku: A", "price: 9")


@pytest.mark.parametrize("table", ['a,b\n"x\ny",2\n', "a\tb\nx y\t2\n", "a|b\nx y|2\n"])
def test_tables_of_any_separator(table: str) -> None:
    (section,) = read("csv", table.encode()).sections
    assert section.metadata["b"] == (2.0,)
    assert str(section.metadata["a"][0]).split() == ["x", "y"]


def test_columns_without_a_name_of_their_own() -> None:
    (section,) = read("csv", b"a,,a,path\n1,2,3,4,5\n").sections
    assert list(section.metadata) == ["a", "column 2", "a 3"]
