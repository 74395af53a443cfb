"""Checks regular expressions when they are configured, cheaply and without the engine.

Patterns are in the linear-time syntax of Rust's regex crate: no look-around, no backreferences. This is a heuristic: a
rejected pattern is invalid, an accepted one may still be an error of the check. It searches for constructs that the syntax
lacks, then translates Rust's notation to Python's and lets Python's parser find syntax errors.
"""

from __future__ import annotations

import re

_LACKING = (
    (re.compile(r"(?<!\\)\(\?(?:=|!|<=|<!)"), "look-around", "use two rules, one of them with match: false"),
    (re.compile(r"\\[0-9]|(?<!\\)\(\?P=|\\k[<{']"), "a backreference", "repeat the part it refers to"),
    (re.compile(r"(?<!\\)\(\?>"), "an atomic group", "an ordinary group (?:...) does: matching never backtracks"),
    (re.compile(r"(?<!\\)\(\?\("), "a conditional", "write the alternatives out"),
    (re.compile(r"(?<!\\)\(\?#"), "a comment group", "say it in the description"),
    (re.compile(r"\\Z"), r"\Z", r"the end of the text is \z or $"),
    (re.compile(r"\\[GKRXhHNC]"), "an escape of another dialect", "see https://docs.rs/regex/latest/regex/#syntax"),
    (
        re.compile(r"(?<!\\)(?<!\\[pPxuUbB])\{(?!\d+(?:,\d*)?\})"),
        "a bare {",
        r"a brace that is meant as itself is written \{",
    ),
)
_TO_PYTHON = (
    (re.compile(r"\\[pP](?:\{[^}]*\}|[A-Z])"), r"\\w"),
    (re.compile(r"\[\[:\^?[a-z]+:\]\]"), r"\\w"),
    (re.compile(r"\[:\^?[a-z]+:\]"), r"\\w"),
    (re.compile(r"\\[xuU]\{[0-9A-Fa-f]+\}|\\U[0-9A-Fa-f]{8}"), "x"),
    (re.compile(r"\\z"), r"\\Z"),
    (re.compile(r"\\b\{[a-z-]+\}|\\[<>]"), r"\\b"),
    (re.compile(r"\(\?P?<\w+>"), "("),
    (re.compile(r"\(\?[imsxuUR]*(?:-[imsxuUR]+)?\)"), ""),
    (re.compile(r"\(\?[imsxuUR]*(?:-[imsxuUR]+)?:"), "(?:"),
    (re.compile(r"([*+?}])[+?]"), r"\1"),
)
_LEFT_TO_THE_ENGINE = re.compile(r"&&|--|~~|\|\||\[(?:\\.|[^\]\\])*\[|\(\?[imsuUR]*x")
"""set operations and sets in sets, which Python warns of, and the verbose mode with its comments"""
_ESCAPED = re.compile(r"\\\\")
_CLASS = re.compile(r"\[\^?\]?(?:\\.|\[:\^?[a-z]+:\]|[^\]\\])*\]")


def fault(pattern: str) -> str | None:
    """The error of a pattern, or None.

    >>> fault(r"^(?=a)")
    'look-around is not supported; use two rules, one of them with match: false'
    """
    if not pattern:
        return "an empty pattern, which every text matches"
    # an escaped backslash must not seem to escape what follows it
    visible = _ESCAPED.sub("/", pattern)
    outside = _CLASS.sub("x", visible)
    for lacking, what, instead in _LACKING:
        if lacking.search(outside):
            return f"{what} is not supported; {instead}"
    if _LEFT_TO_THE_ENGINE.search(visible):
        return None
    for rust, python in _TO_PYTHON:
        visible = rust.sub(python, visible)
    try:
        re.compile(visible)
    except re.error as error:
        if error.msg == "multiple repeat":  # a** and a{2}{3} are fine there
            return None
        return f"not a regular expression: {error.msg}"
    except (RecursionError, OverflowError):
        return "too deep or too large a regular expression"
    return None
