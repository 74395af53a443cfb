"""Parquet and Arrow IPC files, whose columns may differ from file to file."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from truthound._internal.text import first_line
from truthound.engine.polars.engine_errors import ENGINE_ERRORS
from truthound.errors import SourceError
from truthound.sources.dtypes import DECIMAL_DIGITS, polars_type
from truthound.sources.files.file_set import FileSet, head
from truthound.sources.files.hive_partitions import (
    Schema,
    constant_column,
    engine_schema,
    has_dates,
    partition_types,
    partition_values,
)
from truthound.sources.files.union import Part, Rules, engine_widens, group_by_schema, plan_union, unite
from truthound.sources.memory.arrow_tables import arrow_table, storage_types
from truthound.sources.table import Table

WIDER = pl.ScanCastOptions(integer_cast=["upcast", "allow-float"], float_cast="upcast")
"""options to read files whose types the engine widens itself"""


def parquet(found: FileSet, options: Any) -> Table:
    """Parquet files as one table."""
    try:
        schemas = [dict(pl.scan_parquet(path, glob=False).collect_schema()) for path in found.files]
    except (
        pl.exceptions.PanicException,
        pl.exceptions.ComputeError,
    ) as error:  # a type that the engine does not support
        if (table := _read_with_pyarrow(found)) is None:
            raise error from None
        return table
    hive = partition_types(found, options.hive_partitioning)
    parts = [
        _part(_scanned(files, hive, found), schema, files[0], hive)
        for files, schema in group_by_schema(found.files, schemas)
    ]
    rules, odd = _rules(options), {**_oversized_decimals(parts), **_times_of_24(found.files, parts)}
    if len(parts) > 1 and not odd and not rules.overrides and engine_widens(parts, plan := plan_union(parts, rules)):
        own = {n: t for n, t in plan.types.items() if n not in hive}
        frame = _scanned(
            found.files, hive, found, schema=own, missing_columns="insert", extra_columns="ignore", cast_options=WIDER
        )
        return Table(storage_types(_part(frame, own, found.files[0], hive).frame))
    return _unite(parts, rules, odd)


def ipc(found: FileSet, options: Any) -> Table:
    """Arrow IPC files as one table. Arrow streams have no index and are read completely."""
    schemas, streams = [], {}
    for path in found.files:
        if head(path, 6).startswith(b"ARROW1"):
            schemas.append(dict(pl.scan_ipc(path, glob=False).collect_schema()))
            continue
        try:
            streams[path] = pl.read_ipc_stream(path)
        except ENGINE_ERRORS as error:
            raise SourceError(f"{path.name} is not Arrow IPC: {first_line(error)}") from None
        schemas.append(dict(streams[path].schema))
    hive = partition_types(found, options.hive_partitioning)
    parts = []
    for files, schema in group_by_schema(found.files, schemas):
        run = [f for f in files if f not in streams]
        if len(run) == len(files):
            parts.append(_part(_scanned_ipc(files, hive, found), schema, files[0], hive))
            continue
        for path in files:
            values = partition_values(path, found)
            if path in streams:
                lazy = streams[path].lazy().with_columns(constant_column(k, values[k], t) for k, t in hive.items())
            else:
                lazy = _scanned_ipc([path], hive, found)
            parts.append(_part(lazy, schema, path, hive))
    return _unite(parts, _rules(options), _oversized_decimals(parts))


def _rules(options: Any) -> Rules:
    overrides = {n: polars_type(t) for n, t in options.schema_overrides.items()}
    return Rules(options.missing_columns, options.extra_columns, overrides)


def _scanned(files: Sequence[Path], hive: Schema, found: FileSet, **more: Any) -> pl.LazyFrame:
    return pl.scan_parquet(
        list(files), glob=False, hive_partitioning=bool(hive), hive_schema=engine_schema(hive, found), try_parse_hive_dates=has_dates(hive), **more,
    )  # fmt: skip


def _scanned_ipc(files: Sequence[Path], hive: Schema, found: FileSet) -> pl.LazyFrame:
    return pl.scan_ipc(
        list(files), glob=False, hive_partitioning=bool(hive), hive_schema=engine_schema(hive, found), try_parse_hive_dates=has_dates(hive),
    )  # fmt: skip


def _part(frame: pl.LazyFrame, schema: Schema, path: Path, hive: Schema) -> Part:
    """Files with the same columns, the partition columns last, without those of folders above the table."""
    names = list(frame.clone().collect_schema())
    wanted = [*(n for n in schema if n not in hive), *hive]
    types = {**schema, **hive}
    if names != wanted:
        frame = frame.select(pl.nth(names.index(n)) for n in wanted)
    return Part(frame, {n: types[n] for n in wanted}, path)


def _unite(parts: Sequence[Part], rules: Rules, odd: Mapping[str, str]) -> Table:
    """The files as one table; the columns in `odd` are unreadable, for the reason given."""
    if odd:
        parts = [
            Part(p.frame.select(pl.nth(i) if n not in odd else pl.lit(None).alias(n) for i, n in enumerate(p.schema)),
                 {n: pl.Null() if n in odd else t for n, t in p.schema.items()}, p.path)
            for p in parts
        ]  # fmt: skip
    frame, unreadable, _ = unite(parts, rules)
    return Table(storage_types(frame), {**unreadable, **odd})


def _oversized_decimals(parts: Sequence[Part]) -> dict[str, str]:
    """Columns of decimals with more digits than the engine supports, with the reason."""
    types = {n: t for p in parts for n, t in p.schema.items() if _is_oversized(t)}
    return {
        n: f"its type is {str(t).lower()}, a decimal of more than {DECIMAL_DIGITS} digits" for n, t in types.items()
    }


def _times_of_24(files: Sequence[Path], parts: Sequence[Part]) -> dict[str, str]:
    """Time columns that contain 24:00:00, which the engine reads as null. Found in the statistics of the footer, if PyArrow is installed."""
    times = {n for p in parts for n, t in p.schema.items() if t == pl.Time}
    if not times or importlib.util.find_spec("pyarrow") is None:
        return {}
    import pyarrow.parquet as pq

    found = {}
    for path in files:
        footer = pq.read_metadata(path)
        for group in range(footer.num_row_groups):
            for place in range(footer.num_columns):
                column = footer.row_group(group).column(place)
                if column.path_in_schema in times and (known := column.statistics) and known.has_min_max:
                    unit = footer.schema.column(place).logical_type.to_json()
                    day = 86_400 * (10**3 if "milli" in unit else 10**9 if "nano" in unit else 10**6)
                    if known.max_raw >= day:
                        found[column.path_in_schema] = "it holds 24:00:00, which no time of day is"
    return found


def _is_oversized(dtype: Any) -> bool:
    """Whether a type contains decimals of more digits than the engine supports."""
    if isinstance(dtype, pl.Decimal):
        return (dtype.precision or 0) > DECIMAL_DIGITS
    if isinstance(dtype, pl.Struct):
        return any(_is_oversized(f.dtype) for f in dtype.fields)
    return isinstance(dtype, pl.List | pl.Array) and _is_oversized(dtype.inner)


def _read_with_pyarrow(found: FileSet) -> Table | None:
    """Files read by PyArrow, because a column has a type that the engine does not support and is unreadable. None if PyArrow cannot read them."""
    if importlib.util.find_spec("pyarrow") is None:
        return None
    import pyarrow as pa
    import pyarrow.dataset as ds

    partitioning = "hive" if found.root else None
    try:
        return arrow_table(ds.dataset([os.fspath(f) for f in found.files], format="parquet", partitioning=partitioning))
    except (*ENGINE_ERRORS, pa.ArrowException):
        return None  # the engine's own error says what is wrong
