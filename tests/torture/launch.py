"""The gateway as it always is, with this folder's channel beside its own."""

import runpy
from pathlib import Path

import adapters.channels

if __name__ == "__main__":
    adapters.channels.__path__.append(str(Path(__file__).parent / "adapters" / "channels"))
    runpy.run_module("gateway", run_name="__main__", alter_sys=True)
