"""The knowledge search: how good it is, and how it does with a hundred thousand chunks.

    .venv/bin/python -m benchmarks.knowledge

Two tables, as Markdown on stdout. The first is about the labelled set beside this file, against a
floor in the same run: how many words of the question a document has, as they are written.
"""

import argparse
import asyncio
import re
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import yaml

from benchmarks.knowledge_load import Load
from gateway.knowledge.chunks import cut
from gateway.knowledge.index import Generation, Writer
from gateway.knowledge.model import Query
from gateway.knowledge.readers import read

SET = Path(__file__).with_name("knowledge_set.yaml")
CHUNKS = 100_000
NAMES = {"en": "English", "vi": "Vietnamese", "plain": "Vietnamese, no diacritics"}
Search = Callable[[str], list[str]]


def indexed(documents: dict[str, str], folder: Path) -> Generation:
    """An index of Markdown documents, by their ids."""
    writer = Writer(folder)
    for id_, text in documents.items():
        document = read("markdown", text.encode())
        writer.add(cut(document, id_, {"document_id": (id_,)}, 1200, 150))
    writer.finish()
    return Generation(folder)


def by_index(generation: Generation) -> Search:
    """The documents of the best chunks, each once."""

    def search(question: str) -> list[str]:
        records = generation.search(Query(question, 10))
        return list(dict.fromkeys(str(record.metadata["document_id"]) for record in records))

    return search


def by_overlap(documents: dict[str, str]) -> Search:
    """The floor: documents with the most words of the question."""
    words = {id_: set(_words(text)) for id_, text in documents.items()}

    def search(question: str) -> list[str]:
        asked = set(_words(question))
        shares = {id_: len(asked & words[id_]) for id_ in words}
        best = sorted(shares, key=lambda id_: -shares[id_])
        return [id_ for id_ in best if shares[id_]][:10]

    return search


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def quality(search: Search, questions: Sequence[Any]) -> tuple[str, str]:
    """recall@3 and the mean reciprocal rank."""
    recall, ranks = 0, 0.0
    for each in questions:
        found = search(each["ask"])
        places = [found.index(id_) for id_ in each["answer"] if id_ in found]
        recall += any(place < 3 for place in places)
        ranks += 1 / (1 + min(places)) if places else 0
    return f"{recall / len(questions):.2f}", f"{ranks / len(questions):.3f}"


def table(rows: Sequence[Sequence[str]]) -> str:
    """Markdown; the first row is the head."""
    lines = [rows[0], tuple("-" * len(cell) for cell in rows[0]), *rows[1:]]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        f"| {' | '.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))} |"
        for line in lines
    )


def judged(folder: Path) -> str:
    """The first table."""
    known = yaml.safe_load(SET.read_text())
    documents, questions = known["documents"], known["questions"]
    count = sum(map(len, questions.values()))
    searches = {
        "search": by_index(indexed(documents, folder)),
        "floor": by_overlap(documents),
    }
    rows = [(f"{len(documents)} documents, {count} questions", "", "recall@3", "MRR")]
    for language, asked in questions.items():
        rows += [
            (NAMES[language], name, *quality(search, asked)) for name, search in searches.items()
        ]
    return table(rows)


def main() -> None:
    """Run it and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chunks", type=int, default=CHUNKS, help="of the second table; 0: none")
    chunks = parser.parse_args().chunks
    with tempfile.TemporaryDirectory() as folder:
        print(judged(Path(folder)))
    if chunks:
        with tempfile.TemporaryDirectory() as folder:
            rows = asyncio.run(Load(chunks, Path(folder)).rows())
            print(f"\n{table(rows)}")


if __name__ == "__main__":
    main()
