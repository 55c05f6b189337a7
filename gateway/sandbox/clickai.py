"""ClickAI's API as an aiohttp application."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from gateway.sandbox import bodies, clickai_files
from gateway.sandbox.clickai_apps import APPS, Mode, app_of
from gateway.sandbox.clickai_conversations import Conversations
from gateway.sandbox.clickai_files import Store
from gateway.sandbox.clickai_knowledge import Knowledge
from gateway.sandbox.clickai_made import download
from gateway.sandbox.clickai_runs import Answerer, Runs
from gateway.sandbox.clickai_speaking import Speaking
from gateway.sandbox.memory import Memory
from gateway.sandbox.requests import AssistantListQuery, Refusal, check_key, read_json, validate

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_ASSISTANTS = "/assistant/api/assistant/my-assistants"


class ClickAI:
    """ClickAI's apps, one for each kind, answered by ``answer``; ``clickai_apps`` has their keys.

    ``pace`` is in seconds per word, ``ping_interval`` in seconds; ``knowledge`` is what the apps
    that chat are grounded on. The application's handlers must
    be cancelled when their client goes away (``handler_cancellation``).
    """

    def __init__(
        self,
        answer: Answerer,
        memory: Memory,
        *,
        pace: float = 0.015,
        ping_interval: float = 10,
        knowledge: Knowledge | None = None,
    ) -> None:
        self._files = Store()
        self._conversations = Conversations(memory)
        self._speaking = Speaking(memory, pace, ping_interval)
        self._runs = Runs(answer, memory, self._files, self._speaking, knowledge)

    def application(self) -> web.Application:
        """The API below ``/v1``, the Studio's list of apps, and what was asked so far at
        ``/sandbox/asked``."""
        app = web.Application(middlewares=[_refuse])
        app.add_routes(
            [
                web.get("/sandbox/asked", self._list_asked),
                web.get(_ASSISTANTS, _list_assistants),
                *self._asking(),
                *self._keeping(),
                web.post("/v1/files/upload", self._files.upload),
                web.get("/v1/files/{file}/preview", self._files.preview),
                web.get("/files/tools/{name}", download),
                web.post("/v1/audio-to-text", clickai_files.to_text),
                web.post("/v1/text-to-audio", clickai_files.to_audio),
                web.get("/v1/parameters", _parameters),
                web.get("/v1/info", _info),
                web.get("/v1/meta", _meta),
            ]
        )
        app.on_shutdown.append(self._speaking.leave)
        return app

    def _asking(self) -> list[web.RouteDef]:
        runs = self._runs
        return [
            web.post("/v1/chat-messages", runs.chat),
            web.post("/v1/completion-messages", runs.complete),
            web.post("/v1/workflows/run", runs.work),
            web.get("/v1/workflows/run/{run}", self._speaking.records.show),
            web.post("/v1/chat-messages/{task}/stop", self._stop),
            web.post("/v1/completion-messages/{task}/stop", self._stop),
            web.post("/v1/workflows/tasks/{task}/stop", self._stop),
            web.get("/v1/form/human_input/{token}", self._show_form),
            web.post("/v1/form/human_input/{token}", self._submit_form),
            web.get("/v1/workflow/{run}/events", self._resume),
        ]

    def _keeping(self) -> list[web.RouteDef]:
        kept, one = self._conversations, "/v1/conversations/{conversation}"
        return [
            web.get("/v1/conversations", kept.all),
            web.post(f"{one}/name", kept.rename),
            web.delete(one, kept.delete),
            web.get(f"{one}/variables", kept.variables),
            web.put(f"{one}/variables/{{variable}}", kept.set_variable),
            web.get("/v1/messages", kept.messages),
            web.get("/v1/messages/{message}/suggested", kept.suggest),
            web.post("/v1/messages/{message}/feedbacks", kept.rate),
        ]

    async def _list_asked(self, _: web.Request) -> web.Response:
        return web.json_response({"asked": list(self._runs.asked)})

    async def _stop(self, request: web.Request) -> web.Response:
        check_key(request)
        return await self._speaking.stop(request)

    async def _show_form(self, request: web.Request) -> web.Response:
        approvals, user = self._speaking.approvals, request.query.get("user", "")
        return approvals.show(approvals.find(request, app_of(request), user))

    async def _submit_form(self, request: web.Request) -> web.Response:
        approvals, app = self._speaking.approvals, app_of(request)
        values = await read_json(request)
        form = approvals.find(request, app, str(values.get("user", "")))
        return approvals.submit(form, values)

    async def _resume(self, request: web.Request) -> web.StreamResponse:
        user = request.query.get("user", "")
        voice = self._speaking.approvals.resumed(request, app_of(request), user)
        return await self._speaking.resume(request, voice)


async def _parameters(request: web.Request) -> web.Response:
    return bodies.plain(app_of(request).parameters())


async def _info(request: web.Request) -> web.Response:
    return bodies.plain(app_of(request).info())


async def _meta(request: web.Request) -> web.Response:
    check_key(request)
    return bodies.plain({"tool_icons": {}})


async def _list_assistants(request: web.Request) -> web.Response:
    check_key(request)
    query = validate(AssistantListQuery, dict(request.query))
    found = [app for app in APPS if query.mode in {None, app.mode}]
    begin = (query.page - 1) * query.page_size
    rows = [_assistant(app.id, app.mode) for app in found[begin : begin + query.page_size]]
    shown = {"page": query.page, "page_size": query.page_size, "total": len(found)}
    return bodies.plain({**shown, "data": rows})


def _assistant(name: str, mode: Mode) -> bodies.Body:
    return {"id": name, "name": name, "mode": mode, "description": "", "created_at": 1705395332}


@web.middleware
async def _refuse(request: web.Request, handler: _Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except Refusal as refusal:
        return bodies.plain(refusal.body, refusal.status)
    except web.HTTPNotFound:
        return web.Response(text=bodies.HTML_404, status=404, content_type="text/html")
