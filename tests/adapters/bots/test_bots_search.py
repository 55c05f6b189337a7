"""Looking again and again, and an end to it."""

import pytest

from adapters.bots import search as search_module
from adapters.bots.errors import Unreachable
from adapters.bots.search import Unfinished, search


@pytest.fixture
def pauses(monkeypatch):
    """How long was waited; nobody has to."""
    waited, clock = [], [0.0]

    async def sleep(seconds):
        waited.append(seconds)
        clock[0] += seconds

    class Loop:
        @staticmethod
        def time():
            return clock[0]

    monkeypatch.setattr(search_module.asyncio, "sleep", sleep)
    monkeypatch.setattr(search_module.asyncio, "get_running_loop", Loop)
    return waited


async def test_it_is_found_at_last(pauses):
    found = [Unfinished, Unfinished, Unfinished, Unfinished, "it"]

    async def look():
        result = found.pop(0)
        if result is Unfinished:
            raise Unfinished
        return result

    assert await search(look, 60) == "it"
    assert pauses == [1, 2, 4, 4]


async def test_it_is_looked_for_once_more_at_the_end(pauses):
    async def look():
        raise Unfinished

    assert await search(look, 5) is None
    assert pauses == [1, 2, 2]


async def test_what_goes_wrong_passes_through(pauses):
    async def look():
        raise Unreachable

    with pytest.raises(Unreachable):
        await search(look, 5)
    assert pauses == []
