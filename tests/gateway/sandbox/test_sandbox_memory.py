"""What the sandbox remembers, and for how long."""

import pytest

from gateway.sandbox import memory as memory_module
from gateway.sandbox.memory import Memory


@pytest.fixture
def path(tmp_path):
    return tmp_path / "memory.jsonl"


@pytest.fixture
def remembered(path):
    """What a new process finds."""

    def find(conversation):
        memory = Memory(path)
        memory.close()
        return memory.find(conversation, "u1")

    return find


def test_it_outlives_the_process(path, remembered):
    memory = Memory(path)
    turn = memory.ask("", "u1", "My name is Sarah", {"a": 1})
    home = memory.home(turn).id
    memory.answer(turn, "Hello")
    memory.answer(memory.ask(home, "u1", "again", {}), "", "broken")
    memory.ask(home, "u1", "never answered", {})
    memory.close()

    found = remembered(home)
    assert [(turn.query, turn.answer, turn.error) for turn in found.turns] == [
        ("My name is Sarah", "Hello", None),
        ("again", "", "broken"),
        ("never answered", "", None),
    ]
    assert found.turns[0].inputs == {"a": 1}


def test_what_a_killed_process_left_unfinished_does_no_harm(path, remembered):
    memory = Memory(path)
    home = memory.home(memory.ask("", "u1", "hi", {})).id
    memory.close()
    path.write_bytes(path.read_bytes() + b'{"type":"asked","conv')

    again = Memory(path)
    again.ask(home, "u1", "still there?", {})
    again.close()
    assert [turn.query for turn in remembered(home).turns] == ["hi", "still there?"]


def test_a_conversation_belongs_to_its_user():
    memory = Memory()
    turn = memory.ask("", "u1", "hi", {})
    assert memory.find(memory.home(turn).id, "u2") is None
    assert memory.turn(turn.id, "u2") is None
    assert memory.turn(turn.id, "u1") is turn


def test_it_is_bounded(path, monkeypatch):
    monkeypatch.setattr(memory_module, "MOST_CONVERSATIONS", 2)
    monkeypatch.setattr(memory_module, "MOST_TURNS", 3)
    memory = Memory(path)
    first, second = (memory.ask("", "u1", f"c{n}", {}) for n in range(2))
    kept, dropped = memory.home(first).id, memory.home(second).id
    for n in range(4):
        memory.ask(kept, "u1", f"t{n}", {})
    memory.ask("", "u1", "c2", {})
    memory.answer(second, "too late")
    assert memory.find(dropped, "u1") is None
    assert memory.turn(second.id, "u1") is None
    assert [turn.query for turn in memory.find(kept, "u1").turns] == ["t1", "t2", "t3"]
    assert [each.turns[-1].query for each in memory.of("u1")] == ["c2", "t3"]
    memory.close()

    assert len(path.read_bytes().splitlines()) == 8
    Memory(path).close()
    assert len(path.read_bytes().splitlines()) == 4


def test_names_variables_and_what_is_deleted_outlive_the_process(path, remembered):
    memory = Memory(path)
    kept, gone = (memory.home(memory.ask("", "u1", said, {})) for said in ("kept", "gone"))
    memory.change(kept, name="A name")
    memory.change(kept, variables={"lang": "vi"})
    memory.delete(gone)
    memory.close()
    Memory(path).close()

    found = remembered(kept.id)
    assert (found.name, found.variables) == ("A name", {"lang": "vi"})
    assert remembered(gone.id) is None


def test_a_turn_is_dropped_and_with_the_last_its_conversation(path, remembered):
    memory = Memory(path)
    first = memory.ask("", "u1", "one", {})
    home = memory.home(first).id
    second = memory.ask(home, "u1", "two", {})
    memory.answer(second, "2", extras={"files": ["a"]})
    memory.drop(first)
    memory.drop(first)
    (kept,) = remembered(home).turns
    assert (kept.query, kept.extras) == ("two", {"files": ["a"]})
    again = Memory(path)
    again.drop(again.turn(second.id, "u1"))
    assert again.of("u1") == []
    again.close()
    memory.close()
    assert remembered(home) is None
