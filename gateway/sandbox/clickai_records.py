"""What the sandbox knows of the runs of its workflows, while they run and afterwards."""

from aiohttp import web
from msgspec import Struct

from gateway.sandbox import bodies
from gateway.sandbox.clickai_apps import app_of
from gateway.sandbox.clickai_flows import FlowVoice
from gateway.sandbox.requests import Refusal

_MOST = 1_000


class _Record(Struct):
    voice: FlowVoice
    status: str
    error: str | None


class Records:
    """The latest thousand runs."""

    def __init__(self) -> None:
        self._records: dict[str, _Record] = {}

    def note(self, voice: FlowVoice, status: str, error: str | None = None) -> None:
        """Write down how a run is doing."""
        self._records[voice.job.ids.run] = _Record(voice, status, error)
        if len(self._records) > _MOST:
            del self._records[next(iter(self._records))]

    async def show(self, request: web.Request) -> web.Response:
        """``GET /workflows/run/{run}``. Whoever has the app's key may see the runs of all users."""
        app = app_of(request)
        if not app.flows:
            message = "Please check if your app mode matches the right API route."
            raise Refusal(400, "not_workflow_app", message)
        record = self._records.get(request.match_info["run"])
        if record is None or record.voice.job.app is not app:
            raise Refusal(404, "not_found", "Workflow run not found.")
        return bodies.plain(record.voice.detail(record.status, record.error))
