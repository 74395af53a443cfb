"""A check of a run in the words that every report uses: one view, which each report renders in its own format."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from truthound._internal.text import plural
from truthound.reporters import wording
from truthound.results import CheckOutcome, CheckpointResult, CheckStatus, Example, ValidationResult

SIGNS = {CheckStatus.FAILED: "✗", CheckStatus.WARNED: "!", CheckStatus.ERROR: "‼"}
EMOJI = {CheckStatus.FAILED: "❌", CheckStatus.WARNED: "⚠️", CheckStatus.ERROR: "🛑"}


@dataclass(frozen=True, slots=True)
class CheckView:
    """A check and its outcome in words. Texts are as the data have them: each report escapes and shortens what it shows."""

    status: CheckStatus
    severity: str
    """`critical`, `high`, `medium` or `low`; `error` for a check that could not be evaluated"""
    subject: str
    """the columns that were checked, or `(table)`; empty for an error of the run as a whole"""
    title: str
    """`range: age (no ghosts)`: the same in each run"""
    expected: str
    """the rule in words; if no rows can be counted, what was found instead"""
    failing: str
    """`93 (1.86%)`: the failing rows; empty for a check on the table as a whole"""
    validator: str
    change: str = ""
    """compared with the previous run: `NEW`, `worse, was 80`, `better, was 120`, or empty"""
    description: str = ""
    """why the rule exists"""
    location: str = ""
    """the line that declares the check: `truthound.yaml:12:5`"""
    frequent: tuple[tuple[Any, int], ...] = ()
    """the values that occur most among the failing rows, and how often"""
    columns: tuple[str, ...] = ()
    """columns of the examples: the key, those that were checked, the others"""
    examples: tuple[Example, ...] = ()
    more_rows: int = 0
    """failing rows that are not among the examples"""

    def frequent_text(self, render: Callable[[object], str]) -> str:
        """`NL (3 times), BE (1 time)`; empty where no value occurs twice."""
        if all(count < 2 for _, count in self.frequent):
            return ""
        return ", ".join(f"{render(value)} ({plural(count, 'time')})" for value, count in self.frequent)

    @property
    def text(self) -> str:
        """`email: not null: 93 (1.86%)`."""
        return ": ".join(filter(None, (self.subject, self.expected, self.failing)))

    @property
    def line(self) -> str:
        """`critical: email: not null: 93 (1.86%)`."""
        return f"{self.severity}: {self.text}"


def check_view(
    outcome: CheckOutcome,
    validation: ValidationResult | None = None,
    change: Callable[[CheckOutcome], str] = lambda _: "",
) -> CheckView:
    """The view of a check; `validation` names the key columns, `change` compares it with the run before."""
    keys = validation.key_columns if validation else ()
    seen = dict.fromkeys(name for example in outcome.examples for name in example.values)
    first = [name for name in dict.fromkeys((*keys, *outcome.columns)) if name in seen]
    whole_run = wording.is_run_error(outcome) and not outcome.columns
    return CheckView(
        status=outcome.status,
        severity=wording.severity(outcome),
        subject="" if whole_run else wording.columns_label(outcome),
        title=wording.title(outcome),
        expected=wording.expectation(outcome),
        failing=wording.failed_count(outcome),
        validator=outcome.validator,
        change=change(outcome) if outcome.is_issue else "",
        description=wording.one_line(outcome.description or ""),
        location=outcome.location or "",
        frequent=outcome.top_values[:5],
        columns=tuple(dict.fromkeys((*first, *seen))),
        examples=outcome.examples,
        more_rows=max((outcome.failed or 0) - len(outcome.examples), 0) if outcome.examples else 0,
    )


def issue_views(result: CheckpointResult, previous: CheckpointResult | None = None) -> list[CheckView]:
    """The issues of a run, worst first, and after them the checks that could not be evaluated."""
    change = wording.changes(previous.validation_result if previous else None)
    return [check_view(outcome, result.validation_result, change) for outcome in wording.ordered(result)]
