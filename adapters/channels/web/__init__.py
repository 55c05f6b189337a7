"""The web channel: one site with an embedded widget, or a hosted page of its own."""

from adapters.channels.web.channel import WebChannel as Channel
from adapters.channels.web.config import Config

__all__ = ["Channel", "Config"]
