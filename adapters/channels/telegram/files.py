"""Files that people send: they stay at Telegram until the message they came with is answered."""

import asyncio

import structlog
from msgspec.structs import replace

from adapters.channels.telegram.api import Api
from adapters.channels.telegram.config import MB, Config
from adapters.channels.telegram.errors import Limited, Refused, Unreached, Unsure
from gateway.model import Attachment
from gateway.ports import FileRefused, GatewayForChannels, StoreUnavailable

TRIES = 3
PAUSE = 0.5
"""Seconds before a file is asked for again; doubled each time."""
LONGEST_PAUSE = 10.0

log = structlog.get_logger(__name__)


class Files:
    """Brings files from Telegram to the gateway."""

    def __init__(self, config: Config, gateway: GatewayForChannels, api: Api) -> None:
        self._gateway = gateway
        self._api = api
        self._most = config.max_file_mb * MB

    async def fetch(self, attachment: Attachment) -> Attachment:
        """The file with its content, or without any when it cannot be had. Never raises.

        Asks three times; each lasts as long as a download may, a minute.
        """
        nothing = replace(attachment, remote="", content="")
        try:
            return await self._fetch(attachment)
        except Refused as refused:
            log.info("a file could not be had", reason=refused.code)
        except FileRefused as refused:
            log.info("a file could not be had", reason=refused.code)
            return replace(nothing, limit_mb=refused.limit // MB)
        except (Unsure, Unreached, StoreUnavailable) as error:
            log.warning("a file could not be had", reason=type(error).__name__)
        except Exception as error:
            # Not its text: it may be the address of the file, and the token is a part of that.
            log.error("a file could not be had", error=type(error).__name__)
        return nothing

    async def _fetch(self, attachment: Attachment) -> Attachment:
        data = await self._data(attachment.remote)
        return await self._gateway.keep(attachment.name, attachment.media_type, data)

    async def _data(self, file_id: str) -> bytes:
        pause = PAUSE
        for _ in range(TRIES - 1):
            try:
                return await self._api.download(file_id, self._most)
            except Limited as limited:
                await asyncio.sleep(min(limited.retry_after, LONGEST_PAUSE))
            except (Unsure, Unreached):
                await asyncio.sleep(pause)
            pause *= 2
        return await self._api.download(file_id, self._most)
