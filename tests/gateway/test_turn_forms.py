"""What a turn does with forms, and with what a message brings along for its conversation."""

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Literal

import pytest
from msgspec.structs import replace
from support.adapters import RecordingChannel, inbound
from support.engine import Engine

from gateway.config import Limits
from gateway.model import (
    Ask,
    Choice,
    Choices,
    Done,
    Field,
    Policy,
    ReplyEvent,
    TextDelta,
)
from gateway.store.work import Item

FIELDS = (Field("subject", "Subject"),)
ITEMS = (Choice("go", "Go"),)


class FormsChannel(RecordingChannel):
    """A channel that shows forms."""

    shows_forms: Literal[True] = True


@pytest.fixture
async def engine(redis_url: str, request: pytest.FixtureRequest) -> AsyncIterator[Engine]:
    engine = Engine(redis_url, Limits())
    engine.use(channel=getattr(request, "param", RecordingChannel)())
    await engine.start()
    yield engine
    await engine.stop()


def asking(choices: Choices, before: str = "") -> object:
    async def script(_: Ask) -> AsyncGenerator[ReplyEvent, None]:
        if before:
            yield TextDelta(before)
        yield choices
        yield Done()

    return script


def offered(engine: Engine) -> list[Choices]:
    return [event for event in engine.channel.events if isinstance(event, Choices)]


async def answer(engine: Engine, choices: Choices, before: str = "") -> str:
    engine.bot.script = asking(choices, before)  # type: ignore[assignment]
    await engine.say("hi")
    return (await engine.ends(1))[0]


async def test_a_channel_without_forms_asks_in_words(engine: Engine) -> None:
    form = Choices("", (), FIELDS, words="Subject:")
    assert await answer(engine, form, before="Support") == "Support\n\nSubject:"
    assert offered(engine) == []


async def test_words_alone_begin_no_paragraph(engine: Engine) -> None:
    assert await answer(engine, Choices("p", ITEMS, words="Subject:")) == "Subject:"
    assert offered(engine) == [Choices("p", ITEMS)]


async def test_buttons_stay_where_fields_cannot_be_shown(engine: Engine) -> None:
    await answer(engine, Choices("p", ITEMS, FIELDS, expires=9))
    assert offered(engine) == [Choices("p", ITEMS, expires=9)]


@pytest.mark.parametrize("engine", [FormsChannel], indirect=True)
async def test_a_channel_with_forms_is_spared_the_words(engine: Engine) -> None:
    form = Choices("", (), FIELDS, words="Subject:")
    assert await answer(engine, form, before="Support") == "Support"
    assert offered(engine) == [replace(form, words="")]


async def test_inputs_of_a_message_stay_with_the_conversation(engine: Engine) -> None:
    for number, inputs in enumerate(({"plan": "pro"}, {"seats": "2"}, {}), 1):
        message = replace(inbound("x", f"id-{number}"), inputs=inputs)
        await engine.inbox.admit("l", Item(message, "bot", Policy.FOLLOWUP, "user"))
        await engine.ends(number)
    assert [ask.conversation.inputs for ask in engine.bot.asks] == [
        {"plan": "pro"},
        {"plan": "pro", "seats": "2"},
        {"plan": "pro", "seats": "2"},
    ]
