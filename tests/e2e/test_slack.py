"""Slack, end to end: a real gateway and a bot, and Slack's own side of the wire."""

import asyncio
import base64
import json
from collections.abc import Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from support.servers import eventually, loaded, running, web_config
from support.slack import Message, Slack
from support.slack.wiring import People, with_slack

from gateway.sandbox import texts
from gateway.sandbox.answers import Answer as Said
from gateway.sandbox.answers import Answers
from gateway.sandbox.clickai import ClickAI
from gateway.sandbox.clickai_runs import Answerer
from gateway.sandbox.memory import Memory
from gateway.sandbox.server import serving

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


async def test_a_mention_is_answered_in_its_thread(people: People, standin: Slack) -> None:
    thread = await people.mention("count slowly to 4")
    assert await people.answer("C1", thread) == "1 2 3 4"
    (message,) = standin.thread("C1", thread)
    assert message.streamed
    assert standin.statuses == {}
    start = standin.called("chat.startStream")[0].args
    assert (start["recipient_user_id"], start["recipient_team_id"]) == ("U1", "T1")
    assert len(standin.called("auth.test")) == 1


async def test_a_direct_message_is_answered(people: People, standin: Slack) -> None:
    thread = await people.write("count to 3")
    assert await people.answer("D1", thread) == "1 2 3"


async def test_a_thread_is_a_conversation(people: People, standin: Slack) -> None:
    thread = await people.mention("My name is Sarah")
    await people.answer("C1", thread)
    await people.write("what is my name?", channel="C1", thread_ts=thread)
    assert "Sarah" in await people.answer("C1", thread, 2)
    other = await people.mention("what is my name?")
    assert "Sarah" not in await people.answer("C1", other)


@asynccontextmanager
async def a_bot(answer: Answerer, redis_url: str, folder: Path, slack: Slack) -> Any:
    """The people of a gateway whose bot answers in this way, at once."""
    api = ClickAI(answer, Memory(), pace=0)
    async with serving(api.application(), "127.0.0.1", 0) as port:
        config = with_slack(web_config(f"http://127.0.0.1:{port}/v1", redis_url), slack)
        async with running(loaded(folder, config)) as service:
            yield People(slack, service.url)


async def test_a_long_answer_is_whole(redis_url: str, folder: Path, standin: Slack) -> None:
    async with a_bot(Answers("").answer, redis_url, folder, standin) as people:
        thread = await people.mention("long")
        # The last message of an answer is the one that can be rated.
        await eventually(lambda: any(map(_has_feedback, standin.thread("C1", thread))), 20)
    assert len(standin.thread("C1", thread)) > 1
    assert standin.said("C1", thread).split() == texts.long().split()


async def test_files_go_both_ways(redis_url: str, folder: Path, standin: Slack) -> None:
    heard = list[str]()

    def answer(query: str, earlier: Sequence[str]) -> Said:
        heard.extend(earlier)
        return Said("Here it is.")

    picture = standin.upload("a.png", PNG, "image/png")
    async with a_bot(answer, redis_url, folder, standin) as people:
        thread = await people.write("what is it? with a picture", files=[picture])
        await eventually(lambda: any(message.files for message in standin.thread("D1", thread)))
        await people.write("and now?", thread_ts=thread)
        await people.answers("D1", thread, 3)
    assert heard == ["what is it? with a picture <image>"]
    (given,) = [file for file in standin.files.values() if file.shared]
    assert given.data


async def test_one_message_in_two_events_and_three_copies(people: People, standin: Slack) -> None:
    event = standin.mention(text="count to 3")
    twin = standin.twin(event)
    copies = [people.try_to(event, event_id="Ev1", retry=n) for n in range(3)]
    answers = await asyncio.gather(*copies, people.try_to(twin), people.try_to(event))
    assert [answer.status for answer in answers] == [200] * 5
    assert await people.answer("C1", event["ts"]) == "1 2 3"
    await people.write("count to 2", channel="C1", thread_ts=event["ts"])
    assert await people.answer("C1", event["ts"], 2) == "1 2"
    assert len(standin.thread("C1", event["ts"])) == 2


async def test_the_stop_button_stops_the_bot(people: People, standin: Slack) -> None:
    thread = await people.mention("count slowly to 60")
    await eventually(lambda: standin.said("C1", thread).strip())
    stopped = standin.stop_session("C1", thread)
    assert (await people.try_to(stopped)).status == 200
    said = await people.answer("C1", thread)
    assert said.startswith("1")
    assert "60" not in said
    await eventually(lambda: standin.sessions["C1", thread]["status"] == "active")
    await people.write("count to 2", channel="C1", thread_ts=thread)
    assert await people.answer("C1", thread, 2) == "1 2"


async def test_feedback_reaches_the_bot(
    people: People, standin: Slack, sandbox: str, http: aiohttp.ClientSession
) -> None:
    thread = await people.mention("count to 2")
    await people.answers("C1", thread)
    # One turn after the other: once there is a second answer, the first is all done with.
    await people.write("count to 3", channel="C1", thread_ts=thread)
    message, _ = await people.answers("C1", thread, 2)
    key = {"Authorization": "Bearer app-test"}

    async def data(path: str, **query: str) -> Any:
        async with http.get(f"{sandbox}/{path}", params=query, headers=key) as response:
            return (await response.json())["data"]

    async def rated() -> Any:
        async with http.get(sandbox.removesuffix("/v1") + "/sandbox/asked") as response:
            user = (await response.json())["asked"][-1]["user"]
        (conversation,) = await data("conversations", user=user)
        answers = await data("messages", user=user, conversation_id=conversation["id"])
        return {answer["query"]: answer["feedback"] for answer in answers if answer["feedback"]}

    action = {"action_id": "feedback", "type": "feedback_buttons", "value": "like"}
    assert (await standin.action(people.url, message, action)).status == 200
    assert await eventually(rated) == {"count to 2": {"rating": "like"}}
    assert _has_feedback(message)


async def test_a_failed_answer_can_be_asked_again(people: People, standin: Slack) -> None:
    thread = await people.mention("fail midway")
    (failed,) = await people.answers("C1", thread)
    (retry,) = [b for b in _buttons(failed) if b["action_id"] == "retry"]
    assert (await standin.action(people.url, failed, retry)).status == 200
    again = (await people.answers("C1", thread, 2))[-1]
    assert again.text == failed.text


def _buttons(message: Message) -> list[dict[str, Any]]:
    blocks = [block for block in message.blocks if block["type"] == "actions"]
    return [element for block in blocks for element in block["elements"]]


async def test_a_slash_command_is_answered(people: People, standin: Slack) -> None:
    assert (await standin.command(people.url, text="count to 3")).status == 200
    (asked,) = await eventually(lambda: standin.posted("D1"))
    assert await people.answer("D1", asked.ts) == "1 2 3"


def _has_feedback(message: Message) -> bool:
    return "feedback_buttons" in json.dumps(message.blocks)
