"""A visitor's conversations: opened, listed, read, asked again and erased."""

import asyncio
from pathlib import Path

import aiohttp
import pytest
from redis.asyncio import Redis
from support.servers import eventually, loaded, running, web_config
from support.widget import Widget

ONE, TWO = "11111111", "22222222-b_c"


async def titles(widget: Widget) -> list[tuple[str, str, bool]]:
    status, answer = await widget.post("conversations")
    assert status == 200
    return [(each["id"], each["title"], each["unread"]) for each in answer["items"]]


async def talk(widget: Widget, conversation: str, text: str) -> dict[str, object]:
    """Open a conversation, say something there, and wait for the answer."""
    await widget.leave()
    widget.ends.clear()
    await widget.open(conversation=conversation)
    widget.read()
    return await widget.ask(text)


async def test_conversations_do_not_know_each_other(widget: Widget) -> None:
    await talk(widget, ONE, "My name is Sarah")
    assert "Sarah" not in str((await talk(widget, TWO, "what is my name?"))["text"])
    assert "Sarah" in str((await talk(widget, ONE, "what is my name?"))["text"])
    first = await widget.open(conversation="first")
    assert (first["conversation"], first["history"]) == ("first", [])
    assert first["conversations"] is True


async def test_a_token_means_the_conversation_it_was_made_for(widget: Widget) -> None:
    await talk(widget, ONE, "hello there")
    assert (await widget.open())["conversation"] == ONE
    assert len((await widget.post("history"))[1]["history"]) == 2
    assert (await widget.post("history", conversation="first"))[1]["history"] == []


async def test_a_message_goes_where_it_says(widget: Widget) -> None:
    status, taken = await widget.post("messages", conversation=TWO, id="12345678", text="hi")
    assert (status, taken["turn"]) == (202, "1")

    async def answered() -> bool:
        history = (await widget.post("history", conversation=TWO))[1]["history"]
        return len(history) == 2

    await eventually(answered)
    assert (await widget.post("history"))[1]["history"] == []


async def test_the_list_is_the_newest_first_and_says_what_is_unread(widget: Widget) -> None:
    await talk(widget, ONE, "About   my\norder " + "x" * 100)
    await talk(widget, TWO, "Something else")
    assert await titles(widget) == [
        (TWO, "Something else", True),
        (ONE, ("About my order " + "x" * 100)[:60], True),
    ]
    assert await widget.post("read", conversation=TWO, cursor=widget.cursor) == (200, {})
    assert [unread for _, _, unread in await titles(widget)] == [False, True]
    await talk(widget, TWO, "and now?")
    assert [unread for _, _, unread in await titles(widget)] == [True, True]


async def test_a_conversation_is_erased(widget: Widget, redis_url: str) -> None:
    await talk(widget, ONE, "Keep this")
    await talk(widget, TWO, "Forget this secret")
    assert await widget.post("conversations/delete", conversation=TWO) == (200, {"deleted": True})
    assert [title for _, title, _ in await titles(widget)] == ["Keep this"]
    assert (await widget.open(conversation=TWO))["history"] == []
    async with Redis.from_url(redis_url) as client:
        left = [key async for key in client.scan_iter(match="*22222222*")]
    assert left == []
    assert await widget.post("conversations/delete", conversation=TWO) == (200, {"deleted": False})
    assert len((await widget.open(conversation=ONE))["history"]) == 2


async def test_a_conversation_is_erased_while_it_is_answered(widget: Widget) -> None:
    await widget.open(conversation=ONE)
    widget.read()
    await widget.say("count slowly to 1000")
    await eventually(lambda: widget.texts.get("1"))
    _, answer = await widget.post("conversations/delete", conversation=ONE)
    assert answer == {"deleted": True}
    await eventually(lambda: ("reset", {}) in widget.events)
    assert (await widget.open(conversation=ONE))["history"] == []
    assert await titles(widget) == []


@pytest.mark.parametrize("name", ["short", "with space", "x" * 65, "a:b:c:d:e"])
async def test_what_is_no_name(widget: Widget, name: str) -> None:
    for command in ("session", "history", "messages"):
        status, answer = await widget.post(command, conversation=name, id="12345678", text="x")
        assert (status, answer["error"]) == (400, "bad_request")


async def test_what_is_missing_is_said(widget: Widget) -> None:
    for command, body in (("conversations/delete", {}), ("read", {"cursor": "x"})):
        status, answer = await widget.post(command, **body)
        assert (status, answer["error"]) == (400, "bad_request")


async def test_a_site_where_a_chat_is_one_conversation_has_no_list(
    sandbox: str, redis_url: str, folder: Path, http: aiohttp.ClientSession
) -> None:
    config = web_config(sandbox, redis_url)
    config["routes"][0]["scope"] = "per_chat"
    async with running(loaded(folder, config)) as gateway:
        assert (await Widget(http, gateway.url).open())["conversations"] is False
    config = web_config(sandbox, redis_url)
    config["channels"]["site"] |= {"conversations": False, "regenerate": False, "feedback": False}
    async with running(loaded(folder, config)) as gateway:
        widget = Widget(http, gateway.url)
        session = await widget.open()
        assert session["conversations"] is False
        assert (session["features"]["regenerate"], session["features"]["feedback"]) == (False,) * 2
        for command in ("conversations", "regenerate", "feedback"):
            assert (await widget.post(command))[0] == 404


async def test_the_last_question_is_asked_again(widget: Widget) -> None:
    await widget.ask("first question")
    await widget.ask("My name is Sarah")
    status, taken = await widget.post("regenerate", turn="2")
    assert (status, taken) == (202, {"status": "accepted", "turn": "3"})
    assert (await widget.end("3"))["state"] == "done"
    starts = [data for kind, data in widget.events if kind == "start"]
    assert [len(start["messages"]) for start in starts] == [1, 1, 0]
    _, read = await widget.post("history")
    assert [each["kind"] for each in read["history"]] == ["user", "bot", "user", "bot", "bot"]
    assert await widget.post("regenerate", turn="2") == (
        409,
        {
            "error": "not_last",
            "message": "Only the last answer of a conversation can be asked for again.",
        },
    )
    assert (await widget.post("regenerate", turn="3"))[1]["turn"] == "4"
    await widget.end("4")


async def test_asking_again_twice_is_once(widget: Widget) -> None:
    await widget.ask("hello")
    both = await asyncio.gather(*(widget.post("regenerate", turn="1") for _ in range(2)))
    assert sorted(answer["status"] for _, answer in both) == ["accepted", "duplicate"]
    assert {answer["turn"] for _, answer in both} == {"2"}
    await widget.end("2")


async def test_nothing_can_be_asked_again_where_nothing_was_asked(widget: Widget) -> None:
    status, answer = await widget.post("regenerate", turn="1")
    assert (status, answer["error"]) == (409, "not_last")
