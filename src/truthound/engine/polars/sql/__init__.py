"""Conditions in SQL as Polars expressions, with DuckDB's meaning."""

from truthound.engine.polars.sql.compile import (
    WIDE_INTEGERS,
    CompiledCondition,
    compile_condition,
    raising_on_fault,
    resolved,
)
from truthound.engine.polars.sql.typed_expr import Context, utc_now

__all__ = [
    "WIDE_INTEGERS",
    "CompiledCondition",
    "Context",
    "compile_condition",
    "raising_on_fault",
    "resolved",
    "utc_now",
]
