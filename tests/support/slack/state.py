"""Everything the stand-in remembers, and what a test may set."""

import itertools
import time
from typing import Any

from support.slack.model import Call, File, Message, Refusal, Workspace

APP = "A1"
APP_TOKEN = "xapp-test"
SIGNING_SECRET = "secret"
CLIENT_ID = "1.1"
CLIENT_SECRET = "client-secret"


class State:
    """What there is. All of it may be read and changed by a test at any time."""

    def __init__(self) -> None:
        self.url = ""
        self.app_token = APP_TOKEN
        self.signing_secret = SIGNING_SECRET
        self.client_id = CLIENT_ID
        self.client_secret = CLIENT_SECRET
        self.calls: list[Call] = []
        self.complaints: list[str] = []
        self.messages: dict[tuple[str, str], Message] = {}
        self.files: dict[str, File] = {}
        self.views: dict[str, dict[str, Any]] = {}
        self.homes: dict[str, dict[str, Any]] = {}
        self.ephemerals: list[dict[str, Any]] = []
        self.responses: list[dict[str, Any]] = []
        self.statuses: dict[tuple[str, str], str] = {}
        self.sessions: dict[tuple[str, str], dict[str, Any]] = {}
        self.prompts: dict[tuple[str, str], list[dict[str, str]]] = {}
        self.titles: dict[tuple[str, str], str] = {}
        self.people: dict[str, dict[str, Any]] = {}
        self.closed: dict[str, str] = {}
        """Channels, and the error with which every call about them is refused."""
        self.stream_seconds = 300.0
        self.stream_bytes = 11_000
        self.rotation = False
        self.workspaces: dict[str, Workspace] = {}
        self.tokens: dict[str, str] = {}
        """Token to team; of one that was revoked or ran out, to the error."""
        self.codes: dict[str, str] = {}
        self.refreshes: dict[str, str] = {}
        self.triggers: set[str] = set()
        self._ts = itertools.count(1)
        self._ids = itertools.count(1)
        self.add(Workspace())

    @property
    def api_url(self) -> str:
        """The base URL of the Web API."""
        return f"{self.url}/api/"

    def add(self, workspace: Workspace) -> Workspace:
        """Another workspace that has the app."""
        self.workspaces[workspace.team] = workspace
        self.tokens[workspace.token] = workspace.team
        return workspace

    def of(self, team: str) -> Workspace:
        """A workspace, also one that only shares a channel with T1."""
        return self.workspaces.get(team) or self.workspaces["T1"]

    def new_ts(self) -> str:
        """A fresh timestamp, larger than all before."""
        return f"{int(time.time())}.{next(self._ts):06d}"

    def new_id(self, letter: str) -> str:
        """A fresh id."""
        return f"{letter}{next(self._ids):08d}"

    def keep(self, message: Message) -> Message:
        """Put a message where it belongs."""
        self.messages[message.channel, message.ts] = message
        return message

    def find(self, channel: str, ts: str) -> Message:
        """A message. Raises Refusal."""
        found = self.messages.get((channel, ts))
        if found is None or found.deleted:
            raise Refusal("message_not_found")
        return found

    def thread(self, channel: str, ts: str) -> list[Message]:
        """The app's messages in a thread, in their order."""
        found = [m for m in self.messages.values() if m.channel == channel and m.thread_ts == ts]
        return sorted([m for m in found if m.bot_id and not m.deleted], key=lambda m: m.ts)

    def posted(self, channel: str) -> list[Message]:
        """The app's messages in a channel, in threads or not, in their order."""
        found = [m for m in self.messages.values() if m.channel == channel]
        return sorted([m for m in found if m.bot_id and not m.deleted], key=lambda m: m.ts)

    def said(self, channel: str, ts: str) -> str:
        """What the app said in a thread, all its messages in a row."""
        return "".join(message.text for message in self.thread(channel, ts))

    def called(self, method: str) -> list[Call]:
        """The calls of one method, whatever became of them."""
        return [call for call in self.calls if call.method == method]


def channel_type(channel: str) -> str:
    """What a channel's id says: D direct, G group of people, P private, else public."""
    return {"D": "im", "G": "mpim", "P": "group"}.get(channel[:1], "channel")
