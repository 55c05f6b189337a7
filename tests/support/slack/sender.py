"""What Slack sends: signed webhooks with all their fields, and the messages they speak of."""

import hashlib
import hmac
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import aiohttp

from support.slack.model import Answer, Message
from support.slack.state import APP, State, channel_type

FORM = "application/x-www-form-urlencoded"


class Sender(State):
    """Makes events and payloads, and sends them."""

    http: aiohttp.ClientSession

    def message(
        self, *, channel: str = "D1", user: str = "U1", text: str = "hello", thread_ts: str = "",
        files: Sequence[dict[str, Any]] = (), team: str = "T1", **more: Any,
    ) -> dict[str, Any]:  # fmt: skip
        """A person writes: the inner event of it, and the message is in the channel."""
        ts = self.new_ts()
        written = Message(
            ts=ts, channel=channel, thread_ts=thread_ts, user=user, team=team, text=text,
            files=list(files),
        )  # fmt: skip
        self.keep(written)
        event = {
            "type": "message", "channel": channel, "user": user, "text": text, "ts": ts,
            "event_ts": ts, "channel_type": channel_type(channel), "team": team,
            "client_msg_id": self.new_id("cm"), "blocks": [_rich(text)],
        }  # fmt: skip
        if thread_ts:
            event |= {"thread_ts": thread_ts, "parent_user_id": self._author(channel, thread_ts)}
        if files:
            event |= {"files": list(files), "subtype": "file_share", "upload": False}
        return event | more

    def mention(self, *, channel: str = "C1", text: str = "hello", **more: Any) -> dict[str, Any]:
        """A person writes to the bot in a channel: the app_mention of it."""
        bot = self.of(more.get("team", "T1")).bot_user
        said = self.message(channel=channel, text=f"<@{bot}> {text}", **more)
        del said["channel_type"]
        return said | {"type": "app_mention"}

    def twin(self, mention: Mapping[str, Any]) -> dict[str, Any]:
        """The message event that comes beside an app_mention."""
        kind = channel_type(mention["channel"])
        return dict(mention) | {"type": "message", "channel_type": kind}

    def stop_session(self, channel: str, thread_ts: str, user: str = "U1") -> dict[str, Any]:
        """A person presses Stop: the inner event of it, and the streams there take no more."""
        live = [m for m in self.thread(channel, thread_ts) if m.streaming]
        for message in live:
            message.stopped = True
        ts = self.new_ts()
        return {
            "type": "agent_session_stopped", "channel": channel, "thread_ts": thread_ts,
            "user": user, "streaming_message_ts": [m.ts for m in live], "event_ts": ts,
        }  # fmt: skip

    def _author(self, channel: str, ts: str) -> str:
        parent = self.messages.get((channel, ts))
        return parent.user if parent else ""

    def envelope(self, event: Mapping[str, Any], team: str = "T1", **more: Any) -> dict[str, Any]:
        """An inner event as the Events API wraps it."""
        workspace = self.of(team)
        enterprise = workspace.enterprise or None
        authorization = {
            "enterprise_id": enterprise, "team_id": None if workspace.org else team,
            "user_id": workspace.bot_user, "is_bot": True, "is_enterprise_install": workspace.org,
        }  # fmt: skip
        return {
            "token": "verification", "team_id": team, "context_team_id": team,
            "context_enterprise_id": enterprise, "enterprise_id": enterprise, "api_app_id": APP,
            "event": dict(event), "type": "event_callback", "event_id": self.new_id("Ev"),
            "event_time": int(time.time()), "authorizations": [authorization],
            "is_ext_shared_channel": False, "event_context": self.new_id("4-"),
        } | more  # fmt: skip

    def payload(self, kind: str, *, user: str = "U1", team: str = "T1", **more: Any) -> Any:
        """A payload of interactivity, with what all of them have."""
        workspace, trigger = self.of(team), self.new_id("tr.")
        self.triggers.add(trigger)
        enterprise = {"id": workspace.enterprise, "name": "Grid"} if workspace.enterprise else None
        return {
            "type": kind, "token": "verification", "api_app_id": APP, "trigger_id": trigger,
            "user": {"id": user, "username": user.lower(), "name": user.lower(), "team_id": team},
            "team": None if workspace.org else {"id": team, "domain": "one"},
            "enterprise": enterprise, "is_enterprise_install": workspace.org,
        } | more  # fmt: skip

    async def event(
        self, url: str, event: Mapping[str, Any], *, team: str = "T1", retry: int = 0,
        reason: str = "http_timeout", **more: Any,
    ) -> Answer:  # fmt: skip
        """Send an event; with ``retry``, as the so-manieth copy. The same ``event_id`` makes two
        sendings one event."""
        body = json.dumps(self.envelope(event, team, **more)).encode()
        again = {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": reason} if retry else {}
        return await self.raw(url, body, self.signed(body) | again)

    async def action(
        self, url: str, message: Message, action: Mapping[str, Any], **more: Any
    ) -> Answer:
        """A person uses a button of a message: ``action`` has at least its action_id."""
        return await self.interact(url, self.clicked(message, action, **more))

    def clicked(self, message: Message, action: Mapping[str, Any], **more: Any) -> Any:
        """The payload of a button's use."""
        used = {"type": "button", "block_id": "b", "action_ts": self.new_ts()} | dict(action)
        container = {
            "type": "message", "message_ts": message.ts, "channel_id": message.channel,
            "is_ephemeral": False,
        } | ({"thread_ts": message.thread_ts} if message.thread_ts else {})  # fmt: skip
        channel = {"id": message.channel, "name": "here"}
        return self.payload(
            "block_actions", container=container, channel=channel, message=message.shape(),
            actions=[used], response_url=self.response_url(), state={"values": {}}, **more,
        )  # fmt: skip

    async def shortcut(self, url: str, message: Message, callback_id: str, **more: Any) -> Answer:
        """A person uses a shortcut of a message."""
        payload = self.payload(
            "message_action", callback_id=callback_id, action_ts=self.new_ts(),
            message_ts=message.ts, channel={"id": message.channel, "name": "here"},
            message=message.shape(), response_url=self.response_url(), **more,
        )  # fmt: skip
        return await self.interact(url, payload)

    async def view_submission(
        self, url: str, view: Mapping[str, Any], values: Mapping[str, Any], **more: Any
    ) -> Answer:
        """A person sends a modal off: ``values`` per block id and action id."""
        sent = dict(view) | {"state": {"values": dict(values)}}
        return await self.interact(
            url, self.payload("view_submission", view=sent, response_urls=[], **more)
        )

    async def interact(self, url: str, payload: Mapping[str, Any]) -> Answer:
        """Send a payload of interactivity."""
        body = urlencode({"payload": json.dumps(payload)}).encode()
        return await self.raw(url, body, self.signed(body, FORM))

    async def command(
        self, url: str, command: str = "/ask", text: str = "", *, channel: str = "C1",
        user: str = "U1", team: str = "T1", **more: str,
    ) -> Answer:  # fmt: skip
        """A person uses a slash command."""
        trigger = self.new_id("tr.")
        self.triggers.add(trigger)
        form = {
            "token": "verification", "team_id": team, "team_domain": "one", "channel_id": channel,
            "channel_name": "here", "user_id": user, "user_name": user.lower(),
            "command": command, "text": text, "api_app_id": APP, "is_enterprise_install": "false",
            "response_url": self.response_url(), "trigger_id": trigger,
        } | more  # fmt: skip
        body = urlencode(form).encode()
        return await self.raw(url, body, self.signed(body, FORM))

    def response_url(self) -> str:
        """Where to answer what a person did."""
        return f"{self.url}/respond/{self.new_id('r')}"

    def signed(
        self, body: bytes, content_type: str = "application/json", at: float | None = None
    ) -> dict[str, str]:
        """The headers that Slack sends with a body."""
        moment = str(int(time.time() if at is None else at))
        key = self.signing_secret.encode()
        mark = hmac.new(key, b"v0:" + moment.encode() + b":" + body, hashlib.sha256).hexdigest()
        return {
            "Content-Type": content_type, "X-Slack-Request-Timestamp": moment,
            "X-Slack-Signature": f"v0={mark}", "User-Agent": "Slackbot 1.0",
        }  # fmt: skip

    async def raw(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Post a body as it is."""
        async with self.http.post(url, data=body, headers=headers) as response:
            return Answer(response.status, await response.text(), dict(response.headers))


def _rich(text: str) -> dict[str, Any]:
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return {"type": "rich_text", "block_id": "r", "elements": [section]}
