"""Polars types in the engine-neutral words of `DataType`."""

from __future__ import annotations

import polars as pl


def type_name(dtype: pl.DataType) -> str:
    """A Polars type in the engine-neutral words of `DataType`."""
    match dtype:
        case pl.Datetime():
            return (
                f"datetime[{dtype.time_unit},{dtype.time_zone}]" if dtype.time_zone else f"datetime[{dtype.time_unit}]"
            )
        case pl.Decimal():
            return f"decimal({dtype.precision or 38},{dtype.scale})"
        case pl.List():
            return f"list[{type_name(dtype.inner)}]"  # type: ignore[arg-type]
        case pl.Array():
            return f"array[{type_name(dtype.inner)}]"  # type: ignore[arg-type]
        case pl.Struct():
            return f"struct{{{','.join(f'{f.name}:{type_name(f.dtype)}' for f in dtype.fields)}}}"  # type: ignore[arg-type]
        case _:
            return str(dtype.base_type()).lower()
