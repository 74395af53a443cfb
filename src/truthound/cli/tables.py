"""Columns of text side by side, for listings."""

from __future__ import annotations

import re
from collections.abc import Sequence

from truthound.reporters.terminal import Look, Span, cells, fold, pad

_LEAST = 6  # cells that a column keeps; twice as many where rows may take several lines instead
_NUMBER = re.compile(r"[-+]?\d[\d.,e+]*")  # not to be broken in the column that is folded


def table(
    rows: Sequence[Sequence[Span]], look: Look, *, indent: int = 0, gap: int = 2, whole: Sequence[int] = ()
) -> list[list[Span]]:
    """Rows of aligned columns. Where the line is too short the widest columns give way, and the last one is folded.

    The columns `whole` hold numbers, which are never cut: where there is no room for them, a row takes several lines.
    """
    if not rows:
        return []
    sizes = [max(cells(row[i][0]) for row in rows) for i in range(len(rows[0]))]
    least = [_LEAST * 2 if whole else _LEAST] * len(sizes)
    least[-1] = max(
        [least[-1], *(len(n) for row in rows for n in _NUMBER.findall(row[-1][0]) if len(n) < look.width // 2)]
    )
    spare = look.width - indent - gap * (len(sizes) - 1) - sum(sizes)
    while spare < 0:
        at = max((i for i in range(len(sizes)) if i not in whole), key=lambda i: sizes[i] - least[i], default=0)
        if at in whole or sizes[at] <= least[at]:
            return _stacked(rows, look, indent, gap) if whole else _aligned(rows, look, sizes, indent, gap)
        sizes[at] -= 1
        spare += 1
    return _aligned(rows, look, sizes, indent, gap)


def _stacked(rows: Sequence[Sequence[Span]], look: Look, indent: int, gap: int) -> list[list[Span]]:
    """The first cell of a row on a line of its own, the others below it."""
    lines: list[list[Span]] = []
    for first, *others in rows:
        lines.append([(" " * indent, ""), (look.fit_name(first[0], look.width - indent), first[1])])
        told = [[span] for span in others if span[0].strip()]
        lines += look.flow([(" " * (indent + 2), "")], told, " " * gap) if told else []
    return lines


def _aligned(
    rows: Sequence[Sequence[Span]], look: Look, sizes: Sequence[int], indent: int, gap: int
) -> list[list[Span]]:
    lines: list[list[Span]] = []
    for row in rows:
        *first, last = row
        folded = fold(last[0], sizes[-1])
        for i, text in enumerate(folded):
            line: list[Span] = [(" " * indent, "")]
            for (cell, style), size in zip(first, sizes, strict=False):
                line += [(pad("" if i else look.fit_name(cell, size), size), style), (" " * gap, "")]
            lines.append([*line, (text, last[1])])
    return lines
