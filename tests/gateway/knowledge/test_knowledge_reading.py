"""Documents are read in a process of its own, which may die of them."""

from collections.abc import Iterator

import pytest

from gateway.knowledge.readers import Unreadable
from gateway.knowledge.reading import BROKE_OFF, TOO_HUNGRY, TOO_SLOW, Answer, Reader


@pytest.fixture
def reader() -> Iterator[Reader]:
    """A reader in a process of its own."""
    reader = Reader()
    yield reader
    reader.close()


def test_the_reader_goes_on_after_a_document_it_could_not_read(reader: Reader) -> None:
    with pytest.raises(Unreadable):
        reader.read("pdf", b"none")
    assert reader.read("text", b"fine").sections[0].blocks == ("fine\n",)


def test_what_takes_too_long_is_given_up() -> None:
    reader = Reader(seconds=0.0)
    with pytest.raises(Unreadable, match=TOO_SLOW):
        reader.read("text", b"fine")
    assert reader._process is None


def test_what_takes_too_much_memory_is_given_up() -> None:
    reader = Reader(memory=300_000_000)
    rows = b"a\n" + b"x,\n" * 5_000_000
    with pytest.raises(Unreadable, match=f"{TOO_HUNGRY}|{BROKE_OFF}"):
        reader.read("csv", rows)
    assert reader._process is None


def test_a_reader_that_dies_is_begun_anew(reader: Reader) -> None:
    reader.read("text", b"first")
    assert reader._process
    reader._process.kill()
    with pytest.raises(Unreadable, match=BROKE_OFF):
        reader.read("text", b"second")
    assert reader.read("text", b"third").title == ""


def test_any_failure_of_a_reader_is_a_reason(reader: Reader) -> None:
    with pytest.raises(Unreadable, match=r"broken \(ModuleNotFoundError\)"):
        reader.read("no_such", b"secret")
    assert Answer(reason="x").document is None
