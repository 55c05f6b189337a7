"""Fetching: the files of a message that were left at the platform when it came."""

import asyncio

from msgspec.structs import replace

from gateway.model import Ask, Attachment
from gateway.ports import CanFetch, Channel


async def fetched(channel: Channel, ask: Ask) -> Ask:
    """The question with its files, as far as they can be had. Never raises."""
    if not isinstance(channel, CanFetch):
        return ask
    files = await asyncio.gather(*(_fetched(channel, file) for file in ask.attachments))
    return replace(ask, attachments=tuple(files))


async def _fetched(channel: CanFetch, file: Attachment) -> Attachment:
    return await channel.fetch(file) if file.remote and not file.content else file
