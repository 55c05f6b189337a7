"""A stand-in for Telegram: its Bot API and its webhooks, on a port of its own."""

from support.telegram.model import Answer, Bot, Call, Chat, Draft, File, Message
from support.telegram.server import Telegram, telegram

__all__ = ["Answer", "Bot", "Call", "Chat", "Draft", "File", "Message", "Telegram", "telegram"]
