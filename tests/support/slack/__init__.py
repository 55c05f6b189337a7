"""A stand-in for Slack: its Web API, its Socket Mode and its webhooks, on a port of its own."""

from support.slack.model import Answer, Call, File, Message, Workspace
from support.slack.server import Slack, slack

__all__ = ["Answer", "Call", "File", "Message", "Slack", "Workspace", "slack"]
