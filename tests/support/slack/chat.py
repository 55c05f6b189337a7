"""chat.*: messages that are posted, updated and deleted."""

import time
from typing import Any

from support.slack.blocks import MARKDOWN, check_blocks, check_metadata
from support.slack.methods import method
from support.slack.model import Message, Refusal, Workspace
from support.slack.state import State

LONGEST_TEXT = 40_000
LONGEST_UPDATE = 4_000
CONTENT: dict[str, type] = {
    "text": str, "markdown_text": str, "blocks": list, "attachments": list, "metadata": dict,
    "link_names": bool, "parse": str,
}  # fmt: skip
POSTED: dict[str, type] = {
    "thread_ts": str, "reply_broadcast": bool, "unfurl_links": bool, "unfurl_media": bool,
    "mrkdwn": bool, "username": str, "icon_emoji": str, "icon_url": str, "as_user": bool,
}  # fmt: skip


def check_channel(slack: State, channel: str) -> None:
    """Raises Refusal when the channel is closed to the app."""
    if code := slack.closed.get(channel):
        raise Refusal(code)
    if channel[:1] not in "CDGPU":
        raise Refusal("channel_not_found")


def check_thread(slack: State, channel: str, ts: str) -> None:
    """Raises Refusal unless a message that is no reply itself is there."""
    parent = slack.messages.get((channel, ts))
    if parent is None or parent.thread_ts not in ("", ts):
        raise Refusal("invalid_thread_ts")


def content(args: dict[str, Any]) -> dict[str, Any]:
    """What a message is made of. Raises Refusal."""
    if "markdown_text" in args and ("text" in args or "blocks" in args):
        raise Refusal("markdown_text_conflict")
    if len(args.get("markdown_text", "")) > MARKDOWN:
        raise Refusal("msg_too_long")
    blocks = args.get("blocks", [])
    check_blocks(blocks)
    if "metadata" in args:
        check_metadata(args["metadata"])
    text = args.get("markdown_text") or args.get("text", "")
    if not (text.strip() or blocks or args.get("attachments")):
        raise Refusal("no_text")
    return {"text": text[:LONGEST_TEXT], "blocks": blocks} | (
        {"metadata": args["metadata"]} if "metadata" in args else {}
    )


@method("chat.postMessage", "channel", channel=str, **CONTENT, **POSTED)
def post(slack: State, workspace: Workspace, args: dict[str, Any]) -> dict[str, Any]:
    """A new message."""
    check_channel(slack, args["channel"])
    if "thread_ts" in args:
        check_thread(slack, args["channel"], args["thread_ts"])
    channel = args["channel"]
    if channel.startswith("U"):
        channel = f"D{channel[1:]}"
    message = Message(
        ts=slack.new_ts(), channel=channel, thread_ts=args.get("thread_ts", ""),
        user=workspace.bot_user, bot_id=workspace.bot_id, team=workspace.team, **content(args),
    )  # fmt: skip
    slack.keep(message)
    slack.statuses.pop((channel, message.thread_ts), None)
    return {"channel": channel, "ts": message.ts, "message": message.shape()}


@method(
    "chat.postEphemeral", "channel", "user", channel=str, user=str, thread_ts=str, username=str,
    icon_emoji=str, icon_url=str, **CONTENT,
)  # fmt: skip
def post_ephemeral(slack: State, workspace: Workspace, args: dict[str, Any]) -> dict[str, Any]:
    """A message that only one person sees."""
    check_channel(slack, args["channel"])
    content(args)
    slack.ephemerals.append(args)
    return {"message_ts": slack.new_ts()}


@method(
    "chat.update", "channel", "ts", channel=str, ts=str, file_ids=list, as_user=bool,
    reply_broadcast=bool, **CONTENT,
)  # fmt: skip
def update(slack: State, workspace: Workspace, args: dict[str, Any]) -> dict[str, Any]:
    """Other words for a message. Blocks that are not given again are gone."""
    check_channel(slack, args["channel"])
    message = owned(slack, workspace, args, "cant_update_message")
    expire(slack, message)
    if message.streaming:
        raise Refusal("streaming_state_conflict")
    if len(args.get("text", "")) > LONGEST_UPDATE:
        raise Refusal("msg_too_long")
    for name, value in content(args).items():
        setattr(message, name, value)
    message.edited += 1
    shown = {"channel": message.channel, "ts": message.ts, "text": message.text}
    return shown | {"message": message.shape()}


@method("chat.delete", "channel", "ts", channel=str, ts=str, as_user=bool)
def delete(slack: State, workspace: Workspace, args: dict[str, Any]) -> dict[str, Any]:
    """A message less."""
    check_channel(slack, args["channel"])
    message = owned(slack, workspace, args, "cant_delete_message")
    message.deleted = True
    message.streaming = False
    return {"channel": message.channel, "ts": message.ts}


@method("chat.getPermalink", "channel", "message_ts", form_only=True, channel=str, message_ts=str)
def permalink(slack: State, workspace: Workspace, args: dict[str, Any]) -> dict[str, Any]:
    """Where a message can be seen."""
    message = slack.find(args["channel"], args["message_ts"])
    path = f"archives/{message.channel}/p{message.ts.replace('.', '')}"
    return {"channel": message.channel, "permalink": f"https://one.slack.test/{path}"}


def owned(slack: State, workspace: Workspace, args: dict[str, Any], otherwise: str) -> Message:
    """The message, when it is the caller's own. Raises Refusal."""
    message = slack.find(args["channel"], args["ts"])
    if message.bot_id != workspace.bot_id:
        raise Refusal(otherwise)
    return message


def expire(slack: State, message: Message) -> None:
    """A stream ends by itself when it is too old."""
    if message.streaming and time.monotonic() - message.begun > slack.stream_seconds:
        message.streaming = False
