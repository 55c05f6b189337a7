"""Files of an answer: sent to Slack, or else named with a link."""

import aiohttp
import structlog

from adapters.channels.slack.api import Refused, Unreached, Unsure
from adapters.channels.slack.blocks import context
from adapters.channels.slack.markdown import neutralised
from adapters.channels.slack.messages import EVENT, Place
from adapters.channels.slack.workspace import Workspace
from gateway.model import Attachment
from gateway.ports import FileGone, GatewayForChannels, Journal

BEGIN, COMPLETE, POST = (
    "files.getUploadURLExternal",
    "files.completeUploadExternal",
    "chat.postMessage",
)
SECONDS = 60.0
"""For the bytes of one file."""
PATIENCE = 30.0
"""Seconds to wait for Slack's limits."""
NAME_MOST = 200

log = structlog.get_logger(__name__)


class Uploads:
    """Sends the files of one answer, after its text. ``most`` is in bytes."""

    def __init__(
        self, gateway: GatewayForChannels, workspace: Workspace, place: Place, most: int
    ) -> None:
        self._gateway = gateway
        self._workspace = workspace
        self._place = place
        self._most = most

    async def send(self, number: int, attachment: Attachment, journal: Journal) -> None:
        """Send one file, once: one that an earlier attempt had begun to show stays as it is.

        A file that Slack does not take is named with a link. Raises StoreUnavailable.
        """
        part = f"file:{number}"
        # One without content could not be had: the answer says so already.
        if part in journal.parts or not attachment.content:
            return
        try:
            file = await self._upload(attachment)
            await journal.begin(part)
            await self._call(
                COMPLETE,
                files=[{"id": file, "title": attachment.name[:NAME_MOST]}],
                channel_id=self._place.channel,
                thread_ts=self._place.thread or None,
            )
        except (Refused, Unreached, Unsure, FileGone, _TooLarge, aiohttp.ClientError) as error:
            log.warning("file not sent", reason=_reason(error), size=attachment.size)
            await journal.begin(part)
            await self._name(attachment)
        await journal.finish(part, "sent")

    async def _upload(self, attachment: Attachment) -> str:
        """Slack's id of the file, which nobody sees yet."""
        if attachment.size > self._most:
            raise _TooLarge
        data = await self._gateway.read(attachment)
        name = attachment.name[:NAME_MOST] or "file"
        target = await self._call(BEGIN, filename=name, length=len(data))
        limit = aiohttp.ClientTimeout(total=SECONDS)
        url = str(target["upload_url"])
        try:
            async with self._gateway.http.post(url, data=data, timeout=limit) as response:
                if response.status != 200:
                    raise Unreached(f"status {response.status}")
        except TimeoutError:
            raise Unreached("TimeoutError") from None
        return str(target["file_id"])

    async def _name(self, attachment: Attachment) -> None:
        """A line with the file's name, and where it can be had."""
        path = f"{self._gateway.public_url}{self._gateway.file_path(attachment)}"
        link = f": {path}" if self._gateway.public_url else ""
        line = f"📎 {attachment.name[:NAME_MOST]}{link}"
        try:
            await self._call(
                POST,
                channel=self._place.channel,
                thread_ts=self._place.thread or None,
                blocks=[context(line)],
                text=neutralised(attachment.name[:NAME_MOST]),
                # So that nobody takes it for a part of the answer.
                metadata={
                    "event_type": EVENT,
                    "event_payload": {"file": attachment.name[:NAME_MOST]},
                },
                unfurl_links=False,
            )
        except (Refused, Unreached, Unsure) as error:
            log.warning("file not named", reason=_reason(error))

    async def _call(self, method: str, **arguments: object) -> dict[str, object]:
        await self._workspace.pace.wait(method, self._place.channel, PATIENCE)
        return await self._workspace.api.call(method, **arguments)


class _TooLarge(Exception):
    """The file is larger than the channel sends."""


def _reason(error: Exception) -> str:
    return error.code if isinstance(error, Refused) else type(error).__name__
