"""Server-sent events are read whole, however the network cuts them."""

from __future__ import annotations

import random

import pytest
from playwright.async_api import Page

pytestmark = pytest.mark.asyncio(loop_scope="session")

PARSE = """chunks => {
  const events = [];
  const parse = cg.eventParser(event => events.push([event.id, event.name, event.data]));
  for (const chunk of chunks) parse(chunk);
  return events;
}"""

TEXT = (
    ": heartbeat\n\n"
    'id: 13-1\nevent: delta\ndata: {"a":1}\n\n'
    "event: bye\ndata: {}\n\n"
    ":\n:two\n\n"
    "data: one\ndata:two\ndata:  three\nid:13-2\n\n"
    "retry: 5\nid: 13-3\nevent: end\ndata: ờ 🙂\n\n\n\n"
    "event: unfinished\ndata: x\n"
)
EVENTS = [
    ["13-1", "delta", '{"a":1}'],
    ["", "bye", "{}"],
    ["13-2", "", "one\ntwo\n three"],
    ["13-3", "end", "ờ 🙂"],
]


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
async def test_any_chunking_gives_the_same_events(lab: Page, ending: str) -> None:
    text = TEXT.replace("\n", ending)
    random.seed(3)
    for _ in range(60):
        cuts = sorted(random.sample(range(1, len(text)), random.randint(0, 40)))
        chunks = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
        assert await lab.evaluate(PARSE, chunks) == EVENTS
    assert await lab.evaluate(PARSE, list(text)) == EVENTS


@pytest.mark.parametrize(
    ("newer", "older"),
    [
        ("13-1000002", "13-1000001"),
        ("14-1", "13-1000001"),
        ("10-1", "9-9"),
        ("100-1", "99-999999"),
        ("2-10", "2-9"),
        ("1-1", ""),
        ("1-1", "0-0"),
        ("12345678901234567891-1", "12345678901234567890-2"),
    ],
)
async def test_order_of_ids(lab: Page, newer: str, older: str) -> None:
    order = "([a, b]) => [cg.isNewer(a, b), cg.isNewer(b, a), cg.isNewer(a, a)]"
    assert await lab.evaluate(order, [newer, older]) == [True, False, False]


async def test_uuids_are_well_formed_without_a_secure_context(lab: Page) -> None:
    made = await lab.evaluate("() => Array.from({length: 200}, cg.uuid)")
    assert len(set(made)) == 200
    pattern = r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
    assert await lab.evaluate(f"made => made.every(id => /{pattern}/.test(id))", made)
