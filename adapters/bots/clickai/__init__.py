"""Bots built on ClickAI: chatbots, agents, chatflows, text generators and workflows.

The client is of use by itself: ``from adapters.bots.clickai import ClickAI``.
"""

from adapters.bots.clickai.bot import ClickAIBot as Bot
from adapters.bots.clickai.client import ClickAI
from adapters.bots.clickai.config import Config

__all__ = ["Bot", "ClickAI", "Config"]
