"""What ClickAI answers with, byte for byte: its events and its JSON bodies."""

import json
import re
from collections.abc import Mapping, Sequence

import msgspec
from aiohttp import web
from msgspec import Struct

from gateway.sandbox import texts
from gateway.sandbox.memory import Conversation, Turn

PING = b"event: ping\n\n"
HTML_404 = (
    "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n"
    "<p>The requested URL was not found on the server. If you entered the URL manually please "
    "check your spelling and try again.</p>\n"
)

_PRICE = "{:.7f}"
_TOKEN = re.compile(r"\s*\S+\s*")

Body = Mapping[str, object]


class Ids(Struct, frozen=True):
    """What every event of one answer carries. ``conversation`` is empty where there is none."""

    conversation: str
    message: str
    task: str
    created_at: int
    run: str = ""


def words(text: str) -> list[str]:
    """The text as the tokens it is streamed in: a word each, with the space behind it."""
    return _TOKEN.findall(text)


def message(ids: Ids, text: str, source: Sequence[str] | None = None) -> bytes:
    """More text; in a workflow, from which ``source``."""
    return event("message", ids, id=ids.message, answer=text, from_variable_selector=source)


def message_replace(ids: Ids, text: str) -> bytes:
    """The text so far is now this."""
    return event("message_replace", ids, answer=text, reason="")


def message_end(ids: Ids, metadata: Body, files: Sequence[Body] | None = None) -> bytes:
    """The end of an answer."""
    return event("message_end", ids, id=ids.message, metadata=metadata, files=files)


def error(ids: Ids, text: str) -> bytes:
    """The failure of an answer. It names no task."""
    head = _common("error", ids)
    return sse({**head, "code": "completion_request_error", "status": 400, "message": text})


def event(name: str, ids: Ids, **more: object) -> bytes:
    """An event of a chat or completion app."""
    return sse({**_common(name, ids), "task_id": ids.task, **more})


def _common(name: str, ids: Ids) -> dict[str, object]:
    conversation = {"conversation_id": ids.conversation} if ids.conversation else {}
    return {
        "event": name,
        **conversation,
        "message_id": ids.message,
        "created_at": ids.created_at,
    }


def sse(body: Body) -> bytes:
    """An event as it is sent."""
    return b"data: " + msgspec.json.encode(body) + b"\n\n"


def metadata(prompt: int, completion: int, latency: float) -> Body:
    """What an answer cost. Nothing at all, when it was stopped."""
    cost = usage(prompt, completion, latency)
    return {"annotation_reply": None, "retriever_resources": [], "usage": cost}


def usage(prompt: int, completion: int, latency: float) -> dict[str, object]:
    """What a call of a model cost."""
    return {
        "prompt_tokens": prompt,
        "prompt_unit_price": "0.001",
        "prompt_price_unit": "0.001",
        "prompt_price": _price(prompt),
        "completion_tokens": completion,
        "completion_unit_price": "0.002",
        "completion_price_unit": "0.001",
        "completion_price": _price(2 * completion),
        "total_tokens": prompt + completion,
        "total_price": _price(prompt + 2 * completion),
        "currency": "USD",
        "latency": latency,
        "time_to_first_token": None,
        "time_to_generate": None,
    }


def _price(micros: int) -> str:
    return _PRICE.format(micros / 1_000_000) if micros else "0E-7"


def whole(ids: Ids, mode: str, answer: str, cost: Body) -> web.Response:
    """The answer to a request that did not want a stream."""
    conversation = {"conversation_id": ids.conversation} if ids.conversation else {}
    body = {
        "event": "message",
        "task_id": ids.task,
        "id": ids.message,
        "message_id": ids.message,
        **conversation,
        "mode": mode,
        "answer": answer,
        "metadata": cost,
        "created_at": ids.created_at,
    }
    return web.json_response(body)


def plain(body: Body, status: int = 200) -> web.Response:
    """Every other JSON body: compact, with the slashes escaped and a line end."""
    text = json.dumps(body, separators=(",", ":")).replace("/", "\\/") + "\n"
    headers = {"Content-Type": "application/json"}
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="api"'
    return web.Response(body=text.encode(), status=status, headers=headers)


def page(limit: int, rows: Sequence[Body], has_more: bool) -> web.Response:
    """A page of a list."""
    return plain({"limit": limit, "has_more": has_more, "data": rows})


def conversation_row(conversation: Conversation) -> Body:
    """A conversation in a list, named after its first question."""
    return {
        "id": conversation.id,
        "name": conversation.name or conversation.turns[0].query[:75],
        "inputs": conversation.turns[0].inputs,
        "status": "normal",
        "introduction": texts.OPENING,
        "created_at": conversation.created_at,
        "updated_at": conversation.turns[-1].created_at,
    }


def message_rows(conversation: Conversation) -> list[Body]:
    """A conversation's messages, oldest first. Each names the one before it as its parent."""
    parents = ["00000000-0000-0000-0000-000000000000", *(turn.id for turn in conversation.turns)]
    pairs = zip(conversation.turns, parents, strict=False)
    return [_message_row(conversation, turn, parent) for turn, parent in pairs]


def _message_row(conversation: Conversation, turn: Turn, parent: str) -> Body:
    return {
        "id": turn.id,
        "conversation_id": conversation.id,
        "parent_message_id": parent,
        "inputs": turn.inputs,
        "query": turn.query,
        "answer": turn.answer,
        "feedback": {"rating": turn.rating} if turn.rating else None,
        "retriever_resources": turn.extras.get("retriever_resources", []),
        "created_at": turn.created_at,
        "agent_thoughts": [],
        "message_files": turn.extras.get("message_files", []),
        "status": "error" if turn.error else "normal",
        "error": turn.error,
        "extra_contents": [],
    }


INFO: Body = {
    "name": "sandbox",
    "description": "The bot that comes with Chat Gateway",
    "tags": [],
    "mode": "chat",
    "author_name": "sandbox",
}

_SWITCHED_OFF: Body = {"enabled": False}
_METHODS = ("remote_url", "local_file")

PARAMETERS: Body = {
    "opening_statement": "",
    "suggested_questions": (),
    "suggested_questions_after_answer": _SWITCHED_OFF,
    "speech_to_text": _SWITCHED_OFF,
    "text_to_speech": _SWITCHED_OFF,
    "retriever_resource": _SWITCHED_OFF,
    "annotation_reply": _SWITCHED_OFF,
    "more_like_this": _SWITCHED_OFF,
    "user_input_form": [],
    "sensitive_word_avoidance": {"enabled": False, "type": "", "configs": []},
    "file_upload": {
        "enabled": True,
        "allowed_file_types": ["image", "document", "audio", "video"],
        "allowed_file_extensions": [],
        "allowed_file_upload_methods": _METHODS,
        "number_limits": 3,
        "image": {
            "enabled": True,
            "number_limits": 3,
            "detail": "high",
            "transfer_methods": _METHODS,
        },
    },
    "system_parameters": {
        "image_file_size_limit": 10,
        "video_file_size_limit": 100,
        "audio_file_size_limit": 50,
        "file_size_limit": 15,
        "workflow_file_upload_limit": 10,
    },
}
