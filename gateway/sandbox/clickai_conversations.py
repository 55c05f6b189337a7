"""The sandbox's conversations and messages: listed, named, deleted, rated."""

from uuid import NAMESPACE_URL, uuid5

from aiohttp import web

from gateway.sandbox import bodies, texts
from gateway.sandbox.clickai_apps import Mode, app_of
from gateway.sandbox.clickai_refusals import conversation_not_here
from gateway.sandbox.memory import Conversation, Memory, Turn
from gateway.sandbox.requests import (
    ConversationListQuery,
    ConversationRenamePayload,
    MessageFeedbackPayload,
    MessageListQuery,
    Refusal,
    read_json,
    user_of,
    validate,
)

_MESSAGES_LIKE_IT = "/v1/chat-messages or /api/messages ?"
_VARIABLE = "lang"


class Conversations:
    """What the API says of a memory."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    async def all(self, request: web.Request) -> web.Response:
        """``GET /conversations``."""
        app, query = app_of(request), validate(ConversationListQuery, dict(request.query))
        found = self._memory.of(app.owner(request.query.get("user", "")))
        found = found[_behind(found, query.last_id) :]
        rows = [bodies.conversation_row(each) for each in found[: query.limit]]
        return bodies.page(query.limit, rows, len(found) > query.limit)

    async def messages(self, request: web.Request) -> web.Response:
        """``GET /messages``."""
        app, query = app_of(request), validate(MessageListQuery, dict(request.query))
        if not query.conversation_id:
            return bodies.page(query.limit, [], has_more=False)
        user = request.query.get("user", "")
        found = self._memory.find(query.conversation_id, app.owner(user))
        if found is None:
            raise conversation_not_here(request, _MESSAGES_LIKE_IT)
        rows = bodies.message_rows(found)
        return bodies.page(query.limit, rows[-query.limit :], len(rows) > query.limit)

    async def rename(self, request: web.Request) -> web.Response:
        """``POST /conversations/{conversation}/name``."""
        values = await read_json(request)
        payload = validate(ConversationRenamePayload, values)
        home = self._home(request, values.get("user"))
        name = payload.name if payload.name and not payload.auto_generate else home.turns[0].query
        self._memory.change(home, name=name)
        return bodies.plain(bodies.conversation_row(home))

    async def delete(self, request: web.Request) -> web.Response:
        """``DELETE /conversations/{conversation}``."""
        values = await read_json(request)
        self._memory.delete(self._home(request, values.get("user")))
        return web.Response(status=204, headers={"Content-Type": "application/json"})

    async def variables(self, request: web.Request) -> web.Response:
        """``GET /conversations/{conversation}/variables``."""
        home = self._home(request, request.query.get("user"))
        flows = app_of(request).mode is Mode.CHATFLOW
        return bodies.page(20, [_variable(home)] if flows else [], has_more=False)

    async def set_variable(self, request: web.Request) -> web.Response:
        """``PUT /conversations/{conversation}/variables/{variable}``."""
        values = await read_json(request)
        home = self._home(request, values.get("user"))
        if request.match_info["variable"] != _variable(home)["id"]:
            raise Refusal(404, "not_found", "Conversation Variable Not Exists.")
        self._memory.change(home, variables={_VARIABLE: values.get("value")})
        return bodies.plain(_variable(home))

    async def suggest(self, request: web.Request) -> web.Response:
        """``GET /messages/{message}/suggested``."""
        app, user = app_of(request), user_of(dict(request.query))
        self._turn(request, user)
        if not app.has_extras:
            raise Refusal(400, "bad_request", "Suggested Questions Is Disabled.")
        return bodies.plain({"result": "success", "data": texts.FOLLOW_UPS})

    async def rate(self, request: web.Request) -> web.Response:
        """``POST /messages/{message}/feedbacks``."""
        values = await read_json(request)
        user = user_of(values)
        rating = validate(MessageFeedbackPayload, values).rating
        turn = self._turn(request, user)
        if rating is None and turn.rating is None:
            raise Refusal(400, "invalid_param", "rating cannot be None when feedback not exists")
        turn.rating = rating
        return bodies.plain({"result": "success"})

    def _home(self, request: web.Request, user: object) -> Conversation:
        owner = app_of(request).owner(str(user or ""))
        found = self._memory.find(request.match_info["conversation"], owner)
        if found is None:
            raise Refusal(404, "not_found", "Conversation Not Exists.")
        return found

    def _turn(self, request: web.Request, user: str) -> Turn:
        turn = self._memory.turn(request.match_info["message"], app_of(request).owner(user))
        if turn is None:
            raise Refusal(404, "not_found", "Message Not Exists.")
        return turn


def _behind(found: list[Conversation], last_id: str) -> int:
    if not last_id:
        return 0
    ids = [each.id for each in found]
    if last_id not in ids:
        raise Refusal(404, "not_found", "Last Conversation Not Exists.")
    return ids.index(last_id) + 1


def _variable(home: Conversation) -> bodies.Body:
    return {
        "id": str(uuid5(NAMESPACE_URL, home.id)),
        "name": _VARIABLE,
        "value_type": "string",
        "value": home.variables.get(_VARIABLE, "en"),
        "description": "language",
        "created_at": home.created_at,
        "updated_at": home.created_at,
    }
