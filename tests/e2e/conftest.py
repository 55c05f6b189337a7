"""Fixtures of the end-to-end tests: Slack's side, which must have nothing to complain about."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.servers import loaded, running, web_config
from support.slack import Slack, slack
from support.slack.wiring import People, with_slack

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
