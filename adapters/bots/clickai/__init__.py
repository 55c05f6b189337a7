"""Bots built on ClickAI: chat, agent and chatflow apps, spoken to over ``/chat-messages``."""

from adapters.bots.clickai.bot import ClickAIBot as Bot
from adapters.bots.clickai.config import Config

__all__ = ["Bot", "Config"]
