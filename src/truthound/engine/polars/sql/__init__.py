"""Conditions in SQL as Polars expressions, with DuckDB's meaning."""
