"""Columns that folders named `key=value` add to the files in them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import polars as pl

from truthound.errors import SourceError
from truthound.sources.files.file_set import FileSet

NULL_PARTITION = "__HIVE_DEFAULT_PARTITION__"
"""the folder name for null"""
_WHOLE = re.compile(r"0|-?[1-9]\d{0,37}")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(\.\d{1,6})?")
Schema = Mapping[str, pl.DataType]


def partition_types(found: FileSet, wanted: bool | None) -> dict[str, pl.DataType]:
    """The columns that folder names define, and their types. Raises SourceError if a file is not in such a folder."""
    if wanted is False or (wanted is None and found.root is None):
        return {}
    values = [partition_values(path, found) for path in found.files]
    keys = max(values, key=len)
    for path, named in zip(found.files, values, strict=True):
        if lost := [k for k in keys if k not in named]:
            raise SourceError(
                f"{path.name} is not in a folder {lost[0]}=…, as other files are; set options.hive_partitioning: false to read them without it"
            )
    return {k: value_type({v[k] for v in values}) for k in keys}


def partition_values(path: Path, found: FileSet) -> dict[str, str | None]:
    """The values in the folder names of a file, below the root of the table."""
    parts = (path.relative_to(found.root) if found.root else path).parts[:-1]
    pairs = (p.partition("=") for p in parts if p.count("=") == 1)
    return {key: None if value == NULL_PARTITION else unquote(value) for key, _, value in pairs if key}


def engine_schema(hive: Schema, found: FileSet) -> dict[str, pl.DataType] | None:
    """The columns that the engine derives from all folders, including those above the table."""
    if not hive:
        return None
    parts = found.files[0].absolute().parts[:-1]
    return {**{p.partition("=")[0]: pl.String() for p in parts if p.count("=") == 1}, **hive}


def has_dates(hive: Schema) -> bool:
    """Whether the engine has to parse dates in folder names."""
    return any(t.is_temporal() for t in hive.values())


def value_type(values: Collection[str | None]) -> pl.DataType:
    """The type in which every value is written as it stands; codes such as 02139, 1.10 and 1E5 stay text."""
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


def constant_column(name: str, value: str | None, dtype: pl.DataType) -> pl.Expr:
    """A partition column of one file."""
    plain: Any = value
    if value is not None and dtype != pl.String:
        if dtype == pl.Boolean:
            plain = value == "true"
        elif dtype.is_temporal():
            plain = dt.datetime.fromisoformat(value)
        else:
            plain = int(value) if dtype.is_integer() else float(value)
    return pl.lit(plain).cast(dtype).alias(name)
