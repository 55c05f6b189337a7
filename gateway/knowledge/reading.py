"""Reading documents in a process of its own, which may die of them.

A request and an answer are frames of four bytes' length and MessagePack.
"""

import os
import resource
import select
import subprocess
import sys
import time
from contextlib import suppress
from typing import IO, BinaryIO

import msgspec
from msgspec import Struct

from gateway.knowledge.model import Document
from gateway.knowledge.readers import Unreadable, read

SECONDS = 60.0
"""For one document."""
MEMORY = 1_500_000_000
"""Bytes of address space for what a document needs beside four times its own size."""

_HEAD = 4

TOO_SLOW = "reading it takes too long"
TOO_HUNGRY = "reading it takes too much memory"
BROKE_OFF = "its reader broke off"


class Request(Struct, frozen=True):
    """A document to read, with the reader to read it with."""

    kind: str
    data: bytes


class Answer(Struct, frozen=True):
    """The document, or the reason why there is none."""

    document: Document | None = None
    reason: str = ""


class Reader:
    """Reads documents, one at a time. Starts its process when it needs one; ``close`` it."""

    def __init__(self, seconds: float = SECONDS, memory: int = MEMORY) -> None:
        self._seconds = seconds
        self._memory = memory
        self._process: subprocess.Popen[bytes] | None = None

    def read(self, kind: str, data: bytes) -> Document:
        """A document. Blocks, within the limit. Raises Unreadable with the reason."""
        try:
            answer = self._ask(self._process or self._started(), Request(kind, data))
        except TimeoutError:
            answer = Answer(reason=TOO_SLOW)
        except (OSError, EOFError, msgspec.MsgspecError):
            answer = Answer(reason=BROKE_OFF)
        if answer.reason in (TOO_SLOW, BROKE_OFF, TOO_HUNGRY):
            # What it took may not be given back.
            self.close()
        if answer.document is None:
            raise Unreadable(answer.reason)
        return answer.document

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process:
            process.kill()
            with suppress(OSError):
                process.communicate()

    def _started(self) -> subprocess.Popen[bytes]:
        limits = (str(self._seconds), str(self._memory))
        self._process = subprocess.Popen(  # noqa: S603
            (sys.executable, "-m", "gateway.knowledge.reading", *limits),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        return self._process

    def _ask(self, process: subprocess.Popen[bytes], request: Request) -> Answer:
        deadline = time.monotonic() + self._seconds
        if not process.stdin or not process.stdout:
            raise EOFError
        _send(process.stdin, request)
        pipe = process.stdout.fileno()
        size = int.from_bytes(_received(pipe, _HEAD, deadline), "big")
        return msgspec.msgpack.decode(_received(pipe, size, deadline), type=Answer)


def _send(to: BinaryIO | IO[bytes], frame: Request | Answer) -> None:
    data = msgspec.msgpack.encode(frame)
    to.write(len(data).to_bytes(_HEAD, "big"))
    to.write(data)
    to.flush()


def _received(pipe: int, size: int, deadline: float) -> bytes:
    data = bytearray()
    while len(data) < size:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([pipe], [], [], left)[0]:
            raise TimeoutError
        piece = os.read(pipe, min(size - len(data), 1 << 20))
        if not piece:
            raise EOFError
        data += piece
    return bytes(data)


def _answer(frame: bytes) -> Answer:
    try:
        request = msgspec.msgpack.decode(frame, type=Request)
        return Answer(read(request.kind, request.data))
    except Unreadable as unreadable:
        return Answer(reason=str(unreadable))
    except MemoryError:
        return Answer(reason=TOO_HUNGRY)
    except Exception as error:  # a reader fails in any way there is; the text may quote the file
        return Answer(reason=f"it is broken ({type(error).__name__})")


def _limit(seconds: float, memory: int) -> None:
    # The one who waits for it may be gone: then it ends by itself.
    used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    for what, most in (
        (resource.RLIMIT_CPU, int(used + seconds + 5)),
        (resource.RLIMIT_AS, memory),
    ):
        hard = resource.getrlimit(what)[1]
        resource.setrlimit(what, (most if hard < 0 else min(most, hard), hard))


def main() -> None:
    """Answer requests from standard input until it ends."""
    seconds, memory = float(sys.argv[1]), int(sys.argv[2])
    source, out = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    # A library that prints must not write into an answer.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    while head := source.read(_HEAD):
        size = int.from_bytes(head, "big")
        _limit(seconds, memory + 4 * size)
        _send(out, _answer(source.read(size)))


if __name__ == "__main__":
    main()
