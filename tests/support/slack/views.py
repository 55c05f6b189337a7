"""views.*: modals and the App Home."""

from typing import Any

from support.slack.blocks import check_blocks
from support.slack.methods import method
from support.slack.model import Refusal, Workspace
from support.slack.state import State

MOST_BLOCKS = 100
FIELDS = {
    "type", "title", "blocks", "close", "submit", "private_metadata", "callback_id",
    "clear_on_close", "notify_on_close", "external_id", "submit_disabled",
}  # fmt: skip


@method("views.open", "trigger_id", "view", trigger_id=str, view=dict, interactivity_pointer=str)
def open_(slack: State, workspace: Workspace, args: dict[str, Any]) -> dict[str, Any]:
    """A modal. A trigger opens one."""
    if args["trigger_id"] not in slack.triggers:
        raise Refusal("exchanged_trigger_id")
    _check(args["view"], "modal")
    slack.triggers.discard(args["trigger_id"])
    return {"view": _kept(slack, slack.new_id("V"), args["view"])}


@method("views.update", "view", view=dict, view_id=str, external_id=str, hash=str)
def update(slack: State, workspace: Workspace, args: dict[str, Any]) -> dict[str, Any]:
    """Another content for a modal."""
    _check(args["view"], "modal")
    if args.get("view_id", "") not in slack.views:
        raise Refusal("not_found")
    return {"view": _kept(slack, args["view_id"], args["view"])}


@method("views.publish", "user_id", "view", user_id=str, view=dict, hash=str)
def publish(slack: State, workspace: Workspace, args: dict[str, Any]) -> dict[str, Any]:
    """The App Home of a person."""
    _check(args["view"], "home")
    view = _kept(slack, slack.new_id("V"), args["view"])
    slack.homes[args["user_id"]] = view
    return {"view": view}


def _kept(slack: State, name: str, view: dict[str, Any]) -> dict[str, Any]:
    slack.views[name] = view | {"id": name, "hash": slack.new_id("h"), "root_view_id": name}
    return slack.views[name]


def _check(view: dict[str, Any], kind: str) -> None:
    if view.get("type") != kind or set(view) - FIELDS or len(view.get("blocks", [])) > MOST_BLOCKS:
        raise Refusal("invalid_arguments")
    if len(view.get("private_metadata", "")) > 3_000 or len(view.get("callback_id", "")) > 255:
        raise Refusal("invalid_arguments")
    if kind == "modal":
        for name in ("title", "submit", "close"):
            text = view.get(name, {"type": "plain_text", "text": "x"})
            if text.get("type") != "plain_text" or not 1 <= len(text.get("text", "")) <= 24:
                raise Refusal("invalid_arguments")
        if "title" not in view:
            raise Refusal("invalid_arguments")
    check_blocks(view["blocks"][:50])
