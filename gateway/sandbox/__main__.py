"""A stand-in for a bot's server, as a process of its own.

It speaks the vendor's real wire format, answers from this project's README, and behaves badly when
it is asked to: write "help" to it.
"""

import argparse
import asyncio
import os
import signal
import sys
import threading
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from aiohttp import web

from gateway.sandbox import ciniterflow_flows, readme
from gateway.sandbox.answers import Answers
from gateway.sandbox.chataibot import ChatAIBot
from gateway.sandbox.ciniterflow import CiniterFlow
from gateway.sandbox.clickai import ClickAI
from gateway.sandbox.clickai_knowledge import Knowledge
from gateway.sandbox.memory import Memory
from gateway.sandbox.server import serving

_URL = "CHATAIBOT_WEBHOOK_URL"
_SECRET = "CHATAIBOT_WEBHOOK_SECRET"  # noqa: S105 - the variable's name
_KEY = "KNOWLEDGE_KEY"
_EPILOG = f"""\
clickai      takes any key; "app-workflow" and others like it are apps of that mode; with
             --knowledge-url, and {_KEY}, they look things up in a gateway's knowledge
ciniterflow  says at its start which flows there are, and the key of one that is protected
chataibot    answers by webhook: name the gateway's address for its events, and give their secret
             as {_SECRET}, the same as in the gateway's configuration

  python -m gateway.sandbox --kind chataibot --port 8083 \\
      --webhook-url http://127.0.0.1:8080/hooks/chataibot/sales
"""


def main(argv: Sequence[str]) -> int:
    """Run until told to stop. Returns the exit status; exits by itself with 2 when misused."""
    options = _options(argv)
    try:
        asyncio.run(_run(options))
    except OSError as error:
        sys.stderr.write(f"sandbox: {error.strerror or error}\n")
        return 1
    return 0


def _options(argv: Sequence[str]) -> Namespace:
    parser = _parser()
    options = parser.parse_args(argv)
    if options.kind == "chataibot":
        _check_webhook(parser, options)
    elif options.webhook_url:
        parser.error(f"--webhook-url is for chataibot only, not for {options.kind}")
    if options.knowledge_url:
        _check_knowledge(parser, options)
    return options


def _check_knowledge(parser: ArgumentParser, options: Namespace) -> None:
    options.knowledge_key = os.environ.get(_KEY, "")
    if options.kind != "clickai":
        parser.error(f"--knowledge-url is for clickai only, not for {options.kind}")
    if not options.knowledge_key:
        parser.error(f"--knowledge-url needs the knowledge's key: {_KEY} in the environment")


def _check_webhook(parser: ArgumentParser, options: Namespace) -> None:
    options.webhook_url = options.webhook_url or os.environ.get(_URL, "")
    options.webhook_secret = os.environ.get(_SECRET, "")
    if options.memory:
        parser.error("--memory is not for chataibot, which keeps nothing")
    if not options.webhook_url:
        parser.error(f"chataibot needs --webhook-url, or {_URL} in the environment")
    if not options.webhook_secret:
        parser.error(f"chataibot needs the webhook's secret: {_SECRET} in the environment")


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="python -m gateway.sandbox",
        description=__doc__,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--kind", choices=list(_KINDS), default="clickai", help="which vendor (clickai)")
    add("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
    add("--port", type=int, default=8081, help="0 takes any that is free (8081)")
    add("--pace", type=float, default=15, metavar="MS", help="per word, or an answer's delay (15)")
    add("--memory", type=Path, metavar="FILE", help="keep conversations there (not chataibot)")
    add("--webhook-url", metavar="URL", help=f"where chataibot's events go; else ${_URL}")
    add("--knowledge-url", metavar="URL", help="where clickai's apps POST /retrieval (nowhere)")
    add("--knowledge-id", metavar="ID", default="docs", help="which knowledge (docs)")
    add("--exit-with-parent", action="store_true", help="exit when standard input ends")
    return parser


async def _run(options: Namespace) -> None:
    memory = Memory(options.memory)
    application, path, hints = _KINDS[options.kind](options, Answers(readme.find()), memory)
    stop = _told_to_stop(options.exit_with_parent)
    try:
        async with serving(application, options.host, options.port) as port:
            lines = [f"sandbox listening on http://{options.host}:{port}{path}", *hints]
            sys.stdout.write("\n".join(lines) + "\n")
            sys.stdout.flush()
            await stop.wait()
    finally:
        memory.close()


_Served = tuple[web.Application, str, list[str]]
"""The application, the path of its API in what is the ``base_url`` of a bot, and what to know."""


def _clickai(options: Namespace, answers: Answers, memory: Memory) -> _Served:
    knowledge = None
    if url := options.knowledge_url:
        knowledge = Knowledge(url, options.knowledge_key, options.knowledge_id)
    api = ClickAI(answers.answer, memory, pace=options.pace / 1000, knowledge=knowledge)
    return api.application(), "/v1", []


def _ciniterflow(options: Namespace, answers: Answers, memory: Memory) -> _Served:
    api = CiniterFlow(answers.answer, memory, pace=options.pace / 1000)
    flows = ciniterflow_flows.FLOWS.items()
    hints = [f"{flow} {each.kind} {each.key}".rstrip() for flow, each in flows]
    return api.application(), "", hints


def _chataibot(options: Namespace, answers: Answers, _: Memory) -> _Served:
    api = ChatAIBot(
        answers.answer,
        webhook_url=options.webhook_url,
        webhook_token=options.webhook_secret,
        delay=options.pace / 1000,
    )
    return api.application(), "", [f"its events go to {options.webhook_url}"]


_KINDS = {"clickai": _clickai, "ciniterflow": _ciniterflow, "chataibot": _chataibot}


def _told_to_stop(with_parent: bool) -> asyncio.Event:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if with_parent:
        _watch_input(stop)
    return stop


def _watch_input(stop: asyncio.Event) -> None:
    loop, descriptor = asyncio.get_running_loop(), sys.stdin.fileno()

    def read() -> None:
        while os.read(descriptor, 4096):
            pass
        with suppress(RuntimeError):  # the loop has ended on its own
            loop.call_soon_threadsafe(stop.set)

    # A thread, because an event loop cannot watch every kind of input.
    threading.Thread(target=read, name="sandbox-input", daemon=True).start()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
