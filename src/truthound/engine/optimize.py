"""Rewrites of predicates into cheaper ones that are true for the same rows, and one count that bounds many."""

from __future__ import annotations

import dataclasses
import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from truthound.engine.measures import And, Between, CountWhere, In, Matches, Measure, Not, Or, Predicate

_LITERALS = re.compile(r"\^(?:\((?:\?:)?([^()]*)\)|([^()|]*))\$")
_CLASS = re.compile(r"\^\[((?:\\[dws.\-\]\[]|[^\\\]\[^])(?:\\[dws.\-\]\[]|[^\\\]\[])*)\]([*+])\$")
_SPECIAL = re.compile(r"[\\.^$*+?{}\[\]|()]")


def simplify(predicate: Predicate) -> Predicate:
    """An equivalent predicate, cheaper if there is one."""
    match predicate:
        case Not(Not(inner)):
            return simplify(inner)
        case Not(inner):
            return _negate(simplify(inner))
        case And(inner):
            return And(tuple(simplify(p) for p in inner))
        case Or(inner):
            return Or(tuple(simplify(p) for p in inner))
        case Matches(column, pattern):
            return _regex(column, pattern) or predicate
        case _:
            return predicate


def _negate(predicate: Predicate) -> Predicate:
    return predicate.predicate if isinstance(predicate, Not) else Not(predicate)


def _regex(column: str, pattern: str) -> Predicate | None:
    """An anchored alternation of literals is a set; `^[class]*$` is "no character outside the class"."""
    if m := _LITERALS.fullmatch(pattern):
        words = (m[1] if m[1] is not None else m[2]).split("|")
        if not any(_SPECIAL.search(w) for w in words):
            return In(column, tuple(dict.fromkeys(words)))
    if m := _CLASS.fullmatch(pattern):
        outside = Not(Matches(column, f"[^{m[1]}]"))
        return outside if m[2] == "*" else And((outside, Not(In(column, ("",)))))
    return None


def bounding_counts(measures: Iterable[Measure]) -> dict[CountWhere, tuple[CountWhere, ...]]:
    """For counts that differ in their bounds or sets only: one count that, when zero, makes all of its group zero.

    Rows outside any of several ranges are outside their intersection, so if no row is outside the intersection, all the counts are zero.
    """
    ranges: dict[Any, list[CountWhere]] = defaultdict(list)
    sets: dict[Any, list[CountWhere]] = defaultdict(list)
    for m in measures:
        match m:
            case CountWhere(Not(Between(column) as b), where):
                ranges[column, where, b.low is None, b.high is None].append(m)
            case CountWhere(Not(In(column)), where):
                sets[column, where].append(m)
            case _:
                continue
    out: dict[CountWhere, tuple[CountWhere, ...]] = {}
    for group in ranges.values():
        if len(group) > 1 and (tight := _intersection([m.predicate.predicate for m in group])):  # type: ignore[attr-defined]
            out[CountWhere(Not(tight), group[0].where)] = tuple(group)
    for (column, where), group in sets.items():
        if len(group) > 1:
            common = set.intersection(*(set(m.predicate.predicate.values) for m in group))  # type: ignore[attr-defined]
            order = [v for v in group[0].predicate.predicate.values if v in common]  # type: ignore[attr-defined]
            if order:
                out[CountWhere(Not(In(column, tuple(order))), where)] = tuple(group)
    return out


def _intersection(ranges: list[Between]) -> Between | None:
    """The range within all of these; None where their bounds do not compare."""
    first = ranges[0]
    low, low_in, high, high_in = first.low, first.low_inclusive, first.high, first.high_inclusive
    try:
        for r in ranges[1:]:
            if r.low is not None and (low is None or r.low > low or (r.low == low and not r.low_inclusive)):
                low, low_in = r.low, r.low_inclusive
            if r.high is not None and (high is None or r.high < high or (r.high == high and not r.high_inclusive)):
                high, high_in = r.high, r.high_inclusive
    except TypeError:
        return None
    return dataclasses.replace(first, low=low, low_inclusive=low_in, high=high, high_inclusive=high_in)
