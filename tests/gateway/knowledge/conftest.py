"""An index that is made in a moment."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.knowledge.index import Generation, Writer
from gateway.knowledge.model import Chunk


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Generation]:
    """Build an index of texts, or of chunks."""

    def make(*chunks: str | Chunk) -> Generation:
        writer = Writer(tmp_path)
        writer.add(_chunk(n, each) for n, each in enumerate(chunks))
        writer.finish()
        return Generation(tmp_path)

    return make


def _chunk(number: int, given: str | Chunk) -> Chunk:
    if isinstance(given, Chunk):
        return given
    return Chunk(str(number), f"t{number}", "", given, {"document_id": (str(number),)})
