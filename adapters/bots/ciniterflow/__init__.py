"""Bots built on CiniterFlow: chatflows and agentflows, spoken to over the prediction API."""

from adapters.bots.ciniterflow.bot import CiniterFlowBot as Bot
from adapters.bots.ciniterflow.config import Config

__all__ = ["Bot", "Config"]
