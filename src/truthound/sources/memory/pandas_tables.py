"""pandas data frames."""

from __future__ import annotations

from typing import Any, cast

import polars as pl

from truthound.sources.memory.arrow_tables import arrow_column, arrow_readable
from truthound.sources.memory.python_values import column_or_reason
from truthound.sources.table import Table, all_different, assembled

_SECONDS = 1 << 53
"""seconds up to here fit 64 bits as milliseconds"""


def pandas_table(data: Any) -> Table:
    """A pandas data frame. Raises TypeError for anything else."""
    if not hasattr(data, "columns") or getattr(data, "ndim", 0) != 2:
        raise TypeError(f"a pandas {type(data).__name__} is not a table; give a DataFrame, such as data.to_frame()")
    names = ["_".join(map(str, c)) if isinstance(c, tuple) else str(c) for c in data.columns]
    all_different(names)
    named = data.set_axis(names, axis=1)
    typed = [n for n in names if _typed(named[n].dtype)]
    try:
        whole: pl.DataFrame | None = pl.from_pandas(named[typed]) if typed else pl.DataFrame()
    except ImportError:
        raise
    except Exception:  # noqa: BLE001 pyarrow's errors are known only once it is imported; the columns are tried one by one
        whole = None
    columns = {}
    for name in names:
        columns[name] = whole[name] if whole is not None and name in whole.columns else pandas_column(name, named[name])
    return assembled(columns, len(data))


def _typed(dtype: Any) -> bool:
    """Whether a pandas type has an equivalent in Arrow."""
    word = type(dtype).__name__
    if word == "ArrowDtype":
        return arrow_readable(dtype.pyarrow_dtype) and not _in_seconds(dtype)
    kind = getattr(dtype, "kind", "O")
    if word in ("PeriodDtype", "IntervalDtype", "SparseDtype") or kind == "c":
        return False
    if word == "CategoricalDtype":
        return bool(_typed(dtype.categories.dtype))
    if _in_seconds(dtype):
        return False
    return kind != "O" or word == "StringDtype"


def _texts(column: Any) -> bool:
    """Whether a column of Python objects contains only text."""
    import pandas as pd

    return bool(pd.api.types.infer_dtype(column, skipna=True) == "string")


def _in_seconds(dtype: Any) -> bool:
    """Whether it is timestamps or durations in seconds, which become milliseconds and may overflow."""
    return str(dtype).startswith(("datetime64[s", "timedelta64[s", "timestamp[s", "duration[s"))


def pandas_column(name: str, column: Any) -> pl.Series | str:
    """A column of Python objects, or of a type without an equivalent in Arrow. Missing values are null."""
    word = type(column.dtype).__name__
    if word == "ArrowDtype" and not _typed(column.dtype):
        return arrow_column(name, column.array.__arrow_array__())
    if word == "SparseDtype":
        column = column.sparse.to_dense()
    if _in_seconds(column.dtype):
        if abs(column.astype("int64").where(column.notna(), 0)).max() >= _SECONDS:
            return "it holds times beyond 285 million years"
        return cast("pl.Series", pl.from_pandas(column)).alias(name)
    if _typed(column.dtype):
        try:
            return cast("pl.Series", pl.from_pandas(column)).alias(name)
        except Exception:  # noqa: BLE001 as above; the values are tried next
            column = column.astype(object)
    if getattr(column.dtype, "kind", "") == "O" and _texts(column):
        try:
            return cast("pl.Series", pl.from_pandas(column)).alias(name)
        except Exception:  # noqa: BLE001 as above: half of a surrogate pair, for instance
            column = column.astype(object)
    missing = column.isna().tolist()
    if word in ("PeriodDtype", "IntervalDtype"):
        column = column.astype(str)
    return column_or_reason(name, [None if gone else v for v, gone in zip(column.tolist(), missing, strict=True)])
