"""The app manifest: what Slack has to know of an app with a certain configuration."""

from typing import Any

from adapters.channels.slack.config import Config

NAME_LONGEST = 35
TITLE_LONGEST = 75
DESCRIPTION = "Ask a question and get an answer."
AGENT_DESCRIPTION = "Answers in direct messages, where it is mentioned in channels, and in threads."
SHORTCUT = "ask_about"
"""The callback id of the message shortcut."""


def manifest(name: str, config: Config, public_url: str) -> dict[str, Any]:
    """The manifest of the app behind the channel ``name``.

    Raises ValueError with what to write when the gateway has no address that Slack could use.
    """
    if not public_url.startswith("https://") and (config.oauth or not config.app_token):
        found = public_url or "nothing"
        raise ValueError(
            f"server.public_url: found {found}; write the https address under which Slack reaches "
            f"the gateway"
        )
    return {
        "_metadata": {"major_version": 2, "minor_version": 1},
        "display_information": {"name": _title(name, config), "description": DESCRIPTION},
        "features": _features(name, config, public_url),
        "oauth_config": _oauth(name, config, public_url),
        "settings": _settings(name, config, public_url),
    }


def scopes(config: Config) -> list[str]:
    """What the bot token must be allowed."""
    needed = {
        "app_mentions:read",
        # Messages of threads and direct messages; also to look up what a crash left unknown.
        "channels:history",
        "groups:history",
        "im:history",
        "mpim:history",
        "chat:write",
        "commands",
        "files:write",
        "im:write",
        "reactions:read",
        # Their language, and their name.
        "users:read",
    }
    if config.agent:
        needed.add("assistant:write")
    if config.max_file_mb:
        needed.add("files:read")
    return sorted(needed)


def events(config: Config) -> list[str]:
    """What Slack has to tell."""
    wanted = {
        "app_home_opened",
        "app_mention",
        "message.im",
        "reaction_added",
        "reaction_removed",
    }
    if config.follow_threads or config.edits == "answer":
        wanted |= {"message.channels", "message.groups", "message.mpim"}
    if config.agent:
        wanted.add("agent_session_stopped")
    if config.oauth:
        wanted |= {"app_uninstalled", "tokens_revoked"}
    return sorted(wanted)


def events_path(name: str) -> str:
    """Where Slack sends everything."""
    return f"/slack/{name}/events"


def install_path(name: str) -> str:
    """Where people begin to install the app."""
    return f"/slack/{name}/install"


def callback_path(name: str) -> str:
    """Where Slack sends them back to."""
    return f"/slack/{name}/callback"


def _title(name: str, config: Config) -> str:
    return config.name or name[:NAME_LONGEST]


def _features(name: str, config: Config, public_url: str) -> dict[str, Any]:
    features: dict[str, Any] = {
        "app_home": {
            "home_tab_enabled": True,
            "messages_tab_enabled": True,
            "messages_tab_read_only_enabled": False,
        },
        "bot_user": {"display_name": _title(name, config), "always_online": True},
        "shortcuts": [
            {
                "name": "Ask about this message",
                "type": "message",
                "callback_id": SHORTCUT,
                "description": "Ask a question about a message; the answer comes in its thread.",
            }
        ],
    }
    if config.agent:
        features["agent_view"] = _agent_view(config)
    if config.command:
        features["slash_commands"] = [_command(name, config, public_url)]
    return features


def _agent_view(config: Config) -> dict[str, Any]:
    view: dict[str, Any] = {"agent_description": AGENT_DESCRIPTION}
    if config.prompts:
        view["suggested_prompts"] = [
            {"title": prompt[:TITLE_LONGEST], "message": prompt} for prompt in config.prompts
        ]
    return view


def _command(name: str, config: Config, public_url: str) -> dict[str, Any]:
    command = {
        "command": config.command,
        "description": "Ask a question; the answer comes as a direct message.",
        "usage_hint": "your question, or: new, stop, help",
        "should_escape": True,
    }
    return command | _unless_socket("url", name, config, public_url)


def _oauth(name: str, config: Config, public_url: str) -> dict[str, Any]:
    oauth: dict[str, Any] = {"scopes": {"bot": scopes(config)}}
    if config.oauth:
        oauth["redirect_urls"] = [public_url + callback_path(name)]
    return oauth


def _settings(name: str, config: Config, public_url: str) -> dict[str, Any]:
    address = _unless_socket("request_url", name, config, public_url)
    return {
        "event_subscriptions": {**address, "bot_events": events(config)},
        "interactivity": {"is_enabled": True, **address},
        # A whole organisation may install what is offered to many workspaces.
        "org_deploy_enabled": config.oauth,
        "socket_mode_enabled": bool(config.app_token),
        # Tokens that expire can only be renewed where the gateway keeps them.
        "token_rotation_enabled": config.oauth,
    }


def _unless_socket(key: str, name: str, config: Config, public_url: str) -> dict[str, str]:
    return {} if config.app_token else {key: public_url + events_path(name)}
