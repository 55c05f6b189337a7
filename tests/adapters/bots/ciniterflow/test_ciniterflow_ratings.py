"""What people think of answers, on its way to the flow."""

import pytest
from support.handed import Handed

from adapters.bots.ciniterflow import session as sessions
from gateway.model import Answered, Rating, Reference
from gateway.ports import CanTakeFeedback, StoreUnavailable
from gateway.sandbox import ciniterflow_flows as flows


def answered(conversation, answer="m1"):
    return Answered("helper", "ciniterflow:1", "u1", conversation, answer)


async def test_a_second_rating_takes_the_place_of_the_first(sandbox, start_bot, answer_of, gateway):
    bot = await start_bot(sandbox, flows.CHAT.id)
    assert isinstance(bot, CanTakeFeedback)
    *_, end, _ = await answer_of(bot, "hello")
    assert isinstance(end, Reference)
    answer = answered(end.conversation, end.answer)
    # The sandbox, as the real server, refuses a second rating of one answer.
    assert await bot.take_feedback(answer, Rating.LIKE, "nice")
    assert await bot.take_feedback(answer, Rating.DISLIKE, "")
    gateway.memory.clear()
    assert not await bot.take_feedback(answer, Rating.LIKE, "")


async def test_what_is_sent(upstream, capture, bot):
    upstream.replies = [capture("97_"), capture("98_")]
    here = sessions.Session("session", "chat").encode()
    assert await bot.take_feedback(answered(here), Rating.LIKE, "nice")
    assert await bot.take_feedback(answered(here), Rating.DISLIKE, "updated")
    first, second = upstream.requests
    assert (first.method, first.path) == ("POST", "/api/v1/feedback")
    assert first.json == {
        "chatflowid": "066d3c15-a19e-4f92-9f43-b910551a9232",
        "chatId": "chat",
        "messageId": "m1",
        "rating": "THUMBS_UP",
        "content": "nice",
    }
    kept = "2122edc6-954a-4442-991b-dcc53ed6f40b"
    assert (second.method, second.path) == ("PUT", f"/api/v1/feedback/{kept}")
    assert second.json == {"rating": "THUMBS_DOWN", "content": "updated"}


@pytest.mark.parametrize(
    ("rating", "conversation", "answer"),
    [
        (Rating.NONE, sessions.new().encode(), "m1"),
        (Rating.LIKE, "of-another-bot", "m1"),
        (Rating.LIKE, sessions.new().encode(), ""),
    ],
    ids=["no-rating", "another-bot", "no-answer"],
)
async def test_what_cannot_be_rated(upstream, bot, rating, conversation, answer):
    assert not await bot.take_feedback(answered(conversation, answer), rating, "")
    assert upstream.requests == []


@pytest.mark.parametrize("name", ["99_", "95_", "89_"])
async def test_a_rating_that_is_refused(upstream, capture, bot, name, capsys):
    upstream.replies = [capture(name)]
    here = sessions.new().encode()
    assert not await bot.take_feedback(answered(here), Rating.LIKE, "my secret opinion")
    assert "opinion" not in capsys.readouterr().out


class Forgetful(Handed):
    async def recall(self, bot, key):
        raise StoreUnavailable

    async def remember(self, bot, key, value, seconds):
        raise StoreUnavailable


async def test_a_rating_while_the_store_is_away(upstream, capture, make_bot, http):
    bot = await make_bot()
    await bot.start(Forgetful(http))
    upstream.replies = [capture("97_")]
    assert await bot.take_feedback(answered(sessions.new().encode()), Rating.LIKE, "")
