"""The errors that Polars may raise for a query or a file, and how they are reported."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import polars as pl

from truthound._internal.text import first_line
from truthound.errors import SourceError

ENGINE_ERRORS = (
    pl.exceptions.PolarsError, pl.exceptions.PanicException, TypeError, ValueError, ArithmeticError, LookupError, OSError,
)  # fmt: skip
"""a panic is not an Exception"""


@contextmanager
def no_panic() -> Iterator[None]:
    """Converts a panic of the engine, which is not an Exception and would end the process, to a SourceError."""
    try:
        yield
    except pl.exceptions.PanicException as error:
        raise SourceError(f"the engine failed on these data: {first_line(error)}") from None
