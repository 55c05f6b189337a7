"""Keys are unambiguous, and a lane's keys live together."""

import re

from hypothesis import given
from hypothesis import strategies as st

from gateway.store import keys

words = st.text(max_size=20)


@given(st.lists(words, min_size=1, max_size=3), st.lists(words, min_size=1, max_size=3))
def test_different_places_are_different_lanes(one: list[str], two: list[str]) -> None:
    def trimmed(parts: list[str]) -> list[str]:
        while parts and not parts[-1]:
            parts = parts[:-1]
        return parts

    same = trimmed(one) == trimmed(two)
    assert (keys.lane_name("c", *one) == keys.lane_name("c", *two)) is same


@given(words, words)
def test_all_keys_of_a_lane_have_its_shard(place: str, message: str) -> None:
    lane = keys.lane_name("site", place)
    shard = keys.shard_of(lane)
    named = [
        keys.ready(shard),
        keys.later(shard),
        keys.dead(shard),
        keys.inbox(lane),
        keys.lane(lane),
        keys.seen(lane, message),
        keys.log(lane),
        keys.transcript(lane),
        keys.events(lane),
        keys.answer(lane, message),
    ]
    tags = {re.match(r"gw:(\{\d\d\}):", key).group(1) for key in named}  # type: ignore[union-attr]
    assert tags == {f"{{{shard:02}}}"}
    assert len(set(named)) == len(named)


@given(words)
def test_a_lane_is_read_back_from_its_events(place: str) -> None:
    lane = keys.lane_name("site", place)
    assert keys.lane_of_events(keys.events(lane)) == lane
