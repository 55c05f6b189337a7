"""What Telegram is told at the start: only what it does not know, however long it is away."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest
from structlog.testing import capture_logs
from support.kept import Kept
from support.servers import eventually
from support.telegram import Bot, Telegram

from adapters.channels.telegram import hooks, setup, trouble
from adapters.channels.telegram.api import Api
from adapters.channels.telegram.config import Config
from adapters.channels.telegram.hooks import ALLOWED, meaning, mode_of, problem_of
from adapters.channels.telegram.poller import AWAY, UNAUTHORIZED
from adapters.channels.telegram.setup import REFUSED, Setup
from adapters.channels.telegram.webhook import secret_of
from gateway.store.memory import Memory
from gateway.texts import Texts

URL = "https://chat.example.com"
HOOK = f"{URL}/telegram/chat/webhook"
TOLD = "Telegram is told how the channel is set up"


class Named:
    """A channel, as far as its name goes."""

    def __init__(self, name: str) -> None:
        self.name = name


Tell = Callable[..., Awaitable[Setup]]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(setup, "MEND_SECONDS", 0.01)
    monkeypatch.setattr(trouble, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(trouble, "LONGEST_PAUSE", 0.02)


@pytest.fixture
async def tell(tg: Telegram, kept: Memory, http: aiohttp.ClientSession) -> AsyncIterator[Tell]:
    """Starts what a replica does at its start."""
    async with AsyncExitStack() as stack:

        async def tell(
            mode: str = "webhook", *, url: str = URL, token: str = tg.token, name: str = "chat",
            replica: Kept | None = None, **keys: Any,
        ) -> Setup:  # fmt: skip
            config = Config(kind="telegram", token=token, api_url=tg.url, **keys)
            gateway = replica or Kept(kept, http)
            gateway.public_url = url
            api = Api(http, tg.url, token)
            made: Any = Setup(Named(name), config, gateway, api, mode)  # type: ignore[arg-type]
            await made.start()
            stack.push_async_callback(made.stop)
            return made  # type: ignore[no-any-return]

        yield tell


async def ended(made: Setup) -> None:
    assert made._task
    await made._task


async def test_telegram_is_told_where_updates_go(tg: Telegram, tell: Tell) -> None:
    await ended(await tell())
    [call] = tg.called("setWebhook")
    assert call.args == {
        "url": HOOK,
        "secret_token": secret_of(tg.token, "chat"),
        "allowed_updates": list(ALLOWED),
        "max_connections": 40,
    }
    assert tg.bot.webhook.url == HOOK
    assert not tg.complaints


async def test_the_second_start_tells_nothing(tg: Telegram, tell: Tell) -> None:
    await ended(await tell())
    tg.calls.clear()
    await ended(await tell())
    assert {call.method for call in tg.calls} == {"getWebhookInfo", "getMyCommands"}


@pytest.mark.parametrize(
    "changed",
    [
        {"url": "https://other.example"},
        {"url": "https://chat.example.com:8443"},
    ],
)
async def test_another_address_is_told(tg: Telegram, tell: Tell, changed: dict[str, Any]) -> None:
    await ended(await tell())
    await ended(await tell(**changed))
    assert len(tg.called("setWebhook")) == 2
    assert tg.bot.webhook.url.startswith(changed["url"])


async def test_what_telegram_lost_is_told_again(tg: Telegram, tell: Tell) -> None:
    await ended(await tell())
    tg.bot.allowed = ["message"]
    await ended(await tell())
    tg.bot.webhook.connections = 7
    await ended(await tell())
    tg.bot.webhook.url = ""
    await ended(await tell())
    assert len(tg.called("setWebhook")) == 4
    assert not [call for call in tg.calls if "drop_pending_updates" in call.args]


async def test_a_secret_that_may_be_another_is_told_again(
    tg: Telegram, tell: Tell, kept: Memory
) -> None:
    await ended(await tell())
    told = await kept.find("chat", setup.HOOK)
    assert told
    assert tg.bot.webhook.secret.encode() not in told
    await kept.keep("chat", setup.HOOK, b"of another token", 0)
    tg.bot.webhook.secret = "of-another-token"
    await ended(await tell())
    assert tg.bot.webhook.secret == secret_of(tg.token, "chat")


async def test_who_polls_sets_no_webhook(tg: Telegram, tell: Tell) -> None:
    await ended(await tell("polling", url=""))
    assert {call.method for call in tg.calls} == {"getMyCommands", "setMyCommands"}


@pytest.mark.parametrize("url", ["", "http://chat.example.com", "https://chat.example.com:9000"])
async def test_an_address_that_telegram_cannot_call_is_said(
    tg: Telegram, tell: Tell, url: str
) -> None:
    with capture_logs() as logs:
        await ended(await tell(url=url, updates="webhook"))
    assert [line["event"] for line in logs if line["log_level"] == "error"] == [
        problem_of(url, local=False)
    ]
    assert not tg.called("setWebhook")
    assert tg.bot.commands


async def test_commands_are_told_in_every_language(tg: Telegram, tell: Tell) -> None:
    await ended(await tell())
    texts = Texts()
    expected = {("default", language) for language in ("", *texts.catalogues)}
    assert set(tg.bot.commands) == expected
    for (_, language), commands in tg.bot.commands.items():
        assert [each["command"] for each in commands] == ["new", "stop", "help"]
        said = [texts.get(language, f"telegram.command.{each['command']}") for each in commands]
        assert [each["description"] for each in commands] == said
        assert all(len(each) <= 256 for each in said)
    assert tg.bot.commands["default", "vi"] != tg.bot.commands["default", ""]


async def test_commands_of_somebody_else_are_replaced(tg: Telegram, tell: Tell) -> None:
    await ended(await tell())
    right = dict(tg.bot.commands)
    tg.bot.commands["default", "vi"] = [{"command": "old", "description": "Old"}]
    tg.calls.clear()
    await ended(await tell())
    assert tg.bot.commands == right
    assert len(tg.called("setMyCommands")) == 1


async def test_an_outage_is_outlasted_and_said_once(tg: Telegram, tell: Tell) -> None:
    tg.fail("getWebhookInfo", "500", "cut before", "garbage")
    tg.fail("setWebhook", "502", "429:1")
    tg.fail("setMyCommands", "cut after", "cut before")
    with capture_logs() as logs:
        await ended(await tell())
    assert tg.bot.webhook.url == HOOK
    assert len(tg.bot.commands) == 1 + len(Texts().catalogues)
    assert [line["event"] for line in logs].count(AWAY) == 1
    assert logs[-1]["event"] == TOLD


async def test_starting_waits_for_nobody(tg: Telegram, tell: Tell) -> None:
    tg.fail("getWebhookInfo", "slow:60")
    made = await tell()
    await eventually(lambda: tg.called("getWebhookInfo"))
    await made.stop()
    assert made._task
    assert made._task.done()


async def test_a_refused_token_is_said_and_the_gateway_goes_on(tg: Telegram, tell: Tell) -> None:
    wrong = tg.token[:-1] + "x"
    with capture_logs() as logs:
        await tell(token=wrong)
        await eventually(lambda: len(tg.called("getWebhookInfo")) > 2)
        tg.add(Bot(token=wrong))
        await eventually(lambda: logs[-1]["event"] == TOLD)
    lines = [line for line in logs if line["event"] == UNAUTHORIZED]
    assert [line["log_level"] for line in lines] == ["error"]
    assert wrong not in str(logs)


async def test_a_refusal_is_said_with_its_reason(tg: Telegram, tell: Tell) -> None:
    why = "Bad Request: bad webhook: Failed to resolve host"
    tg.fail("setWebhook", f"400:{why}")
    with capture_logs() as logs:
        await ended(await tell())
    [line] = [line for line in logs if line["event"] == REFUSED]
    assert line["reason"] == why


async def test_while_the_store_is_away_it_waits(
    tg: Telegram, tell: Tell, kept: Memory, http: aiohttp.ClientSession
) -> None:
    replica = Kept(kept, http)
    replica.away = True
    with capture_logs() as logs:
        made = await tell(replica=replica)
        await eventually(lambda: setup.STORE_AWAY in [line["event"] for line in logs])
        replica.away = False
        await ended(made)
    assert tg.bot.webhook.url == HOOK


async def test_of_several_replicas_one_tells(tg: Telegram, tell: Tell) -> None:
    for made in [await tell() for _ in range(4)]:
        await ended(made)
    assert len(tg.called("setWebhook")) == 1
    assert len(tg.called("setMyCommands")) == 1 + len(Texts().catalogues)


async def test_a_delivery_that_failed_lately_is_explained(
    monkeypatch: pytest.MonkeyPatch, tg: Telegram, tell: Tell
) -> None:
    monkeypatch.setattr(setup.time, "time", lambda: 10_000.0)
    await ended(await tell())
    hook = tg.bot.webhook
    hook.last_error, hook.last_error_at = "Wrong response from the webhook: 403 Forbidden", 9_900
    with capture_logs() as logs:
        await ended(await tell())
        hook.last_error_at = 1_000
        await ended(await tell())
    [line] = [line for line in logs if line["event"].startswith("Telegram could not deliver")]
    assert "403 Forbidden" in line["why"]
    assert "the secret" in line["why"]


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ("Wrong response from the webhook: 404 Not Found", "not this gateway"),
        ("Wrong response from the webhook: 503 Service Unavailable", "sends again"),
        ("Wrong response from the webhook: 301 Moved", "did not answer with 200"),
        ("Connection refused", "nothing listens"),
        ("Connection timed out", "firewall"),
        ("Read timeout expired", "no answer"),
        ("SSL error {error:0A000086:certificate verify failed}", "certificate"),
        ("Failed to resolve host: Name or service not known", "DNS"),
        ("bad webhook: IP address 10.0.0.1 is reserved", "outside world"),
        ("something new", "sends again"),
    ],
)
def test_telegram_s_words_are_explained(said: str, means: str) -> None:
    assert means in meaning(said)


@pytest.mark.parametrize(
    ("updates", "url", "mode"),
    [
        ("auto", URL, "webhook"),
        ("auto", f"{URL}:8443", "webhook"),
        ("auto", f"{URL}:9000", "polling"),
        ("auto", f"{URL}:x", "polling"),
        ("auto", "http://chat.example.com", "polling"),
        ("auto", "", "polling"),
        ("polling", URL, "polling"),
        ("webhook", "", "webhook"),
    ],
)
def test_with_auto_it_is_a_webhook_where_telegram_can_call(
    updates: Any, url: str, mode: str
) -> None:
    config = Config(kind="telegram", token=f"1:{'x' * 35}", updates=updates)
    assert mode_of(config, url) == mode


def test_a_server_of_one_s_own_calls_any_address() -> None:
    assert problem_of("http://10.0.0.1:9000", local=True) == ""
    assert problem_of("", local=True)


@pytest.mark.parametrize("url", ["https://a.example/secret", "https://user:secret@a.example/x"])
def test_of_another_s_address_only_the_host_is_said(url: str) -> None:
    assert hooks.host(url) == "a.example"


@pytest.mark.parametrize("url", ["", None, 7, "https://[", "https://\x1b[2J/"])
def test_an_address_that_is_none_is_said_to_be(url: Any) -> None:
    assert hooks.host(url) == "an address that cannot be read"
