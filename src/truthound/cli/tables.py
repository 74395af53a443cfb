"""Columns of text side by side, for listings."""

from __future__ import annotations

from collections.abc import Sequence

from truthound.reporters.layout import Look, Span, cells, fold, pad


def table(rows: Sequence[Sequence[Span]], look: Look, *, indent: int = 0, gap: int = 2) -> list[list[Span]]:
    """Rows of aligned columns. Where the line is too short the widest columns give way, and the last one is folded."""
    if not rows:
        return []
    sizes = [max(cells(row[i][0]) for row in rows) for i in range(len(rows[0]))]
    spare = look.width - indent - gap * (len(sizes) - 1) - sum(sizes)
    while spare < 0 and max(sizes) > 6:
        at = sizes.index(max(sizes))
        cut = min(-spare, max(sizes[at] - 6, 1), max(sizes[at] - sorted(sizes)[-2], 1) if len(sizes) > 1 else -spare)
        sizes[at] -= cut
        spare += cut
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
