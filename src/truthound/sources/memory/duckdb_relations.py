"""DuckDB relations, read by way of a Parquet file, so that a large table never has to fit in memory."""

from __future__ import annotations

from typing import Any

import polars as pl

from truthound.errors import SourceError
from truthound.sources.table import Table
from truthound.sources.temporary import unlinked_file

# types that Parquet does not have, or has as bytes: as text, and what the text becomes again
_AS_TEXT: dict[str, pl.DataType | None] = {
    "hugeint": pl.Int128(), "uhugeint": pl.UInt128(), "bignum": None, "varint": None, "uuid": None, "interval": None, "bit": None,
    "json": None, "time with time zone": None, "enum": None, "union": None, "map": None, "variant": None, "geometry": None,
}  # fmt: skip
# physical values that stand for no date, timestamp or time of day
_SPECIAL_VALUES: dict[type[pl.DataType], dict[int, str]] = {
    pl.Date: {(1 << 31) - 1: "infinity", -(1 << 31) + 1: "-infinity"}, pl.Datetime: {(1 << 63) - 1: "infinity", -(1 << 63) + 1: "-infinity"},
    pl.Time: {86_400 * 10**9: "24:00:00"},
}  # fmt: skip
_TIMES = ("time", "time_ns")


def relation_table(relation: Any) -> Table:
    """The rows of a relation."""
    if twice := next((n for i, n in enumerate(relation.columns) if n in relation.columns[:i]), None):
        raise SourceError(f'the column "{twice}" is there twice; name one of them AS something else')
    columns, back, times = [], {}, []
    for i, (name, kind) in enumerate(zip(relation.columns, relation.types, strict=True)):
        column = _quoted(name)
        written = _export_type(kind)
        if _type_name(kind) in _TIMES:  # the Parquet reader reads 24:00 as null
            columns.append(f"epoch_ns({column}) AS {column}")
            times.append(i)
            continue
        columns.append(column if written is None else f"CAST({column} AS {written}) AS {column}")
        if (target := _import_type(kind)) is not None:
            back[i] = target
    with unlinked_file(relation.project(", ".join(columns)).to_parquet, ".parquet") as file:
        frame = pl.scan_parquet(file)
    if back:
        frame = frame.with_columns(pl.nth(i).cast(t) for i, t in back.items())  # by place: a name may be a pattern
    return _special_values_as_text(frame, times)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _type_name(kind: Any) -> str:
    """The name of a type. A JSON column has the id of varchar, and JSON as its name."""
    return "json" if str(kind).upper() == "JSON" else str(kind.id).lower()


def _inner(kind: Any) -> list[tuple[str, Any]]:
    """The types inside a list, an array or a struct."""
    return [(n, t) for n, t in kind.children if n != "size"] if _type_name(kind) in ("list", "array", "struct") else []


def _export_type(kind: Any) -> str | None:
    """The type as which a column is exported, if Parquet does not have its type."""
    word = _type_name(kind)
    if word in _AS_TEXT:
        return "VARCHAR"
    if word == "null":
        return "INTEGER"
    inner = [(n, t, _export_type(t)) for n, t in _inner(kind)]
    if all(w is None for *_, w in inner):
        return None
    if word == "struct":
        return f"STRUCT({', '.join(f'{_quoted(n)} {w or t}' for n, t, w in inner)})"
    size = next((str(n) for w, n in kind.children if w == "size"), "")
    return f"{inner[0][2]}[{size}]"


def _import_type(kind: Any) -> pl.DataType | None:
    """The type to which an exported column is converted back."""
    word = _type_name(kind)
    if word == "null":
        return pl.Null()
    if word in _AS_TEXT:
        return _AS_TEXT[word]
    inner = _inner(kind)
    if word in ("list", "array") and (item := _import_type(inner[0][1])) is not None and item != pl.Null:
        return pl.List(item)
    return None


def _special_values_as_text(frame: pl.LazyFrame, times: list[int]) -> Table:
    """Columns with infinite dates or 24:00 as text, with a note."""
    names, dtypes = frame.collect_schema().names(), frame.collect_schema().dtypes()
    for i in times:
        dtypes[i] = pl.Time()
    tests = [
        (i, word, (pl.nth(i).to_physical() == number).any())
        for i, dtype in enumerate(dtypes)
        for number, word in _SPECIAL_VALUES.get(dtype.base_type(), {}).items()
    ]  # fmt: skip
    found = frame.select(e.alias(str(k)) for k, (_, _, e) in enumerate(tests)).collect().row(0) if tests else ()
    odd: dict[int, str] = {}
    for (i, word, _), is_there in zip(tests, found, strict=True):
        if is_there:
            odd.setdefault(i, word)
    notes = tuple(f'column "{names[i]}" is read as text: "{word}" is among its values' for i, word in odd.items())
    changed = [_text(i, dtypes[i]) for i in odd] + [pl.nth(i).cast(pl.Time) for i in times if i not in odd]
    return Table(frame.with_columns(changed) if changed else frame, notes=notes)


def _text(i: int, dtype: pl.DataType) -> pl.Expr:
    c = pl.nth(i)
    words = _SPECIAL_VALUES[dtype.base_type()]
    plain = pl.when(~c.to_physical().is_in(list(words))).then(c).cast(dtype).cast(pl.String)
    return plain.fill_null(c.to_physical().replace_strict(words, default=None, return_dtype=pl.String))
