"""Only what the operator named is a source, whatever links and names there are."""

import os
from pathlib import Path

import pytest

from gateway.knowledge.patterns import matches
from gateway.knowledge.readers import Unreadable
from gateway.knowledge.sources import (
    GONE,
    NO_FILE,
    NO_READER,
    OUTSIDE,
    TOO_LARGE,
    Found,
    Sources,
    content,
)


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    """A folder of documents, with another beside it."""
    folder = tmp_path / "docs"
    for name in ("guide.md", "deep/er/notes.txt", "picture.png", ".hidden.md", ".git/config.md"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("text")
    (tmp_path / "secret.md").write_text("secret")
    return folder


def names(*paths: Path | str, **keys: tuple[str, ...]) -> list[str]:
    return [each.path for each in Sources(tuple(map(str, paths)), **keys).files()]


def only(folder: Path, **keys: int) -> Found:
    (found,) = Sources((str(folder),), **keys).files()
    return found


def test_a_folder_is_all_that_can_be_read_in_it(docs: Path) -> None:
    assert names(docs) == ["docs/deep/er/notes.txt", "docs/guide.md"]


def test_a_file_and_a_pattern(docs: Path) -> None:
    assert names(docs / "guide.md") == ["guide.md"]
    assert names(docs / "**" / "*.txt") == ["docs/deep/er/notes.txt"]
    assert names(docs / "*.md") == ["docs/guide.md"]
    assert names(docs / "[f-h]*.md", docs / "d*") == ["docs/deep/er/notes.txt", "docs/guide.md"]
    assert names(docs / "[!g]*.md", docs / "*.txt") == []
    assert names(docs / "no-such", docs / "*.pdf", docs.parent / "no" / "*.md") == []


def test_a_name_that_looks_like_a_pattern_is_a_name(docs: Path) -> None:
    (docs / "[g]uide.md").write_text("text")
    assert names(docs / "[g]uide.md") == ["[g]uide.md"]


def test_a_pattern_leads_nowhere_else(docs: Path, tmp_path: Path) -> None:
    (docs / "out.md").symlink_to(tmp_path / "secret.md")
    (docs / "elsewhere").symlink_to(tmp_path)
    reasons = {each.path: each.reason for each in Sources((str(docs / "**/*.md"),)).files()}
    assert reasons == {"docs/guide.md": "", "docs/out.md": OUTSIDE}


def test_a_file_is_there_once(docs: Path) -> None:
    assert names(docs, docs / "guide.md", docs) == names(docs)


def test_two_files_of_one_name_are_two(docs: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / "docs"
    other.mkdir(parents=True)
    (other / "guide.md").write_text("another")
    found = Sources((str(docs), str(other))).files()
    assert [each.path for each in found].count("docs/guide.md") == 2
    assert len({each.id for each in found}) == 3


def test_what_is_wanted(docs: Path) -> None:
    assert names(docs, include=("*.txt",)) == ["docs/deep/er/notes.txt"]
    assert names(docs, exclude=("deep/",)) == ["docs/guide.md"]
    assert names(docs, include=("**",), exclude=("**/*.md", "*.md")) == ["docs/deep/er/notes.txt"]


@pytest.mark.parametrize(
    ("path", "pattern", "matching"),
    [
        ("a.md", "*.md", True),
        ("a/b.md", "*.md", True),
        ("a/b.md", "a/*.md", True),
        ("a/c/b.md", "a/*.md", False),
        ("a/c/b.md", "a/**/*.md", True),
        ("a/b.md", "a/**/b.md", True),
        ("xa/b.md", "a/**", False),
        ("x/a/b.md", "a/", True),
        ("a/b.md", "./a/?.md", True),
        ("a+b.md", "a+b.md", True),
        ("aab.md", "a+b.md", False),
        ("a1.md", "a[0-9].md", True),
        ("a[z-a].md", "a[z-a].md", True),
        ("a1.md", "a[!0-9].md", False),
        ("a^.md", "a[^].md", True),
    ],
)
def test_patterns(path: str, pattern: str, matching: bool) -> None:
    assert matches(path, (pattern,)) is matching


def test_a_link_within_is_followed_and_one_that_leads_out_is_not(
    docs: Path, tmp_path: Path
) -> None:
    (docs / "again.md").symlink_to(docs / "deep/er/notes.txt")
    (docs / "out.md").symlink_to(tmp_path / "secret.md")
    (docs / "loop").symlink_to(docs)
    (docs / "elsewhere").symlink_to(tmp_path)
    reasons = {each.path: each.reason for each in Sources((str(docs),)).files()}
    assert reasons == {"docs/again.md": "", "docs/guide.md": "", "docs/out.md": OUTSIDE}


def test_what_the_operator_named_may_be_a_link(docs: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(docs)
    (tmp_path / "link.md").symlink_to(docs / "guide.md")
    assert names(tmp_path / "link") == ["link/deep/er/notes.txt", "link/guide.md"]
    assert only(tmp_path / "link.md").reason == ""


def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    assert only(tmp_path).reason == NO_FILE


def test_what_is_too_large_is_not_read(docs: Path) -> None:
    assert only(docs / "guide.md", most_bytes=3).reason == TOO_LARGE
    with pytest.raises(Unreadable, match=TOO_LARGE):
        content(only(docs / "guide.md"), 3)


def test_what_has_no_reader_is_named_only_if_the_operator_named_it(docs: Path) -> None:
    assert only(docs / "picture.png").reason == NO_READER


def test_a_broken_link_has_a_reason(tmp_path: Path) -> None:
    (tmp_path / "gone.md").symlink_to(tmp_path / "nothing")
    assert only(tmp_path).reason == GONE


def test_content(docs: Path) -> None:
    assert content(only(docs / "guide.md"), 100) == b"text"


def test_what_became_something_else_meanwhile_is_not_read(docs: Path, tmp_path: Path) -> None:
    found = only(docs / "guide.md")
    (docs / "guide.md").unlink()
    with pytest.raises(Unreadable, match=GONE):
        content(found, 100)
    (docs / "guide.md").symlink_to(tmp_path / "secret.md")
    with pytest.raises(Unreadable, match=GONE):
        content(found, 100)
    (docs / "guide.md").unlink()
    os.mkfifo(docs / "guide.md")
    with pytest.raises(Unreadable, match=NO_FILE):
        content(found, 100)


def test_a_folder_that_became_a_link_is_not_entered(docs: Path, tmp_path: Path) -> None:
    found = next(each for each in Sources((str(docs),)).files() if "notes" in each.path)
    away = tmp_path / "away"
    (docs / "deep" / "er").rename(away)
    (docs / "deep" / "er").symlink_to(away)
    with pytest.raises(Unreadable, match=OUTSIDE):
        content(found, 100)


def test_a_name_in_no_encoding(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.md")).write_text("text")
    found = only(tmp_path)
    assert found.path.encode().endswith(b"/caf?.md")
    assert content(found, 100) == b"text"
