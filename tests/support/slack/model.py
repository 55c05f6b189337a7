"""What there is in Slack, as far as the stand-in knows it."""

import json
from typing import Any

from msgspec import Struct, field


class Refusal(Exception):
    """Slack says ok:false."""

    def __init__(self, code: str, **more: Any) -> None:
        super().__init__(code)
        self.code = code
        self.more = more


class Workspace(Struct, kw_only=True):
    """A workspace that has the app. With ``org``, the app is installed for its enterprise."""

    team: str = "T1"
    name: str = "One"
    token: str = "xoxb-test"
    bot_user: str = "UBOT"
    bot_id: str = "BBOT"
    enterprise: str = ""
    org: bool = False


class Call(Struct):
    """One call of the Web API. ``at`` is of the monotonic clock, ``error`` is empty when it was
    done, ``ts`` is of the message that it was about, ``fault`` is what it met."""

    method: str
    args: dict[str, Any]
    token: str
    at: float
    error: str = ""
    ts: str = ""
    fault: str = ""


class Message(Struct, kw_only=True):
    """A message. ``text`` is the Markdown of one that was streamed or sent as markdown_text."""

    ts: str
    channel: str
    text: str = ""
    thread_ts: str = ""
    user: str = ""
    team: str = "T1"
    bot_id: str = ""
    blocks: list[dict[str, Any]] = []
    metadata: dict[str, Any] = {}
    files: list[dict[str, Any]] = []
    reactions: dict[str, set[str]] = {}
    streaming: bool = False
    streamed: bool = False
    stopped: bool = False
    begun: float = 0.0
    tasks: dict[str, dict[str, Any]] = {}
    plan: str = ""
    deleted: bool = False
    edited: int = 0

    @property
    def shown(self) -> str:
        """The Markdown that people see, of the text or of the blocks that stand for it."""
        if self.streamed and not self.edited:
            return self.text
        said = [block["text"] for block in self.blocks if block["type"] == "markdown"]
        return "".join(said) if self.blocks else self.text

    def shape(self, with_metadata: bool = True) -> dict[str, Any]:
        """The message as the Web API shows it."""
        shown: dict[str, Any] = {"type": "message", "ts": self.ts, "text": self.text}
        shown |= {"user": self.user, "team": self.team}
        if self.bot_id:
            shown |= {"bot_id": self.bot_id, "app_id": "A1"}
        if self.thread_ts:
            shown["thread_ts"] = self.thread_ts
        if self.metadata and with_metadata:
            shown["metadata"] = self.metadata
        for name in ("blocks", "files"):
            if value := getattr(self, name):
                shown[name] = value
        if self.edited:
            shown["edited"] = {"user": self.user, "ts": self.ts}
        return shown


class File(Struct, kw_only=True):
    """A file. ``team`` is whose token may read it."""

    id: str
    name: str
    data: bytes = b""
    mimetype: str = "application/octet-stream"
    team: str = "T1"
    shared: list[tuple[str, str]] = []
    title: str = ""


class Answer(Struct, frozen=True):
    """What a webhook was answered."""

    status: int
    body: str
    headers: dict[str, str] = field(default_factory=dict)

    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)
