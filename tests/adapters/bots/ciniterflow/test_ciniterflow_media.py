"""Media types and the names of files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.bots.ciniterflow import media
from gateway.model import Attachment


@pytest.mark.parametrize(
    ("name", "told", "media_type"),
    [
        ("a", "image/PNG", "image/png"),
        ("a", "audio/ogg; codecs=opus", "audio/ogg"),
        ("a", "audio/x-m4a", "audio/mp4"),
        ("a.md", "", "text/markdown"),
        ("a.pdf", "application/pdf\r\nX: y", "application/pdf"),
        ("a", "no type", "application/octet-stream"),
        ("a.jpg", "application/octet-stream", "image/jpeg"),
        ("a.tar.gz", "", "application/octet-stream"),
        ("a", "", "application/octet-stream"),
    ],
)
def test_the_type_of_a_file(name, told, media_type):
    assert media.type_of(Attachment(name, told)) == media_type


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("﻿một".encode(), "một"),
        ("một".encode("utf-16"), "một"),
        (b"\xff\xfe\xfd", ""),
        (b"\xe9", ""),
        (b"a\x00b", ""),
    ],
)
def test_what_stands_in_a_text(data, text):
    assert media.text_of(data) == text


@given(st.text(max_size=300), st.sampled_from(["", "image/png", "video/mp4"]))
def test_every_name_fits(name, media_type):
    fitting = media.fitting(name, media_type)
    assert 0 < len(fitting.rpartition(".")[0] or fitting) <= 100 + 80
    assert not set(fitting) & set("/\\'\"\n\r\x00<>")
    assert media_type != "image/png" or fitting.endswith(".png")
    assert media.fitting(fitting, media_type) == fitting
