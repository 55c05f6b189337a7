"""files.*: uploads in two steps, and the host that keeps private files."""

from typing import TYPE_CHECKING, Any

from aiohttp import web

from support.slack.chat import check_channel, check_thread
from support.slack.methods import method
from support.slack.model import File, Message, Refusal, Workspace
from support.slack.state import State

if TYPE_CHECKING:
    from support.slack.server import Slack

SIGN_IN = "<!DOCTYPE html><html><title>Sign in | Slack</title></html>"


def shape(slack: State, file: File) -> dict[str, Any]:
    """A file as events and the Web API show it."""
    private = f"{slack.url}/files-pri/{file.id}/{file.name}"
    return {
        "id": file.id, "name": file.name, "title": file.title or file.name, "mode": "hosted",
        "mimetype": file.mimetype, "filetype": file.name.rpartition(".")[2], "size": len(file.data),
        "url_private": private, "url_private_download": private, "is_external": False,
        "user_team": file.team, "file_access": "visible",
    }  # fmt: skip


@method("files.info", "file", form_only=True, file=str, count=int, page=int)
def info(slack: State, workspace: Workspace, args: dict[str, Any]) -> dict[str, Any]:
    """What a file is."""
    if args["file"] not in slack.files:
        raise Refusal("file_not_found")
    return {"file": shape(slack, slack.files[args["file"]])}


@method(
    "files.getUploadURLExternal", "filename", "length", form_only=True, filename=str, length=int,
    alt_txt=str, snippet_type=str,
)  # fmt: skip
def begin(slack: State, workspace: Workspace, args: dict[str, Any]) -> dict[str, Any]:
    """Where to send the bytes of a file."""
    if not args["length"]:
        raise Refusal("invalid_arguments")
    file = File(id=slack.new_id("F"), name=args["filename"], team=workspace.team)
    slack.files[file.id] = file
    return {"upload_url": f"{slack.url}/upload/{file.id}", "file_id": file.id}


@method(
    "files.completeUploadExternal", "files", files=list, channel_id=str, channels=str,
    thread_ts=str, initial_comment=str, blocks=list,
)  # fmt: skip
def complete(slack: State, workspace: Workspace, args: dict[str, Any]) -> dict[str, Any]:
    """Show the files in a channel."""
    found = [_named(slack, each) for each in args["files"]]
    if channel := args.get("channel_id") or args.get("channels"):
        _share(slack, workspace, found, channel, args)
    return {"files": [shape(slack, file) for file in found]}


def _share(
    slack: State, workspace: Workspace, found: list[File], channel: str, args: dict[str, Any]
) -> None:
    check_channel(slack, channel)
    if "thread_ts" in args:
        check_thread(slack, channel, args["thread_ts"])
    message = Message(
        ts=slack.new_ts(), channel=channel, thread_ts=args.get("thread_ts", ""),
        user=workspace.bot_user, bot_id=workspace.bot_id, team=workspace.team,
        text=args.get("initial_comment", ""), files=[shape(slack, file) for file in found],
    )  # fmt: skip
    slack.keep(message)
    for file in found:
        file.shared.append((channel, message.ts))


def _named(slack: State, each: dict[str, str]) -> File:
    file = slack.files.get(each.get("id", ""))
    if file is None or not file.data:
        raise Refusal("file_not_found")
    file.title = each.get("title", "")
    return file


async def take(slack: "Slack", http: web.Request) -> web.Response:
    """The bytes of an upload, as the body or as a form's only file."""
    file = slack.files[http.match_info["id"]]
    if http.content_type.startswith("multipart/"):
        form = await http.post()
        file.data = next(iter(form.values())).file.read()  # type: ignore[union-attr]
    else:
        file.data = await http.read()
    if "Authorization" in http.headers:
        slack.complaints.append("upload: sends the token to the upload address")
    return web.Response(text=f"OK - {len(file.data)}")


async def give(slack: "Slack", http: web.Request) -> web.Response:
    """A private file; the sign-in page to whoever may not see it."""
    token = http.headers.get("Authorization", "").removeprefix("Bearer ")
    file = slack.files.get(http.match_info["id"])
    if file is None:
        return web.Response(status=404)
    if slack.tokens.get(token) != file.team:
        return web.Response(text=SIGN_IN, content_type="text/html")
    return web.Response(body=file.data, headers={"Content-Type": file.mimetype})
