"""Schemas inferred from data, each property with a comment that says how it was found.

Only properties that growing data keep are learned: a number that was never negative gets a minimum of 0. Other bounds are
not learned, because the next identifier, date or record would violate them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from truthound._internal.text import did_you_mean, percent, plural
from truthound.engine import Backend, RowRequest
from truthound.engine import measures as m
from truthound.engine.condition import Condition
from truthound.errors import ConfigError, SourceError, ValidatorError
from truthound.profiling.key_columns import has_identifier_name, is_identifier
from truthound.profiling.models import ColumnScan
from truthound.profiling.open import with_backend
from truthound.schema import ColumnSchema, Comments, DataType, Schema

MAX_CATEGORIES = 20
"""different values up to which text is categorical,"""
MIN_REPETITIONS = 20
"""if each occurs this often on average"""
MAX_CATEGORY_LENGTH = 100
"""and has at most this many characters"""
HEAD_ROWS = 1000
"""rows that decide what is measured over all rows; no result depends on them alone"""
HEAD_CELLS = 100_000
"""the limit of cells in these rows"""
BOUNDS = "Bounds: a number that was never negative gets min: 0. Others are not learned, growing data would break them; add yours."
"""a comment in each file"""
PII_PROPERTIES = ("type", "nullable", "unique")
"""the properties that are learned of a masked column"""


@dataclass(slots=True)
class _ColumnDraft:
    """The properties that are learned of a column, and how each was found."""

    scan: ColumnScan
    found: dict[str, Any] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)

    def learn(self, prop: str, value: Any, note: str) -> None:
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
    values = first_values(backend, types)
    scans = [ColumnScan.of(c, t, values[c]) for c, t in types.items()]
    wanted = {s.name: _measures(s) for s in scans}
    got = backend.measure([m.RowCount(), *(x for one in wanted.values() for x in one.values())])
    rows: int = got[m.RowCount()]
    for s in scans:
        s.rows = rows
        s.measured = {k: got[x] for k, x in wanted[s.name].items() if not isinstance(got[x], ValidatorError)}
    columns = [_learned(s, s.name in pii) for s in scans]
    _learn_patterns(backend, [c for c in columns if c.scan.name not in pii and rows])
    notes = {(c.scan.name, prop): note for c in columns for prop, note in c.notes.items()}
    notes["", ""] = f"Inferred from {source}: {plural(rows, 'row')}, {plural(len(every), 'column')}."
    notes["", "bounds"] = BOUNDS
    found = {c.scan.name: ColumnSchema(**c.found) for c in columns}
    for name in [c for c in every if c not in types]:
        found[name] = ColumnSchema(type="null")
        notes[name, "type"] = "the column cannot be read: any type is accepted"
    return InferredSchema(Schema(columns={c: found[c] for c in every}), notes)


def first_values(backend: Backend, types: Mapping[str, DataType]) -> dict[str, list[Any]]:
    """The values of the first rows by column, without nulls; none for columns of types that do not compare."""
    limit = max(min(HEAD_ROWS, HEAD_CELLS // max(len(types), 1)), 50)
    rows = backend.rows({"head": RowRequest(m.SQL(Condition("TRUE")), limit=limit)})["head"].rows
    plain_ones = {c for c, t in types.items() if t.of("numeric", "text", "temporal")}
    return {c: [r[c] for _, r in rows if c in plain_ones and r[c] is not None] for c in types}


def _measures(s: ColumnScan) -> dict[str, m.Measure]:
    """What is measured over all rows. A repeated value in the first rows rules out uniqueness, many different ones categories."""
    out: dict[str, m.Measure] = {"nulls": m.CountWhere(m.IsNull(s.name))}
    different = len(set(s.first_values))
    if s.type.of("integer", "text", "temporal") and different == len(s.first_values):
        out["repeats"] = m.Duplicates((s.name,))
    if s.type.of("numeric", "date"):
        out["min"] = m.Aggregate(s.name, "min")
    if s.type.of("integer", "date"):
        out["max"] = m.Aggregate(s.name, "max")
    if s.type.of("float"):
        out["nan"] = m.CountWhere(m.IsNan(s.name))
    if s.type.of("text") and different <= MAX_CATEGORIES:
        out["top"] = m.TopValues(s.name, MAX_CATEGORIES + 1)
    return out


def _learned(s: ColumnScan, pii: bool) -> _ColumnDraft:
    c, got, nulls = _ColumnDraft(s), s.measured, s.measured["nulls"]
    in_rows = f"in {plural(s.rows, 'row')}"
    c.found["type"] = s.type.base if s.type.base == "decimal" else str(s.type)
    if (
        nulls and not s.present and s.type.of("text")
    ):  # a text file has no other type for it, whatever its values will be
        c.learn("type", "null", "every value is null: any type is accepted")
    if nulls:
        c.learn("nullable", value=True, note=f"{plural(nulls, 'null')} {in_rows} ({percent(nulls, s.rows)})")
    elif s.rows:
        c.learn("nullable", value=False, note=f"no null {in_rows}")
    differ = s.present > 1 and "repeats" in got and got["repeats"].rows == 0
    if differ and is_identifier(s):
        c.learn("unique", value=True, note=f"{s.present:,} different values {in_rows}")
    if pii:
        c.notes["type"] = "pii: nothing is learned from its values"
        return c
    low = got.get("min")
    if got.get("nan"):
        c.notes["type"] = f"{got['nan']:,} NaN, which no range contains, so none is learned"
    elif (
        s.type.of("numeric")
        and low is not None
        and low >= 0
        and "unique" not in c.found
        and not has_identifier_name(s.name)
    ):
        c.learn("min", 0, f"none of {plural(s.present, 'value')} is negative")
    top = got.get("top") or ()
    if _are_categories(top, s.present):
        c.learn("values", tuple(sorted(v for v, _ in top)), f"{plural(len(top), 'different value')} {in_rows}")
    return c


def _are_categories(top: Sequence[tuple[Any, int]], present: int) -> bool:
    few = 0 < len(top) <= MAX_CATEGORIES and len(top) * MIN_REPETITIONS <= present
    return few and all(len(str(v)) <= MAX_CATEGORY_LENGTH for v, _ in top)


def _learn_patterns(backend: Backend, columns: list[_ColumnDraft]) -> None:
    """The pattern that every value of a text column matches, where it has no categories."""
    tests = [
        (c, name, pattern, m.CountWhere(m.Not(m.Matches(c.scan.name, pattern))))
        for c in columns
        if "values" not in c.found
        for name, pattern in c.scan.patterns
    ]
    got = backend.measure(nonconforming for *_, nonconforming in tests)
    for c, name, pattern, nonconforming in tests:
        if got[nonconforming] == 0 and "pattern" not in c.found:
            c.learn("pattern", pattern, f"{name}: every value matches, {plural(c.scan.present, 'value')}")
