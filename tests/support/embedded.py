"""A gateway with its embedded server, as a process that leaves nothing behind."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from support.servers import Process, end_embedded, free_port


@contextlib.asynccontextmanager
async def embedded(folder: Path, config: dict[str, Any]) -> AsyncIterator[Process]:
    """It runs, unless it is killed."""
    process = Process(folder, config, free_port())
    try:
        await process.start()
        yield process
    finally:
        if process.alive:
            process.terminate()
        end_embedded(folder / "data")
