"""The Slack channel: one Slack app, in one workspace or in many."""

from adapters.channels.slack.channel import SlackChannel as Channel
from adapters.channels.slack.config import Config

__all__ = ["Channel", "Config"]
