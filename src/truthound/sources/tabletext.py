"""Rows of a database driver as text in a file, and the file as a table of the database's own types."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import IO, Any, Self

import polars as pl

from truthound.errors import SourceError
from truthound.sources.temporary import scratch, settled

Cast = Callable[[pl.Expr], pl.Expr]


def _to(dtype: pl.DataType) -> Cast:
    return lambda c: c.cast(dtype, strict=False)


CASTS: dict[str, Cast] = {
    **{t: _to(d()) for t, d in (
        ("int8", pl.Int8), ("int16", pl.Int16), ("int32", pl.Int32), ("int64", pl.Int64), ("uint32", pl.UInt32),
        ("uint64", pl.UInt64), ("int128", pl.Int128), ("float32", pl.Float32), ("float64", pl.Float64),
    )},
    "boolean": lambda c: pl.when(c.is_in(["t", "true", "1"])).then(True).when(c.is_in(["f", "false", "0"])).then(False),  # noqa: FBT003
    "date": lambda c: c.str.to_date("%Y-%m-%d", strict=False),
    "time": lambda c: c.str.to_time("%H:%M:%S%.f", strict=False),
    "datetime": lambda c: c.str.replace("T", " ", literal=True).str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us", strict=False),
    "utc": lambda c: c.str.to_datetime("%Y-%m-%d %H:%M:%S%.f%#z", time_unit="us", time_zone="UTC", strict=False),
    "utc_bare": lambda c: c.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us", strict=False).dt.replace_time_zone("UTC"),
    "hex": lambda c: c.str.slice(2).str.decode("hex", strict=False),
    "string": lambda c: c,
}  # fmt: skip


@dataclass(frozen=True)
class Column:
    """A column's name, and the types that its text may be of: the first that takes every value. Text takes all.

    `sure`: the database vouches for the first, so that values need not be tried.
    """

    name: str
    types: tuple[str, ...] = ("string",)
    sure: bool = False


@dataclass
class Text:
    """A file of quoted text in columns. What stands for NULL is a word that no data can hold."""

    null: str = field(default_factory=lambda: uuid.uuid4().hex)
    file: IO[bytes] = field(default_factory=scratch)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()

    def write(self, rows: Iterable[Sequence[Any]]) -> None:
        """Appends rows. Bytes become hexadecimal digits after `0x`."""
        null = self.null
        text = io.TextIOWrapper(self.file, "utf-8", "replace", newline="", write_through=True)
        csv.writer(text, quoting=csv.QUOTE_ALL).writerows(
            [null if v is None else "0x" + v.hex() if isinstance(v, bytes) else v for v in row] for row in rows
        )
        text.detach()

    def table(self, columns: Sequence[Column]) -> pl.LazyFrame:
        """The rows as a table of the columns' types."""
        file = self.file
        if not columns:
            raise SourceError("the query returns no columns; write a SELECT")
        names = [c.name for c in columns]
        if twice := next((n for i, n in enumerate(names) if n in names[:i]), None):
            raise SourceError(f'the column "{twice}" is there twice; name one of them AS something else')
        by_number = {f"c{i}": column for i, column in enumerate(columns)}
        size = file.seek(0, io.SEEK_END)
        file.seek(0)
        if size:
            text = _scanned(file, list(by_number), self.null)
        else:
            text = pl.LazyFrame(schema=dict.fromkeys(by_number, pl.String))
        casts = _chosen(text, by_number)
        return settled(text.select(cast(pl.col(n)).alias(by_number[n].name) for n, cast in casts.items()), size)


def _scanned(file: IO[bytes], names: list[str], null: str) -> pl.LazyFrame:
    return pl.scan_csv(
        file, has_header=False, schema=dict.fromkeys(names, pl.String), null_values=null, empty_string_is_null=False,
        encoding="utf8-lossy",
    )  # fmt: skip


def _chosen(text: pl.LazyFrame, columns: dict[str, Column]) -> dict[str, Cast]:
    """For each column the first type that takes every value, found in one pass over the text."""
    tried: dict[str, pl.Expr] = {}
    for name, column in columns.items():
        if column.sure:
            continue
        c = pl.col(name)
        for i, word in enumerate(column.types):
            if word == "decimal":
                tried[f"{name} scale"] = c.str.extract(r"^-?\d+\.(\d+)$").str.len_chars().max()
                tried[f"{name} whole"] = c.str.extract(r"^-?0*(\d+)(?:\.\d+)?$").str.len_chars().max()
                tried[f"{name} {i}"] = (~c.str.contains(r"^-?\d+(\.\d+)?$")).any()
            elif word != "string":
                tried[f"{name} {i}"] = (c.is_not_null() & _cast(word)(c).is_null()).any()
    found = text.select(**tried).collect(engine="streaming").row(0, named=True) if tried else {}
    return {name: _first(name, column, found) for name, column in columns.items()}


def _first(name: str, column: Column, found: dict[str, Any]) -> Cast:
    for i, word in enumerate(column.types):
        if word == "decimal":
            scale, whole = found[f"{name} scale"] or 0, found[f"{name} whole"] or 0
            if not found[f"{name} {i}"] and scale + whole <= 38:
                return _to(pl.Decimal(38, scale))
        elif column.sure or not found.get(f"{name} {i}"):
            return _cast(word)
    return CASTS["string"]


def _cast(word: str) -> Cast:
    if word.startswith("decimal("):
        precision, scale = word[8:-1].split(",")
        return _to(pl.Decimal(int(precision), int(scale)))
    return CASTS[word]
