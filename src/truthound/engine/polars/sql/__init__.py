"""Conditions in SQL as Polars expressions, with DuckDB's meaning."""

from truthound.engine.polars.sql.compile import LONG, Checked, checked, compiled, resolved
from truthound.engine.polars.sql.typed_expr import Context, utc_now

__all__ = ["LONG", "Checked", "Context", "checked", "compiled", "resolved", "utc_now"]
