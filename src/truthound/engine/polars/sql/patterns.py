"""Patterns: SQL's LIKE, and regular expressions as RE2 reads them, in the engine's syntax."""

from __future__ import annotations

import re

import polars as pl

from truthound.errors import ValidatorError

_OUTSIDE = {"d": "[0-9]", "D": "[^0-9]", "w": "[0-9A-Za-z_]", "W": "[^0-9A-Za-z_]", "s": r"[\t\n\f\r ]", "S": r"[^\t\n\f\r ]", "b": r"(?-u:\b)", "B": r"(?-u:\B)", "Z": r"\z"}  # fmt: skip
_INSIDE = {"d": "0-9", "D": "[^0-9]", "w": "0-9A-Za-z_", "W": "[^0-9A-Za-z_]", "s": r"\t\n\f\r ", "S": r"[^\t\n\f\r ]"}
"""RE2's classes are of ASCII, the engine's of Unicode"""
_CLASS = re.compile(r"\[:\^?\w+:\]")


def regex(pattern: str, options: str = "") -> str:
    """A regular expression of RE2 in the engine's syntax, with DuckDB's options (c, i, l, m, n, p, s).

    Raises:
        ValidatorError: It is not one.
    """
    flags = ""
    for letter in options:
        if letter not in "cilmnpsg":
            raise ValidatorError(
                f'"{letter}" is not an option of a regular expression; there are c, i, l, m, n, p, s and g'
            )
        flags = "" if letter == "c" else flags + {"i": "i", "s": "s"}.get(letter, "")
    translated = re.escape(pattern).replace("/", "/") if "l" in options else _translated(pattern)
    made = f"(?{flags}){translated}" if flags else translated
    try:
        pl.select(pl.lit("").str.contains(made))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        reason = str(error).strip().splitlines()[-1].removeprefix("error: ")
        raise ValidatorError(f"{pattern!r} is not a regular expression: {reason}") from None
    return made


def _translated(pattern: str) -> str:
    out: list[str] = []
    inside, at = False, 0
    while at < len(pattern):
        ch = pattern[at]
        if ch == "\\" and at + 1 < len(pattern):
            following = pattern[at + 1]
            if following == "Q" and not inside:
                end = pattern.find(r"\E", at + 2)
                end = len(pattern) if end < 0 else end
                out.append(re.escape(pattern[at + 2 : end]))
                at = end + 2
                continue
            out.append((_INSIDE if inside else _OUTSIDE).get(following, ch + following))
            at += 2
            continue
        if inside and ch == "[":
            posix = _CLASS.match(pattern, at)
            out.append(posix[0] if posix else r"\[")
            at += len(posix[0]) if posix else 1
            continue
        if inside and pattern[at : at + 2] in ("&&", "--", "~~"):
            out.append(f"\\{ch}\\{ch}")
            at += 2
            continue
        if ch == "[" and not inside:
            inside = True
            start = at + 2 if pattern[at + 1 : at + 2] == "^" else at + 1
            out.append(pattern[at:start])
            at = start
            if pattern[at : at + 1] == "]":  # first in a class, it stands for itself
                out.append(r"\]")
                at += 1
            continue
        if ch == "]" and inside:
            inside = False
        out.append(ch)
        at += 1
    return "".join(out)


def whole(pattern: str) -> str:
    """A regular expression that matches a text as a whole."""
    return rf"\A(?:{pattern})\z"


def like(e: pl.Expr, pattern: str, escape: str, *, fold: bool) -> pl.Expr:
    """Whether texts are LIKE a pattern; `fold` for ILIKE."""
    parts = _parts(pattern, escape)
    kinds = [k for k, _ in parts]
    texts = [t for k, t in parts if k == "text"]
    if not fold and "any" not in kinds and len(texts) <= 1:
        text = texts[0] if texts else ""
        match [k for i, k in enumerate(kinds) if not (k == "all" and i and kinds[i - 1] == "all")]:
            case [] | ["text"]:
                return e == pl.lit(text)
            case ["all"]:
                return e.is_not_null() | pl.lit(None, dtype=pl.Boolean)
            case ["text", "all"]:
                return e.str.starts_with(text)
            case ["all", "text"]:
                return e.str.ends_with(text)
            case ["all", "text", "all"]:
                return e.str.contains(text, literal=True)
            case _:
                pass
    body = "".join({"all": ".*", "any": "."}.get(k) or re.escape(t) for k, t in parts)
    return e.str.contains(rf"(?s{'i' if fold else ''})\A{body}\z")


def _parts(pattern: str, escape: str) -> list[tuple[str, str]]:
    """A LIKE pattern as texts, `%` (all) and `_` (any)."""
    out: list[tuple[str, str]] = []
    at = 0
    while at < len(pattern):
        ch = pattern[at]
        if escape and ch == escape:
            at += 1
            if at == len(pattern):
                raise ValidatorError(f"the pattern {pattern!r} ends with its escape character")
            kind, text = "text", pattern[at]
        else:
            kind, text = {"%": "all", "_": "any"}.get(ch, "text"), ch
        if kind == "text" and out and out[-1][0] == "text":
            out[-1] = ("text", out[-1][1] + text)
        else:
            out.append((kind, text))
        at += 1
    return out


def glob(pattern: str) -> str:
    """A GLOB pattern (`*`, `?`, `[a-z]`) as a regular expression for a whole text."""
    out: list[str] = []
    at = 0
    while at < len(pattern):
        ch = pattern[at]
        if ch == "\\" and at + 1 < len(pattern):
            at += 1
            out.append(re.escape(pattern[at]))
        elif ch == "[" and (end := pattern.find("]", at + 2)) > 0:
            inner = pattern[at + 1 : end].replace("\\", "\\\\").replace("[", r"\[")
            out.append(f"[^{inner[1:]}]" if inner.startswith("!") else f"[{inner}]")
            at = end
        else:
            out.append({"*": ".*", "?": "."}.get(ch) or re.escape(ch))
        at += 1
    return rf"(?s)\A{''.join(out)}\z"
