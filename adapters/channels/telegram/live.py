"""What ``check --live`` says of a Telegram bot: whether it would work as configured."""

import time
from collections.abc import Awaitable, Mapping
from typing import Any, TypeVar

import aiohttp
from telegram import User

from adapters.channels.telegram.api import Api, Limited, Refused, Unauthorized, Unreached, Unsure
from adapters.channels.telegram.config import Config
from adapters.channels.telegram.hooks import failure, hook_path, host, mode_of, problem_of
from gateway.ports import Description

BOT_REFUSED = (
    "token was refused: copy it anew from @BotFather (/mybots, API Token); one that was revoked "
    "never works again"
)
ELSEWHERE = (
    "a webhook of this bot leads to {host}: another service uses the token. Stop it, or give each "
    "a bot of its own; this gateway takes the updates over when it starts"
)
FAILED = "Telegram could not deliver lately: {why}"

PRIVACY = "commands, mentions and replies (privacy mode)"
EVERYTHING = "every message"
NEEDS_PRIVACY_OFF = (
    "commands, mentions and replies only (privacy mode), although group_replies is all: switch "
    "it off with /setprivacy at @BotFather and add the bot to its groups again, or make it an "
    "admin there"
)
NO_GROUPS = "none (/setjoingroups at @BotFather)"

Result = TypeVar("Result")


async def describe(
    name: str, config: Config, http: aiohttp.ClientSession, public_url: str
) -> Description:
    """How the bot of channel ``name`` is; asks Telegram for 40 s at most. Never raises."""
    asked = _Asked(name, config, http, public_url)
    if await asked.bot():
        await asked.webhook()
    return Description(asked.facts, "; ".join([*asked.address(), *asked.problems]))


class _Asked:
    """What Telegram said: facts, and problems."""

    def __init__(
        self, name: str, config: Config, http: aiohttp.ClientSession, public_url: str
    ) -> None:
        self.facts: dict[str, str] = {}
        self.problems: list[str] = []
        self._config = config
        self._public_url = public_url
        self._own_url = public_url + hook_path(name)
        self._mode = mode_of(config, public_url)
        self._api = Api(http, config.api_url, config.token.get_secret_value())

    def address(self) -> list[str]:
        """What keeps Telegram from calling the gateway."""
        if self._mode == "polling":
            return []
        problem = problem_of(self._public_url, local=self._config.local_mode)
        return [problem] if problem else []

    async def bot(self) -> bool:
        """Who it is, and what it is shown of groups; whether it could be asked."""
        me = await self._ask("getMe", self._api.me())
        if me is None:
            return False
        self.facts["bot"] = f"@{_word(me.username)}"
        self.facts["in groups sees"] = self._groups(me)
        if me.has_topics_enabled:
            self.facts["topics in private chats"] = "on"
        return True

    async def webhook(self) -> None:
        """How updates come, and what keeps them from coming."""
        info = await self._ask("getWebhookInfo", self._api.call("getWebhookInfo"))
        if not isinstance(info, dict):
            return
        self.facts["over"] = "a webhook" if self._mode == "webhook" else "long polling"
        if waiting := info.get("pending_update_count"):
            self.facts["waiting"] = str(waiting)
        self._compare(info)

    def _compare(self, info: Mapping[str, Any]) -> None:
        """What is set, against what the gateway would set."""
        url = info.get("url")
        if url and url != self._own_url:
            self.problems.append(ELSEWHERE.format(host=host(url)))
        elif self._mode == "webhook" and not url:
            self.facts["webhook"] = "set when the gateway starts"
        elif self._mode == "polling" and url:
            self.facts["webhook"] = "removed when the gateway polls"
        elif why := failure(info, time.time()):
            self.problems.append(FAILED.format(why=why))

    def _groups(self, me: User) -> str:
        if not me.can_join_groups:
            return NO_GROUPS
        if me.can_read_all_group_messages:
            return EVERYTHING
        return NEEDS_PRIVACY_OFF if self._config.group_replies == "all" else PRIVACY

    async def _ask(self, method: str, asking: Awaitable[Result]) -> Result | None:
        try:
            return await asking
        except Unauthorized:
            self.problems.append(BOT_REFUSED)
        except Limited:
            self.problems.append(f"{method}: Telegram was asked too often; try again in a minute")
        except Refused as refusal:
            self.problems.append(f"{method}: Telegram refused ({refusal.code})")
        except Unreached:
            self.problems.append(f"no connection to {self._config.api_url}")
        except Unsure as error:
            self.problems.append(f"{method}: no usable answer from Telegram ({error})")
        return None


def _word(word: object) -> str:
    return word if isinstance(word, str) and word.isprintable() else "(unreadable)"
