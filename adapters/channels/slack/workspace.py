"""A workspace, as answers reach it."""

from adapters.channels.slack.api import Api
from adapters.channels.slack.pacing import Pace


class Workspace:
    """Its Api and its pace, who the bot is there, and what Slack has not for it."""

    def __init__(self, api: Api, pace: Pace, bot_user: str, bot_id: str) -> None:
        self.api = api
        self.pace = pace
        self.bot_user = bot_user
        self.bot_id = bot_id
        self.lacks: set[str] = set()
        """Methods that were refused once for all; kept for the life of the process."""
