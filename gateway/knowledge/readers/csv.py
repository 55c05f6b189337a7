"""Tables (CSV, and the like with another separator): each row is a section of its own."""

import csv
from io import StringIO

from gateway.knowledge.model import Date, Document, Metadata, Section, Value
from gateway.knowledge.readers.text import decoded
from gateway.knowledge.readers.unreadable import Unreadable
from gateway.knowledge.values import FIELDS_MOST, OURS, cell, column, field_name

ROWS_MOST = 200_000
SEPARATORS = ",;\t|"

_SAMPLE = 20_000
Kinds = dict[str, type[str] | type[float] | type[Date]]


def read(data: bytes) -> Document:
    """A section for each row, "column: value" in lines, with its columns as typed metadata.

    The first row names the columns. Raises Unreadable for what is no table.
    """
    text = decoded(data)
    try:
        rows = list(csv.reader(StringIO(text, newline=""), _dialect(text)))
    except csv.Error:
        raise Unreadable("it is no CSV, or a broken one") from None
    if len(rows) > ROWS_MOST:
        raise Unreadable(f"it has more than {ROWS_MOST} rows")
    names = _names(rows[0] if rows else [])
    kinds: Kinds = {
        name: column(row[n] for row in rows[1:] if n < len(row)) for n, name in enumerate(names)
    }
    sections = (_section(dict(zip(names, row, strict=False)), kinds) for row in rows[1:])
    return Document("", tuple(section for section in sections if section.blocks))


def _dialect(text: str) -> type[csv.Dialect]:
    try:
        return csv.Sniffer().sniff(text[:_SAMPLE].rpartition("\n")[0] or text, SEPARATORS)
    except csv.Error:
        return csv.excel


def _names(head: list[str]) -> list[str]:
    """A name for each column, each only once."""
    names: list[str] = []
    for number, written in enumerate(head, 1):
        name = field_name(written) or f"column {number}"
        names.append(f"{name} {number}" if name in names else name)
    return names


def _section(row: dict[str, str], kinds: Kinds) -> Section:
    lines = tuple(f"{name}: {value.strip()}" for name, value in row.items() if value.strip())
    fields: dict[str, Value | None] = {
        name: cell(value, kinds[name])
        for name, value in list(row.items())[:FIELDS_MOST]
        if name not in OURS
    }
    typed: Metadata = {name: (value,) for name, value in fields.items() if value is not None}
    return Section("", lines, typed)
