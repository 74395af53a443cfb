"""Schemas inferred from data, each property with a comment that says how it was found.

Only what growing data keep is learned: a number that was never negative gets a least value of 0, and no column gets
another bound, since the next identifier, date or record would break it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from truthound._internal.text import did_you_mean, percent, plural
from truthound.engine import Backend, RowRequest
from truthound.engine import measures as m
from truthound.engine.condition import Condition
from truthound.errors import ConfigError, SourceError, ValidatorError
from truthound.profiling.key_columns import has_identifier_name, is_identifier
from truthound.profiling.open import with_backend
from truthound.profiling.text_patterns import common_patterns
from truthound.schema import ColumnSchema, Comments, DataType, Schema

MAX_CATEGORIES = 20
"""text with at most so many different values is taken to be categories"""
MIN_REPETITIONS = 20
"""if each occurs so often on average"""
MAX_CATEGORY_LENGTH = 100
"""and is no longer than so many characters"""
HEAD_ROWS = 1000
"""rows whose values tell what is worth asking of all; no verdict rests on them"""
HEAD_CELLS = 100_000
"""but at most so many cells"""
BOUNDS = "Bounds: a number that was never negative gets min: 0. Others are not learned, growing data would break them; add yours."
"""said in each file"""
PII_PROPERTIES = ("type", "nullable", "unique")
"""what is learned of a column whose values are neither told nor kept"""


@dataclass(slots=True)
class _ColumnDraft:
    """A column that is being learned. `seen`: its values in the first rows, nulls left out."""

    name: str
    type: DataType
    seen: list[Any]
    found: dict[str, Any] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)

    def keep(self, prop: str, value: Any, note: str) -> None:
        self.found[prop], self.notes[prop] = value, note


class InferredSchema(NamedTuple):
    """A schema, and the comments for its file."""

    schema: Schema
    comments: Comments

    def to_yaml(self) -> str:
        """The text of its file."""
        return self.schema.to_yaml(self.comments)


def infer_schema(data: Any, *, base: Path | None = None, pii: Collection[str] = ()) -> InferredSchema:
    """The schema of a data source; arguments and errors as of `infer_schema_of`."""
    return with_backend(data, base, lambda backend, name: infer_schema_of(backend, name, pii=pii))


def infer_schema_of(backend: Backend, source: str = "data", *, pii: Collection[str] = ()) -> InferredSchema:
    """The schema of an open table, with a comment on each property that says how it was found.

    Of `pii` columns only type, nullability and uniqueness are learned: nothing in the schema comes from their values.

    Raises:
        SourceError: the data cannot be read, or have no columns.
    """
    every = backend.schema()
    types = {c: t for c, t in every.items() if t.unreadable_reason is None}
    if not every:
        raise SourceError(f"{source} has no columns to learn from")
    if unknown := [c for c in pii if c not in every]:
        raise ConfigError([f'column "{c}" of pii is not in the data{did_you_mean(c, every)}' for c in unknown])
    first = first_values(backend, types)
    columns = [_ColumnDraft(c, t, first[c]) for c, t in types.items()]
    wanted = {c.name: _measures(c) for c in columns}
    got = backend.measure([m.RowCount(), *(x for one in wanted.values() for x in one.values())])
    rows: int = got[m.RowCount()]
    for c in columns:
        values = {k: got[x] for k, x in wanted[c.name].items() if not isinstance(got[x], ValidatorError)}
        _learn(c, values, rows, pii)
    _patterns(backend, [c for c in columns if c.name not in pii], rows)
    notes = {(c.name, prop): note for c in columns for prop, note in c.notes.items()}
    notes["", ""] = f"Inferred from {source}: {plural(rows, 'row')}, {plural(len(every), 'column')}."
    notes["", "bounds"] = BOUNDS
    found = {c.name: ColumnSchema(**c.found) for c in columns}
    for name in [c for c in every if c not in types]:
        found[name] = ColumnSchema(type="null")
        notes[name, "type"] = "it cannot be read: any type will do"
    return InferredSchema(Schema(columns={c: found[c] for c in every}), notes)


def first_values(backend: Backend, types: Mapping[str, DataType]) -> dict[str, list[Any]]:
    """The values of the first rows by column, without nulls. Columns whose values do not compare have none."""
    limit = max(min(HEAD_ROWS, HEAD_CELLS // max(len(types), 1)), 50)
    rows = backend.rows({"head": RowRequest(m.SQL(Condition("TRUE")), limit=limit)})["head"].rows
    plain_ones = {c for c, t in types.items() if t.of("numeric", "text", "temporal")}
    return {c: [r[c] for _, r in rows if c in plain_ones and r[c] is not None] for c in types}


def _measures(c: _ColumnDraft) -> dict[str, m.Measure]:
    """What to ask of all rows. A value that repeats in the first rows settles uniqueness, many different ones categories."""
    out: dict[str, m.Measure] = {"nulls": m.CountWhere(m.IsNull(c.name))}
    different = len(set(c.seen))
    if c.type.of("integer", "text", "temporal") and different == len(c.seen):
        out["repeats"] = m.Duplicates((c.name,))
    if c.type.of("numeric", "date"):
        out["min"] = m.Aggregate(c.name, "min")
    if c.type.of("integer", "date"):
        out["max"] = m.Aggregate(c.name, "max")
    if c.type.of("float"):
        out["nan"] = m.CountWhere(m.IsNan(c.name))
    if c.type.of("text") and different <= MAX_CATEGORIES:
        out["top"] = m.TopValues(c.name, MAX_CATEGORIES + 1)
    return out


def _learn(c: _ColumnDraft, got: Mapping[str, Any], rows: int, pii: Collection[str]) -> None:
    nulls = got["nulls"]
    present = rows - nulls
    c.found["type"] = c.type.base if c.type.base == "decimal" else str(c.type)
    if nulls and not present and c.type.of("text"):  # text files call it so, whatever its values will be
        c.keep("type", "null", "every value is null: any type will do")
    if nulls:
        c.keep(
            "nullable", value=True, note=f"{plural(nulls, 'null')} in {plural(rows, 'row')} ({percent(nulls, rows)})"
        )
    elif rows:
        c.keep("nullable", value=False, note=f"no null in {plural(rows, 'row')}")
    low, high = got.get("min"), got.get("max")
    differ = present > 1 and "repeats" in got and got["repeats"].rows == 0
    if differ and is_identifier(c.name, c.type, present, (low, high), c.seen):
        c.keep("unique", value=True, note=f"{present:,} different values in {plural(rows, 'row')}")
    if c.name in pii:
        c.notes["type"] = "pii: nothing is learned from its values"
        return
    if got.get("nan"):
        c.notes["type"] = f"{got['nan']:,} NaN, which lie in no range, so none is learned"
    elif (
        c.type.of("numeric")
        and low is not None
        and low >= 0
        and not c.found.get("unique")
        and not has_identifier_name(c.name)
    ):
        c.keep("min", 0, f"none of {plural(present, 'value')} is negative")
    top = got.get("top") or ()
    if (
        0 < len(top) <= MAX_CATEGORIES
        and len(top) * MIN_REPETITIONS <= present
        and all(len(str(v)) <= MAX_CATEGORY_LENGTH for v, _ in top)
    ):
        said = f"{plural(len(top), 'different value')} in {plural(rows, 'row')}"
        c.keep("values", tuple(sorted(v for v, _ in top)), said)


def _patterns(backend: Backend, columns: list[_ColumnDraft], rows: int) -> None:
    """The patterns that every value of a text column matches, where it has no categories."""
    open_ = [c for c in columns if c.type.of("text") and "values" not in c.found and rows]
    wanted = {
        (c.name, p): (c, name, m.CountWhere(m.Not(m.Matches(c.name, p))))
        for c in open_
        for name, p in common_patterns(c.seen)
    }
    got = backend.measure(x for _, _, x in wanted.values())
    counts = backend.measure(m.Aggregate(c.name, "count") for c, _, _ in wanted.values())
    for (_, pattern), (c, name, x) in wanted.items():
        if got[x] == 0 and "pattern" not in c.found:
            said = plural(counts[m.Aggregate(c.name, "count")], "value")
            c.keep("pattern", pattern, f"{name}: every value matches, {said}")
