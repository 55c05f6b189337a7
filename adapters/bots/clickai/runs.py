"""A workflow's run, as the server keeps it."""

from msgspec import DecodeError, Struct, json

from adapters.bots.clickai.wire import Run


class RunDetail(Struct, frozen=True):
    """A run, perhaps still ``running``. Some servers send its ``outputs`` as JSON in a text."""

    id: str | None = None
    workflow_id: str | None = None
    status: str | None = None
    outputs: dict[str, object] | str | None = None
    error: str | None = None
    total_tokens: int | None = None
    created_at: int | None = None
    finished_at: int | None = None

    @property
    def run(self) -> Run:
        """The same as an event tells it."""
        return Run(self.status, self.error, self._outputs(), total_tokens=self.total_tokens)

    def _outputs(self) -> dict[str, object]:
        if not isinstance(self.outputs, str):
            return self.outputs or {}
        try:
            return json.decode(self.outputs, type=dict[str, object])
        except DecodeError:
            return {}
