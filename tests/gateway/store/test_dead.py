"""Dead letters: kept as they were, found by their ids, let go of by them."""

import pytest
from contracts.operator import OnACluster, OnOneServer, OperatorContract
from support.adapters import inbound
from support.lanes import bury

from gateway.store import dead, keys
from gateway.store.connection import Connection
from gateway.store.dead import DeadLetters
from gateway.store.inbox import Inbox

LANES = [f"site:{number}" for number in range(5)]


class DeadLettersContract(OperatorContract):
    @pytest.fixture
    def letters(self, connection: Connection) -> DeadLetters:
        return DeadLetters(connection)

    async def test_a_message_is_kept_whole(
        self, inbox: Inbox, connection: Connection, letters: DeadLetters
    ) -> None:
        message = inbound("what was: written")
        await bury(inbox, connection, "site:a", message, "attempts exhausted")
        [letter] = [letter async for letter in letters.all()]
        assert letter.item
        assert letter.item.inbound == message
        assert (letter.lane, letter.turn, letter.reason) == ("site:a", "1", "attempts exhausted")
        assert letter.at > 1_600_000_000
        assert await letters.find(letter.id) == letter
        assert await letters.of_turn("site:a", "1") == letter
        assert await letters.of_turn("site:a", "2") is None

    async def test_all_of_every_shard_and_of_some_lanes(
        self,
        inbox: Inbox,
        connection: Connection,
        letters: DeadLetters,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(dead, "PAGE", 2)
        for lane in [*LANES, *LANES, LANES[0], LANES[0], LANES[0]]:
            await bury(inbox, connection, lane, inbound("x"))
        every = [letter async for letter in letters.all()]
        assert len(every) == len({letter.id for letter in every}) == 13
        of_two = [letter.lane async for letter in letters.all(LANES[:2])]
        assert sorted(of_two) == [LANES[0]] * 5 + [LANES[1]] * 2

    async def test_dropping_names_what_was_there(
        self, inbox: Inbox, connection: Connection, letters: DeadLetters
    ) -> None:
        for lane in LANES[:2]:
            await bury(inbox, connection, lane, inbound("x"))
        one, two = [letter.id async for letter in letters.all()]
        assert await letters.drop([one, "07-1-1"]) == [one]
        assert await letters.drop([one]) == []
        assert [letter.id async for letter in letters.all()] == [two]

    @pytest.mark.parametrize(
        "id_",
        ["", "x", "07", "07-1", "16-1-1", "-1-1-1", "07-1-1-1", "٠٧-1-1", "07-" + "9" * 30 + "-1"],
    )
    async def test_what_is_no_id_names_nothing(self, letters: DeadLetters, id_: str) -> None:
        assert await letters.find(id_) is None
        assert await letters.drop([id_]) == []

    @pytest.mark.parametrize("stored", [b"1:{}", b"1:\xff\xfe", b"1:", b""])
    async def test_one_that_cannot_be_understood_can_be_seen(
        self, connection: Connection, letters: DeadLetters, stored: bytes
    ) -> None:
        fields = ("lane", "site:a", "message", stored, "reason", "poison")
        await connection.execute("XADD", keys.dead(keys.shard_of("site:a")), "*", *fields)
        [letter] = [letter async for letter in letters.all()]
        assert letter.item is None
        assert isinstance(letter.content, str)


class TestDeadLetters(OnOneServer, DeadLettersContract):
    """The contract, on one server."""


class TestDeadLettersOnACluster(OnACluster, DeadLettersContract):
    """The contract, on a cluster of three."""
