"""Types of options that validators share (columns, tolerances, names), and bounds in words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainValidator

from truthound._internal.options import Converted
from truthound._internal.text import number
from truthound.results import Severity, SeverityName


def _limit(value: Any) -> int | str:
    """A count of rows, or a percentage as text; a fraction below 1 is a ratio."""
    if isinstance(value, bool):
        raise ValueError("give a count of rows (5) or a percentage (1%)")  # noqa: TRY004 pydantic wants ValueError
    if isinstance(value, int) and value >= 0:
        return value
    if isinstance(value, float) and 0 <= value < 1:
        return f"{value * 100:.10g}%"
    if isinstance(value, str) and (m := re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*%\s*", value)) and float(m[1]) <= 100:
        return f"{m[1]}%"
    if isinstance(value, str) and value.strip().isdigit():
        return int(value)
    raise ValueError(f"{value!r} is neither a count of rows (5) nor a percentage (1%)")


Limit = Converted[
    Annotated[int | str, PlainValidator(_limit, json_schema_input_type=int | str | float)], int | str | float
]


def _tolerance(value: Any) -> Any:
    """One limit, or one for each severity."""
    if value is None:
        return None
    if not isinstance(value, dict):
        return _limit(value)
    unknown = [k for k in value if k not in set(Severity)]
    if unknown:
        raise ValueError(f"{unknown[0]!r} is not a severity: low, medium, high or critical")
    return {Severity(k): _limit(v) for k, v in value.items()}


Tolerance = Converted[
    Annotated[
        int | str | dict[Severity, int | str] | None,
        PlainValidator(_tolerance, json_schema_input_type=int | str | float | dict[Severity, int | str | float] | None),
    ],
    int | str | float | Mapping[Severity | SeverityName, int | str | float] | None,
]


def allowed_rows(limit: int | str, total: int) -> int:
    """The number of `total` rows that may fail within a limit."""
    if isinstance(limit, int):
        return limit
    return int(Decimal(limit.rstrip("%")) * total / 100)


def _names(value: Any) -> Any:
    return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value


Names = Converted[Annotated[tuple[str, ...], BeforeValidator(_names)], str | list[str] | tuple[str, ...]]


def _columns(value: Any) -> Any:
    if value is None or (isinstance(value, str) and value):
        return value and (value,)
    if (
        isinstance(value, dict)
        and all(isinstance(k, str) and isinstance(v, dict | None) for k, v in value.items())
        and value
    ):
        return {k: dict(v or {}) for k, v in value.items()}
    if isinstance(value, list | tuple) and all(isinstance(v, str) and v for v in value) and value:
        return tuple(dict.fromkeys(value))
    raise ValueError(
        "give a column, a list of columns, or a mapping of a column to its options; leave it out for all that fit"
    )


Columns = Converted[
    Annotated[
        tuple[str, ...] | dict[str, dict[str, Any]] | None,
        PlainValidator(_columns, json_schema_input_type=str | list[str] | dict[str, dict[str, Any] | None] | None),
    ],
    str | list[str] | tuple[str, ...] | Mapping[str, Mapping[str, Any] | None] | None,
]


def bounds(low: Any, high: Any, *, low_inclusive: bool = True, high_inclusive: bool = True) -> str:
    """`between 0 and 120`, `at least 0`, `below 5`, `equal to 3`."""
    if low is None and high is None:
        return "any value"
    if low == high and low_inclusive and high_inclusive:
        return f"equal to {number(low)}"
    if low is not None and high is not None:
        if low_inclusive and high_inclusive:
            return f"between {number(low)} and {number(high)}"
        return f"{'at least' if low_inclusive else 'above'} {number(low)} and {'at most' if high_inclusive else 'below'} {number(high)}"
    if low is not None:
        return f"{'at least' if low_inclusive else 'above'} {number(low)}"
    return f"{'at most' if high_inclusive else 'below'} {number(high)}"
