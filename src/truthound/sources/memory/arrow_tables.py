"""PyArrow tables, and objects with the Arrow C stream interface."""

from __future__ import annotations

from typing import Any

import polars as pl

from truthound._internal.text import first_line, shorten
from truthound.sources.memory.python_values import column_or_reason
from truthound.sources.table import Table, all_different, assembled


def arrow_table(data: Any) -> Table:
    """A table, record batch or dataset of PyArrow, or an object with an Arrow stream. Raises TypeError for anything else."""
    if hasattr(data, "scanner") and hasattr(data, "get_fragments"):  # a pyarrow dataset is read lazily
        return _dataset(data)
    names = getattr(getattr(data, "schema", None), "names", None)
    if names is not None:
        all_different(names)
    elif type(data).__module__.partition(".")[0] == "pyarrow":
        raise TypeError(f"a pyarrow {type(data).__name__} is not a table; give a Table")
    if not hasattr(data, "__arrow_c_stream__") and not hasattr(data, "__arrow_c_array__"):
        raise TypeError(f"a {type(data).__name__} is not a table")
    if names is None or not hasattr(data, "column"):
        return Table(storage_types(pl.DataFrame(data).lazy()))
    types = {n: data.schema.field(n).type for n in names}
    odd = {n for n, t in types.items() if not arrow_readable(t) or _in_seconds(t) or _holds_24(data.column(n), t)}
    if not odd:
        return Table(storage_types(pl.DataFrame(data).lazy()))
    fine = pl.DataFrame(data.select([n for n in names if n not in odd]))
    columns = {n: arrow_column(n, data.column(n)) if n in odd else fine[n] for n in names}
    frame, unreadable, _ = assembled(columns, data.num_rows)
    return Table(storage_types(frame), unreadable)


def storage_types(frame: pl.LazyFrame) -> pl.LazyFrame:
    """The frame with extension types (JSON, UUID) replaced by their storage types."""
    kinds = [i for i, t in enumerate(frame.clone().collect_schema().dtypes()) if isinstance(t, pl.BaseExtension)]
    return frame.with_columns(pl.nth(i).ext.storage() for i in kinds) if kinds else frame


def arrow_column(name: str, column: Any) -> pl.Series | str:
    """A column of a type that the engine does not support, converted by way of Python values."""
    import pyarrow as pa

    dtype = column.type
    if pa.types.is_time(dtype):
        return "it holds 24:00:00, which no time of day is"
    try:
        if pa.types.is_timestamp(dtype):
            return pl.Series(name, column.cast(pa.timestamp("ms", dtype.tz)))
        if pa.types.is_duration(dtype):
            return pl.Series(name, column.cast(pa.duration("ms")))
        found = column_or_reason(name, column.to_pylist())
    except Exception as error:  # noqa: BLE001 pyarrow's errors are known only once it is imported
        found = shorten(first_line(error), 200)
    return f"its type is {dtype}: {found}" if isinstance(found, str) else found


def _dataset(data: Any) -> Table:
    import pyarrow as pa

    names = data.schema.names
    odd = {
        f.name: f"its type is {f.type}, which is not read from a dataset"
        for f in data.schema
        if not arrow_readable(f.type)
    }
    if not odd:
        return Table(storage_types(pl.scan_pyarrow_dataset(data)))
    fine = [f for f in data.schema if f.name not in odd]
    frame = storage_types(pl.scan_pyarrow_dataset(data.replace_schema(pa.schema(fine))))
    places = {f.name: i for i, f in enumerate(fine)}
    return Table(frame.select(pl.lit(None).alias(n) if n in odd else pl.nth(places[n]) for n in names), odd)


def arrow_readable(dtype: Any) -> bool:
    """Whether the engine supports a PyArrow type."""
    import pyarrow as pa
    import pyarrow.types as t

    if any(
        odd(dtype)
        for odd in (
            t.is_decimal256,
            t.is_union,
            t.is_interval,
            t.is_run_end_encoded,
            t.is_list_view,
            t.is_large_list_view,
        )
    ):
        return False
    if t.is_decimal(dtype) and dtype.scale < 0:
        return False
    if t.is_timestamp(dtype) and dtype.tz is not None and not _known_zone(dtype.tz):
        return False
    if isinstance(dtype, pa.BaseExtensionType):
        return arrow_readable(dtype.storage_type)
    if t.is_dictionary(dtype):
        return arrow_readable(dtype.value_type)
    inner = [dtype.field(i).type for i in range(dtype.num_fields)] if t.is_nested(dtype) else []
    return all(map(arrow_readable, inner))


def _in_seconds(dtype: Any) -> bool:
    """Whether it is timestamps or durations in seconds, which become milliseconds and may overflow."""
    import pyarrow.types as t

    return bool((t.is_timestamp(dtype) or t.is_duration(dtype)) and dtype.unit == "s")


def _holds_24(column: Any, dtype: Any) -> bool:
    """Whether it is times of day that include 24:00:00, which the engine reads as null."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_time(dtype):
        return False
    numbers = column.cast(pa.int32() if pa.types.is_time32(dtype) else pa.int64())
    last = pc.max(numbers).as_py()
    per_second = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[dtype.unit]
    return last is not None and last >= 86_400 * per_second


def _known_zone(zone: str) -> bool:
    try:
        pl.Series([], dtype=pl.Datetime("us", zone)).to_list()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return zone[:1] in "+-"  # an offset becomes a zone
    return True
