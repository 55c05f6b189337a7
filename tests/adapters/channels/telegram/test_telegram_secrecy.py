"""The token is in every address at Telegram, and in nothing that anybody reads."""

import logging
import sys
import traceback
from collections.abc import AsyncIterator, Iterator, MutableMapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
import structlog
from redis.asyncio import Redis
from support.servers import eventually, free_port, loaded, running, web_config
from support.telegram import File, Telegram
from support.telegram.model import TOKEN
from support.telegram.wiring import PUBLIC, with_telegram

from adapters.channels.telegram import poller, request, setup, trouble
from adapters.channels.telegram.api import Api
from adapters.channels.telegram.errors import Refused, Unreached, Unsure
from adapters.channels.telegram.webhook import secret_of
from gateway.service import Service

WORD = "swordfish"
"""What people write, in everything they write."""
WRONG = "1234567:AAwrongTokenThatIsNobodysWhatsoever"
NEEDED = ("getMe", "getUpdates", "getWebhookInfo", "setWebhook", "getMyCommands", "setMyCommands")
"""Without these nothing would reach the gateway in the first place."""
SLOW = "slow:0.5"
ECHO = f"400:Bad Request: see https://api.telegram.org/bot{TOKEN}/sendMessage"
FAULTS = [
    SLOW,
    "500",
    "404:Not Found",
    "401:Unauthorized",
    "403:Forbidden: bot was blocked by the user",
    "400:Bad Request: can't parse entities",
    "429:1",
    "cut before",
    "cut after",
    "garbage",
    ECHO,
]
Event = MutableMapping[str, Any]


class Ears:
    """Hears all that is logged, at every level, with the tracebacks and nothing masked."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def structured(self, _: object, method: str, event: Event) -> Event:
        self.heard.append(f"{method} {event!r}")
        self._error(event.get("exc_info"))
        raise structlog.DropEvent

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(f"{record.name} {record.getMessage()} {record.args!r}")
        self._error(record.exc_info)

    def _error(self, given: Any) -> None:
        error = given[1] if isinstance(given, tuple) else given
        if error is True:
            error = sys.exception()
        if isinstance(error, BaseException):
            self.heard += [repr(error), *traceback.format_exception(error)]


@pytest.fixture
def ears(own_logging: None) -> Iterator[Ears]:
    ears = Ears()
    structlog.configure(processors=[structlog.stdlib.add_log_level, ears.structured])
    handler = logging.Handler()
    handler.emit = ears.emit  # type: ignore[method-assign]
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield ears
    root.removeHandler(handler)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request, "SECONDS", 0.2)
    monkeypatch.setattr(poller, "MEND_SECONDS", 0.05)
    monkeypatch.setattr(setup, "MEND_SECONDS", 0.05)
    monkeypatch.setattr(trouble, "LONGEST_PAUSE", 0.1)


class Lost(dict[str, File]):
    """Files that are named, and that their host no longer has."""

    def get(self, *_: Any) -> None:
        return None


class Gateways:
    """Starts gateways that talk to a Telegram, and looks at what they leave behind."""

    def __init__(self, tg: Telegram, ears: Ears, sandbox: str, redis_url: str, folder: Path):
        self.tg = tg
        self.ears = ears
        self._sandbox, self._redis_url, self._folder = sandbox, redis_url, folder
        self._metrics = ""

    @asynccontextmanager
    async def running(self, **keys: Any) -> AsyncIterator[Service]:
        """A gateway, which is quickly stopped; its metrics are read before."""
        config = with_telegram(web_config(self._sandbox, self._redis_url), self.tg, **keys)
        config["server"]["shutdown_timeout"] = 0.2
        async with running(loaded(self._folder, config)) as service:
            self.tg.reach[PUBLIC] = service.url
            yield service
            async with aiohttp.ClientSession() as http, http.get(f"{service.url}/metrics") as got:
                self._metrics = await got.text()

    async def kept(self) -> bytes:
        """All that is in the store."""
        async with Redis.from_url(self._redis_url) as client:
            await client.config_set("rdbcompression", "no")
            keys = [key async for key in client.scan_iter()]
            values = [await client.dump(key) or b"" for key in keys]
            await client.config_set("rdbcompression", "yes")
        return b"\n".join([*keys, *values])

    async def assert_quiet(self, token: str = TOKEN) -> None:
        """Nothing of the token, the secret or what was written in anything that is read."""
        said = "\n".join([*self.ears.heard, self._metrics])
        assert "gateway" in self._metrics
        assert self.ears.heard
        secret = secret_of(token, "telegram")
        hidden = [*_shapes(token), *_shapes(token.partition(":")[2]), secret, WORD]
        assert not [each for each in hidden if each in said]
        kept = await self.kept()
        assert not [each for each in hidden[:-1] if each.encode() in kept]


def _shapes(secret: str) -> set[str]:
    return {secret, quote(secret, safe=""), secret[len(secret) // 2 :]}


@pytest.fixture
def gateways(tg: Telegram, ears: Ears, sandbox: str, redis_url: str, folder: Path) -> Gateways:
    return Gateways(tg, ears, sandbox, redis_url, folder)


def written(tg: Telegram, number: int) -> list[dict[str, Any]]:
    """One of everything that people do; ``number`` makes them others."""
    person = 1_000 + 10 * number
    answer = tg.message(person, text=WORD)
    kept = tg.messages[person, answer["message"]["message_id"]]
    edited = tg.edited(tg.private(WORD, user=person), f"{WORD} again")
    return [
        tg.private(WORD, user=person),
        tg.private(f"/start {WORD}", user=person + 1),
        tg.mention(WORD, chat=-person),
        tg.document(WORD.encode(), f"{WORD}.txt", text=WORD, user=person + 2),
        tg.photo(b"\x89PNG", WORD, user=person + 3),
        tg.voice(user=person + 4),
        tg.callback(kept, f"choice:1:{WORD}", user=person),
        tg.callback(kept, "like:1", user=person),
        edited,
        tg.member(person + 5),
        tg.update("message", {"chat": WORD, "text": WORD}),
        tg.update("callback_query", {"id": WORD, "from": [], "data": {WORD: WORD}}),
        tg.update(WORD, {WORD: WORD}),
    ]


def failed(tg: Telegram) -> int:
    return len([call for call in tg.calls if call.fault not in ("", "ok") or call.error])


async def meets(tg: Telegram, fault: str, needed: Sequence[str] = ()) -> None:
    """Everything but what is needed fails, until some calls have."""
    before = failed(tg)
    tg.faults.broken = {"*": fault} | dict.fromkeys(needed, "ok")
    await eventually(lambda: failed(tg) >= before + 3)


async def test_no_failure_of_telegram_brings_it_out(tg: Telegram, gateways: Gateways) -> None:
    async with gateways.running(updates="webhook"):
        await eventually(lambda: tg.bot.webhook.url)
        for number, fault in enumerate(FAULTS):
            tg.faults.broken = {"*": fault} | dict.fromkeys(NEEDED, "ok")
            for update in written(tg, number):
                assert (await tg.post(update)).status == 200
            await meets(tg, fault, NEEDED)
    await gateways.assert_quiet()


async def test_nor_does_it_while_it_polls(tg: Telegram, gateways: Gateways) -> None:
    async with gateways.running(updates="polling"):
        for number, fault in enumerate(FAULTS):
            tg.faults.broken = {"*": fault} | dict.fromkeys(NEEDED, "ok")
            tg.bot.pending.extend(written(tg, number))
            tg.bot.wake.set()
            await meets(tg, fault, NEEDED)
            await eventually(lambda: not tg.bot.pending)
    await gateways.assert_quiet()


@pytest.mark.parametrize("updates", ["webhook", "polling"])
async def test_no_failure_at_the_start_brings_it_out(
    tg: Telegram, gateways: Gateways, updates: str
) -> None:
    tg.faults.broken = {"*": "500"}
    async with gateways.running(updates=updates):
        for fault in ["500", "404:Not Found", "cut before", "garbage", ECHO]:
            await meets(tg, fault)
    await gateways.assert_quiet()


@pytest.mark.parametrize("updates", ["webhook", "polling"])
async def test_a_token_that_telegram_refuses_is_not_shown(
    tg: Telegram, gateways: Gateways, updates: str
) -> None:
    async with gateways.running(updates=updates, token=WRONG):
        await eventually(lambda: failed(tg) >= 3)
    await gateways.assert_quiet(WRONG)


@pytest.mark.parametrize("updates", ["webhook", "polling"])
async def test_nor_is_one_while_there_is_no_connection(gateways: Gateways, updates: str) -> None:
    away = f"http://127.0.0.1:{free_port()}"
    async with gateways.running(updates=updates, api_url=away):
        await eventually(lambda: any(poller.AWAY in line for line in gateways.ears.heard))
    await gateways.assert_quiet()


@pytest.mark.parametrize("fault", ["", "cut before"])
async def test_files_are_fetched_without_showing_where(
    tg: Telegram, gateways: Gateways, fault: str
) -> None:
    tg.faults.broken = {"getFile": fault}
    async with gateways.running():
        await eventually(lambda: tg.bot.webhook.url)
        update = tg.document(b"x", "a.txt", text="what is in it?")
        tg.files = tg.files if fault else Lost(tg.files)
        await tg.push(update)
        await eventually(lambda: tg.called("getFile") and tg.said(42))
    await gateways.assert_quiet()


@pytest.mark.parametrize("fault", FAULTS)
async def test_no_error_of_a_call_has_it(
    tg: Telegram, http: aiohttp.ClientSession, fault: str
) -> None:
    tg.faults.broken = {"*": fault}
    api, errors = Api(http, tg.url, TOKEN), list[Exception]()
    calls = [
        api.me(),
        api.call("getWebhookInfo"),
        api.send(42, WORD, thread=None, reply_to=None, keyboard=None),
        api.edit(42, 1, WORD),
        api.draft(42, 1, WORD),
        api.call("sendDocument", chat_id=42, document=WORD.encode()),
        api.download("AgAC", 10),
    ]
    for call in calls:
        try:
            await call
        except (Refused, Unsure, Unreached) as error:
            errors.append(error)
    assert len(errors) >= len(calls) - 1
    for error in errors:
        _assert_clean(error)


def _assert_clean(error: BaseException) -> None:
    shown = "\n".join([repr(error), str(error), *traceback.format_exception(error)])
    hidden = [*_shapes(TOKEN), *_shapes(TOKEN.partition(":")[2])]
    assert not [each for each in hidden if each in shown]


def test_what_hears_would_hear_it(ears: Ears) -> None:
    structlog.get_logger("any").debug("said", url=f"https://api.telegram.org/bot{TOKEN}/getMe")
    logging.getLogger("any").debug("said %s", TOKEN)
    try:
        raise ValueError(TOKEN)
    except ValueError:
        logging.getLogger("any").exception("failed")
        structlog.get_logger("any").exception("failed")
    assert len([line for line in ears.heard if TOKEN in line]) >= 4
