"""What is erased is gone: from every key, and from the server's file."""

import asyncio
from pathlib import Path

import pytest
from contracts.operator import OnACluster, OnOneServer, OperatorContract
from contracts.store import item
from msgspec.structs import replace
from support.adapters import inbound, origin
from support.lanes import bury, taken

from gateway.config import RedisConfig
from gateway.ports import FileGone
from gateway.store import keys
from gateway.store.aliases import Aliases, Place
from gateway.store.blobs import OVERHEAD, Blobs
from gateway.store.connection import Connection, connect
from gateway.store.embedded import Embedded
from gateway.store.erasure import Erasure, RewriteFailed
from gateway.store.holdings import Holdings
from gateway.store.inbox import Inbox
from gateway.store.leases import Fenced


async def everything(connection: Connection) -> str:
    """Every key of the store, and what is in it."""
    text = []
    async for key in connection.client.scan_iter():
        text.append(key + b" " + (await connection.execute("DUMP", key) or b""))
    return b"\n".join(text).decode("latin-1")


async def erase(connection: Connection, lane: str) -> None:
    [holding] = await Holdings(connection).read([lane])
    await Erasure(connection).erase(holding)


class ErasureContract(OperatorContract):
    async def test_nothing_is_left_of_a_lane_and_all_of_its_neighbour(
        self, connection: Connection, inbox: Inbox
    ) -> None:
        aliases = Aliases(connection, 1)
        for lane in ("site:zoe", "site:bob"):
            await bury(inbox, connection, lane, inbound(f"dead {lane}"))
            await inbox.admit(lane, item(inbound(f"said {lane}")), said={"text": lane})
            await aliases.name("vendor:app", (lane,), Place(lane, origin(), "user"))
        await erase(connection, "site:zoe")
        left = await everything(connection)
        assert "zoe" not in left
        [bob] = await Holdings(connection).read(["site:bob"])
        assert len(bob.waiting) == len(bob.transcript) == len(bob.dead_letters) == 1
        assert await aliases.find("vendor:app", "site:bob")
        lease, _ = await taken(inbox, connection)
        assert lease.lane == "site:bob"

    async def test_whoever_works_on_it_is_fenced(
        self, connection: Connection, inbox: Inbox
    ) -> None:
        await inbox.admit("site:zoe", item(inbound("x")))
        lease, work = await taken(inbox, connection)
        await erase(connection, "site:zoe")
        with pytest.raises(Fenced):
            await inbox.seal(lease, work.items)
        with pytest.raises(Fenced):
            await inbox.note(lease, 1, "part", "x")
        assert await inbox.leases.renew([lease]) == [lease]
        assert "zoe" not in await everything(connection)

    async def test_a_parked_lane_is_not_woken_again(
        self, connection: Connection, inbox: Inbox
    ) -> None:
        await inbox.admit("site:zoe", item(inbound("x")))
        lease, _ = await taken(inbox, connection)
        await inbox.leases.release(lease, 0.001)
        await erase(connection, "site:zoe")
        await inbox.leases.wake_due()
        assert "zoe" not in await everything(connection)

    async def test_a_lane_that_was_erased_begins_anew(
        self, connection: Connection, inbox: Inbox
    ) -> None:
        message = inbound("x")
        await inbox.admit("site:zoe", item(message))
        await erase(connection, "site:zoe")
        admission = await inbox.admit("site:zoe", item(message))
        assert (admission.status, admission.turn) == ("accepted", "1")
        lease, _ = await taken(inbox, connection)
        assert lease.lane == "site:zoe"

    async def test_files_give_their_room_back(self, connection: Connection, inbox: Inbox) -> None:
        blobs = Blobs(connection, most_bytes_each=100, most_bytes_all=10**6, days=1)
        file, other = [await blobs.keep("f", "text/plain", b"x" * n) for n in (10, 20)]
        await inbox.admit("site:zoe", item(replace(inbound("x"), attachments=(file,))))
        await erase(connection, "site:zoe")
        await erase(connection, "site:zoe")
        with pytest.raises(FileGone):
            await blobs.read(file)
        assert await blobs.read(other) == b"x" * 20
        assert int(await connection.execute("GET", keys.BLOBS_TOTAL)) == 20 + OVERHEAD
        assert await connection.execute("ZCARD", keys.BLOBS_HELD) == 1

    async def test_more_keys_than_one_step_takes(
        self, connection: Connection, inbox: Inbox
    ) -> None:
        names = [keys.seen("site:zoe", f"m{number}") for number in range(600)]
        await asyncio.gather(*(connection.send("SET", name, 1) for name in names))
        await inbox.admit("site:zoe", item(inbound("x")))
        await erase(connection, "site:zoe")
        assert "zoe" not in await everything(connection)


class TestErasure(OnOneServer, ErasureContract):
    """The contract, on one server."""


class TestErasureOnACluster(OnACluster, ErasureContract):
    """The contract, on a cluster of three."""


async def test_what_was_removed_leaves_the_file_too(folder: Path) -> None:
    server = Embedded(folder / "data")
    await server.start()
    connection = Connection(connect(RedisConfig(url=server.url)))
    try:
        await connection.execute("SET", "k", "a secret of theirs")
        await connection.execute("DEL", "k")
        await Erasure(connection).rewrite()
        await Erasure(connection).rewrite()
    finally:
        await connection.close()
        await server.stop()
    files = [path for path in (folder / "data").rglob("*") if path.is_file()]
    assert any("aof" in path.name for path in files)
    assert not [path for path in files if b"a secret of theirs" in path.read_bytes()]


async def test_a_file_that_cannot_be_written_is_said_to_be_as_it_was(folder: Path) -> None:
    server = Embedded(folder / "data")
    await server.start()
    connection = Connection(connect(RedisConfig(url=server.url)))
    files = folder / "data" / "appendonlydir"
    try:
        files.rename(folder / "away")
        files.write_text("")
        with pytest.raises(RewriteFailed):
            await Erasure(connection).rewrite()
    finally:
        files.unlink()
        (folder / "away").rename(files)
        await connection.close()
        await server.stop()
