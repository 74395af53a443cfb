"""Values of several types as one type: the arms of CASE, the arguments of COALESCE, GREATEST and LEAST."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from typing import Any

import polars as pl

from truthound.engine.polars.sql.casts import cast
from truthound.engine.polars.sql.typed_expr import (
    UNITS,
    TypedExpr,
    as_type,
    common_number,
    is_dated,
    is_int,
    is_number,
    null_of,
    plain_text,
    sql_name,
    utc,
)  # fmt: skip
from truthound.errors import ValidatorError


def unified(values: list[TypedExpr], what: str) -> tuple[list[TypedExpr], pl.DataType]:
    """Values of one type: the arms of CASE, the arguments of COALESCE, GREATEST and LEAST."""
    made = [plain_text(v) for v in values]
    given = [v for v in made if v.t != pl.Null]
    if not given:
        return made, pl.Null()
    fixed = [v for v in given if not (v.literal and v.t == pl.String)]
    t = pl.String() if not fixed else reduce(lambda a, b: _common(a, b, what), fixed).t
    if any(v.months is not None for v in made):
        raise ValidatorError(f"{what} takes no interval with months")
    out = []
    for v in made:
        if v.t == pl.Null:
            out.append(null_of(t))
        elif is_number(v.t) and is_number(t):
            out.append(replace(v, e=as_type(v, t), t=t))
        else:
            out.append(cast(v, t))
    return out, t


def _common(a: TypedExpr, b: TypedExpr, what: str) -> TypedExpr:
    if a.t == b.t:
        return a if b.literal else b
    if is_number(a.t) and is_number(b.t):
        return TypedExpr(a.e, common_number(a, b))
    if pl.Boolean() in (a.t, b.t) and (is_int(a.t) or is_int(b.t)):
        return a if is_int(a.t) else b
    if is_dated(a) and is_dated(b):
        x, y = (utc(v) if v.t != pl.Date else v for v in (a, b))
        units = [getattr(v.t, "time_unit", "us") for v in (x, y) if v.t != pl.Date]
        finest: Any = max(units, key=lambda u: UNITS[u])
        zone = "UTC" if any(getattr(v.t, "time_zone", None) for v in (x, y)) else None
        return TypedExpr(a.e, pl.Datetime(finest, zone))
    if isinstance(a.t, pl.Duration) and isinstance(b.t, pl.Duration):
        return TypedExpr(a.e, pl.Duration("us"))
    raise ValidatorError(f"{what} mixes {sql_name(a.t)} and {sql_name(b.t)}; cast one of them")
