"""Text for people: numbers, truncation, suggestions."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from truthound._internal.escape import escape_terminal
from truthound._internal.extended_time import Extended

MISSING = "∅"


def first_line(error: BaseException) -> str:
    """The message of an engine or driver on one line, without the query plan that may follow."""
    text = str(error).partition("\n\nResolved plan")[0].partition("\n\nThis error occurred")[0]
    return " ".join(text.split()) or type(error).__name__


def shorten(text: str, width: int) -> str:
    """Truncates to `width` characters, with an ellipsis."""
    return text if len(text) <= width else text[: max(width - 1, 0)] + "…"


def utf16_length(text: str) -> int:
    """The length in UTF-16 code units, in which chat services count."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def shorten_utf16(text: str, width: int) -> str:
    """Truncates to `width` UTF-16 code units, with an ellipsis."""
    units = text.encode("utf-16-le", "surrogatepass")
    if len(units) <= 2 * width:
        return text
    kept = units[: 2 * max(width - 1, 0)]
    if kept and 0xD8 <= kept[-1] <= 0xDB:  # the first half of a character
        kept = kept[:-2]
    return kept.decode("utf-16-le", "surrogatepass") + "…"


def shorten_escaped(text: str, width: int) -> str:
    """`shorten_utf16` for escaped text, without cutting through an escape sequence."""
    if utf16_length(text) <= width:
        return text
    kept = re.sub(r"&#?\w{0,8}$", "", shorten_utf16(text, width).removesuffix("…"))
    if (len(kept) - len(kept.rstrip("\\"))) % 2:
        kept = kept[:-1]
    return f"{kept}…"


def percent(part: float, whole: float) -> str:
    """A percentage with two decimals that never rounds to 0 % or 100 %."""
    if not whole:
        return "0%"
    ratio = part / whole * 100
    if ratio in (0, 100):
        return f"{ratio:.0f}%"
    if ratio < 0.01:
        return "<0.01%"
    if ratio > 99.99:
        return ">99.99%"
    return f"{ratio:.2f}%"


def number(value: object) -> str:
    """A number for people: thousands separators, six significant digits for fractions."""
    match value:
        case bool():
            return str(value).lower()
        case int():
            return f"{value:,}"
        case float() if not math.isfinite(value):
            return str(value)
        case float():
            return f"{value:,.0f}" if value == int(value) and abs(value) < 1e15 else f"{value:,.6g}"
        case None:
            return MISSING
        case _:
            return str(value)


def plural(count: int, noun: str) -> str:
    """`1 row`, `2 rows`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def join_words(words: tuple[str, ...], last: str) -> str:
    """`a`, `a or b`, `a, b or c`."""
    return f" {last} ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def hint_columns(columns: Iterable[str]) -> str:
    """`; there are a, b, c`."""
    names = ", ".join(columns)
    return f"; there are {shorten(names, 200)}" if names else "; the table has none"


def cell(value: object, width: int = 40) -> str:
    """A cell of data, truncated and safe for a terminal."""
    if value is None:
        return MISSING
    text = value if isinstance(value, str) else str(value)
    return shorten(escape_terminal(text), width) if text else '""'


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean "x"?`, or an empty string if nothing is similar. Without a similar spelling, words with this prefix are suggested."""
    import difflib

    known = list(known)
    folded = {k.casefold(): k for k in reversed(known)}
    near = difflib.get_close_matches(word.casefold(), folded, 1, cutoff=0.6)
    if not near and len(word) > 2:  # `min` for `min_value`, `sep` for `separator`
        near = [k for k in folded if k.startswith(word.casefold())][-3:][::-1]
    return "; did you mean " + " or ".join(f'"{folded[k]}"' for k in near) + "?" if near else ""


def to_json_value(value: Any, width: int = 1000) -> Any:
    """A value as results store it in JSON."""
    match value:
        case None | bool() | int():
            return value
        case float():
            return value if math.isfinite(value) else ("NaN" if math.isnan(value) else f"{'-' * (value < 0)}Infinity")
        case str():
            return shorten(value, width)
        case bytes():
            return shorten("0x" + value.hex(), width)
        case datetime() | date() | time() | Extended():
            return value.isoformat()
        case timedelta() | Decimal():
            return str(value)
        case dict():
            return {str(k): to_json_value(v, width) for k, v in value.items()}
        case list() | tuple() | set() | frozenset():
            return [to_json_value(v, width) for v in list(value)[:100]]
        case _:
            return shorten(str(value), width)


def duration(seconds: float) -> str:
    """`0.21 s`, `2 min 5 s`, `3 h 2 min`, `4 d 3 h`."""
    seconds = abs(seconds)
    if seconds < 60:
        return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.0f} s"
    whole = round(seconds)
    for name, size, below, small in (("min", 60, "s", 1), ("h", 3600, "min", 60), ("d", 86400, "h", 3600)):
        if whole < size * (60 if name == "min" else 24) or name == "d":
            major, rest = divmod(whole, size)
            return f"{major} {name}" + (f" {rest // small} {below}" if rest // small else "")
    raise AssertionError  # the last row takes everything


def yaml_line(value: Any) -> str:
    """A value as YAML on one line, quoted where YAML would read it as something else, with control characters escaped."""
    import yaml

    match value:
        case dict():
            return "{" + ", ".join(f"{yaml_line(k)}: {yaml_line(v)}" for k, v in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(map(yaml_line, value)) + "]"
    hidden = isinstance(value, str) and escape_terminal(value) != value
    style: dict[str, Any] = {"default_style": '"'} if hidden else {"allow_unicode": True}
    dumped: str = yaml.safe_dump([value], default_flow_style=True, width=10**9, **style)
    return dumped.strip()[1:-1]
