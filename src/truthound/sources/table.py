"""A table as readers return it, and the checks of column names that they share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import polars as pl

from truthound._internal.text import did_you_mean


class Table(NamedTuple):
    """A table; its unreadable columns (nulls in the frame) with the reasons; notes for users."""

    frame: pl.LazyFrame
    unreadable: Mapping[str, str] = {}
    notes: tuple[str, ...] = ()


def assembled(columns: Mapping[str, pl.Series | str], height: int) -> Table:
    """A table of columns; a text in place of a column is the reason why it cannot be read."""
    nothing = pl.Series(dtype=pl.Null).extend_constant(None, height)
    frame = pl.DataFrame([nothing.alias(n) if isinstance(c, str) else c for n, c in columns.items()])
    return Table(frame.lazy(), {n: c for n, c in columns.items() if isinstance(c, str)})


def all_different(names: Iterable[str]) -> None:
    """Raises ValueError if two columns have the same name."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(f'column "{name}" is there twice; rename one')
        seen.add(name)


def unknown_columns(wanted: Iterable[str], known: Iterable[str]) -> list[str]:
    """A message for each name that is not a column."""
    known = list(known)
    return [f'no column is called "{c}"{did_you_mean(c, known)}' for c in wanted if c not in known]
