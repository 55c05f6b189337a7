"""What nobody waits for ends with its channel, fails without a word too many, and is bounded."""

import asyncio

import pytest
from structlog.testing import capture_logs

from adapters.channels.background import Background
from gateway.ports import StoreUnavailable


async def test_work_on_the_side_ends_with_the_channel() -> None:
    side, done = Background(), asyncio.Event()

    async def work() -> None:
        await asyncio.sleep(0.01)
        done.set()

    side.start("work", work())
    await side.stop()
    assert done.is_set()


async def test_what_fails_on_the_side_says_no_more_than_its_kind() -> None:
    side = Background(LookupError)

    async def fail(error: Exception) -> None:
        raise error

    with capture_logs() as logs:
        side.start("a", fail(KeyError("swordfish")))
        side.start("b", fail(StoreUnavailable("swordfish")))
        side.start("c", fail(ValueError("swordfish")))
        await side.idle()
    assert [entry["log_level"] for entry in logs] == ["info", "info", "error"]
    assert "swordfish" not in str(logs)


async def test_there_is_no_end_of_work_on_the_side(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.channels.background.MOST", 1)
    side, gate = Background(), asyncio.Event()
    with capture_logs() as logs:
        side.start("first", gate.wait())
        side.start("second", gate.wait())
    assert [entry["what"] for entry in logs] == ["second"]
    gate.set()
    await side.idle()
