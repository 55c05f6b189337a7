"""Numbers as a Markdown table."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles

HEAD = ("measured", "goal", "floor p50", "p99", "gateway p50", "p99", "p50 ÷ floor")


@dataclass(frozen=True)
class Row:
    """One measurement: samples, or single numbers, of the floor and of the gateway."""

    name: str
    floor: Sequence[float]
    gateway: Sequence[float]
    goal: str = ""

    def cells(self) -> tuple[str, ...]:
        """The row as text."""
        ratio = ""
        if self.floor and self.gateway and median(self.floor) > 0:
            ratio = f"{median(self.gateway) / median(self.floor):.1f} ×"
        return (self.name, self.goal, *_pair(self.floor), *_pair(self.gateway), ratio)


def render(rows: Sequence[Row]) -> str:
    """The table, with its columns aligned."""
    return aligned(HEAD, [row.cells() for row in rows])


def aligned(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Cells as a table with aligned columns: the first to the left, the others to the right."""
    lines = [head, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, ("-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])))
    return "\n".join(_line(line, widths) for line in lines)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first = cells[0].ljust(widths[0])
    rest = (cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True))
    return f"| {' | '.join((first, *rest))} |"


def _pair(values: Sequence[float]) -> tuple[str, str]:
    if not values:
        return "", ""
    if len(values) == 1:
        return _short(values[0]), ""
    return _short(median(values)), _short(quantiles(values, n=100, method="inclusive")[98])


def _short(value: float) -> str:
    return (
        f"{value:.0f}"
        if abs(value) >= 100
        else f"{value:.1f}"
        if abs(value) >= 10
        else f"{value:.2f}"
    )
