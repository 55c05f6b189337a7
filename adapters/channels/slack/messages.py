"""The bot's messages for one answer: each call in its pace, and noted in the journal around it."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from msgspec import Struct

from adapters.channels.slack.api import Limited, Refused, Unreached
from adapters.channels.slack.workspace import Workspace
from gateway.ports import Journal, Reply, StoreUnavailable

EVENT = "chat_gateway"
"""The type of the metadata by which an own message is known again."""
PAUSE = 0.3
"""Seconds between two tries to note what is out."""
TEXT_MOST = 3900
"""Characters of the plain text beside blocks, which Slack shows in notifications."""
LOOKED_AT = 100
"""Messages that are looked through for one of which nobody knows whether it was sent."""
UPDATE = "chat.update"

Block = dict[str, Any]


class Place(Struct, frozen=True):
    """Where an answer goes: a channel, its thread if there is one, and who asked with what.

    ``user`` is empty when nobody asked; ``team`` is the person's own. ``since`` is the ts of the
    question.
    """

    channel: str
    thread: str = ""
    user: str = ""
    team: str = ""
    since: str = ""


class Messages:
    """Sends, changes and finds the parts of one answer.

    Every method raises what Api.call raises, and StoreUnavailable; one that is Limited has
    waited for ``patience`` seconds. ``shown`` is the text of the answer that people are about
    to see, as the journal is to know it.
    """

    def __init__(self, workspace: Workspace, place: Place, reply: Reply) -> None:
        self.workspace = workspace
        self.place = place
        self.patience = 0.0
        self.shown = ""
        self._reserved = False
        self._turn = reply.turn
        self._journal: Journal = reply.journal

    @property
    def known(self) -> dict[int, str]:
        """The parts there are, with their ts; empty when it is not known whether one was sent."""
        parts = self._journal.parts.items()
        return {int(part): ts for part, ts in parts if part.isdigit()}

    async def start(self, part: int, text: str, chunks: Sequence[Block] = ()) -> str:
        """Begin a stream; its ts. Unsure: the part stays in the journal without one."""
        place = self.place
        return await self._create(
            part,
            "chat.startStream",
            channel=place.channel,
            thread_ts=place.thread,
            recipient_user_id=place.user or None,
            recipient_team_id=place.team or None,
            **_growth(text, chunks),
        )

    async def append(self, ts: str, text: str, chunks: Sequence[Block] = ()) -> None:
        """More of a stream: either text or chunks."""
        await self._send("chat.appendStream", ts=ts, **_growth(text, chunks))

    async def stop(
        self, part: int, ts: str, text: str, blocks: Sequence[Block], idle: bool
    ) -> None:
        """End a stream, with the last of its text; ``idle`` says that the session is."""
        await self._send(
            "chat.stopStream",
            ts=ts,
            markdown_text=text or None,
            blocks=list(blocks) or None,
            metadata=self._metadata(part),
            session_status="active" if idle else None,
        )

    async def post(self, part: int, text: str, blocks: Sequence[Block], summary: str = "") -> str:
        """Post a message; its ts. Unsure: the part stays in the journal without one."""
        return await self._create(
            part,
            "chat.postMessage",
            channel=self.place.channel,
            thread_ts=self.place.thread or None,
            metadata=self._metadata(part),
            unfurl_links=False,
            **_content(text, blocks, summary),
        )

    async def reserve_edit(self) -> None:
        """Set an edit aside for the end of a message that is to grow: it must not have to wait
        behind those of the messages that still do."""
        if not self._reserved:
            await self.workspace.pace.wait(UPDATE, patience=self.patience)
            self._reserved = True

    async def edit(
        self, part: int, ts: str, text: str, blocks: Sequence[Block], summary: str, *, last: bool
    ) -> None:
        """Give a message another text, and other blocks; the ``last`` time the one set aside."""
        content = _content(text, blocks, summary)
        paid, self._reserved = last and self._reserved, self._reserved and not last
        metadata = self._metadata(part)
        await self._send(UPDATE, paid, ts=ts, metadata=metadata, **content)

    async def delete(self, part: int, ts: str) -> None:
        """Take a message away; the part is no more. Raises Refused only while it is still there."""
        try:
            await self._send("chat.delete", ts=ts)
        except Refused as refused:
            if refused.code != "message_not_found":
                raise
        await self.withdraw(part)

    async def withdraw(self, part: int) -> None:
        """A part is not there after all."""
        with suppress(StoreUnavailable):
            await self._journal.withdraw(str(part))

    async def find(self, part: int) -> str:
        """The ts of a part that was begun; empty when it is not there, or Slack lets nobody look.

        A part that is not there is no more, as one that was withdrawn.
        """
        ts = ""
        try:
            ts = self._among(await self._written(), part)
        except Refused as refused:
            # Whom Slack does not let look, a rare repeat is better than a lost answer.
            if isinstance(refused, Limited):
                raise
        await (self._note(part, ts) if ts else self.withdraw(part))
        return ts

    async def _written(self) -> list[dict[str, Any]]:
        place, method = self.place, "conversations.history"
        arguments: dict[str, object] = {"oldest": place.since or None, "inclusive": True}
        if place.thread:
            method, arguments["ts"] = "conversations.replies", place.thread
        await self.workspace.pace.wait(method, place.channel, self.patience)
        try:
            found = await self.workspace.api.call(
                method,
                channel=place.channel,
                limit=LOOKED_AT,
                include_all_metadata=True,
                **arguments,
            )
        except Limited as limited:
            self.workspace.pace.silence(method, limited.retry_after)
            raise
        messages = found.get("messages")
        return messages if isinstance(messages, list) else []

    def _among(self, messages: Sequence[dict[str, Any]], part: int) -> str:
        """The message that is the part; else the newest own one that is nobody's."""
        mine, nobodys = self._metadata(part), ""
        own = [message for message in messages if self._is_own(message)]
        for message in sorted(own, key=lambda message: str(message.get("ts", ""))):
            metadata = message.get("metadata") or {}
            if metadata.get("event_payload") == mine["event_payload"]:
                return str(message["ts"])
            if not metadata and not message.get("files"):
                nobodys = str(message["ts"])
        # A stream gets its metadata only when it is stopped.
        return nobodys if self.place.thread and self.place.user else ""

    def _is_own(self, message: dict[str, Any]) -> bool:
        ts = str(message.get("ts", ""))
        if not ts or ts <= self.place.since or ts in self._journal.parts.values():
            return False
        workspace = self.workspace
        return workspace.bot_user == message.get("user") or (
            bool(workspace.bot_id) and workspace.bot_id == message.get("bot_id")
        )

    async def _create(self, part: int, method: str, **arguments: object) -> str:
        while True:
            await self.workspace.pace.wait(method, self.place.channel, self.patience)
            await self._journal.show(self.shown)
            await self._journal.begin(str(part))
            try:
                answer = await self.workspace.api.call(method, **arguments)
            except (Refused, Unreached) as error:
                await self.withdraw(part)
                self._heed(method, error)
                continue
            ts = str(answer.get("ts", ""))
            await self._note(part, ts)
            return ts

    async def _send(self, method: str, paid: bool = False, /, **arguments: object) -> None:
        while True:
            if not paid:
                await self.workspace.pace.wait(method, self.place.channel, self.patience)
            paid = False
            await self._journal.show(self.shown)
            try:
                await self.workspace.api.call(method, channel=self.place.channel, **arguments)
            except (Refused, Unreached) as error:
                self._heed(method, error)
                continue
            return

    def _heed(self, method: str, error: Exception) -> None:
        """Be silent for as long as Slack wants; anything but that is raised again."""
        if not isinstance(error, Limited):
            raise error
        self.workspace.pace.silence(method, error.retry_after)

    async def _note(self, part: int, ts: str) -> None:
        # The part is out: whoever comes next must know, however long the store is away.
        while True:
            with suppress(StoreUnavailable):
                return await self._journal.finish(str(part), ts)
            await asyncio.sleep(PAUSE)

    def _metadata(self, part: int) -> dict[str, Any]:
        payload = {"turn": self._turn, "part": str(part)}
        return {"event_type": EVENT, "event_payload": payload}


def _growth(text: str, chunks: Sequence[Block]) -> dict[str, object]:
    return {"chunks": list(chunks)} if chunks else {"markdown_text": text}


def _content(text: str, blocks: Sequence[Block], summary: str) -> dict[str, object]:
    """Slack takes Markdown either alone or as one of the blocks."""
    if not blocks:
        return {"markdown_text": text}
    said = [{"type": "markdown", "text": text}] if text.strip() else []
    return {"blocks": [*said, *blocks], "text": ((text.strip() and text) or summary)[:TEXT_MOST]}
