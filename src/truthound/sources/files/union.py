"""The union of files whose columns differ in order, number or type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import groupby
from pathlib import Path
from typing import Literal, cast

import polars as pl

from truthound.errors import ConfigError, SourceError
from truthound.sources.dtypes import DECIMAL_DIGITS
from truthound.sources.table import Table, unknown_columns

_SIZES: tuple[tuple[pl.DataType, int, int], ...] = tuple(
    (dtype, -(1 << (bits - 1)) if signed else 0, (1 << (bits - signed)) - 1)
    for dtype, bits, signed in (
        (pl.Int8(), 8, 1), (pl.UInt8(), 8, 0), (pl.Int16(), 16, 1), (pl.UInt16(), 16, 0), (pl.Int32(), 32, 1), (pl.UInt32(), 32, 0),
        (pl.Int64(), 64, 1), (pl.UInt64(), 64, 0), (pl.Int128(), 128, 1), (pl.UInt128(), 128, 0),
    )
)  # fmt: skip
_INTEGER_DIGITS = {8: 3, 16: 5, 32: 10, 64: 20, 128: 39}
"""digits of integers by their bits"""
_UNITS: tuple[Literal["ms", "us", "ns"], ...] = ("ms", "us", "ns")


@dataclass(frozen=True)
class Part:
    """Rows of one file, or of several with the same columns; `path` is the first."""

    frame: pl.LazyFrame
    schema: Mapping[str, pl.DataType]
    path: Path


@dataclass(frozen=True)
class Rules:
    """What to do if files differ. `optional`: whether the format has the options that errors suggest."""

    missing: str = "raise"
    extra: str = "raise"
    overrides: Mapping[str, pl.DataType] = field(default_factory=dict)
    optional: bool = True


@dataclass(frozen=True)
class Plan:
    """The columns of the union and their types; unreadable ones are of type null."""

    types: Mapping[str, pl.DataType]
    unreadable: Mapping[str, str]


def plan_union(parts: Sequence[Part], rules: Rules) -> Plan:
    """The columns of the union, and types that hold the values of all parts.

    A column without a common type is unreadable. Raises SourceError if a file lacks a column, unless the rules allow it.
    """
    names = _names(parts, rules)
    if unknown := unknown_columns(rules.overrides, names):
        raise ConfigError(f"options.schema_overrides: {u}" for u in unknown)
    targets: dict[str, pl.DataType] = {}
    unreadable: dict[str, str] = {}
    for name in names:
        types: list[pl.DataType | None] = [p.schema[name] for p in parts if name in p.schema]
        found = rules.overrides.get(name) or reduce(_common_type, types)
        if found is None:
            unreadable[name] = _describe_types(name, parts, rules)
        else:
            targets[name] = found
    for name in _lossy(parts, targets):
        given = rules.overrides.get(name)
        unreadable[name] = (
            f"it holds values that are not {str(given).lower()}"
            if given is not None
            else f"{_describe_types(name, parts, rules)}, of which no one type holds all values"
        )
    return Plan({n: pl.Null() if n in unreadable else targets[n] for n in names}, unreadable)


def unite(parts: Sequence[Part], rules: Rules) -> Table:
    """The union as one table. Columns are matched by name."""
    plan = plan_union(parts, rules)
    frames = [_aligned(p, plan) for p in parts]
    return Table(frames[0] if len(frames) == 1 else pl.concat(frames), plan.unreadable)


def engine_widens(parts: Sequence[Part], plan: Plan) -> bool:
    """Whether the parts differ only in types that the engine's readers widen themselves, in one scan."""
    return not plan.unreadable and all(
        _widens(t, plan.types[n]) for p in parts for n, t in p.schema.items() if n in plan.types
    )


def group_by_schema(
    files: Sequence[Path], schemas: Sequence[Mapping[str, pl.DataType]]
) -> list[tuple[list[Path], Mapping[str, pl.DataType]]]:
    """Consecutive files with the same columns in the same order."""
    runs = groupby(zip(files, schemas, strict=True), key=lambda pair: list(pair[1].items()))
    return [([f for f, _ in pairs], dict(schema)) for schema, pairs in ((s, list(g)) for s, g in runs)]


def _names(parts: Sequence[Part], rules: Rules) -> list[str]:
    first = parts[0]
    if rules.missing == "insert" and rules.extra != "ignore":
        return list(dict.fromkeys(n for p in parts for n in p.schema))
    for part in parts[1:]:
        if rules.missing != "insert" and (lost := [n for n in first.schema if n not in part.schema]):
            raise SourceError(
                f'{part.path.name} lacks the column "{lost[0]}" that {first.path.name} has'
                + _hint(rules, "set options.missing_columns: insert for nulls where a file lacks a column")
            )
        if rules.extra != "ignore" and (more := [n for n in part.schema if n not in first.schema]):
            raise SourceError(
                f'{part.path.name} has a column "{more[0]}" that {first.path.name} lacks'
                + _hint(
                    rules,
                    "set options.extra_columns: ignore to leave it out, or options.missing_columns: insert for nulls where a file lacks it",
                )
            )
    return list(first.schema)


def _hint(rules: Rules, words: str) -> str:
    return f"; {words}" if rules.optional else ""


def _describe_types(name: str, parts: Sequence[Part], rules: Rules) -> str:
    """A message with the types of a column and the files that have them."""
    found: dict[pl.DataType, str] = {}
    for p in parts:
        if name in p.schema:
            found.setdefault(p.schema[name], p.path.name)
    types_by_file = " and ".join(f"{str(t).lower()} in {file}" for t, file in list(found.items())[:3])
    return f"it is {types_by_file}" + _hint(
        rules, f"set options.schema_overrides: {{{name}: string}} or rewrite one of them"
    )


def _aligned(part: Part, plan: Plan) -> pl.LazyFrame:
    """A part with the columns of the union. Columns are selected by position, because a name may be a pattern."""
    places = {n: i for i, n in enumerate(part.schema)}
    if list(part.schema.items()) == list(plan.types.items()):
        return part.frame
    return part.frame.select(
        pl.lit(None, dtype=t).alias(n) if n in plan.unreadable or n not in places
        else pl.nth(places[n]) if part.schema[n] == t
        else _cast(pl.nth(places[n]), part.schema[n], t).alias(n)
        for n, t in plan.types.items()
    )  # fmt: skip


# --- types ---------------------------------------------------------------------------------------------------------


def _common_type(a: pl.DataType | None, b: pl.DataType | None) -> pl.DataType | None:
    """A type that holds the values of both, or None."""
    if a is None or b is None:
        return None
    if b in (a, pl.Null):
        return a
    if a == pl.Null:
        return b
    if a.is_integer() and b.is_integer():
        return _integer(a, b)
    if isinstance(a, pl.Decimal) or isinstance(b, pl.Decimal):
        return _decimal(a, b)
    if a.is_numeric() and b.is_numeric():
        return pl.Float64()
    words = (pl.String, pl.Categorical, pl.Enum)
    if a in words and b in words:
        return pl.String()
    if isinstance(a, pl.Datetime) and isinstance(b, pl.Datetime):
        if (a.time_zone is None) != (b.time_zone is None):
            return None
        return pl.Datetime(_finest(a.time_unit, b.time_unit), a.time_zone)
    if isinstance(a, pl.Duration) and isinstance(b, pl.Duration):
        return pl.Duration(_finest(a.time_unit, b.time_unit))
    return _nested(a, b)


def _finest(a: str, b: str) -> Literal["ms", "us", "ns"]:
    return _UNITS[max(_UNITS.index(a), _UNITS.index(b))]


def _integer(a: pl.DataType, b: pl.DataType) -> pl.DataType | None:
    bounds = {d: (low, high) for d, low, high in _SIZES}
    low, high = min(bounds[a][0], bounds[b][0]), max(bounds[a][1], bounds[b][1])
    return next((d for d, least, most in _SIZES if least <= low and high <= most), None)


def _decimal(a: pl.DataType, b: pl.DataType) -> pl.DataType | None:
    sizes = []
    for dtype in (a, b):
        if isinstance(dtype, pl.Decimal):
            scale = dtype.scale
            sizes.append(((dtype.precision or DECIMAL_DIGITS) - scale, scale))
        elif dtype.is_integer():
            sizes.append((_INTEGER_DIGITS[int("".join(filter(str.isdigit, str(dtype))))], 0))
        else:
            return None
    whole, scale = max(s[0] for s in sizes), max(s[1] for s in sizes)
    return pl.Decimal(min(whole + scale, DECIMAL_DIGITS), scale)


def _nested(a: pl.DataType, b: pl.DataType) -> pl.DataType | None:
    if isinstance(a, pl.List | pl.Array) and isinstance(b, pl.List | pl.Array):
        inner = _common_type(a.inner, b.inner)  # type: ignore[arg-type]  # the class of a type is typed too
        return None if inner is None else pl.List(inner)
    if not isinstance(a, pl.Struct) or not isinstance(b, pl.Struct):
        return None
    ours, theirs = ({f.name: cast("pl.DataType", f.dtype) for f in t.fields} for t in (a, b))
    fields = {
        n: _common_type(ours.get(n, pl.Null()), theirs.get(n, pl.Null()))
        for n in [*ours, *(n for n in theirs if n not in ours)]
    }
    return None if None in fields.values() else pl.Struct({n: t for n, t in fields.items() if t is not None})


def _lossy(parts: Sequence[Part], targets: Mapping[str, pl.DataType]) -> list[str]:
    """Columns with values that do not survive the cast to their type. Only casts that may lose values are tested."""
    lost: list[str] = []
    for part in parts:
        places = {n: i for i, n in enumerate(part.schema)}
        asked = [
            _loses_values(pl.nth(places[n]), part.schema[n], t).alias(str(i))
            for i, (n, t) in enumerate(targets.items())
            if n in places and n not in lost and not _is_lossless(part.schema[n], t)
        ]
        if asked:
            found = part.frame.select(asked).collect(engine="streaming").row(0, named=True)
            lost += [n for i, n in enumerate(targets) if found.get(str(i))]
    return lost


def _is_lossless(source: pl.DataType, target: pl.DataType) -> bool:
    """Whether every value of a type is a value of another."""
    if source in (target, pl.Null) or (source in (pl.Categorical, pl.Enum) and target == pl.String):
        return True
    if source.is_integer() and target.is_integer():
        return _integer(source, target) == target
    if source.is_numeric() and target == pl.Float64:
        return not isinstance(source, pl.Decimal) and str(source).lower() not in (
            "int64",
            "uint64",
            "int128",
            "uint128",
        )
    if isinstance(source, pl.Datetime) and isinstance(target, pl.Datetime):
        return source.time_unit == target.time_unit
    return False


def _widens(source: pl.DataType, target: pl.DataType) -> bool:
    if source in (target, pl.Null):
        return True
    if source.is_integer() and target.is_integer():
        return source.is_signed_integer() == target.is_signed_integer()
    return (source.is_float() or source.is_integer()) and target == pl.Float64


def _loses_values(c: pl.Expr, source: pl.DataType, target: pl.DataType) -> pl.Expr:
    """Whether a cast loses or changes a value. Text counts as what it spells: 02139 may be read as a number."""
    made = _cast(c, source, target, strict=False)
    lost = c.is_not_null() & made.is_null()
    if source.is_nested() or any(
        getattr(source, of)() and getattr(target, of)() for of in ("is_numeric", "is_temporal")
    ):
        lost |= _cast(made, target, source, strict=False).ne_missing(c)
    return lost.any()


def _cast(c: pl.Expr, source: pl.DataType, target: pl.DataType, *, strict: bool = True) -> pl.Expr:
    """The values in another type. Fields of structs go by their names, as the engine's own cast does not."""
    if isinstance(source, pl.Struct) and isinstance(target, pl.Struct):
        ours = {f.name: cast("pl.DataType", f.dtype) for f in source.fields}
        fields = [
            _cast(c.struct.field(f.name), ours[f.name], cast("pl.DataType", f.dtype), strict=strict)
            if f.name in ours
            else pl.lit(None, dtype=f.dtype).alias(f.name)
            for f in target.fields
        ]
        return pl.when(c.is_not_null()).then(pl.struct(fields))
    if isinstance(source, pl.List) and isinstance(target, pl.List):
        inner = cast("pl.DataType", source.inner), cast("pl.DataType", target.inner)
        return c.list.eval(_cast(pl.element(), *inner, strict=strict))
    return c.cast(target, strict=strict)
