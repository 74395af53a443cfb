"""Schemas inferred from data, kept for later runs, and turned into validators."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from truthound import measures as m
from truthound.engine import Backend, RowRequest
from truthound.errors import ValidatorError
from truthound.inference.opening import opened
from truthound.objects import replacing, safe_name
from truthound.schema import ColumnSchema, DataType, Schema
from truthound.text import number, plain, plural
from truthound.validators.base import Validator
from truthound.validators.range import Range
from truthound.validators.sets import AllowedValues
from truthound.validators.shape import SchemaMatch
from truthound.validators.text import Length, Regex
from truthound.validators.uniqueness import PrimaryKey, Unique

CATEGORIES = 20
"""text with at most so many different values is taken to be categories"""
FEW = 0.02
"""if they are at most this share of the rows"""
LOOKED_AT = 200
"""rows whose texts suggest a pattern; it is kept only if all values match it"""
PATTERNS: dict[str, str] = {
    "UUID": r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
    "e-mail address": r"^[^@\s]+@[^@\s]+\.[^@\s]+$",
    "ISO date": r"^\d{4}-\d{2}-\d{2}$",
    "ISO time stamp": r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?$",
    "URL": r"^https?://\S+$",
    "IPv4 address": r"^\d{1,3}(\.\d{1,3}){3}$",
}
_CLASSES = (("[A-Z]", str.isupper), ("[a-z]", str.islower), ("[0-9]", str.isdigit))


def infer_schema(data: Any, *, base: Path | None = None) -> Schema:
    """The schema of a data source, or of a backend. Each property has a comment that says how it was found."""
    backend, _ = opened(data, base)
    types = backend.schema()
    wanted: dict[str, dict[str, m.Measure]] = {c: _wanted(c, t) for c, t in types.items()}
    got = backend.measure([m.RowCount(), *(x for found in wanted.values() for x in found.values())])
    rows: int = got[m.RowCount()]
    notes: dict[tuple[str, str], str] = {}
    columns: dict[str, dict[str, Any]] = {}
    for c, t in types.items():
        values = {k: None if isinstance(got[x], ValidatorError) else got[x] for k, x in wanted[c].items()}
        columns[c] = {"type": t.base if t.base == "decimal" else str(t)} | _found(c, values, rows, notes)
    _texts(backend, types, columns, notes)
    return Schema(columns={c: ColumnSchema(**found) for c, found in columns.items()}).noted(notes)


def _wanted(c: str, t: DataType) -> dict[str, m.Measure]:
    out: dict[str, m.Measure] = {"nulls": m.CountWhere(m.IsNull(c))}
    if t.of("numeric", "text", "temporal"):
        out["distinct"] = m.Aggregate(c, "distinct")
    if t.of("numeric", "date", "datetime", "time"):
        out |= {"min": m.Aggregate(c, "min"), "max": m.Aggregate(c, "max")}
    return out


def _found(c: str, got: Mapping[str, Any], rows: int, notes: dict[tuple[str, str], str]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    nulls, distinct = got["nulls"], got.get("distinct")
    if nulls:
        notes[c, "type"] = f"nullable: {plural(nulls, 'null')} in {plural(rows, 'row')}"
    if rows and not nulls:
        out["nullable"] = False
        notes[c, "nullable"] = f"no null in {plural(rows, 'row')}"
    if distinct is not None and rows > 1 and distinct == rows - nulls and distinct > 1:
        out["unique"] = True
        notes[c, "unique"] = f"{distinct:,} different values in {plural(rows, 'row')}"
    for bound in ("min", "max"):
        value = got.get(bound)
        if value is not None and value == value:  # noqa: PLR0124 a NaN differs from itself
            out[bound] = plain(value)
            notes[c, bound] = "as found"
    return out


def _texts(
    backend: Backend,
    types: Mapping[str, DataType],
    columns: dict[str, dict[str, Any]],
    notes: dict[tuple[str, str], str],
) -> None:
    """Categories and patterns of the columns of text."""
    rows: int = backend.measure([m.RowCount()])[m.RowCount()]
    texts = [c for c, t in types.items() if t.of("text")]
    distinct = {c: backend.measure([m.Aggregate(c, "distinct")])[m.Aggregate(c, "distinct")] for c in texts}
    few = {
        c: m.TopValues(c, CATEGORIES)
        for c in texts
        if isinstance(distinct[c], int) and 0 < distinct[c] <= CATEGORIES and distinct[c] <= rows * FEW
    }
    for c, x in few.items():
        values = backend.measure([x])[x]
        columns[c]["values"] = sorted(v for v, _ in values)
        notes[c, "values"] = f"{plural(distinct[c], 'different value')} in {plural(rows, 'row')}"
    others = [c for c in texts if c not in few]
    if not others or not rows:
        return
    sample = backend.rows({"head": RowRequest(m.SQL("TRUE"), limit=LOOKED_AT)})["head"].rows
    guesses: dict[str, list[tuple[str, str]]] = {}
    for c in others:
        seen = [row[c] for _, row in sample if row[c] is not None]
        guesses[c] = [g for g in (*PATTERNS.items(), _shape(seen)) if seen and all(re.search(g[1], v) for v in seen)]
    counts = {(c, p): m.CountWhere(m.Not(m.Matches(c, p))) for c, gs in guesses.items() for _, p in gs}
    values = backend.measure(counts.values())
    for c, gs in guesses.items():
        for name, pattern in gs:
            if values[counts[c, pattern]] == 0 and "pattern" not in columns[c]:
                columns[c]["pattern"] = pattern
                notes[c, "pattern"] = f"{name}: every value matches"


def _shape(values: list[str]) -> tuple[str, str]:
    """A pattern of runs of letters and digits that all values share; one that nothing matches where they share none."""
    shapes = [_runs(v) for v in values[:LOOKED_AT]]
    kinds = {tuple(kind for kind, _ in s) for s in shapes}
    if len(kinds) != 1 or not shapes[0] or len(shapes[0]) > 12:
        return "", "[^\\s\\S]"
    parts = []
    for i, (kind, _) in enumerate(shapes[0]):
        sizes = sorted({s[i][1] for s in shapes})
        parts.append(
            kind
            if sizes == [1]
            else f"{kind}{{{sizes[0]}}}"
            if len(sizes) == 1
            else f"{kind}{{{sizes[0]},{sizes[-1]}}}"
        )
    if not any(kind.startswith("[") for kind, _ in shapes[0]):
        return "", "[^\\s\\S]"
    return "one shape", f"^{''.join(parts)}$"


def _runs(value: str) -> list[tuple[str, int]]:
    out: list[tuple[str, int]] = []
    for ch in value[:200]:
        kind = next((k for k, test in _CLASSES if ch.isascii() and test(ch)), re.escape(ch))
        if out and out[-1][0] == kind:
            out[-1] = kind, out[-1][1] + 1
        else:
            out.append((kind, 1))
    return out


# --- as validators -------------------------------------------------------------------------------------------------


def schema_validators(schema: Schema) -> tuple[Validator, ...]:
    """The validators that check data against a schema."""
    expected = {c: {"type": s.type, "nullable": s.nullable} for c, s in schema.columns.items()}
    out: list[Validator] = [SchemaMatch(columns=expected, extra=schema.extra, order=schema.order)]
    if schema.primary_key:
        out.append(PrimaryKey(columns=schema.primary_key))
    for c, s in schema.columns.items():
        if s.unique and schema.primary_key != (c,):
            out.append(Unique(columns=(c,)))
        if s.min is not None or s.max is not None:
            out.append(Range(columns=(c,), min_value=s.min, max_value=s.max))
        if s.values is not None:
            out.append(AllowedValues(columns=(c,), values=s.values))
        if s.pattern is not None:
            out.append(Regex(columns=(c,), pattern=s.pattern))
        if s.min_length is not None or s.max_length is not None:
            out.append(Length(columns=(c,), min_length=s.min_length, max_length=s.max_length))
    return tuple(out)


# --- kept between runs ---------------------------------------------------------------------------------------------


def _kept(state_dir: Path, name: str) -> Path:
    return state_dir / "schemas" / f"{safe_name(name)}.yaml"


def auto_schema(state_dir: Path, name: str, data: Any) -> tuple[Schema, str]:
    """The schema that was learned on the first run, and a note; learns it if this is the first. It is never learned anew by itself."""
    path = _kept(state_dir, name)
    if path.exists():
        return Schema.load(path), f"validated against the schema learned in {path}"
    schema = infer_schema(data)
    with replacing(path.with_name(f"{path.name}.{os.getpid()}")) as temporary:
        temporary.write_text(schema.to_yaml(), encoding="utf-8")
    try:
        os.link(path.with_name(f"{path.name}.{os.getpid()}"), path)
    except FileExistsError:  # another process was first; its schema counts
        return Schema.load(path), f"validated against the schema learned in {path}"
    finally:
        path.with_name(f"{path.name}.{os.getpid()}").unlink(missing_ok=True)
    return schema, f"first run: the schema was learned and kept in {path}"


def update_schema(state_dir: Path, name: str, data: Any, *, base: Path | None = None) -> Path:
    """Learns a schema anew, in place of the one that is kept. Returns its file."""
    path = _kept(state_dir, name)
    infer_schema(data, base=base).save(path)
    return path


def diff_schemas(old: Schema, new: Schema) -> list[str]:
    """What differs, a line each: columns that went and came, and properties that changed."""
    out = [f'- column "{c}"' for c in old.columns if c not in new.columns]
    out += [f'+ column "{c}": {s.type}' for c, s in new.columns.items() if c not in old.columns]
    for c, s in new.columns.items():
        if c not in old.columns:
            continue
        for field in ColumnSchema.model_fields:
            before, after = getattr(old.columns[c], field), getattr(s, field)
            if before != after:
                out.append(f'~ column "{c}": {field} {_said(before)} -> {_said(after)}')
    return out


def _said(value: Any) -> str:
    return ", ".join(map(number, value)) if isinstance(value, tuple) else number(value)
