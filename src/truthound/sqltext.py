"""SQL as people write it: judged before there are data, and with column names that the engine would take for patterns.

Polars reads the names `*` and `^...$` as patterns. Inside the engine such columns have a mark before their name; nobody outside sees it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from truthound.text import brief, did_you_mean, listed, shorten

if TYPE_CHECKING:
    import polars as pl

MARK = "\x1a"
"""goes before a name that would be a pattern, and before one that begins with it, so that it can always be taken off again"""
_TOKEN = re.compile(
    r"""'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/|"(?P<double>(?:[^"]|"")*)"|`(?P<back>(?:[^`]|``)*)`""", re.DOTALL
)
_BEFORE = re.compile(r"(?:\s|\(|--[^\n]*(?:\n|$)|/\*.*?\*/)*", re.DOTALL)
_ALIAS = re.compile(r'\.alias\("(\w+)"\)$')
_PLACE = re.compile(r" at Line: (\d+), Column: (\d+)")
_OF_ANY_DATA = re.compile(
    r"sql parser error|one \(and only one\)|relation '.*' was not found|.*(not supported|unsupported)", re.DOTALL
)
_WORDS = (
    (re.compile(r"^unable to parse '.*' as Expr$", re.DOTALL), "it is not complete"),
    (re.compile(r"^invalid expression \(found unexpected token '(.*)'\)$"), r'"\1" is not expected there'),
    (re.compile(r"^expected an expression \(found '(.*)' clause\)$"), r"it begins with \1; a whole query is for the validator sql"),
    (re.compile(r"^sql parser error: Expected: (.*), found: EOF"), r"\1 is expected at its end"),
    (re.compile(r"^sql parser error: Expected: (.*), found: (.*)"), r'\1 is expected, not "\2"'),
    (re.compile(r"^sql parser error: "), ""),
    (re.compile(r"^unsupported function '(.*)'"), r'no function is called "\1"'),
    (re.compile(r"^cannot compare string with numeric type.*"), "text and numbers do not compare; cast one of them"),
    (re.compile(r"^one \(and only one\) statement can be parsed at a time"), "it is several statements; give one"),
)  # fmt: skip


def safe(name: str) -> str:
    """The name that a column has inside the engine: its own, unless that is a pattern."""
    special = name == "*" or (name.startswith("^") and name.endswith("$")) or name.startswith(MARK)
    return MARK + name if special else name


def restored(name: str) -> str:
    """The column's own name again."""
    return name.removeprefix(MARK)


def marked(text: str, columns: Iterable[str]) -> str:
    """SQL in which quoted names of columns are those that they have inside the engine."""
    special = {c for c in columns if safe(c) != c}
    if not special:
        return text

    def name(token: re.Match[str]) -> str:
        quote = token[0][0]
        inner = token["double"] if quote == '"' else token["back"] if quote == "`" else None
        meant = None if inner is None else inner.replace(quote * 2, quote)
        return f"{quote}{MARK}{inner}{quote}" if meant in special else token[0]

    return _TOKEN.sub(name, text)


def told(error: BaseException, columns: Iterable[str] = ()) -> str:
    """What an engine says about SQL, in plain words."""
    words = brief(error).replace(MARK, "")
    if found := re.match(r"""unable to find column "(.*?)"|no column named '(.*?)' found in table""", words):
        missing = found[1] or found[2]
        return f'no column is called "{missing}"{_instead(missing, list(columns))}'
    if table := re.match(r"relation '(.*?)' was not found", words):
        return f'no table is called "{table[1]}"; the only one is "data"'
    for pattern, plain in _WORDS:
        if pattern.match(words):
            words = pattern.sub(plain, words)
            break
    return _PLACE.sub(r" (line \1, column \2)", words)


def expression(text: str) -> pl.Expr:
    """A condition or a value as an expression. Raises ValueError in plain words."""
    import polars as pl

    try:
        made = pl.sql_expr(text)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        nested = re.match("relation '.*' was not found", brief(error))
        said = "a condition holds no query; that is for the validators sql and foreign_key" if nested else told(error)
        raise ValueError(f"{shorten(text, 200)!r} is not a SQL expression: {said}") from None
    alias = _ALIAS.search(str(made))
    if alias and re.search(
        rf"[\s\"`]{alias[1]}[\"`]?\s*$", text
    ):  # Polars takes a word too many for a name of the result
        raise ValueError(f'{shorten(text, 200)!r} is not a SQL expression: "{alias[1]}" is not expected at its end')
    return made


def unknown_column(text: str, columns: Iterable[str]) -> str:
    """What is wrong with the first name in a condition that no column has, or nothing."""
    known = list(columns)
    missing = next((c for c in expression(text).meta.root_names() if c not in known), None)
    return "" if missing is None else f'no column is called "{missing}"{_instead(missing, known)}'


def _instead(missing: str, known: list[str]) -> str:
    return did_you_mean(missing, known) or (listed(known) if known else "")


def check_query(text: str) -> None:
    """Raises ValueError, in plain words, unless the text is one SELECT (which may begin with WITH) that can be parsed."""
    import polars as pl

    start = _BEFORE.match(text)
    word = re.match(r"\w*", text[start.end() if start else 0 :])
    if word is None or word[0].upper() not in ("SELECT", "WITH"):
        first = f", not {word[0].upper()}" if word and word[0] else ""
        raise ValueError(f"{shorten(text, 200)!r} is no query: give one SELECT (it may begin with WITH){first}")
    try:
        with pl.SQLContext(data=pl.LazyFrame(), eager=False) as context:
            context.execute(text).collect_schema()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        if _OF_ANY_DATA.match(brief(error)):  # others are about columns, of which there are none here
            raise ValueError(f"{shorten(text, 200)!r} is not a SQL query: {told(error)}") from None
