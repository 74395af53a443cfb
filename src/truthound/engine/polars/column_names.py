"""Column names that the engine would take for patterns, and the engine's errors in plain words.

Polars reads the names `*` and `^...$` as patterns. Inside the engine such columns have a prefix that is not visible outside.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import polars as pl

from truthound._internal.text import did_you_mean, first_line, hint_columns

ESCAPE_PREFIX = "\x1a"
"""prefix of a name that would be a pattern, or that begins with it, so that it can always be removed again"""
FAULT = -86
"""the value of a condition for a row without an answer, by which the engine's error is recognized"""
_FAULT = re.compile(rf"conversion from `i8` to `u8` failed.*\[.*{FAULT}", re.DOTALL)
FAULT_MESSAGE = "in some row a number is beyond its type or divided by zero, or a value cannot be cast; TRY_CAST(...) and TRY(...) give NULL there"
_WORDS = (
    (re.compile(r"^cannot compare string with numeric type.*"), "text and numbers do not compare; cast one of them"),
)


def escape_column(name: str) -> str:
    """A column's name inside the engine: unchanged unless the engine would read it as a pattern."""
    special = name == "*" or (name.startswith("^") and name.endswith("$")) or name.startswith(ESCAPE_PREFIX)
    return ESCAPE_PREFIX + name if special else name


def unescape_column(name: str) -> str:
    """The column's original name."""
    return name.removeprefix(ESCAPE_PREFIX)


def named(name: str) -> pl.Expr:
    """The expression for a column, given by its original name, in a frame with escaped names."""
    return pl.col(escape_column(name))


def restore_names(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with its columns' original names."""
    changed = {c: unescape_column(c) for c in frame.columns if unescape_column(c) != c}
    return frame.rename(changed) if changed else frame


def is_fault(error: BaseException) -> bool:
    """Whether the error means that a condition cannot be evaluated for some row."""
    return _FAULT.search(str(error)) is not None


def explain_sql_error(error: BaseException, columns: Iterable[str] = ()) -> str:
    """The engine's message in plain words."""
    words = first_line(error).replace(ESCAPE_PREFIX, "")
    if is_fault(error):
        return FAULT_MESSAGE
    if found := re.match(r'unable to find column "(.*?)"', words):
        known = list(columns)
        return (
            f'no column is called "{found[1]}"{did_you_mean(found[1], known) or (hint_columns(known) if known else "")}'
        )
    for pattern, plain in _WORDS:
        if pattern.match(words):
            return pattern.sub(plain, words)
    return words
