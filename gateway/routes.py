"""Routes: the paths that adapters serve, beside the gateway's own."""

from gateway.ports import Handler


class Routes:
    """Every mounted path, by its method."""

    def __init__(self) -> None:
        self.mounted: dict[tuple[str, str], Handler] = {}

    def mount(self, method: str, path: str, handler: Handler) -> None:
        """Serve a path; the same handler twice is once. Raises ValueError when it is taken."""
        if self.mounted.setdefault((method, path), handler) != handler:
            raise ValueError(f"{method} {path} is served by two adapters")
