"""The verdict on a check, from the values of its measures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from truthound.engine.measures import Measure, Predicate

Values = Mapping[Measure, Any]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of a check: `failed` of `judged` of `total` rows, or only `ok` for a check on the table as a whole.

    `judged` excludes rows that are skipped because of a null; None if it was not measured, as nothing failed.
    """

    ok: bool
    failed: int | None = None
    total: int | None = None
    judged: int | None = None
    observed: Any = None
    message: str = ""
    examples: tuple[dict[str, Any], ...] = ()
    """failing rows that the judge has already (results of a query); others are fetched by the check's predicate"""
    skipped: bool = False
    """whether nothing could be judged; `message` has the reason"""


ALL_NULL = "every value is null"
NO_ROWS = "no rows"
NO_VALUES = Verdict(ok=True, judged=0, message="no values")


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Further measures that a check needs, depending on the values of the first."""

    measures: tuple[Measure, ...]
    judge: Judge
    failing: Predicate | None = None


Judge = Callable[[Values], "Verdict | FollowUp"]
