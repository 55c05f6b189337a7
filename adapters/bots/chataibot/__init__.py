"""Bots built on ChatAIBot: flows with the API channel, which answer over a webhook."""

from adapters.bots.chataibot.bot import ChatAIBot as Bot
from adapters.bots.chataibot.config import Config

__all__ = ["Bot", "Config"]
