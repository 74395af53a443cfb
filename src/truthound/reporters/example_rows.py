"""Example rows of an issue on the terminal: rows that look alike share a line, and no number is truncated."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.text import Text

from truthound._internal.escape import escape_terminal
from truthound.reporters.terminal import Look, line
from truthound.results import CheckOutcome, Example

_NUMBERS = 5  # row numbers on a line
Cells = tuple[tuple[str, str], ...]
"""names of columns with their values, as text"""


def example_rows(outcome: CheckOutcome, keys: Sequence[str], look: Look, *, limit: int, indent: int) -> Iterator[Text]:
    """At most `limit` lines, and how many rows are not shown. `keys` are the table's key columns."""
    grouped: dict[Cells, list[int | None]] = {}
    for example in outcome.examples:
        grouped.setdefault(_cells(example, outcome, keys, look), []).append(example.row)
    shown = [(cells, numbers[:_NUMBERS]) for cells, numbers in list(grouped.items())[:limit]]
    if not shown:
        return
    labels = [_label(numbers) for _, numbers in shown]
    size = max(map(len, labels))
    size += 2 if size else 0
    room = look.width - indent - size
    texts = [line((_fit_cells(cells, room, look), "")) for cells, _ in shown]
    rest = (outcome.failed or 0) - sum(len(numbers) for _, numbers in shown)
    more = f"{look.sign('cut')} {rest:,} more"
    if rest > 0 and texts[-1].cell_len + len(more) + 3 <= room:
        texts[-1].append(f"   {more}", "dim")
    elif rest > 0:
        labels, texts = [*labels, ""], [*texts, Text(more, "dim")]
    for label, text in zip(labels, texts, strict=True):
        yield line((" " * indent, ""), (f"{label:<{size}}", "dim")).append_text(text)


def _cells(example: Example, outcome: CheckOutcome, keys: Sequence[str], look: Look) -> Cells:
    """The key and the checked columns of a row; without a key a column that identifies it; without columns all."""
    columns = list(dict.fromkeys((*keys, *outcome.columns)))
    others = [c for c in example.values if c not in columns]
    if not outcome.columns:
        columns += others
    elif not keys:
        columns = _identifying(others, outcome.examples) + columns
    values = example.values
    return tuple((look.fit_name(escape_terminal(c), 24), look.value(values[c])) for c in columns if c in values)


def _identifying(columns: list[str], examples: Sequence[Example]) -> list[str]:
    """The first column in which each example row differs from the others; without one, the first in which any do."""
    for least in (len(examples), 2):
        for column in columns:
            values = {str(e.values.get(column)) for e in examples if e.values.get(column) is not None}
            if len(values) >= least:
                return [column]
    return []


def _label(numbers: list[int | None]) -> str:
    """`row 8, 2002`; empty if rows have no number."""
    known = [f"{n:,}" if n >= 10_000 else str(n) for n in numbers if n is not None]
    return f"row {', '.join(known)}" if known else ""


def _fit_cells(cells: Cells, room: int, look: Look) -> str:
    """As many whole cells as there is room for: a truncated number is another number."""
    text = ""
    for i, (name, value) in enumerate(cells):
        cell = f"{'  ' if i else ''}{name}={value}"
        mark = f"  {look.sign('cut')}" if i < len(cells) - 1 else ""
        if i and cell_len(text + cell + mark) > room:
            return f"{text}  {look.sign('cut')}"
        if cell_len(cell + mark) > room and not i:
            short = look.fit_name(name, max(room - cell_len(value) - 1 - len(mark), 4))
            cell = look.fit(f"{short}={value}", room - len(mark))
        text += cell
    return text
