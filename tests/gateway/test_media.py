"""Names that are safe everywhere, and media types that are true."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.media import media_type, safe_name

PNG = b"\x89PNG\r\n\x1a\n...."
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@given(st.text())
def test_every_name_becomes_safe(name: str) -> None:
    safe = safe_name(name)
    assert 1 <= len(safe) <= 150
    assert not set(safe) & set("/\\")
    assert not {unicodedata.category(char) for char in safe} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert safe == safe.strip(" .")
    assert safe_name(safe) == safe


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("report.pdf", "report.pdf"),
        ("báo cáo tháng 3.pdf", "báo cáo tháng 3.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\photo.jpg", "photo.jpg"),
        ("folder/", "folder"),
        ("..", "file"),
        ("", "file"),
        (" \t\r\n", "file"),
        ("a\r\nSet-Cookie: x=1.txt", "aSet-Cookie: x=1.txt"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        (".htaccess", "htaccess"),
        ("a" * 200, "a" * 150),
        ("a" * 200 + ".pdf", "a" * 146 + ".pdf"),
        ("a." + "b" * 200, "a." + "b" * 148),
    ],
)
def test_names(name: str, safe: str) -> None:
    assert safe_name(name) == safe


@pytest.mark.parametrize(
    ("declared", "name", "data", "found"),
    [
        ("image/png", "x", b"", "image/png"),
        ("Text/Plain; charset=utf-8", "x", b"", "text/plain"),
        ("text/html", "x.png", PNG, "text/html"),
        ("", "x", PNG, "image/png"),
        ("application/octet-stream", "x", PNG, "image/png"),
        ("binary/octet-stream", "x", PNG, "image/png"),
        ("nonsense", "x", PNG, "image/png"),
        ("image/png\r\nX: y", "x", b"%PDF-1.7", "application/pdf"),
        ("", "x", b"\xff\xd8\xff\xe0", "image/jpeg"),
        ("", "x", b"GIF89a", "image/gif"),
        ("", "x", b"RIFF\x0a\x00\x00\x00WEBPVP8 ", "image/webp"),
        ("", "x", b"RIFF\x0a\x00\x00\x00WAVEfmt ", "audio/wav"),
        ("", "x", b"%PDF-1.4", "application/pdf"),
        ("", "x", b"ID3\x04", "audio/mpeg"),
        ("", "x", b"\xff\xfb\x90\x00", "audio/mpeg"),
        ("", "x", b"\x00\x00\x00\x20ftypM4A ", "audio/mp4"),
        ("", "x", b"\x00\x00\x00\x0aftypisom", "video/mp4"),
        ("", "x", b"OggS\x00", "audio/ogg"),
        ("", "x.docx", b"PK\x03\x04", WORD),
        ("", "x.DOCX", b"PK\x03\x04", WORD),
        ("", "x.apk", b"PK\x03\x04", "application/zip"),
        ("", "docx", b"no archive", "application/octet-stream"),
        ("", "x.txt", b"hello", "text/plain"),
        ("", "x", b"hello", "application/octet-stream"),
    ],
)
def test_media_types(declared: str, name: str, data: bytes, found: str) -> None:
    assert media_type(declared, name, data) == found
