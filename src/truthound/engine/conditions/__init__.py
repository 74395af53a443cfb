"""Conditions in SQL as Polars expressions, with DuckDB's meaning."""

from truthound.engine.conditions.compile import LONG, Checked, checked, compiled
from truthound.engine.conditions.values import Context, utc_now

__all__ = ["LONG", "Checked", "Context", "checked", "compiled", "utc_now"]
