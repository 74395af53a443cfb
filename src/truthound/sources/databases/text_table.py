"""Rows of a database driver, written as text to a file and read back in the database's types."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import IO, Any, Self

import polars as pl

from truthound.errors import SourceError
from truthound.sources.dtypes import FLOAT_DIGITS
from truthound.sources.table import Table
from truthound.sources.temporary import materialize, temporary_file

Cast = Callable[[pl.Expr], pl.Expr]
_FAR = r"^(\d{4,7})-(\d\d)-(\d\d)(?: (\d\d):(\d\d):(\d\d(?:\.\d{1,6})?)(?:\+00)?)?( BC)?$"
_SPECIAL = ("infinity", "-infinity", "NaN", "Infinity", "-Infinity", "0000-00-00", "0000-00-00 00:00:00", "24:00:00")
"""values that a note may quote as the reason why a column is text; others may be secret"""
YEARS = 290_000
"""years whose microseconds fit 64 bits"""


def _to(dtype: pl.DataType) -> Cast:
    return lambda c: c.cast(dtype, strict=False)


def _days(c: pl.Expr) -> pl.Expr:
    """Days since 1970 of dates of any year, as PostgreSQL writes them: 20000-01-01, 0044-03-15 BC. The server guarantees valid months and days."""
    year, month, day = (c.str.extract(_FAR, i).cast(pl.Int64) for i in (1, 2, 3))
    year = pl.when(c.str.ends_with(" BC")).then(1 - year).otherwise(year) - (month <= 2)  # years begin in March
    era = year // 400
    of_era = year - era * 400
    of_year = (153 * (month + pl.when(month > 2).then(-3).otherwise(9)) + 2) // 5 + day - 1
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468


def _micros(c: pl.Expr) -> pl.Expr:
    """Microseconds since 1970 of timestamps of any year that fit 64 bits."""
    hour, minute = (c.str.extract(_FAR, i).cast(pl.Int64) for i in (4, 5))
    second = (c.str.extract(_FAR, 6).cast(pl.Decimal(38, 6)) * 1_000_000).cast(pl.Int64)
    fits = c.str.extract(_FAR, 1).cast(pl.Int64) < YEARS
    return pl.when(fits).then(((_days(c) * 24 + hour) * 60 + minute) * 60_000_000 + second)


def _is_short(c: pl.Expr) -> pl.Expr:
    """Whether a decimal survives a round trip through a float; NaN and infinity are floats."""
    digits = c.str.replace_all(r"[-.]", "").str.strip_chars("0").str.len_chars() <= FLOAT_DIGITS
    return c.is_in(["NaN", "Infinity", "-Infinity"]) | (digits & (c.str.len_chars() <= 300))


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
    "far_date": lambda c: _days(c).cast(pl.Int32, strict=False).cast(pl.Date),
    "far_datetime": lambda c: _micros(c).cast(pl.Datetime("us")),
    "far_utc": lambda c: _micros(c).cast(pl.Datetime("us")).dt.replace_time_zone("UTC"),
    "short_float": lambda c: pl.when(_is_short(c)).then(c.cast(pl.Float64, strict=False)),
    "hex": lambda c: c.str.slice(2).str.decode("hex", strict=False),
    "string": lambda c: c,
}  # fmt: skip


@dataclass(frozen=True)
class Column:
    """A column's name, and the types that its text may be of: the first that accepts every value is used. Text accepts all.

    `sure`: the database guarantees the first, so that values need not be tried.
    """

    name: str
    types: tuple[str, ...] = ("string",)
    sure: bool = False


@dataclass
class TextTable:
    """A temporary CSV file. `null` is a random text that marks NULL."""

    null: str = field(default_factory=lambda: uuid.uuid4().hex)
    file: IO[bytes] = field(default_factory=temporary_file)

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

    def table(self, columns: Sequence[Column]) -> Table:
        """The rows as a table of the columns' types. A column of which none holds all values is text, which a note says."""
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
            text = _scan(file, list(by_number), self.null)
        else:
            text = pl.LazyFrame(schema=dict.fromkeys(by_number, pl.String))
        casts, notes = _choose_casts(text, by_number)
        frame = materialize(text.select(cast(pl.col(n)).alias(by_number[n].name) for n, cast in casts.items()), size)
        return Table(frame, notes=notes)


def _scan(file: IO[bytes], names: list[str], null: str) -> pl.LazyFrame:
    return pl.scan_csv(
        file, has_header=False, schema=dict.fromkeys(names, pl.String), null_values=null, empty_string_is_null=False,
        encoding="utf8-lossy",
    )  # fmt: skip


def _choose_casts(text: pl.LazyFrame, columns: dict[str, Column]) -> tuple[dict[str, Cast], tuple[str, ...]]:
    """For each column the first type that accepts every value. Each pass over the text tries one type of every undecided column."""
    casts: dict[str, Cast] = {n: CASTS[c.types[0]] for n, c in columns.items() if c.sure}
    odd: dict[str, str | None] = {}
    for turn in range(max((len(c.types) for c in columns.values()), default=0)):
        open_ = {n: c.types[turn] for n, c in columns.items() if n not in casts and turn < len(c.types)}
        casts |= {n: CASTS["string"] for n, word in open_.items() if word == "string"}
        tried = [e for n, word in open_.items() if word != "string" for e in _test_cast(n, word)]
        found = text.select(tried).collect(engine="streaming").row(0, named=True) if tried else {}
        for name, word in open_.items():
            if word == "string":
                continue
            if (cast := _fitting_cast(name, word, found)) is not None:
                casts[name] = cast
            elif turn == 0:
                odd[name] = found[f"{name} special"]
    lost = {n: odd[n] for n in columns if n in odd and n not in casts}
    casts |= dict.fromkeys(lost, CASTS["string"])
    return {n: casts[n] for n in columns}, tuple(_note(columns[n], special) for n, special in lost.items())


def _note(column: Column, special: str | None) -> str:
    why = f'"{special}" is among its values' if special else "not every value is of that type"
    word = {"utc": "datetime", "utc_bare": "datetime"}.get(column.types[0], column.types[0])
    return f'column "{column.name}" is read as text, not as {word}: {why}'


def _test_cast(name: str, word: str) -> list[pl.Expr]:
    """Tests whether a column has a value that is not of a type; finds a special value among them, and the size of decimals."""
    c = pl.col(name)
    special = c.filter(c.is_in(_SPECIAL)).first().alias(f"{name} special")
    if word != "decimal":
        return [(c.is_not_null() & _cast(word)(c).is_null()).any().alias(name), special]
    return [
        (~c.str.contains(r"^-?\d+(\.\d+)?$")).any().alias(name),
        c.str.extract(r"^-?\d+\.(\d+)$").str.len_chars().max().alias(f"{name} scale"),
        c.str.extract(r"^-?0*(\d+)(?:\.\d+)?$").str.len_chars().max().alias(f"{name} whole"),
        special,
    ]


def _fitting_cast(name: str, word: str, found: dict[str, Any]) -> Cast | None:
    if found[name]:
        return None
    if word != "decimal":
        return _cast(word)
    scale, whole = found[f"{name} scale"] or 0, found[f"{name} whole"] or 0
    return _to(pl.Decimal(38, scale)) if scale + whole <= 38 else None


def _cast(word: str) -> Cast:
    if word.startswith("decimal("):
        precision, scale = word[8:-1].split(",")
        return _to(pl.Decimal(int(precision), int(scale)))
    return CASTS[word]
