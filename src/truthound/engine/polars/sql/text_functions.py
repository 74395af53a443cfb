"""The functions of texts, each with the meaning that DuckDB gives it."""

from __future__ import annotations

from typing import Any

import polars as pl

from truthound.engine.polars.sql import patterns as rx
from truthound.engine.polars.sql.arguments import (
    TEXT,
    TRUTH,
    WHOLE,
    Function,
    constant_or_expr,
    expr_of,
    fixed,
    of_text,
    of_texts,
    text,
    whole,
)
from truthound.engine.polars.sql.casts import as_text, concatenated
from truthound.engine.polars.sql.typed_expr import (
    Context,
    TypedExpr,
    any_fault,
    null_of,
    plain_text,
)
from truthound.errors import ValidatorError


def upper(e: pl.Expr) -> pl.Expr:
    """Letter by letter: ß becomes ẞ."""
    return e.map_batches(_upper, return_dtype=TEXT, is_elementwise=True)


def _upper(s: pl.Series) -> pl.Series:
    if s.str.contains("ß", literal=True).any():
        s = s.str.replace_all("ß", "ẞ", literal=True)
    return s.str.to_uppercase()


def lower(e: pl.Expr) -> pl.Expr:
    return e.map_batches(_lower, return_dtype=TEXT, is_elementwise=True)


def _lower(s: pl.Series) -> pl.Series:
    if s.str.contains("[İ\N{GREEK CAPITAL LETTER SIGMA}]").any():  # one look: it costs a quarter of what follows
        for capital, small in (("İ", "i"), ("\N{GREEK CAPITAL LETTER SIGMA}", "\N{GREEK SMALL LETTER SIGMA}")):
            s = s.str.replace_all(capital, small, literal=True)
    return s.str.to_lowercase()


def length(args: list[TypedExpr], _: Context) -> TypedExpr:
    v = plain_text(args[0])
    if isinstance(v.t, pl.List):
        return v.to(v.e.list.len().cast(WHOLE), WHOLE)
    if isinstance(v.t, pl.Array):
        return v.to(v.e.arr.to_list().list.len().cast(WHOLE), WHOLE)
    v = text(v, "length()")
    return v.to(v.e.str.len_chars().cast(WHOLE), WHOLE, bounds=(0, 2**32))


def _trim(kind: str) -> Function:
    strip = {"trim": "strip_chars", "ltrim": "strip_chars_start", "rtrim": "strip_chars_end"}[kind]

    def call(args: list[TypedExpr], _: Context) -> TypedExpr:
        v = text(args[0], f"{kind}()")
        chars = args[1] if len(args) > 1 else None
        if chars is None:
            return v.to(getattr(v.e.str, strip)(" "), TEXT)
        if chars.null or chars.t == pl.Null:
            return null_of(TEXT)
        given = fixed(text(chars, f"{kind}()"), f"the second argument of {kind}()")
        return v.to(getattr(v.e.str, strip)(given), TEXT) if given else v

    return call


def substring(args: list[TypedExpr], _: Context) -> TypedExpr:
    """From 1; a negative start counts from the end, a negative length goes to the left."""
    v, start = text(args[0], "substring()"), whole(args[1], "substring()")
    size = whole(args[2], "substring()") if len(args) > 2 else None
    if v.null or start.null or (size is not None and size.null):
        return null_of(TEXT)
    plain_start, plain_size = start.const, size.const if size is not None else 0
    if isinstance(plain_start, int) and plain_start > 0 and isinstance(plain_size, int) and plain_size >= 0:
        return v.to(v.e.str.slice(plain_start - 1, None if size is None else plain_size), TEXT)
    n = v.e.str.len_chars().cast(WHOLE)
    first = (
        pl.when(start.e > 0)
        .then(start.e - 1)
        .when(start.e < 0)
        .then(n + start.e)
        .otherwise(-1 if size is not None else 0)
    )
    known = v.e.is_not_null() & start.e.is_not_null() & (size.e.is_not_null() if size is not None else True)
    if size is None:
        at = first.clip(lower_bound=0)
        return v.to(pl.when(known).then(v.e.str.slice(at, n)), TEXT, start)
    last = first + size.e
    low, high = pl.min_horizontal(first, last).clip(lower_bound=0), pl.max_horizontal(first, last).clip(lower_bound=0)
    return v.to(pl.when(known).then(v.e.str.slice(low, (high - low).clip(lower_bound=0))), TEXT, start, size)


def left(args: list[TypedExpr], _: Context) -> TypedExpr:
    """The first n characters, or all but the last -n for a negative n."""
    v, n = text(args[0], "left()"), whole(args[1], "left()")
    if isinstance(n.const, int):
        return v.to(v.e.str.head(n.const), TEXT)
    return v.to(pl.when(n.e.is_not_null()).then(v.e.str.head(n.e)), TEXT, n)


def right(args: list[TypedExpr], _: Context) -> TypedExpr:
    v, n = text(args[0], "right()"), whole(args[1], "right()")
    if isinstance(n.const, int):
        return v.to(v.e.str.tail(n.const), TEXT)
    return v.to(pl.when(n.e.is_not_null()).then(v.e.str.tail(n.e)), TEXT, n)


def _pad(kind: str) -> Function:
    def call(args: list[TypedExpr], _: Context) -> TypedExpr:
        v, n, fill = text(args[0], f"{kind}()"), whole(args[1], f"{kind}()"), text(args[2], f"{kind}()")
        if v.null or n.null or fill.null:
            return null_of(TEXT)
        chars = fixed(fill, f"the third argument of {kind}()")
        if not isinstance(n.const, int):
            raise ValidatorError(f"the second argument of {kind}() must be written as a number")
        if not chars:
            raise ValidatorError(f"the third argument of {kind}() is empty")
        width = max(0, n.const)
        missing = (width - v.e.str.len_chars().cast(WHOLE)).clip(lower_bound=0)
        padding = pl.lit((chars * (width // len(chars) + 1))[:width]).str.slice(0, missing)
        made = padding + v.e if kind == "lpad" else v.e + padding
        return v.to(made.str.slice(0, width), TEXT)

    return call


def _replace(e: Any, old: Any, new: Any) -> pl.Expr:
    if not isinstance(old, str):
        raise ValidatorError("the second argument of replace() must be written as a text in quotes")
    return expr_of(e) if not old else expr_of(e).str.replace_all(old, new, literal=True)


def split_part(args: list[TypedExpr], _: Context) -> TypedExpr:
    """From 1, or from the end for a negative number; the empty text where there is no such part."""
    v, by, n = text(args[0], "split_part()"), text(args[1], "split_part()"), whole(args[2], "split_part()")
    if v.null or by.null or n.null:
        return null_of(TEXT)
    separator = fixed(by, "the second argument of split_part()")
    if not isinstance(n.const, int):
        raise ValidatorError("the third argument of split_part() must be written as a number")
    if n.const == 0:
        return v.to(pl.when(v.e.is_not_null()).then(pl.lit("")), TEXT)
    parts = v.e.str.split(separator)
    if not separator:
        parts = (
            pl.when(v.e != "")
            .then(v.e.str.split("").list.eval(pl.element().filter(pl.element() != "")))
            .otherwise(pl.concat_list(v.e))
        )
    found = parts.list.get(n.const - 1 if n.const > 0 else n.const, null_on_oob=True)
    return v.to(pl.when(v.e.is_not_null()).then(found.fill_null("")), TEXT)


def split(args: list[TypedExpr], _: Context) -> TypedExpr:
    """A text's parts, as a list."""
    v, by, t = text(args[0], "string_split()"), text(args[1], "string_split()"), pl.List(pl.String())
    if v.null or by.null:
        return null_of(t)
    separator = fixed(by, "the second argument of string_split()")
    if not separator:
        raise ValidatorError("the second argument of string_split() is empty")
    return v.to(v.e.str.split(separator), t)


def position(args: list[TypedExpr], _: Context) -> TypedExpr:
    """Where a text begins in another, from 1; 0 if it does not occur."""
    v, wanted = text(args[0], "strpos()"), text(args[1], "strpos()")
    if v.null or wanted.null:
        return null_of(WHOLE)
    bytes_before = v.e.str.find(constant_or_expr(wanted), literal=True)
    given = v.e.is_not_null() & wanted.e.is_not_null()
    # found in bytes; in characters only what is before it counts
    before = v.e.cast(pl.Binary).bin.slice(0, bytes_before.fill_null(0)).cast(pl.String).str.len_chars().cast(WHOLE)
    return v.to(pl.when(given & bytes_before.is_null()).then(0).when(given).then(before + 1).cast(WHOLE), WHOLE, wanted)


def concat_ws(args: list[TypedExpr], _: Context) -> TypedExpr:
    by = text(args[0], "concat_ws()")
    if by.null:
        return null_of(TEXT)
    separator = fixed(by, "the first argument of concat_ws()")
    parts = [pl.lit(None, dtype=TEXT) if a.null else as_text(a) for a in args[1:]]
    return TypedExpr(pl.concat_str(parts, separator=separator, ignore_nulls=True), TEXT, fault=any_fault(*args))


def repeat(args: list[TypedExpr], _: Context) -> TypedExpr:
    v, n = text(args[0], "repeat()"), whole(args[1], "repeat()")
    if v.null or n.null:
        return null_of(TEXT)
    if not isinstance(n.const, int):
        raise ValidatorError("the second argument of repeat() must be written as a number")
    return v.to(pl.concat_str([v.e] * n.const) if n.const > 0 else pl.when(v.e.is_not_null()).then(pl.lit("")), TEXT)


def first_code(e: pl.Expr) -> pl.Expr:
    return e.map_batches(lambda s: pl.Series(s.name, [None if t is None else ord(t[0]) if t else 0 for t in s], dtype=pl.Int64), return_dtype=pl.Int64(), is_elementwise=True)  # fmt: skip


def reverse(e: pl.Expr) -> pl.Expr:
    return e.str.reverse()


# --- patterns ------------------------------------------------------------------------------------------------------


def _options(args: list[TypedExpr], at: int, name: str) -> str:
    return fixed(text(args[at], name), f"the options of {name}()") if len(args) > at else ""


def matches(args: list[TypedExpr], _: Context) -> TypedExpr:
    v, pattern = text(args[0], "a regular expression"), text(args[1], "a regular expression")
    if v.null or pattern.null:
        return null_of(TRUTH)
    made = rx.regex(fixed(pattern, "a regular expression"), _options(args, 2, "regexp_matches"))
    return v.to(v.e.str.contains(made), TRUTH)


def full_match(args: list[TypedExpr], _: Context) -> TypedExpr:
    v, pattern = text(args[0], "a regular expression"), text(args[1], "a regular expression")
    if v.null or pattern.null:
        return null_of(TRUTH)
    made = rx.regex(fixed(pattern, "a regular expression"), _options(args, 2, "regexp_full_match"))
    return v.to(v.e.str.contains(rx.whole(made)), TRUTH)


def extract(args: list[TypedExpr], _: Context) -> TypedExpr:
    v, pattern = text(args[0], "regexp_extract()"), text(args[1], "regexp_extract()")
    if v.null or pattern.null:
        return null_of(TEXT)
    group = args[2].const if len(args) > 2 else 0
    if not isinstance(group, int):
        raise ValidatorError("the third argument of regexp_extract() must be written as a number")
    made = rx.regex(fixed(pattern, "a regular expression"), _options(args, 3, "regexp_extract"))
    known = re_groups(made)
    found = v.e.str.extract(made, group) if group <= known else pl.lit(None, dtype=TEXT)
    return v.to(pl.when(v.e.is_not_null()).then(found.fill_null("")), TEXT)


def re_groups(pattern: str) -> int:
    """The groups of a regular expression."""
    found = pl.select(pl.lit("").str.extract_groups(pattern)).to_series().dtype
    return len(found.fields) if isinstance(found, pl.Struct) else 0


def substitute(args: list[TypedExpr], _: Context) -> TypedExpr:
    r"""The first match, or all with the option g; `\1` is a group."""
    v, pattern, new = (text(a, "regexp_replace()") for a in args[:3])
    if v.null or pattern.null or new.null:
        return null_of(TEXT)
    options = _options(args, 3, "regexp_replace")
    made = rx.regex(fixed(pattern, "a regular expression"), options)
    given = fixed(new, "the third argument of regexp_replace()").replace("$", "$$")
    for group in range(10):
        given = given.replace(f"\\{group}", f"${{{group}}}")
    call = v.e.str.replace_all if "g" in options else v.e.str.replace
    return v.to(call(made, given), TEXT)


def _texts_test(name: str, method: str) -> Function:
    return of_texts(name, lambda e, x: getattr(expr_of(e).str, method)(x), TRUTH)


TEXTS: dict[str, Function] = {
    "length": length, "strlen": of_text("strlen", lambda e: e.str.len_bytes(), WHOLE), "upper": of_text("upper", upper),
    "lower": of_text("lower", lower), "trim": _trim("trim"), "ltrim": _trim("ltrim"), "rtrim": _trim("rtrim"), "substring": substring,
    "left": left, "right": right, "lpad": _pad("lpad"), "rpad": _pad("rpad"), "replace": of_texts("replace", _replace),
    "reverse": of_text("reverse", reverse), "repeat": repeat, "concat": lambda a, _: concatenated(a, skip_nulls=True),
    "concat_ws": concat_ws, "split_part": split_part, "strpos": position, "starts_with": _texts_test("starts_with", "starts_with"),
    "ends_with": _texts_test("ends_with", "ends_with"), "bit_length": of_text("bit_length", lambda e: e.str.len_bytes().cast(WHOLE) * 8, WHOLE), "string_split": split, "ascii": of_text("ascii", first_code, WHOLE),
    "regexp_matches": matches, "regexp_full_match": full_match, "regexp_extract": extract, "regexp_replace": substitute,
}  # fmt: skip
