"""conversations.*, users.* and reactions.*"""

from typing import Any

from support.slack.chat import check_channel
from support.slack.methods import method
from support.slack.model import Message, Refusal, Workspace
from support.slack.state import APP, State, channel_type

PAGE = {"cursor": str, "limit": int, "oldest": str, "latest": str, "inclusive": bool}


@method("conversations.open", channel=str, users=str, return_im=bool, prevent_creation=bool)
def open_(slack: State, workspace: Workspace, args: dict[str, Any]) -> dict[str, Any]:
    """The direct conversation with a person."""
    channel = args.get("channel") or f"D{args['users'].split(',')[0][1:]}"
    check_channel(slack, channel)
    return {"channel": {"id": channel}, "no_op": True, "already_open": True}


@method(
    "conversations.info", "channel", form_only=True, channel=str, include_locale=bool,
    include_num_members=bool,
)  # fmt: skip
def info(slack: State, workspace: Workspace, args: dict[str, Any]) -> dict[str, Any]:
    """What a channel is."""
    if slack.closed.get(args["channel"]) == "channel_not_found":
        raise Refusal("channel_not_found")
    kind = channel_type(args["channel"])
    archived = slack.closed.get(args["channel"]) == "is_archived"
    shape = {"id": args["channel"], "name": "here", "is_archived": archived, "is_member": True}
    kinds = {"is_im": "im", "is_mpim": "mpim", "is_group": "group", "is_channel": "channel"}
    return {"channel": shape | {name: kind == value for name, value in kinds.items()}}


@method(
    "conversations.replies", "channel", "ts", form_only=True, channel=str, ts=str,
    include_all_metadata=bool, **PAGE,
)  # fmt: skip
def replies(slack: State, workspace: Workspace, args: dict[str, Any]) -> dict[str, Any]:
    """A thread, its parent first."""
    check_channel(slack, args["channel"])
    if (args["channel"], args["ts"]) not in slack.messages:
        raise Refusal("thread_not_found")
    root = args["ts"]
    found = [m for m in _in(slack, args["channel"]) if root in (m.ts, m.thread_ts)]
    return _page(found, args, oldest_first=True)


@method(
    "conversations.history", "channel", form_only=True, channel=str, include_all_metadata=bool,
    **PAGE,
)  # fmt: skip
def history(slack: State, workspace: Workspace, args: dict[str, Any]) -> dict[str, Any]:
    """A channel without its threads, the newest first."""
    check_channel(slack, args["channel"])
    found = [m for m in _in(slack, args["channel"]) if m.thread_ts in ("", m.ts)]
    return _page(found, args, oldest_first=False)


def _in(slack: State, channel: str) -> list[Message]:
    found = [m for m in slack.messages.values() if m.channel == channel and not m.deleted]
    return sorted(found, key=lambda m: m.ts)


def _page(found: list[Message], args: dict[str, Any], oldest_first: bool) -> dict[str, Any]:
    low, high, including = args.get("oldest", ""), args.get("latest", ""), args.get("inclusive")
    kept = [
        m for m in found
        if (not low or m.ts > low or (including and m.ts == low))
        and (not high or m.ts < high or (including and m.ts == high))
    ]  # fmt: skip
    kept = kept if oldest_first else kept[::-1]
    start, most = int(args.get("cursor") or 0), args.get("limit", 100)
    page, rest = kept[start : start + most], len(kept) > start + most
    shown = [m.shape(bool(args.get("include_all_metadata"))) for m in page]
    cursor = {"next_cursor": str(start + most) if rest else ""}
    return {"messages": shown, "has_more": rest, "response_metadata": cursor}


@method("users.info", "user", form_only=True, user=str, include_locale=bool)
def user(slack: State, workspace: Workspace, args: dict[str, Any]) -> dict[str, Any]:
    """Who a person is; ``people`` says otherwise."""
    name = args["user"]
    if not name.startswith(("U", "W")):
        raise Refusal("user_not_found")
    shape: dict[str, Any] = {"id": name, "team_id": workspace.team, "name": name.lower()}
    shape |= {"real_name": f"Person {name}", "is_bot": False, "deleted": False, "locale": "en-US"}
    shape |= {"profile": {"display_name": name.lower(), "real_name": f"Person {name}"}}
    return {"user": shape | slack.people.get(name, {})}


@method("bots.info", form_only=True, bot=str)
def bot(slack: State, workspace: Workspace, args: dict[str, Any]) -> dict[str, Any]:
    """Which app a bot is of; ``people`` says otherwise."""
    name = args.get("bot", "")
    app = APP if name == workspace.bot_id else "AOTHER"
    shape = {"id": name, "deleted": False, "name": "bot", "app_id": app}
    return {"bot": shape | slack.people.get(name, {})}


@method("reactions.add", "channel", "timestamp", "name", channel=str, timestamp=str, name=str)
def add(slack: State, workspace: Workspace, args: dict[str, Any]) -> dict[str, Any]:
    """A reaction more."""
    users = _reaction(slack, args)
    if workspace.bot_user in users:
        raise Refusal("already_reacted")
    users.add(workspace.bot_user)
    return {}


@method("reactions.remove", "channel", "timestamp", "name", channel=str, timestamp=str, name=str)
def remove(slack: State, workspace: Workspace, args: dict[str, Any]) -> dict[str, Any]:
    """A reaction less."""
    users = _reaction(slack, args)
    if workspace.bot_user not in users:
        raise Refusal("no_reaction")
    users.discard(workspace.bot_user)
    return {}


@method(
    "reactions.get", "channel", "timestamp", form_only=True, channel=str, timestamp=str, full=bool
)
def get(slack: State, workspace: Workspace, args: dict[str, Any]) -> dict[str, Any]:
    """A message with its reactions."""
    message = slack.find(args["channel"], args["timestamp"])
    found = [
        {"name": name, "users": sorted(users), "count": len(users)}
        for name, users in message.reactions.items() if users
    ]  # fmt: skip
    shown = message.shape() | ({"reactions": found} if found else {})
    return {"type": "message", "channel": message.channel, "message": shown}


def _reaction(slack: State, args: dict[str, Any]) -> set[str]:
    check_channel(slack, args["channel"])
    message = slack.find(args["channel"], args["timestamp"])
    if args["name"].startswith(":"):
        raise Refusal("invalid_name")
    message.reactions = {args["name"]: set[str]()} | message.reactions
    return message.reactions[args["name"]]
