"""One workspace, or one whole organisation, that has installed the app."""

from msgspec import Struct


class Installation(Struct, frozen=True):
    """Who installed the app, and with what it speaks there.

    ``team`` is empty where a whole organisation installed it, ``enterprise`` where the workspace
    belongs to none. ``token`` and ``refresh`` are secrets and are not shown. A token without
    ``refresh`` does not expire; ``expires_at`` and ``made_at`` are in seconds since the epoch.
    """

    team: str
    enterprise: str
    bot_user: str
    bot_id: str
    app: str
    token: str
    refresh: str = ""
    expires_at: float = 0.0
    made_at: float = 0.0

    @property
    def home(self) -> str:
        """What the installation is known by: the first half of the place of an address."""
        return self.team or self.enterprise

    def covers(self, team: str, enterprise: str) -> bool:
        """Whether it speaks in that workspace."""
        return self.team == team if self.team else self.enterprise in (team, enterprise)

    def __repr__(self) -> str:
        return f"Installation({self.home})"
