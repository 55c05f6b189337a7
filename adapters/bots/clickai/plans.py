"""How often ClickAI lets itself be asked."""

import hashlib

from yarl import URL

from adapters.bots.clickai.config import Config
from gateway.ports import Quota

_PLANS = {
    "none": (0, 0),
    "sandbox": (100, 10_000),
    "professional": (500, 100_000),
    "team": (1_000, 500_000),
    "enterprise": (0, 0),
}
"""Requests a minute and a day, by ClickAI's own table; 0 where it names none."""


def quota(config: Config) -> Quota:
    """What an app's key may be used for, by its plan or by what stands beside it."""
    per_minute, per_day = _PLANS[config.plan]
    asked_minute, asked_day = config.requests_per_minute, config.requests_per_day
    return Quota(
        key=_name(config),
        per_minute=per_minute if asked_minute is None else asked_minute,
        per_day=per_day if asked_day is None else asked_day,
    )


def _name(config: Config) -> str:
    """The same for all bots with one key at one address; it does not give the key away."""
    place = f"{URL(config.base_url)}\n{config.api_key.get_secret_value()}"
    return f"clickai:{hashlib.sha256(place.encode()).hexdigest()[:16]}"
