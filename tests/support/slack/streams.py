"""chat.startStream, appendStream and stopStream, with the state a stream has."""

import time
from typing import Any

from support.slack.blocks import MARKDOWN, check_blocks, check_metadata
from support.slack.chat import check_channel, check_thread, expire
from support.slack.methods import method
from support.slack.model import Message, Refusal, Workspace
from support.slack.state import State, channel_type

STATUSES = ("pending", "in_progress", "complete", "error")
SESSION = ("active", "processing", "suspended", "closed")
TASK = {"type", "id", "title", "status", "details", "output", "sources"}


@method(
    "chat.startStream", "channel", channel=str, thread_ts=str, markdown_text=str, chunks=list,
    recipient_team_id=str, recipient_user_id=str, task_display_mode=str, icon_emoji=str,
    icon_url=str, username=str,
)  # fmt: skip
def start(slack: State, workspace: Workspace, args: dict[str, Any]) -> dict[str, Any]:
    """A message that grows."""
    check_channel(slack, args["channel"])
    if "thread_ts" not in args:
        raise Refusal("invalid_arguments")
    check_thread(slack, args["channel"], args["thread_ts"])
    _check_recipient(args)
    if args.get("task_display_mode", "timeline") not in ("timeline", "plan"):
        raise Refusal("invalid_arguments")
    message = Message(
        ts=slack.new_ts(), channel=args["channel"], thread_ts=args["thread_ts"],
        user=workspace.bot_user, bot_id=workspace.bot_id, team=workspace.team,
        streaming=True, streamed=True, begun=time.monotonic(),
    )  # fmt: skip
    _grow(slack, message, args)
    slack.keep(message)
    slack.statuses.pop((message.channel, message.thread_ts), None)
    return {"channel": message.channel, "ts": message.ts}


def _check_recipient(args: dict[str, Any]) -> None:
    if channel_type(args["channel"]) == "im":
        return
    for name in ("recipient_user_id", "recipient_team_id"):
        if not args.get(name):
            raise Refusal(f"missing_{name}")


@method("chat.appendStream", "channel", "ts", channel=str, ts=str, markdown_text=str, chunks=list)
def append(slack: State, workspace: Workspace, args: dict[str, Any]) -> dict[str, Any]:
    """More of it."""
    message = _live(slack, workspace, args)
    if "markdown_text" not in args and "chunks" not in args:
        raise Refusal("no_text")
    _grow(slack, message, args)
    return {"channel": message.channel, "ts": message.ts}


@method(
    "chat.stopStream", "channel", "ts", channel=str, ts=str, markdown_text=str, chunks=list,
    blocks=list, metadata=dict, session_status=str,
)  # fmt: skip
def stop(slack: State, workspace: Workspace, args: dict[str, Any]) -> dict[str, Any]:
    """The end of it. A stream that the person stopped may still be closed, without more text."""
    message = _live(slack, workspace, args, closing=True)
    check_blocks(args.get("blocks", []))
    if "metadata" in args:
        check_metadata(args["metadata"])
    if args.get("session_status", "active") not in SESSION:
        raise Refusal("invalid_arguments")
    _grow(slack, message, args)
    message.blocks = [*message.blocks, *args.get("blocks", [])]
    message.metadata = args.get("metadata", {})
    message.streaming = False
    session = slack.sessions.setdefault((message.channel, message.thread_ts), {})
    session["status"] = args.get("session_status", "active")
    return {"channel": message.channel, "ts": message.ts, "message": message.shape()}


def _live(
    slack: State, workspace: Workspace, args: dict[str, Any], closing: bool = False
) -> Message:
    check_channel(slack, args["channel"])
    message = slack.find(args["channel"], args["ts"])
    if message.bot_id != workspace.bot_id:
        raise Refusal("message_not_owned_by_app")
    expire(slack, message)
    if message.stopped and not (closing and message.streaming and not _said(args)):
        raise Refusal("stopped_by_user" if message.streaming else "message_not_in_streaming_state")
    if not message.streaming:
        raise Refusal("message_not_in_streaming_state")
    return message


def _said(args: dict[str, Any]) -> bool:
    return bool(args.get("markdown_text") or args.get("chunks"))


def _grow(slack: State, message: Message, args: dict[str, Any]) -> None:
    if "markdown_text" in args and "chunks" in args:
        raise Refusal("invalid_arguments")
    chunks = args.get("chunks", [])
    for chunk in chunks:
        _check_chunk(chunk)
    said = [chunk["text"] for chunk in chunks if chunk["type"] == "markdown_text"]
    text = args.get("markdown_text", "") + "".join(said)
    tasks = {c["id"]: c for c in chunks if c["type"] == "task_update"}
    blocks = [block for c in chunks if c["type"] == "blocks" for block in c["blocks"]]
    check_blocks([*message.blocks, *blocks])
    if len(text) > MARKDOWN or _size(message, text, tasks) > slack.stream_bytes:
        raise Refusal("msg_too_long")
    message.text += text
    message.blocks = [*message.blocks, *blocks]
    message.tasks = message.tasks | {name: _merged(message, c) for name, c in tasks.items()}
    for chunk in chunks:
        if chunk["type"] == "plan_update":
            message.plan = chunk["title"]


def _merged(message: Message, task: dict[str, Any]) -> dict[str, Any]:
    return message.tasks.get(task["id"], {}) | task


def _size(message: Message, text: str, tasks: dict[str, dict[str, Any]]) -> int:
    # What a task says counts twice.
    details = [*message.tasks.values(), *tasks.values()]
    said = sum(len(str(task.get("details", "")).encode()) * 2 for task in details)
    return len(message.text.encode()) + len(text.encode()) + said


def _check_chunk(chunk: Any) -> None:
    match chunk:
        case {"type": "markdown_text", "text": str(), **rest} if not rest:
            return
        case {"type": "plan_update", "title": str(title), **rest} if not rest:
            if 1 <= len(title) <= 256:
                return
        case {"type": "blocks", "blocks": list(blocks), **rest} if not rest:
            check_blocks(blocks)
            return
        case {"type": "task_update", "id": str(), "title": str(title), "status": str(status)}:
            fields = [title, chunk.get("details", ""), chunk.get("output", "")]
            if not set(chunk) - TASK and status in STATUSES and max(map(len, fields)) <= 256:
                return
    raise Refusal("invalid_chunks")
