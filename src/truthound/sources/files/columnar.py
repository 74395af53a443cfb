"""Parquet and Arrow IPC: files of columns that may differ, and columns from folders named `key=value`."""

from __future__ import annotations

import datetime as dt
import importlib.util
import os
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import polars as pl

from truthound._internal.text import first_line
from truthound.engine.polars.engine_errors import ENGINE_ERRORS
from truthound.errors import SourceError
from truthound.sources.dtypes import polars_type
from truthound.sources.files.file_set import FileSet, head
from truthound.sources.files.merging import Part, Rules, alike, planned, united, widened
from truthound.sources.memory.arrow_tables import arrow_table, stored
from truthound.sources.memory.python_values import DIGITS, Table

NOTHING = "__HIVE_DEFAULT_PARTITION__"
"""the folder of rows whose value is null"""
WIDER = pl.ScanCastOptions(integer_cast=["upcast", "allow-float"], float_cast="upcast")
"""how files are read whose types the engine widens by itself"""
_WHOLE = re.compile(r"0|-?[1-9]\d{0,37}")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(\.\d{1,6})?")
Schema = Mapping[str, pl.DataType]


def parquet(found: FileSet, options: Any) -> Table:
    """Parquet files as one table."""
    try:
        schemas = [dict(pl.scan_parquet(path, glob=False).collect_schema()) for path in found.files]
    except (pl.exceptions.PanicException, pl.exceptions.ComputeError) as error:  # a type that the engine does not have
        if (table := _by_arrow(found)) is None:
            raise error from None
        return table
    hive = _hive(found, options.hive_partitioning)
    parts = [
        _part(_scanned(files, hive, found), schema, files[0], hive) for files, schema in alike(found.files, schemas)
    ]
    rules, odd = _rules(options), {**_large(parts), **_late(found.files, parts)}
    if len(parts) > 1 and not odd and not rules.overrides and widened(parts, plan := planned(parts, rules)):
        own = {n: t for n, t in plan.types.items() if n not in hive}
        frame = _scanned(
            found.files, hive, found, schema=own, missing_columns="insert", extra_columns="ignore", cast_options=WIDER
        )
        return Table(stored(_part(frame, own, found.files[0], hive).frame))
    return _whole(parts, rules, odd)


def ipc(found: FileSet, options: Any) -> Table:
    """Arrow IPC files as one table. Streams of Arrow have no index and are read at once."""
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
    hive = _hive(found, options.hive_partitioning)
    parts = []
    for files, schema in alike(found.files, schemas):
        run = [f for f in files if f not in streams]
        if len(run) == len(files):
            parts.append(_part(_scanned_ipc(files, hive, found), schema, files[0], hive))
            continue
        for path in files:
            told = _told(path, found)
            if path in streams:
                lazy = streams[path].lazy().with_columns(_constant(k, told[k], t) for k, t in hive.items())
            else:
                lazy = _scanned_ipc([path], hive, found)
            parts.append(_part(lazy, schema, path, hive))
    return _whole(parts, _rules(options), _large(parts))


def _rules(options: Any) -> Rules:
    overrides = {n: polars_type(t) for n, t in options.schema_overrides.items()}
    return Rules(options.missing_columns, options.extra_columns, overrides)


def _scanned(files: Sequence[Path], hive: Schema, found: FileSet, **more: Any) -> pl.LazyFrame:
    return pl.scan_parquet(
        list(files), glob=False, hive_partitioning=bool(hive), hive_schema=_every(hive, found), try_parse_hive_dates=dated(hive), **more,
    )  # fmt: skip


def _scanned_ipc(files: Sequence[Path], hive: Schema, found: FileSet) -> pl.LazyFrame:
    return pl.scan_ipc(
        list(files), glob=False, hive_partitioning=bool(hive), hive_schema=_every(hive, found), try_parse_hive_dates=dated(hive),
    )  # fmt: skip


def _part(frame: pl.LazyFrame, schema: Schema, path: Path, hive: Schema) -> Part:
    """The rows of files with the same columns, those from their folders last, and no others that lie above the table."""
    names = list(frame.clone().collect_schema())
    wanted = [*(n for n in schema if n not in hive), *hive]
    types = {**schema, **hive}
    if names != wanted:
        frame = frame.select(pl.nth(names.index(n)) for n in wanted)
    return Part(frame, {n: types[n] for n in wanted}, path)


def _whole(parts: Sequence[Part], rules: Rules, odd: Mapping[str, str]) -> Table:
    """The files as one table, without the columns of which it is known that the engine cannot read them."""
    if odd:
        parts = [
            Part(p.frame.select(pl.nth(i) if n not in odd else pl.lit(None).alias(n) for i, n in enumerate(p.schema)),
                 {n: pl.Null() if n in odd else t for n, t in p.schema.items()}, p.path)
            for p in parts
        ]  # fmt: skip
    frame, unreadable, _ = united(parts, rules)
    return Table(stored(frame), {**unreadable, **odd})


def _large(parts: Sequence[Part]) -> dict[str, str]:
    """The columns of decimals with more digits than the engine has."""
    types = {n: t for p in parts for n, t in p.schema.items() if _beyond(t)}
    return {n: f"its type is {str(t).lower()}, a decimal of more than {DIGITS} digits" for n, t in types.items()}


def _late(files: Sequence[Path], parts: Sequence[Part]) -> dict[str, str]:
    """The columns of times of day that have 24:00:00, which the engine takes for null; the ends of files tell, if PyArrow is there to read them."""
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


def _beyond(dtype: Any) -> bool:
    """Whether a type holds decimals of more digits than the engine has."""
    if isinstance(dtype, pl.Decimal):
        return (dtype.precision or 0) > DIGITS
    if isinstance(dtype, pl.Struct):
        return any(_beyond(f.dtype) for f in dtype.fields)
    return isinstance(dtype, pl.List | pl.Array) and _beyond(dtype.inner)


def _by_arrow(found: FileSet) -> Table | None:
    """Files with a column of a type that the engine does not have, by PyArrow: that column is unreadable. None where it cannot read them."""
    if importlib.util.find_spec("pyarrow") is None:
        return None
    import pyarrow as pa
    import pyarrow.dataset as ds

    partitioning = "hive" if found.root else None
    try:
        return arrow_table(ds.dataset([os.fspath(f) for f in found.files], format="parquet", partitioning=partitioning))
    except (*ENGINE_ERRORS, pa.ArrowException):
        return None  # the engine's own error says what is wrong


# --- folders named key=value ---------------------------------------------------------------------------------------


def _hive(found: FileSet, wanted: bool | None) -> dict[str, pl.DataType]:
    """The columns that the folders of a table name, and their types. Raises SourceError where files lie in folders of other names."""
    if wanted is False or (wanted is None and found.root is None):
        return {}
    values = [_told(path, found) for path in found.files]
    keys = max(values, key=len)
    for path, told in zip(found.files, values, strict=True):
        if lost := [k for k in keys if k not in told]:
            raise SourceError(
                f"{path.name} lies in no folder {lost[0]}=…, as other files do; set options.hive_partitioning: false to read them without it"
            )
    return {k: type_of({v[k] for v in values}) for k in keys}


def _told(path: Path, found: FileSet) -> dict[str, str | None]:
    """What the folders of a file say, below the table's own."""
    parts = (path.relative_to(found.root) if found.root else path).parts[:-1]
    pairs = (p.partition("=") for p in parts if p.count("=") == 1)
    return {key: None if value == NOTHING else unquote(value) for key, _, value in pairs if key}


def _every(hive: Schema, found: FileSet) -> dict[str, pl.DataType] | None:
    """The columns that the engine makes of all folders, those above the table too."""
    if not hive:
        return None
    parts = found.files[0].absolute().parts[:-1]
    return {**{p.partition("=")[0]: pl.String() for p in parts if p.count("=") == 1}, **hive}


def dated(hive: Schema) -> bool:
    """Whether the engine is to look for dates in names of folders."""
    return any(t.is_temporal() for t in hive.values())


def type_of(values: Collection[str | None]) -> pl.DataType:
    """A type that every value is written in as its own text; codes such as 02139, 1.10 and 1E5 stay text."""
    held = [v for v in values if v is not None]
    if not held:
        return pl.String()
    if all(_WHOLE.fullmatch(v) for v in held):
        fits = all(-(1 << 63) <= int(v) < 1 << 63 for v in held)
        return pl.Int64() if fits else pl.Int128() if all(abs(int(v)) < 1 << 127 for v in held) else pl.String()
    if all(v in ("true", "false") for v in held):
        return pl.Boolean()
    if all(_is_float(v) for v in held):
        return pl.Float64()
    if all(len(v) == 10 and _is_moment(v) for v in held):
        return pl.Date()
    return pl.Datetime("us") if all(_MOMENT.fullmatch(v) and _is_moment(v) for v in held) else pl.String()


def _is_float(value: str) -> bool:
    try:
        return _WHOLE.fullmatch(value) is not None or ("." in value and repr(float(value)) == value)
    except ValueError:
        return False


def _is_moment(value: str) -> bool:
    try:
        dt.datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _constant(name: str, value: str | None, dtype: pl.DataType) -> pl.Expr:
    """The column of a stream's folder."""
    plain: Any = value
    if value is not None and dtype != pl.String:
        if dtype == pl.Boolean:
            plain = value == "true"
        elif dtype.is_temporal():
            plain = dt.datetime.fromisoformat(value)
        else:
            plain = int(value) if dtype.is_integer() else float(value)
    return pl.lit(plain).cast(dtype).alias(name)
