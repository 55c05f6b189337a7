"""Every key of a lane is found, and none of another."""

import inspect
import re
from collections.abc import Callable

import pytest
from contracts.operator import OnACluster, OnOneServer, OperatorContract
from hypothesis import given
from hypothesis import strategies as st
from support.adapters import origin

from gateway.store import keys, survey
from gateway.store.aliases import Aliases, Place
from gateway.store.connection import Connection
from gateway.store.memory import Memory
from gateway.store.survey import Survey, buckets

words = st.text(max_size=20)
Builder = Callable[..., str]


def built(builder: Builder, lane: str, more: str) -> str:
    """A key of a lane; ``more`` stands for whatever else it is told, unless that is a number."""
    _, *others = inspect.signature(builder).parameters.values()
    return builder(lane, *(1 if each.annotation is int else more for each in others))


def of_a_lane() -> dict[str, Builder]:
    """Everything in the module that builds a key from a lane."""
    named = inspect.getmembers(keys, inspect.isfunction)
    return {
        name: function
        for name, function in named
        if next(iter(inspect.signature(function).parameters), "") == "lane"
        and str(built(function, "l", "1")).startswith("gw:")
    }


OF_A_LANE = of_a_lane()


def test_the_builders_of_keys_are_found() -> None:
    assert {"inbox", "lane", "log", "seen", "trace", "people"} <= set(OF_A_LANE)


@pytest.mark.parametrize("name", OF_A_LANE)
@given(words, words, words)
def test_every_key_names_its_lane(name: str, place: str, thread: str, more: str) -> None:
    lane = keys.lane_name("site", place, thread)
    assert keys.lane_of(built(OF_A_LANE[name], lane, more)) == lane


@pytest.mark.parametrize(
    "key",
    [
        keys.ready(7),
        keys.later(7),
        keys.dead(7),
        keys.META,
        keys.BLOBS_TOTAL,
        keys.alias("inbox", "site:a"),
        keys.memory("lane", "site:a"),
        keys.quota_day("k"),
        keys.person("inbox", "site"),
        keys.blob("x" * 22),
        "gw:",
        "gw:{07}:",
    ],
)
def test_keys_of_no_lane_have_none(key: str) -> None:
    assert keys.lane_of(key) == ""


class SurveyContract(OperatorContract):
    async def test_a_lane_s_keys_and_not_its_neighbours(self, connection: Connection) -> None:
        lanes = ["site:a", "site:a:t", "site:ab", "site:%2A", "site"]
        for lane in lanes:
            for function in OF_A_LANE.values():
                await connection.execute("SET", built(function, lane, "1"), lane)
        looked = Survey(connection, ["site:a", "site:%2A"])
        await looked.look()
        assert set(looked.own) == {"site:a", "site:%2A"}
        for lane, found in looked.own.items():
            expected = {built(function, lane, "1") for function in OF_A_LANE.values()}
            assert set(found) == expected
            assert len(found) == len(expected)

    async def test_names_that_lead_there_and_what_is_kept_under_them(
        self, connection: Connection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(survey, "PAGE", 3)
        aliases, memory = Aliases(connection, 1), Memory(connection)
        for lane in ("site:a", "site:b"):
            place = Place(lane, origin(), "user")
            names = tuple(f"{lane}/{number}" for number in range(5))
            await aliases.name("vendor:app", names, place)
            await aliases.name("vendor:other", (f"{lane}/9",), place)
            await memory.keep("vendor:app", f"prompt:{lane}/1", b"x", 60)
            await memory.keep("vendor:app", f"{lane}/2", b"x", 60)
            await memory.keep("vendor:app", f"prompt:not {lane}/2", b"x", 60)
            await memory.keep("vendor:other", f"prompt:{lane}/2", b"x", 60)
        looked = Survey(connection, ["site:a"])
        await looked.look()
        assert set(looked.elsewhere) == {"site:a"}
        assert sorted(looked.elsewhere["site:a"]) == sorted(
            [
                *(keys.alias("vendor:app", f"site:a/{number}") for number in range(5)),
                keys.alias("vendor:other", "site:a/9"),
                keys.memory("vendor:app", "prompt:site:a/1"),
                keys.memory("vendor:app", "site:a/2"),
            ]
        )

    async def test_rate_limits_of_somebody(self, connection: Connection) -> None:
        mine = [keys.bucket("person/site/a%3Ab"), keys.bucket("site:say:a:b")]
        for key in (*mine, keys.bucket("person/site/c")):
            await connection.execute("SET", key, 1)
        assert sorted(await buckets(connection, ["a:b"])) == sorted(mine)


class TestSurvey(OnOneServer, SurveyContract):
    """The contract, on one server."""


class TestSurveyOnACluster(OnACluster, SurveyContract):
    """The contract, on a cluster of three."""


def test_patterns_and_prefixes_agree() -> None:
    assert re.match(keys.ALL.replace("*", ".*"), keys.ALL_ALIASES)
    assert keys.alias("i", "n").startswith(keys.ALL_ALIASES)
    assert keys.memory("i", "n").startswith(keys.ALL_MEMORIES)
    assert keys.bucket("n").startswith(keys.ALL_BUCKETS)
