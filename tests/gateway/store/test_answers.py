"""Given answers, by their turns."""

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from gateway.config import RedisConfig
from gateway.model import Answered
from gateway.store import keys
from gateway.store.answers import Answers
from gateway.store.connection import Connection, connect

ANSWERED = Answered("bot", "clickai:1", "user", "conversation", "answer")


@pytest.fixture
async def answers(redis_url: str) -> AsyncIterator[Answers]:
    connection = Connection(connect(RedisConfig(url=redis_url)))
    yield Answers(connection, days=2)
    await connection.close()


async def test_an_answer_is_found_by_its_turn(answers: Answers) -> None:
    await answers.keep("lane", "7", ANSWERED)
    assert await answers.find("lane", "7") == ANSWERED
    assert await answers.find("lane", "8") is None
    assert await answers.find("other", "7") is None


async def test_an_answer_is_forgotten_with_its_conversation(
    answers: Answers, redis_url: str
) -> None:
    await answers.keep("lane", "7", ANSWERED)
    async with Redis.from_url(redis_url) as client:
        assert 0 < await client.ttl(keys.answer("lane", "7")) <= 2 * keys.DAY
