"""A channel for the torture run: a platform whose messages can be posted, edited and deleted."""

from adapters.channels.pager.channel import PagerChannel as Channel
from adapters.channels.pager.config import Config

__all__ = ["Channel", "Config"]
