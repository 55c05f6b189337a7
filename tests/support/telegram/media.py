"""Files: sent in messages, asked for, and given."""

from typing import TYPE_CHECKING, Any

from aiohttp import web

from support.telegram.checks import formatted, open_chat
from support.telegram.messages import SENT, TO_PERSON, posted
from support.telegram.methods import method
from support.telegram.model import Bot, File, Message, Refusal, bad
from support.telegram.shapes import file as file_shape
from support.telegram.shapes import shown
from support.telegram.state import State

if TYPE_CHECKING:
    from support.telegram.server import Telegram

CAPTION: dict[str, type] = {"caption": str, "parse_mode": str, "caption_entities": list}
KINDS: dict[str, dict[str, type]] = {
    "photo": {"has_spoiler": bool, "show_caption_above_media": bool},
    "document": {"thumbnail": File, "disable_content_type_detection": bool},
    "voice": {"duration": int},
    "audio": {"duration": int, "performer": str, "title": str, "thumbnail": File},
    "video": {
        "duration": int, "width": int, "height": int, "thumbnail": File, "cover": File,
        "start_timestamp": int, "has_spoiler": bool, "show_caption_above_media": bool,
        "supports_streaming": bool,
    },
    "animation": {
        "duration": int, "width": int, "height": int, "thumbnail": File, "has_spoiler": bool,
        "show_caption_above_media": bool,
    },
}  # fmt: skip
IMAGES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF")
VOICES = (b"OggS", b"ID3", b"\xff\xfb", b"\xff\xf3")
GROUPED = {"photo", "video", "document", "audio"}
MOST_CAPTION = 1024


def _register(kind: str, more: dict[str, type]) -> None:
    name = f"send{kind.capitalize()}"

    @method(name, "chat_id", kind, **{kind: File}, **more, **CAPTION, **SENT, **TO_PERSON)
    def send(tg: State, bot: Bot, args: dict[str, Any], files: dict[str, File]) -> Any:
        open_chat(tg, bot, args)
        if kind not in args:
            raise bad(f"there is no {kind} in the request")
        file = _found(tg, kind, args[kind], files)
        caption, entities = formatted(tg, args, "caption", "caption_entities", MOST_CAPTION)
        content = {"caption": caption, "caption_entities": entities}
        return shown(tg, bot, posted(tg, bot, args, media=file.kind, file=file, **content))


for _kind, _more in KINDS.items():
    _register(_kind, _more)


def _found(tg: State, kind: str, given: Any, files: dict[str, File]) -> File:
    if isinstance(given, str) and given.startswith("attach://"):
        given = files.get(given.removeprefix("attach://"), "")
    if isinstance(given, str):
        return tg.file(given)
    if not given.data:
        raise bad("file must be non-empty")
    if len(given.data) > tg.upload_bytes:
        raise Refusal("Request Entity Too Large", 413)
    _check(tg, kind, given)
    given.kind = "document" if kind == "voice" and not given.data.startswith(VOICES) else kind
    return tg.add_file(given)


def _check(tg: State, kind: str, given: File) -> None:
    if kind != "photo":
        return
    if len(given.data) > tg.photo_bytes:
        raise bad(f"file of size {len(given.data)} bytes is too big for a photo")
    if not given.data.startswith(IMAGES):
        raise bad("IMAGE_PROCESS_FAILED")


@method("sendMediaGroup", "chat_id", "media", media=list, **{
    name: kind for name, kind in SENT.items()
    if name not in ("reply_markup", "suggested_post_parameters", "ephemeral_message_parameters")
})  # fmt: skip
def send_group(tg: State, bot: Bot, args: dict[str, Any], files: dict[str, File]) -> Any:
    """Several files in one album."""
    open_chat(tg, bot, args)
    if not 2 <= len(args["media"]) <= 10:
        raise bad("there must be 2 to 10 media in an album")
    group = str(tg.new_id())
    return [shown(tg, bot, _one(tg, bot, args, each, files, group)) for each in args["media"]]


def _one(
    tg: State, bot: Bot, args: dict[str, Any], each: dict[str, Any], files: dict[str, File],
    group: str,
) -> Message:  # fmt: skip
    if each.get("type") not in GROUPED:
        raise bad(f"type {each.get('type')} can't be in an album")
    file = _found(tg, each["type"], each.get("media", ""), files)
    caption, entities = formatted(tg, each, "caption", "caption_entities", MOST_CAPTION)
    content = {"caption": caption, "caption_entities": entities, "group": group}
    return posted(tg, bot, args, media=file.kind, file=file, **content)


@method("getFile", "file_id", file_id=str)
def get_file(tg: State, bot: Bot, args: dict[str, Any]) -> Any:
    """Where a file is."""
    found = tg.files.get(args.get("file_id", "").removesuffix("-small"))
    if found is None:
        raise bad("invalid file_id")
    if found.size > tg.download_bytes:
        raise bad("file is too big")
    return file_shape(found) | {"file_path": found.path}


async def give(tg: "Telegram", http: web.Request) -> web.Response:
    """A file, to whoever has the token."""
    found = tg.files.get(http.match_info["path"].rpartition("/")[2])
    if http.match_info["token"] not in tg.bots or found is None:
        return web.json_response(
            {"ok": False, "error_code": 404, "description": "Not Found"}, status=404
        )
    # The file host tells neither names nor types.
    return web.Response(body=found.data, content_type="application/octet-stream")
