"""What all reports for people say in the same words."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from truthound.results import (
    CheckOutcome,
    CheckpointResult,
    CheckpointStatus,
    CheckStatus,
    Statistics,
    ValidationResult,
)
from truthound.text import percent, plural

VERDICTS = {
    CheckpointStatus.SUCCESS: "PASSED",
    CheckpointStatus.WARNING: "WARNING",
    CheckpointStatus.FAILURE: "FAILED",
    CheckpointStatus.ERROR: "ERROR",
}


def ordered(result: CheckpointResult) -> list[CheckOutcome]:
    """The issues, worst first, and after them what could not be checked."""
    return sorted(result.issues, key=lambda o: o.status is CheckStatus.ERROR)


def with_status(result: CheckpointResult, status: CheckStatus) -> list[CheckOutcome]:
    outcomes = result.validation_result.outcomes if result.validation_result else ()
    return [o for o in outcomes if o.status is status and not o.hidden]


def subject(outcome: CheckOutcome) -> str:
    """What was checked: its columns, or the table."""
    return ", ".join(outcome.columns) or "(table)"


def most_often(outcome: CheckOutcome, said: Callable[[object], str]) -> str:
    """`NL (3 times), BE (1 time)`: the values that occur most among failing rows; nothing where none occurs again."""
    if all(n < 2 for _, n in outcome.top_values):
        return ""
    return ", ".join(f"{said(v)} ({plural(n, 'time')})" for v, n in outcome.top_values[:5])


def severity(outcome: CheckOutcome) -> str:
    if outcome.status is CheckStatus.ERROR or outcome.severity is None:
        return "error" if outcome.status is CheckStatus.ERROR else outcome.status.value
    return outcome.severity.value


def expectation(outcome: CheckOutcome) -> str:
    """What should hold, or what was found where no rows can be counted."""
    if outcome.status is CheckStatus.ERROR:
        return one_line(outcome.error or outcome.message or f"{outcome.validator} could not be checked")
    if outcome.failed is None and outcome.is_issue:
        said = outcome.message or outcome.expected
    else:
        said = outcome.expected or outcome.message
    said = one_line(said or outcome.validator)
    named = f"{outcome.name}: {said}" if outcome.name else said
    return f"{named} where {outcome.where}" if outcome.where else named


def amount(outcome: CheckOutcome) -> str:
    """`93 (1.86%)`, with what was allowed where anything was; nothing for a check on the table as a whole."""
    if outcome.failed is None or outcome.total is None or outcome.status is CheckStatus.ERROR:
        return ""
    allowed = f", {outcome.allowed:,} allowed" if outcome.allowed else ""
    return f"{outcome.failed:,} ({percent(outcome.failed, outcome.total)}{allowed})"


def line(outcome: CheckOutcome) -> str:
    """An issue in one line: `critical: email: not null: 93 (1.86%)`."""
    return ": ".join(filter(None, (severity(outcome), subject(outcome), expectation(outcome), amount(outcome))))


def tally(statistics: Statistics) -> str:
    """`2 failed, 1 warned, 1 errored, 4 passed`."""
    counted = (
        (statistics.failed, "failed"),
        (statistics.warned, "warned"),
        (statistics.errored, "errored"),
        (statistics.passed, "passed"),
        (statistics.skipped, "skipped"),
        (statistics.hidden, "hidden"),
    )
    return ", ".join(f"{n:,} {word}" for n, word in counted if n) or "no checks ran"


def shape(validation: ValidationResult, times: str) -> str:
    """`5,000 rows x 6 columns`, and of how many rows it is a sample; empty where nothing was read."""
    if validation.row_count is None:
        return ""
    rows = plural(validation.row_count, "row")
    if validation.sampled_from is not None:
        rows = f"sample of {rows} of {validation.sampled_from:,}"
    return rows if validation.column_count is None else f"{rows} {times} {plural(validation.column_count, 'column')}"


def one_line(text: str) -> str:
    """Lines that belong to one message, in one."""
    return " ".join(text.split("\n")) if "\n" in text else text


def previous_validation(history: Sequence[CheckpointResult]) -> ValidationResult | None:
    """The newest earlier run that came to a verdict. `history` is oldest first."""
    return next((r.validation_result for r in reversed(history) if r.validation_result), None)


def changes(before: ValidationResult | None) -> Callable[[CheckOutcome], str]:
    """What tells of a check how it changed against the run before: `NEW`, `worse, was 80`, `better, was 120`, or nothing."""
    if before is None:
        return lambda _: ""
    known = {o.id: o for o in reversed(before.outcomes)}
    return lambda outcome: _change(outcome, known.get(outcome.id))


def _change(outcome: CheckOutcome, then: CheckOutcome | None) -> str:
    if then is None or not then.is_issue:
        return "NEW"
    if then.failed is None or outcome.failed is None or then.failed == outcome.failed:
        return ""
    return f"{'worse' if outcome.failed > then.failed else 'better'}, was {then.failed:,}"


def fixed(result: CheckpointResult, before: ValidationResult | None) -> list[CheckOutcome]:
    """Checks that hold now and did not in the run before."""
    failed = {o.id for o in before.outcomes if o.is_issue} if before else set()
    return [o for o in with_status(result, CheckStatus.PASSED) if o.id in failed]
