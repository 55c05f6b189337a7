"""Two replicas on one store: whichever a person reaches, it is the same conversation."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from redis.asyncio.cluster import RedisCluster
from support.servers import eventually, loaded, running, web_config
from support.widget import Widget

from gateway.service import Service
from gateway.texts import Texts


@pytest.fixture(params=["server", "cluster"])
async def redis(request: pytest.FixtureRequest) -> dict[str, Any]:
    if request.param == "server":
        return {"url": request.getfixturevalue("redis_url")}
    url = request.getfixturevalue("cluster_url")
    client = RedisCluster.from_url(url)
    await client.flushall()
    await client.aclose()
    return {"url": url, "cluster": True}


@pytest.fixture
async def replicas(
    sandbox: str, redis_url: str, redis: dict[str, Any], folder: Path
) -> AsyncIterator[tuple[Service, Service]]:
    config = loaded(folder, web_config(sandbox, redis=redis))
    async with running(config) as one, running(config) as two:
        yield one, two


@pytest.fixture
async def widgets(
    replicas: tuple[Service, Service], http: aiohttp.ClientSession
) -> AsyncIterator[list[Widget]]:
    """One visitor, reading at both."""
    here, there = (Widget(http, replica.url) for replica in replicas)
    await here.open(lang="en")
    there.token, there.cursor = here.token, here.cursor
    for widget in (here, there):
        widget.read()
        await widget.connected.wait()
    yield [here, there]
    for widget in (here, there):
        await widget.leave()


async def test_an_answer_reaches_readers_of_both(widgets: list[Widget]) -> None:
    here, there = widgets
    for number in range(1, 9):
        sender = widgets[number % 2]
        await sender.say(f"My name is N{number}")
        ends = [await widget.end(str(number)) for widget in widgets]
        assert ends[0] == ends[1]
        assert f"N{number}" in ends[0]["text"]
    kinds = [[kind for kind, _ in widget.events] for widget in (here, there)]
    assert all(
        seen.count("end") == seen.count("start") == seen.count("user") == 8 for seen in kinds
    )


async def test_an_answer_is_stopped_from_the_other(widgets: list[Widget]) -> None:
    for widget, turn in zip(widgets, ("1", "2"), strict=True):
        await widget.say("count slowly to 100")
        await eventually(lambda: widgets[0].texts.get(turn))  # noqa: B023
        other = widgets[1] if widget is widgets[0] else widgets[0]
        assert await other.post("stop") == (200, {"stopped": True})
        ends = [await each.end(turn, 3) for each in widgets]
        assert ends[0] == ends[1]
        assert ends[0]["state"] == "stopped"


async def test_a_replica_that_goes_leaves_the_rest_to_the_other(
    widgets: list[Widget], replicas: tuple[Service, Service]
) -> None:
    here, there = widgets
    await here.say("count slowly to 30")
    await eventually(lambda: there.texts.get("1"))
    gone, stayed = replicas
    if not gone._dispatcher._turns:
        gone, stayed, there = stayed, gone, here
    await gone._dispatcher.stop(0.1)
    end = await there.end("1", 20)
    assert end["text"] == there.texts["1"]
    assert end["text"].startswith("1 ")
    assert end["notices"] == [Texts().get("en", "failed.interrupted")]
    assert [data["turn"] for kind, data in there.events if kind == "start"] == ["1", "1"]
