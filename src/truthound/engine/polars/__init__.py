"""The Polars backend: measures and row predicates as lazy queries."""
