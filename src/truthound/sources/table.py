"""A table that has been read, with the columns that could not be; and what every reader checks of column names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import polars as pl

from truthound._internal.text import did_you_mean


class Table(NamedTuple):
    """A table; the columns that cannot be read with their reasons, nulls stand in their place; and what users should know of it."""

    frame: pl.LazyFrame
    unreadable: Mapping[str, str] = {}
    notes: tuple[str, ...] = ()


def assembled(columns: Mapping[str, pl.Series | str], height: int) -> Table:
    """A table of columns, some of which may be reasons why they cannot be read."""
    nothing = pl.Series(dtype=pl.Null).extend_constant(None, height)
    frame = pl.DataFrame([nothing.alias(n) if isinstance(c, str) else c for n, c in columns.items()])
    return Table(frame.lazy(), {n: c for n, c in columns.items() if isinstance(c, str)})


def all_different(names: Iterable[str]) -> None:
    """Raises ValueError where two columns have one name."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(f'column "{name}" is there twice; rename one')
        seen.add(name)


def unknown_columns(wanted: Iterable[str], known: Iterable[str]) -> list[str]:
    """A sentence for each name that no column has."""
    known = list(known)
    return [f'no column is called "{c}"{did_you_mean(c, known)}' for c in wanted if c not in known]
