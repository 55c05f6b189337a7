"""What there is of a lane, read back."""

import json
from typing import Any

import pytest
from contracts.operator import OnACluster, OnOneServer, OperatorContract
from contracts.store import item
from msgspec.structs import replace
from support.adapters import inbound
from support.lanes import bury, taken

from gateway.model import Attachment, Conversation
from gateway.store import keys
from gateway.store.blobs import Blobs
from gateway.store.connection import Connection
from gateway.store.holdings import Holdings, files_named
from gateway.store.inbox import Inbox

ID = "abcdefghijklmnopqrstuv"


def describe(file: Attachment) -> dict[str, Any]:
    id_ = file.content.removeprefix("blob:")
    return {"name": file.name, "media_type": file.media_type, "url": f"/files/{id_}/{file.name}"}


class HoldingsContract(OperatorContract):
    async def test_a_lane_nobody_wrote_in_is_empty(self, connection: Connection) -> None:
        [holding] = await Holdings(connection).read(["site:a"])
        assert holding.empty
        assert await Holdings(connection).read([]) == []

    async def test_all_of_a_lane(self, connection: Connection, inbox: Inbox) -> None:
        blobs = Blobs(connection, most_bytes_each=100, most_bytes_all=10**6, days=1)
        files = [await blobs.keep(f"f{n}.txt", "text/plain", b"x") for n in range(5)]
        await bury(
            inbox, connection, "site:a", replace(inbound("dead"), attachments=(files[0],)), "poison"
        )
        await bury(inbox, connection, "site:b", inbound("somebody else's"))
        message = replace(inbound("waits"), attachments=(files[1],))
        await inbox.admit(
            "site:a", item(message), said={"text": "waits", "files": [describe(files[2])]}
        )
        lease, work = await taken(inbox, connection)
        await inbox.save(lease, "vendor:app", Conversation("c-1"))
        await inbox.note(lease, work.number, "answer", json.dumps([describe(files[3])]).encode())
        await connection.execute(
            "XADD", keys.log("site:a"), "2-1", "e", json.dumps([[1, "file", describe(files[4])]])
        )
        [holding] = await Holdings(connection).read(["site:a"])
        assert holding.conversations == {"vendor:app": Conversation("c-1")}
        assert [json.loads(each)["inbound"]["text"] for each in holding.waiting] == ["waits"]
        assert [json.loads(each)["text"] for each in holding.transcript] == ["waits"]
        assert [letter.reason for letter in holding.dead_letters] == ["poison"]
        assert sorted(holding.files, key=lambda file: file.name) == files
        assert keys.inbox("site:a") in holding.keys
        assert not holding.empty


class TestHoldings(OnOneServer, HoldingsContract):
    """The contract, on one server."""


class TestHoldingsOnACluster(OnACluster, HoldingsContract):
    """The contract, on a cluster of three."""


@pytest.mark.parametrize(
    ("value", "named"),
    [
        ({"media_type": "text/plain", "content": f"blob:{ID}"}, [ID]),
        ({"a": [{"media_type": "", "url": f"https://gw.example/files/{ID}/a%20b.txt"}]}, [ID]),
        ({"media_type": "text/plain", "content": ""}, []),
        ({"media_type": "text/plain", "url": "https://elsewhere.example/x.txt"}, []),
        ({"media_type": "text/plain", "content": f"blob:{ID}x"}, []),
        ({"media_type": "text/plain", "content": 7, "url": None}, []),
        ({"text": f"blob:{ID}", "content": f"blob:{ID}", "url": f"/files/{ID}/x"}, []),
        (f"blob:{ID}", []),
    ],
)
def test_only_what_describes_a_file_names_one(value: Any, named: list[str]) -> None:
    assert list(files_named(json.dumps(value).encode())) == named


@pytest.mark.parametrize("text", [b"", b"\xff", b"{", f"blob:{ID}".encode()])
def test_what_is_no_json_names_no_file(text: bytes) -> None:
    assert list(files_named(text)) == []
