"""Files in the store: whole or not at all, and within the room there is."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from support.servers import eventually

from gateway.config import RedisConfig
from gateway.model import Attachment
from gateway.ports import FileGone, FileRefused, StoreUnavailable
from gateway.store import keys
from gateway.store.blobs import CHUNK, OVERHEAD, Blobs
from gateway.store.connection import Connection, connect

MB = 1024 * 1024
Make = Callable[..., Blobs]


def some(size: int) -> bytes:
    return bytes(n % 251 for n in range(size))


class BlobsContract:
    """What holds whatever server is behind it. A subclass provides ``redis``."""

    @pytest.fixture
    async def connection(self, redis: RedisConfig) -> AsyncIterator[Connection]:
        connection = Connection(connect(redis))
        await connection.open()
        yield connection
        await connection.close()

    @pytest.fixture
    def make(self, connection: Connection) -> Make:
        def blobs(each: int = 2 * MB, together: int = 8 * MB, days: int = 1) -> Blobs:
            return Blobs(connection, most_bytes_each=each, most_bytes_all=together, days=days)

        return blobs

    @pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 7])
    async def test_a_file_is_read_as_it_was_kept(self, make: Make, size: int) -> None:
        blobs = make()
        kept = await blobs.keep("a b.pdf", "application/pdf", some(size))
        assert (kept.name, kept.media_type, kept.size) == ("a b.pdf", "application/pdf", size)
        assert await blobs.read(kept) == some(size)
        assert await blobs.find(kept.content.removeprefix("blob:")) == kept

    @pytest.mark.parametrize(
        ("first", "end"),
        [(0, 1), (CHUNK - 1, CHUNK + 1), (CHUNK, 2 * CHUNK), (5, 5), (9, 3 * CHUNK)],
    )
    async def test_any_part_can_be_read(self, make: Make, first: int, end: int) -> None:
        blobs = make()
        data = some(3 * CHUNK)
        kept = await blobs.keep("f", "video/mp4", data)
        assert b"".join([part async for part in blobs.stream(kept, first, end)]) == data[first:end]

    async def test_every_file_has_an_id_of_its_own(self, make: Make) -> None:
        blobs = make()
        kept = [await blobs.keep("f", "text/plain", b"same") for _ in range(10)]
        ids = {file.content.removeprefix("blob:") for file in kept}
        assert len(ids) == 10
        assert set(map(len, ids)) == {22}

    @pytest.mark.parametrize(
        "unknown", ["", "x", "a" * 22, "../../meta" + "a" * 12, "a" * 23, "é" * 22]
    )
    async def test_what_was_never_kept_is_gone(self, make: Make, unknown: str) -> None:
        assert await make().find(unknown) is None
        with pytest.raises(FileGone):
            await make().read(Attachment("f", "text/plain", f"blob:{unknown}", 1))

    async def test_a_file_that_is_too_large_is_refused(self, make: Make) -> None:
        blobs = make(each=10)
        assert await blobs.keep("f", "text/plain", b"x" * 10)
        with pytest.raises(FileRefused) as refused:
            await blobs.keep("f", "text/plain", b"x" * 11)
        assert refused.value.code == "too_large"

    async def test_all_together_have_a_bound_however_many_come_at_once(self, make: Make) -> None:
        size, room = 10_000, 7
        replicas = [make(together=room * (size + OVERHEAD)) for _ in range(3)]
        keeping = (replicas[n % 3].keep("f", "text/plain", some(size)) for n in range(40))
        results = await asyncio.gather(*keeping, return_exceptions=True)
        refused = [result for result in results if isinstance(result, FileRefused)]
        assert len(results) - len(refused) == room
        assert {refusal.code for refusal in refused} == {"no_room"}

    async def test_empty_files_take_room_too(self, make: Make) -> None:
        blobs = make(together=3 * OVERHEAD)
        for _ in range(3):
            await blobs.keep("f", "text/plain", b"")
        with pytest.raises(FileRefused):
            await blobs.keep("f", "text/plain", b"")

    async def test_a_file_that_is_over_gives_its_room_back(
        self, make: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(keys, "DAY", 1)
        blobs = make(together=1000 + OVERHEAD)
        kept = await blobs.keep("f", "text/plain", some(1000))
        with pytest.raises(FileRefused):
            await blobs.keep("g", "text/plain", some(1000))

        async def kept_again() -> bool:
            try:
                return bool(await blobs.keep("g", "text/plain", some(1000)))
            except FileRefused:
                return False

        await eventually(kept_again)
        with pytest.raises(FileGone):
            await blobs.read(kept)

    async def test_many_that_are_over_make_room_for_one(
        self, make: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        now = 1000.0
        monkeypatch.setattr("gateway.store.blobs.time.time", lambda: now)
        blobs = make(together=350 * OVERHEAD)
        for _ in range(7):
            await asyncio.gather(*(blobs.keep("f", "text/plain", b"") for _ in range(50)))
        now += keys.DAY + 1
        assert await blobs.keep("f", "text/plain", some(340 * OVERHEAD))

    async def test_a_file_that_is_half_written_cannot_be_read_and_does_not_stay(
        self, make: Make, connection: Connection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("gateway.store.blobs.token_urlsafe", lambda _: "x" * 22)
        monkeypatch.setattr(keys, "UNFINISHED_TTL", 2)
        size = 32 * CHUNK
        blobs = make(each=size, together=size + OVERHEAD)
        key, client = keys.blob("x" * 22), connection.client
        writing = asyncio.create_task(blobs.keep("f", "text/plain", some(size)))
        while not await connection.execute("HLEN", key):
            assert not writing.done()
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        assert 0 < await client.hlen(key) < 32
        assert 0 < await client.ttl(key) <= 2
        assert await blobs.find("x" * 22) is None

        async def room_again() -> bool:
            try:
                return bool(await blobs.keep("g", "text/plain", some(size)))
            except FileRefused:
                return False

        await eventually(room_again)

    async def test_a_file_that_lost_a_part_is_gone(
        self, make: Make, connection: Connection
    ) -> None:
        blobs = make()
        kept = await blobs.keep("f", "text/plain", some(3 * CHUNK))
        await connection.client.hdel(keys.blob(kept.content.removeprefix("blob:")), "1")
        with pytest.raises(FileGone):
            await blobs.read(kept)

    async def test_nothing_stays_for_ever(self, make: Make, connection: Connection) -> None:
        blobs = make(days=3)
        kept = await blobs.keep("f", "text/plain", some(2 * CHUNK))
        key, client = keys.blob(kept.content.removeprefix("blob:")), connection.client
        for name in (key, keys.BLOBS_HELD, keys.BLOBS_TOTAL):
            assert 3 * keys.DAY - 10 < await client.ttl(name) <= 3 * keys.DAY + 1
        later = await client.ttl(key)
        await blobs.read(kept)
        assert await client.ttl(key) <= later

    async def test_shorter_days_do_not_forget_the_room_of_older_files(
        self, make: Make, connection: Connection
    ) -> None:
        await make(days=9).keep("f", "text/plain", b"x")
        await make(days=1).keep("g", "text/plain", b"x")
        for name in (keys.BLOBS_HELD, keys.BLOBS_TOTAL):
            assert await connection.client.ttl(name) > 8 * keys.DAY


class TestBlobs(BlobsContract):
    """The contract, on one server."""

    @pytest.fixture
    def redis(self, redis_url: str) -> RedisConfig:
        return RedisConfig(url=redis_url)


class TestBlobsOnACluster(BlobsContract):
    """The contract, on a cluster of three."""

    @pytest.fixture
    async def redis(self, cluster_url: str) -> RedisConfig:
        config = RedisConfig(url=cluster_url, cluster=True)
        connection = Connection(connect(config))
        await connection.client.flushall()
        await connection.close()
        return config


async def test_without_a_server_nothing_is_kept() -> None:
    connection = Connection(connect(RedisConfig(url="redis://127.0.0.1:1/0")))
    blobs = Blobs(connection, most_bytes_each=10, most_bytes_all=10**6, days=1)
    with pytest.raises(StoreUnavailable):
        await blobs.keep("f", "text/plain", b"x")
    with pytest.raises(StoreUnavailable):
        await blobs.find("a" * 22)
    await connection.close()
