"""The rows of a frame for which a condition is true, as a frame."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import polars as pl

from truthound.engine.condition import Condition
from truthound.engine.polars.column_names import FAULT_MESSAGE, escape_column, is_fault
from truthound.engine.polars.sql.compile import compile_condition
from truthound.engine.polars.sql.logic import raising_on_fault
from truthound.engine.polars.sql.typed_expr import Context
from truthound.errors import SourceError


def filter_rows(frame: pl.LazyFrame, condition: Condition, unreadable: Mapping[str, str]) -> pl.LazyFrame:
    """The rows for which the condition is true. Reading them raises if it cannot be evaluated for a row; `explain_filter` explains the error.

    Raises:
        UnknownColumnError: the condition names columns that do not exist or cannot be read.
        ValidatorError: it does not fit the types of the columns.
    """
    types = dict(frame.clone().collect_schema())
    condition = condition.resolve(c for c in types if c not in unreadable)
    names = {c: escape_column(c) for c in types if escape_column(c) != c}
    made = raising_on_fault(compile_condition(condition, Context(types, lambda name: pl.col(escape_column(name)))))
    return frame.rename(names).filter(made).rename({escaped: c for c, escaped in names.items()})


def explain_filter(explain: Callable[[Exception], SourceError]) -> Callable[[Exception], SourceError]:
    """Explains errors of filtered rows: those of the filter here, others by `explain`."""
    return lambda error: SourceError(f"where: {FAULT_MESSAGE}") if is_fault(error) else explain(error)
