"""What channels keep in the gateway: files, and small values for all replicas."""

from gateway.files import Files
from gateway.model import Attachment
from gateway.ports import Channel
from gateway.store.keys import owner_of_channel
from gateway.store.memory import Memory


class Keeping:
    """The part of GatewayForChannels that keeps things."""

    def __init__(self, files: Files, memory: Memory) -> None:
        self._files = files
        self._memory = memory

    async def keep(self, name: str, media_type: str, data: bytes) -> Attachment:
        """Keep a file. Raises FileRefused and StoreUnavailable."""
        return await self._files.keep(name, media_type, data)

    async def find_file(self, path: str) -> Attachment | None:
        """A kept file by its path. Raises StoreUnavailable."""
        return await self._files.find(path)

    async def read(self, attachment: Attachment) -> bytes:
        """All of a file. Raises FileGone and StoreUnavailable."""
        return await self._files.read(attachment)

    def file_path(self, attachment: Attachment) -> str:
        """Where the gateway serves a kept file."""
        return self._files.path(attachment)

    async def remember(self, channel: Channel, key: str, value: bytes, seconds: int) -> None:
        """Keep a small value for a channel. Raises StoreUnavailable."""
        await self._memory.keep(owner_of_channel(channel.name), key, value, seconds)

    async def recall(self, channel: Channel, key: str) -> bytes | None:
        """A value that was remembered. Raises StoreUnavailable."""
        return await self._memory.find(owner_of_channel(channel.name), key)

    async def claim(self, channel: Channel, key: str, value: bytes, seconds: int) -> bool:
        """Remember a value unless there is one. Raises StoreUnavailable."""
        return await self._memory.claim(owner_of_channel(channel.name), key, value, seconds)

    async def extend(self, channel: Channel, key: str, value: bytes, seconds: int) -> bool:
        """Remember a value for longer, while it is still this one. Raises StoreUnavailable."""
        return await self._memory.extend(owner_of_channel(channel.name), key, value, seconds)

    async def drop(self, channel: Channel, key: str) -> bool:
        """Forget a value. Raises StoreUnavailable."""
        return await self._memory.drop(owner_of_channel(channel.name), key)
