"""assistant.threads.* and agents.sessions.*: what an agent shows while it works."""

from typing import Any

from support.slack.chat import check_channel, check_thread
from support.slack.methods import method
from support.slack.model import Refusal, Workspace
from support.slack.state import State
from support.slack.streams import SESSION

LOOKS = {"icon_emoji": str, "icon_url": str, "username": str}


@method(
    "assistant.threads.setStatus", "channel_id", "thread_ts", channel_id=str, thread_ts=str,
    status=str, loading_messages=list, **LOOKS,
)  # fmt: skip
def set_status(slack: State, workspace: Workspace, args: dict[str, Any]) -> dict[str, Any]:
    """What the app is doing; empty clears it."""
    place = _place(slack, args)
    messages = args.get("loading_messages", ["one"])
    if not 1 <= len(messages) <= 10 or not all(1 <= len(each) <= 50 for each in messages):
        raise Refusal("invalid_arguments")
    if "status" not in args:
        raise Refusal("invalid_arguments")
    if args["status"]:
        slack.statuses[place] = args["status"]
    else:
        slack.statuses.pop(place, None)
    return {}


@method(
    "assistant.threads.setSuggestedPrompts", "channel_id", "prompts", channel_id=str,
    thread_ts=str, title=str, prompts=list,
)  # fmt: skip
def set_prompts(slack: State, workspace: Workspace, args: dict[str, Any]) -> dict[str, Any]:
    """What a person could ask."""
    check_channel(slack, args["channel_id"])
    for prompt in args["prompts"]:
        if set(prompt) != {"title", "message"} or not all(prompt.values()):
            raise Refusal("invalid_arguments")
    slack.prompts[args["channel_id"], args.get("thread_ts", "")] = args["prompts"]
    return {}


@method(
    "assistant.threads.setTitle", "channel_id", "thread_ts", "title", channel_id=str,
    thread_ts=str, title=str,
)  # fmt: skip
def set_title(slack: State, workspace: Workspace, args: dict[str, Any]) -> dict[str, Any]:
    """What a thread is called."""
    slack.titles[_place(slack, args)] = args["title"]
    return {}


@method(
    "agents.sessions.setStatus", "channel_id", "status", channel_id=str, status=str,
    thread_ts=str, title=str, initiator_user_id=str, **LOOKS,
)  # fmt: skip
def set_session(slack: State, workspace: Workspace, args: dict[str, Any]) -> dict[str, Any]:
    """Where a session of an agent stands."""
    if "thread_ts" not in args:
        raise Refusal("thread_ts_required")
    place = _place(slack, args)
    if args["status"] not in SESSION or len(args.get("title", "")) > 200:
        raise Refusal("invalid_arguments")
    session = slack.sessions.setdefault(place, {})
    session |= {name: args[name] for name in ("status", "title") if name in args}
    return {"session": {"channel_id": place[0], "thread_ts": place[1]} | session}


@method("agents.sessions.rename", "channel_id", "title", channel_id=str, title=str, thread_ts=str)
def rename(slack: State, workspace: Workspace, args: dict[str, Any]) -> dict[str, Any]:
    """What a session is called."""
    if "thread_ts" not in args:
        raise Refusal("thread_ts_required")
    place = _place(slack, args)
    if len(args["title"]) > 200:
        raise Refusal("invalid_arguments")
    slack.sessions.setdefault(place, {})["title"] = args["title"]
    return {}


def _place(slack: State, args: dict[str, Any]) -> tuple[str, str]:
    check_channel(slack, args["channel_id"])
    check_thread(slack, args["channel_id"], args["thread_ts"])
    return args["channel_id"], args["thread_ts"]
