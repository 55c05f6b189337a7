"""The address that Telegram posts to: what is let in, and what it is told."""

import json
from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any

import pytest
from structlog.testing import capture_logs

from adapters.channels.telegram.webhook import BODY_MOST, HEADER, secret_of


async def test_an_update_is_taken_and_nothing_said(line: Any) -> None:
    answer = await line.telegram.push(line.telegram.private("hello"), again=False)
    assert (answer.status, answer.body) == (200, "")
    assert line.texts == ["hello"]


async def test_a_second_copy_is_the_same_message(line: Any) -> None:
    update = line.telegram.private("hello")
    assert await line.bring(update, update) == [200, 200]
    assert line.texts == ["hello"]


@pytest.mark.parametrize("secret", ["", "wrong", "ÿ", "a" * 5000])
async def test_without_the_secret_nothing_is_taken(line: Any, secret: str) -> None:
    # What is not read cannot be understood wrongly either.
    for body in (b"", b"no json"):
        answer = await line.post(line.telegram.private(), secret=secret or "x", body=body)
        assert answer.status == 403
    assert line.texts == []


async def test_each_bot_and_each_channel_has_a_secret_of_its_own(line: Any) -> None:
    token = line.telegram.token
    secrets = {secret_of(token, "bot"), secret_of(token, "other"), secret_of("1:x", "bot")}
    assert len(secrets) == 3
    assert line.telegram.bot.webhook.secret == secret_of(token, "bot")
    assert token.partition(":")[2] not in str(secrets)


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b"7", b"null", b"{}", b'{"update_id": true}', b'{"update_id": "7"}', b"\xff"],
)
async def test_what_telegram_never_sends_is_a_bad_request(line: Any, body: bytes) -> None:
    assert (await line.post(None, body=body)).status == 400


async def test_deep_nonsense_is_a_bad_request(line: Any) -> None:
    assert (await line.post(None, body=b"[" * 100_000)).status == 400


@pytest.mark.parametrize("told", [True, False], ids=["told", "not told"])
async def test_a_large_body_is_refused(line: Any, http: Any, told: bool) -> None:
    body = json.dumps({"update_id": 7, "x": "x" * BODY_MOST}).encode()

    async def pieces() -> AsyncIterator[bytes]:
        yield body

    hook = line.telegram.bot.webhook
    url = hook.url.replace(line.desk.public_url, line.telegram.reach[line.desk.public_url])
    data = BytesIO(body) if told else pieces()
    async with http.post(url, data=data, headers={HEADER: hook.secret}) as response:
        assert response.status == 413


async def test_while_the_store_is_away_it_is_to_come_again(line: Any) -> None:
    update = line.telegram.private("hello")
    line.desk.down = True
    answer = await line.telegram.push(update, again=False)
    assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
    line.desk.down = False
    assert await line.bring(update) == [200]
    assert line.texts == ["hello"]


async def test_what_a_defect_cannot_digest_is_kept_and_taken(
    line: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def defect(_: object) -> None:
        raise KeyError("swordfish")

    monkeypatch.setattr(line.desk, "admit", defect)
    update = line.telegram.private("swordfish")
    with capture_logs() as logs:
        assert await line.bring(update) == [200]
    kept = json.loads(line.desk.memory[f"poison:{update['update_id']}"])
    assert kept == {"error": "KeyError", "update": update}
    (logged,) = [entry for entry in logs if entry["log_level"] == "error"]
    assert (logged["update"], logged["error"]) == (update["update_id"], "KeyError")
    assert "swordfish" not in str(logs)


async def test_an_update_of_an_unknown_shape_is_kept_and_taken(line: Any) -> None:
    assert (await line.post({"update_id": 7, "message": {"chat": "x"}})).status == 200
    assert json.loads(line.desk.memory["poison:7"])["error"] == "ValidationError"


async def test_one_that_cannot_even_be_kept_is_to_come_again(line: Any) -> None:
    line.desk.down = True
    assert (await line.post({"update_id": 7, "message": {}})).status == 503
