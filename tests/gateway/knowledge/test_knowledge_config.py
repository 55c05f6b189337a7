"""The section of a knowledge: its defaults, and every mistake in it with what to write."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.servers import loaded, web_config

from gateway.config import Config, ConfigError, KnowledgeConfig, Problem
from gateway.telemetry import Redaction

KEY, OTHER = "a-key-of-16-chars", "another-key-of-16"
Load = Callable[..., Config]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    (tmp_path / "handbook").mkdir()
    (tmp_path / "handbook" / "a.md").write_text("# A\n")

    def load(**sections: Any) -> Config:
        config = web_config("http://127.0.0.1:1/v1", knowledge=sections)
        return loaded(tmp_path, config)

    return load


def problem(load: Load, **sections: Any) -> Problem:
    with pytest.raises(ConfigError) as caught:
        load(**sections)
    (problem,) = caught.value.problems
    assert KEY not in str(problem)
    return problem


def docs(**keys: Any) -> dict[str, Any]:
    return {"paths": ["handbook"], "api_keys": [KEY]} | keys


def test_without_the_section_there_is_no_knowledge(tmp_path: Path) -> None:
    assert loaded(tmp_path, web_config("http://127.0.0.1:1/v1")).knowledge == {}


def test_the_least_section_has_every_default(load: Load, tmp_path: Path) -> None:
    knowledge = load(docs=docs()).knowledge["docs"]
    assert (knowledge.id, knowledge.paths) == ("docs", (str(tmp_path / "handbook"),))
    assert (knowledge.include, knowledge.exclude) == ((), ())
    assert (knowledge.chunk_chars, knowledge.overlap_chars) == (1200, 150)
    assert (knowledge.refresh_seconds, knowledge.max_file_mb) == (30, 50)
    assert knowledge.requests_per_minute == 600
    assert [key.get_secret_value() for key in knowledge.api_keys] == [KEY]


def test_paths_are_files_folders_patterns_and_addresses(load: Load, tmp_path: Path) -> None:
    written = [
        *("handbook/a.md", "handbook/../handbook", str(tmp_path / "handbook"), "handbook/**/*.md"),
        "https://www.example.com/a?b=c",
    ]
    paths = load(docs=docs(paths=written)).knowledge["docs"].paths
    assert paths == (
        str(tmp_path / "handbook" / "a.md"),
        str(tmp_path / "handbook"),
        str(tmp_path / "handbook"),
        str(tmp_path / "handbook" / "**" / "*.md"),
        "https://www.example.com/a?b=c",
    )


def test_one_may_be_written_without_a_list(load: Load) -> None:
    knowledge = load(docs=docs(paths="handbook", include="*.md", exclude="b.md")).knowledge["docs"]
    assert len(knowledge.paths) == 1
    assert (knowledge.include, knowledge.exclude) == (("*.md",), ("b.md",))


def test_the_name_is_the_id_unless_another_is_given(load: Load) -> None:
    knowledge = load(a=docs(id=None), b=docs(id="kb 7/ü")).knowledge
    assert [knowledge[name].id for name in "ab"] == ["a", "kb 7/ü"]


def test_keys_may_stand_in_a_file_one_in_a_line(load: Load, tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(f"{KEY}\n{OTHER}\n")
    section = docs(api_keys_file="keys")
    del section["api_keys"]
    config = load(docs=section)
    keys = [key.get_secret_value() for key in config.knowledge["docs"].api_keys]
    assert keys == [KEY, OTHER]
    assert set(config.secrets()) >= {KEY, OTHER}


def test_keys_are_kept_out_of_logs_and_representations(load: Load) -> None:
    config = load(docs=docs(api_keys=[KEY, OTHER]))
    assert KEY not in repr(config)
    line = Redaction(config.secrets())(None, "", {"event": f"x {KEY} y {OTHER}"})
    assert line["event"] == "x (hidden) y (hidden)"


@pytest.mark.parametrize(
    ("keys", "place", "words"),
    [
        ({"paths": None}, "paths", "Write paths; it is required."),
        ({"paths": []}, "paths", "must not be empty"),
        ({"paths": ["nowhere"]}, "paths[0]", "There is nothing at "),
        ({"paths": ["handbook", ""]}, "paths[1]", "There is nothing at "),
        ({"paths": ["nowhere/*.md"]}, "paths[0]", "There is nothing at "),
        ({"paths": [7]}, "paths[0]", "Write text"),
        ({"paths": ["http://www.example.com/"]}, "paths[0]", "such as https://"),
        ({"paths": ["https://u:p@www.example.com/"]}, "paths[0]", "such as https://"),
        ({"paths": ["https://["]}, "paths[0]", "such as https://"),
        ({"paths": ["file:///etc/passwd"]}, "paths[0]", "such as https://"),
        ({"api_keys": None}, "api_keys", "Write api_keys, or api_keys_file"),
        ({"api_keys": []}, "api_keys", "must not be empty"),
        ({"api_keys": KEY}, "api_keys", "Write a list"),
        ({"api_keys": [KEY, KEY[:15]]}, "api_keys[1]", "at least 16 characters"),
        ({"api_keys": ["two words, no key"]}, "api_keys[0]", "without spaces"),
        ({"api_keys_file": "keys"}, "api_keys_file", "Keep one of"),
        ({"api_keys": None, "api_keys_file": "gone"}, "api_keys_file", "Put the secret into"),
        ({"id": ""}, "id", "without spaces around"),
        ({"id": " a"}, "id", "without spaces around"),
        ({"include": [""]}, "include[0]", "at least 1 characters"),
        ({"chunk_chars": 100}, "chunk_chars", "200 or more"),
        ({"overlap_chars": 700}, "", "half of chunk_chars"),
        ({"refresh_seconds": 0}, "refresh_seconds", "1 or more"),
        ({"requests_per_minute": -1}, "requests_per_minute", "0 or more"),
        ({"max_file_mb": "x"}, "max_file_mb", "whole number"),
        ({"chunks": 3}, "chunks", "Did you mean chunk_chars?"),
    ],
    ids=str,
)
def test_a_mistake_is_named_with_what_to_write(
    load: Load, keys: dict[str, Any], place: str, words: str
) -> None:
    found = problem(load, docs=docs(**keys))
    assert found.path == ".".join(filter(None, ("knowledge.docs", place)))
    assert words in found.fix


def test_an_id_is_of_one_knowledge_only(load: Load) -> None:
    found = problem(load, a=docs(id="kb"), b=docs(id="kb"))
    assert (found.path, found.found) == ("knowledge.b.id", '"kb", as in a')
    assert "an id of its own" in found.fix


def test_what_is_no_section_is_told_so(load: Load) -> None:
    assert problem(load, docs=3).path == "knowledge.docs"


def test_the_example_names_every_key() -> None:
    example = (Path(__file__).parents[3] / "config.example.yaml").read_text("utf-8")
    section = example[example.index("# knowledge:") : example.index("\nlimits:")]
    for name, field in KnowledgeConfig.model_fields.items():
        assert f"#     {name}: " in section
        if isinstance(field.default, int):
            assert f"#     {name}: {field.default} " in section
