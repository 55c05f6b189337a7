"""What ``chat-gateway check --live`` says of a Slack app: whether it would work as configured."""

from collections.abc import Iterator
from typing import Any

import aiohttp

from adapters.channels.slack.api import Limited, Refused, Unreached, Unsure
from adapters.channels.slack.config import Config
from adapters.channels.slack.manifest import install_path, scopes
from adapters.channels.slack.plain import Answer, bearer, post
from gateway.ports import Description

NOT_HTTPS = (
    "server.public_url is {found}: write the https address under which Slack reaches the gateway"
)
BOT_REFUSED = (
    "bot_token was refused ({code}): copy it anew from OAuth & Permissions of the app's pages"
)
APP_REFUSED = (
    "app_token was refused ({code}): make a new one under Basic Information, App-Level Tokens, "
    "with the scope connections:write"
)
LACKING = (
    "the app is not allowed {lacking}: give it the manifest of `chat-gateway slack manifest "
    "{name}` and install it again"
)


async def describe(
    name: str, config: Config, http: aiohttp.ClientSession, public_url: str
) -> Description:
    """How the app of channel ``name`` is; asks Slack for 20 s at most. Never raises."""
    asked = _Asked(name, config, http)
    if config.app_token:
        await asked.app_token()
    if config.bot_token:
        await asked.bot_token()
    problems = [*_addresses(config, public_url), *asked.problems]
    facts = asked.facts
    if config.oauth:
        facts["to install at"] = public_url + install_path(name)
    facts["over"] = "Socket Mode" if config.app_token else "HTTP"
    return Description(facts, "; ".join(problems))


class _Asked:
    """What Slack said: facts, and problems."""

    def __init__(self, name: str, config: Config, http: aiohttp.ClientSession) -> None:
        self.facts: dict[str, str] = {}
        self.problems: list[str] = []
        self._name = name
        self._config = config
        self._http = http

    async def bot_token(self) -> None:
        """Whose it is, and what it may do."""
        token = self._config.bot_token.get_secret_value()
        answer = await self._ask("auth.test", token, BOT_REFUSED)
        if answer is None:
            return
        self.facts["workspace"] = _word(answer.data, "team")
        self.facts["bot"] = _word(answer.data, "user")
        lacking = sorted({*scopes(self._config)} - answer.scopes)
        # A Slack that names none does not tell; a bot without any could not be asked.
        if lacking and answer.scopes:
            said = LACKING.format(lacking=", ".join(lacking), name=self._name)
            self.problems.append(said)

    async def app_token(self) -> None:
        """Whether it opens connections."""
        token = self._config.app_token.get_secret_value()
        await self._ask("apps.connections.open", token, APP_REFUSED)

    async def _ask(self, method: str, token: str, refused: str) -> Answer | None:
        url = self._config.api_url + method
        try:
            return await post(self._http, url, bearer(token), {})
        except Limited:
            self.problems.append(f"{method}: Slack was asked too often; try again in a minute")
        except Refused as refusal:
            self.problems.append(refused.format(code=refusal.code))
        except Unreached:
            self.problems.append(f"no connection to {self._config.api_url}")
        except Unsure as error:
            self.problems.append(f"{method}: no usable answer from Slack ({error})")
        return None


def _addresses(config: Config, public_url: str) -> Iterator[str]:
    if config.app_token and not config.oauth:
        return
    if not public_url.startswith("https://"):
        yield NOT_HTTPS.format(found=public_url or "not set")


def _word(data: dict[str, Any], key: str) -> str:
    word = str(data.get(key, ""))
    return word if word.isprintable() else "(unreadable)"
