"""The sandbox's CiniterFlow as a process: ``python -m gateway.sandbox.ciniterflow_main``."""

import argparse
import asyncio
import signal
import sys

from gateway.sandbox import ciniterflow_flows as flows
from gateway.sandbox import readme
from gateway.sandbox.answers import Answers
from gateway.sandbox.ciniterflow import CiniterFlow
from gateway.sandbox.server import serving


async def run(host: str, port: int, pace: float) -> None:
    """Serve until told to stop; say where, and which flows there are. Raises OSError."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    api = CiniterFlow(Answers(readme.find()).answer, pace=pace)
    async with serving(api.application(), host, port) as bound:
        lines = [f"sandbox listening on http://{host}:{bound}"]
        lines += [f"{flow} {each.kind} {each.key}".rstrip() for flow, each in flows.FLOWS.items()]
        sys.stdout.write("\n".join(lines) + "\n")
        sys.stdout.flush()
        await stop.wait()


def main() -> None:
    """Read the options and run."""
    parser = argparse.ArgumentParser(prog="python -m gateway.sandbox.ciniterflow_main")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8082, help="0 takes any that is free")
    parser.add_argument("--pace", type=float, default=15, metavar="MS", help="per word")
    options = parser.parse_args()
    asyncio.run(run(options.host, options.port, options.pace / 1000))


if __name__ == "__main__":
    main()
