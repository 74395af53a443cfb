"""The Polars backend: measures and row predicates as lazy queries.

The files, by what they are for:

    the backend     backend (the methods of `engine.Backend`), table (one open table), engine_errors, column_names, type_names,
                    python_values
    predicates      compile, formats, compare_values, compare_columns, comparison_operators, short_circuit; `sql/` compiles conditions
    streaming       streaming, aggregates, aggregate_query, row_counts, null_counts, exact_sums
    blocking        blocking, duplicates, duplicate_keys, functional_dependencies, quantiles, frequencies, kolmogorov_smirnov,
                    time_gaps, join_types (keys of two tables), query (whole SQL queries)
    rows            failing_rows, row_filter, split (good and bad rows)
"""
