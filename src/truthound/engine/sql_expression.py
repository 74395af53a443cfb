"""SQL as users write it: parsed once, in DuckDB's dialect, and checked before there are data.

A condition (`where`, `expression`) becomes a sqlglot tree whose functions keep the names they were written with; each
engine compiles such trees. What engines do not support is refused here.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from truthound._internal.text import did_you_mean, shorten

if TYPE_CHECKING:
    from sqlglot import exp

TABLE = "data"
"""the name of the table in conditions and queries"""

FUNCTIONS: dict[str, tuple[int, int | None]] = {
    # text
    "length": (1, 1), "strlen": (1, 1), "upper": (1, 1), "lower": (1, 1), "trim": (1, 2), "ltrim": (1, 2), "rtrim": (1, 2),
    "substring": (2, 3), "left": (2, 2), "right": (2, 2), "lpad": (3, 3), "rpad": (3, 3), "replace": (3, 3), "reverse": (1, 1),
    "repeat": (2, 2), "concat": (1, None), "concat_ws": (2, None), "split_part": (3, 3), "strpos": (2, 2), "starts_with": (2, 2),
    "ends_with": (2, 2), "contains": (2, 2), "ascii": (1, 1), "bit_length": (1, 1), "string_split": (2, 2), "regexp_matches": (2, 3),
    "regexp_full_match": (2, 3), "regexp_extract": (2, 4), "regexp_replace": (3, 4),
    # numbers
    "abs": (1, 1), "sign": (1, 1), "round": (1, 2), "floor": (1, 1), "ceil": (1, 1), "trunc": (1, 1), "sqrt": (1, 1), "cbrt": (1, 1),
    "ln": (1, 1), "log10": (1, 1), "log": (1, 2), "log2": (1, 1), "exp": (1, 1), "pow": (2, 2), "mod": (2, 2), "greatest": (1, None),
    "least": (1, None), "isnan": (1, 1), "isinf": (1, 1), "isfinite": (1, 1), "pi": (0, 0), "sin": (1, 1), "cos": (1, 1),
    "tan": (1, 1), "asin": (1, 1), "acos": (1, 1), "atan": (1, 1), "atan2": (2, 2), "cot": (1, 1), "radians": (1, 1), "degrees": (1, 1),
    # dates and times
    "date_part": (2, 2), "date_trunc": (2, 2), "date_diff": (3, 3), "date_sub": (3, 3), "date_add": (2, 2), "last_day": (1, 1),
    "dayname": (1, 1), "monthname": (1, 1), "strftime": (2, 2), "strptime": (2, 2), "try_strptime": (2, 2), "make_date": (3, 3),
    "today": (0, 0), "now": (0, 0), "year": (1, 1), "month": (1, 1), "day": (1, 1), "hour": (1, 1), "minute": (1, 1), "second": (1, 1),
    "millisecond": (1, 1), "microsecond": (1, 1), "quarter": (1, 1), "week": (1, 1), "dayofweek": (1, 1), "isodow": (1, 1),
    "dayofyear": (1, 1), "isoyear": (1, 1), "decade": (1, 1), "century": (1, 1), "yearweek": (1, 1), "epoch": (1, 1),
    "epoch_ms": (1, 1), "epoch_us": (1, 1), "to_years": (1, 1), "to_months": (1, 1), "to_weeks": (1, 1), "to_days": (1, 1),
    "to_hours": (1, 1), "to_minutes": (1, 1), "to_seconds": (1, 1),
    # any type
    "coalesce": (1, None), "ifnull": (2, 2), "nullif": (2, 2), "if": (3, 3), "list_contains": (2, 2), "list_extract": (2, 2),
    "struct_extract": (2, 2), "try": (1, 1),
}  # fmt: skip
"""the functions of a condition, with the least and the greatest number of arguments"""

ALIASES: dict[str, str] = {
    "len": "length", "char_length": "length", "character_length": "length", "array_length": "length", "ucase": "upper",
    "lcase": "lower", "substr": "substring", "position": "strpos", "instr": "strpos", "prefix": "starts_with",
    "suffix": "ends_with", "ord": "ascii", "unicode": "ascii", "ceiling": "ceil", "power": "pow", "nvl": "ifnull",
    "datepart": "date_part", "datetrunc": "date_trunc", "datediff": "date_diff", "datesub": "date_sub",
    "current_timestamp": "now", "get_current_timestamp": "now", "transaction_timestamp": "now", "current_date": "today",
    "dayofmonth": "day", "weekofyear": "week", "weekday": "dayofweek", "split": "string_split", "str_split": "string_split", "string_to_array": "string_split",
    "array_contains": "list_contains",
    "list_has": "list_contains", "array_has": "list_contains", "array_extract": "list_extract", "list_element": "list_extract",
    "regexp_like": "regexp_matches",
}  # fmt: skip

AGGREGATES: dict[str, str] = {
    "count": "row_count", "sum": "sum", "avg": "mean", "mean": "mean", "min": "min", "max": "max", "median": "median",
    "stddev": "std", "stddev_samp": "std", "stddev_pop": "std", "variance": "std", "var_samp": "std", "var_pop": "std",
    "quantile": "quantile", "quantile_cont": "quantile", "quantile_disc": "quantile", "mode": "sql", "any_value": "sql",
    "first": "sql", "last": "sql", "bool_and": "sql", "bool_or": "sql", "string_agg": "sql", "list": "sql",
    "array_agg": "sql", "approx_count_distinct": "sql", "arg_min": "sql", "arg_max": "sql", "corr": "sql",
}  # fmt: skip
"""functions of a whole column, and the validator to use instead"""

_SPECIAL = ("CAST", "TRY_CAST", "EXTRACT", "SUBSTRING", "TRIM", "POSITION")
"""functions with a special syntax, which sqlglot's parser has to know"""

_NODES = (
    "Column", "Identifier", "Literal", "RawString", "National", "Boolean", "Null", "Paren", "And", "Or", "Not", "EQ", "NEQ", "LT", "LTE", "GT",
    "GTE", "NullSafeEQ", "NullSafeNEQ", "Is", "In", "Between", "Like", "ILike", "Escape", "Glob", "SimilarTo", "RegexpLike",
    "RegexpILike", "RegexpFullMatch", "StartsWith", "Add", "Sub", "Mul", "Div", "IntDiv", "Mod", "Pow", "Neg", "DPipe", "BitwiseAnd",
    "BitwiseOr", "Cast", "TryCast", "DataType", "DataTypeParam", "Case", "If", "Coalesce", "Anonymous", "Extract", "Substring", "Trim",
    "StrPosition", "Interval", "IntervalSpan", "Var", "CurrentDate", "CurrentTimestamp", "AtTimeZone", "Bracket", "Array", "Any", "Tuple", "Dot", "Abs",
)  # fmt: skip
"""the classes of a condition's tree that can be compiled"""
_CHAINED = ("EQ", "NEQ", "LT", "LTE", "GT", "GTE")


@lru_cache(maxsize=1)
def dialect() -> Any:
    """DuckDB's dialect in which a function keeps its name, and names may stand in back quotes."""
    from sqlglot.dialects.duckdb import DuckDB

    kept = {k: v for k, v in DuckDB.Parser.FUNCTION_PARSERS.items() if k in _SPECIAL}
    tokenizer = type("Tokenizer", (DuckDB.Tokenizer,), {"IDENTIFIERS": ['"', "`"]})
    parser = type("Parser", (DuckDB.Parser,), {"FUNCTIONS": {}, "FUNCTION_PARSERS": kept})
    return type("Conditions", (DuckDB,), {"Tokenizer": tokenizer, "Parser": parser})


def statements_of(text: str) -> list[Any]:
    """The statements of a text. ValueError says in plain words what is wrong."""
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import ParseError, TokenError

    try:
        found = sqlglot.parse(text, dialect=dialect())
        return [s for s in found if s is not None and not isinstance(s, exp.Semicolon)]  # a comment behind the last one
    except TokenError:
        raise ValueError("a text or a name in quotes is not closed") from None
    except ParseError as error:
        raise ValueError("; ".join(_explain(e) for e in error.errors)) from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _explain(error: dict[str, Any]) -> str:
    """A syntax error in plain words."""
    message, near = str(error.get("description") or ""), str(error.get("highlight") or "")
    at = f" (line {error.get('line')}, column {error.get('col')})"
    if message.startswith("Required keyword"):
        missing = (
            "something is missing"
            if str(error.get("end_context") or "").strip()
            else "it is not complete: something is missing"
        )
        return f'{missing} after "{near}"{at}'
    if message.startswith("Expecting "):
        return f'"{message.removeprefix("Expecting ")}" is missing after "{near}"{at}'
    if message.startswith(("Expected type", "Expected TYPE")):
        return f'a type is missing after "{near}"{at}'
    hint = "; a column of that name is written in double quotes" if near.isidentifier() else ""
    return f'"{near}" is not expected there{at}{hint}' if near else f"{message}{at}"


@lru_cache(maxsize=1024)
def parse_condition(text: str) -> exp.Expression:
    """A condition's tree, which must not be modified.

    Raises:
        ValueError: it is not one SQL expression, or holds what a condition cannot; all such mistakes.
    """
    what = f"{shorten(text, 200)!r} is not a SQL expression: "
    try:
        statements = statements_of(text)
    except ValueError as error:
        raise ValueError(f"{what}{error}") from None
    if len(statements) != 1:
        raise ValueError(f"{what}{'it is several statements; give one' if statements else 'it is not complete'}")
    (tree,) = statements
    if tree.key in ("select", "union", "subquery", "with", "values"):
        raise ValueError(
            f"{what}it begins with {text.lstrip(' (').split(None, 1)[0].upper()}; use the validator sql for a whole query"
        )
    if tree.key == "alias":
        raise ValueError(f'{what}"{tree.alias}" is not expected at its end')
    if tree.key == "command":
        raise ValueError(f"{what}it is a statement")
    if problems := list(dict.fromkeys(_problems(tree))):
        raise ValueError(f"{what}{'; '.join(problems)}")
    return tree  # type: ignore[no-any-return]  # sqlglot's parse is typed loosely


def _problems(tree: Any) -> Iterator[str]:
    """The unsupported parts of a condition's tree. Nothing is reported below an unsupported node."""
    reported: set[int] = set()
    for node in tree.walk():
        if id(node.parent) in reported:
            reported.add(id(node))
            continue
        if problem := _problem(node):
            reported.add(id(node))
            yield problem


def _problem(node: Any) -> str:
    name = type(node).__name__
    if name in ("Subquery", "Select", "Exists", "Union", "Except", "Intersect"):
        return "a condition cannot hold a query; use the validator sql or foreign_key"
    if name == "Window":
        return f"{node.this.sql(dialect='duckdb')} OVER reads several rows; use the validator sql"
    if name == "Anonymous":
        return _function_problem(str(node.this), node.expressions)
    if name == "Star" or (name == "Column" and node.is_star):
        return '"*" is not a value; name the columns'
    if name in _CHAINED and type(node.this).__name__ in _CHAINED:
        return f"{shorten(node.sql(dialect='duckdb'), 60)}: comparisons are not chained; join two of them by AND"
    if name == "Placeholder":
        return "a parameter (? or $1) has no value here; write the value"
    if name not in _NODES:
        return f"{shorten(node.sql(dialect='duckdb'), 60)} ({node.key}) cannot be used in a condition"
    return ""


def _function_problem(name: str, arguments: list[Any]) -> str:
    lower = name.lower()
    if lower in AGGREGATES:
        validator = AGGREGATES[lower]
        return f"{lower}() is a function of the whole table, not of a row; use the validator {validator}"
    known = ALIASES.get(lower, lower)
    if known not in FUNCTIONS:
        names = [*FUNCTIONS, *ALIASES]
        hint = did_you_mean(lower, names)
        return f'no function is called "{name}" in a condition{hint or "; the functions are listed in docs/sql.md"}'
    least, most = FUNCTIONS[known]
    if len(arguments) < least or (most is not None and len(arguments) > most):
        wanted = f"{least}" if least == most else f"{least} or more" if most is None else f"{least} to {most}"
        return f"{lower}() takes {wanted} argument{'s' if wanted != '1' else ''}, not {len(arguments)}"
    return ""
