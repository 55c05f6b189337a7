"""Fixtures of the end-to-end tests: the platforms' sides, which must have nothing to complain
about."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.servers import loaded, running, web_config
from support.slack import Slack, slack
from support.slack.wiring import People, with_slack
from support.telegram import Telegram, telegram
from support.telegram.wiring import People as Chatters
from support.telegram.wiring import with_telegram

from gateway.service import Service


@pytest.fixture
async def standin() -> AsyncIterator[Slack]:
    async with slack() as standin:
        yield standin
        assert standin.complaints == []


@pytest.fixture
async def slack_gateway(
    sandbox: str, redis_url: str, folder: Path, standin: Slack
) -> AsyncIterator[Service]:
    config = with_slack(web_config(sandbox, redis_url), standin)
    async with running(loaded(folder, config)) as service:
        yield service


@pytest.fixture
def people(slack_gateway: Service, standin: Slack) -> People:
    return People(standin, slack_gateway.url)


@pytest.fixture
async def tg() -> AsyncIterator[Telegram]:
    async with telegram() as standin:
        yield standin
        assert standin.complaints == []
        assert standin.hammered == []


@pytest.fixture
async def telegram_gateway(
    sandbox: str, redis_url: str, folder: Path, tg: Telegram
) -> AsyncIterator[Service]:
    config = with_telegram(web_config(sandbox, redis_url), tg)
    async with running(loaded(folder, config)) as service:
        yield service


@pytest.fixture
async def chatters(telegram_gateway: Service, tg: Telegram) -> Chatters:
    chatters = Chatters(tg, telegram_gateway.url)
    await chatters.ready()
    return chatters
