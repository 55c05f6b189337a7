"""The Telegram channel: one bot, in private chats, groups and topics."""

from adapters.channels.telegram.channel import TelegramChannel as Channel
from adapters.channels.telegram.config import Config

__all__ = ["Channel", "Config"]
