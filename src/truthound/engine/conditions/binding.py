"""Whether a condition fits a table's schema, before any data are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from truthound import sqltree
from truthound.engine.conditions.compile import compiled
from truthound.engine.conditions.values import INTEGERS, Context, utc_now
from truthound.errors import ValidatorError
from truthound.schema import DataType

_PLAIN: dict[str, pl.DataType] = {
    str(t).lower(): t
    for t in (*INTEGERS, pl.Float32(), pl.Float64(), pl.Boolean(), pl.String(), pl.Date(), pl.Time(), pl.Binary(), pl.Null())
} | {"categorical": pl.String(), "enum": pl.String(), "duration": pl.Duration("us")}  # fmt: skip


def problem(text: str, schema: Mapping[str, DataType]) -> str:
    """Why a condition cannot be evaluated over such columns, or nothing where that is not known yet."""
    if wrong := sqltree.unknown_column(text, schema):
        return wrong
    used = sorted(sqltree.columns_of(text, schema))
    for name in used:
        if reason := schema[name].unreadable_reason:
            return f'column "{name}" cannot be read: {reason}'
    types = {name: _type(str(schema[name])) for name in used}
    known = {name: t for name, t in types.items() if t is not None}
    if len(known) < len(types):
        return ""
    try:
        compiled(text, Context(known, now=utc_now))
    except ValidatorError as error:
        return str(error)
    return ""


def _type(name: str) -> pl.DataType | None:
    """The engine's type of a type's name."""
    base, _, inside = name.replace("(", "[").removesuffix(")").removesuffix("]").partition("[")
    if not inside:
        return _PLAIN.get(base)
    parts: Any = inside.split(",")
    if base == "datetime":
        return pl.Datetime(parts[0], parts[1] if len(parts) > 1 else None)
    if base == "decimal":
        return pl.Decimal(*map(int, parts))
    inner = _type(inside) if base == "list" else None
    return None if inner is None else pl.List(inner)
