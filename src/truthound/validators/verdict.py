"""The verdict on a check, from the values of its measures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from truthound.engine.measures import Measure, Predicate

Values = Mapping[Measure, Any]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check's measures say. `failed` of `judged` of `total` rows, or `ok` for a check on the table as a whole.

    `judged` leaves out the rows that a null lets the rule pass over; it is None where nobody asked, as nothing failed.
    """

    ok: bool
    failed: int | None = None
    total: int | None = None
    judged: int | None = None
    observed: Any = None
    message: str = ""
    examples: tuple[dict[str, Any], ...] = ()
    """rows the judge itself has at hand (results of a query); others are fetched by the check's predicate"""
    skipped: bool = False
    """there was nothing to judge, as `message` says"""


ALL_NULL = "every value is null"
NO_ROWS = "no rows"
NO_VALUES = Verdict(ok=True, judged=0, message="no values")


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A check that needs further measures, chosen by the values of the first."""

    measures: tuple[Measure, ...]
    judge: Judge
    failing: Predicate | None = None


Judge = Callable[[Values], "Verdict | FollowUp"]
