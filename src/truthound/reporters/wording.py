"""The words that all reports share: verdicts, counts, changes since the previous run, errors of a run as a whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from truthound._internal.text import percent, plural
from truthound.errors import ConfigError
from truthound.results import (
    ActionResult,
    CheckOutcome,
    CheckpointResult,
    CheckpointStatus,
    CheckStatus,
    Statistics,
    ValidationResult,
)

VERDICTS = {
    CheckpointStatus.SUCCESS: "PASSED",
    CheckpointStatus.WARNING: "WARNING",
    CheckpointStatus.FAILURE: "FAILED",
    CheckpointStatus.ERROR: "ERROR",
}


RUN, ACTION, FILE = "checkpoint", "action", "configuration"
"""validators of the checks that stand for errors of a run as a whole"""
_LOCATED = re.compile(r"(?P<location>[^\n]+?:[0-9]+(?::[0-9]+)?): (?P<message>.*)", re.DOTALL)


def run_errors(result: CheckpointResult) -> list[CheckOutcome]:
    """Errors of a run as a whole, as checks that could not be evaluated: why it could not run, each mistake of its
    configuration (at its location in the file), each undelivered action.
    """
    if result.status in (CheckpointStatus.SUCCESS, CheckpointStatus.WARNING):
        lost = [a for a in result.action_results if not a.delivered]
        return [_undelivered(i, action) for i, action in enumerate(lost, 1)]
    if result.validation_result is None and result.error_type == ConfigError.__name__:
        return [_mistake(i, line) for i, line in enumerate((result.error or "").split("\n"), 1) if line]
    wrong = result.error or ("no check ran" if result.status is CheckpointStatus.ERROR else "")
    if not wrong or with_status(result, CheckStatus.ERROR):
        return []
    return [CheckOutcome("(run)", RUN, (), CheckStatus.ERROR, error=wrong)]


def _undelivered(number: int, action: ActionResult) -> CheckOutcome:
    error = f"the action was not delivered: {action.message or action.status.value}"
    name = action.action_name or action.action_type
    return CheckOutcome(f"(action {number})", ACTION, (name,), CheckStatus.ERROR, error=error)


def is_run_error(outcome: CheckOutcome) -> bool:
    """Whether it is one of `run_errors`; the id of a check begins with the name of its validator."""
    return outcome.id.startswith("(")


def _mistake(number: int, message: str) -> CheckOutcome:
    located = _LOCATED.fullmatch(message)
    where, message = (located["location"], located["message"]) if located else (None, message)
    return CheckOutcome(f"(configuration {number})", FILE, (), CheckStatus.ERROR, error=message, location=where)


def checks(result: CheckpointResult) -> list[CheckOutcome]:
    """The checks of a run in the order of the configuration, then the errors of the run as a whole."""
    shown = [o for o in result.validation_result.outcomes if not o.hidden] if result.validation_result else []
    return [*shown, *run_errors(result)]


def fails(result: CheckpointResult) -> bool:
    """Whether the run fails its job; every report and the exit code agree."""
    return any(o.status in (CheckStatus.FAILED, CheckStatus.ERROR) for o in checks(result))


def verdict(result: CheckpointResult) -> str:
    """The run in one word; `UNDELIVERED` if the only error is an undelivered action."""
    passes = result.status in (CheckpointStatus.SUCCESS, CheckpointStatus.WARNING)
    return "UNDELIVERED" if passes and fails(result) else VERDICTS[result.status]


def title(outcome: CheckOutcome) -> str:
    """`range: age (no ghosts)`: the same in each run."""
    if is_run_error(outcome) and not outcome.columns:
        return "run" if outcome.validator == RUN else outcome.validator
    return f"{outcome.validator}: {columns_label(outcome)}" + (f" ({outcome.name})" if outcome.name else "")


def ordered(result: CheckpointResult) -> list[CheckOutcome]:
    """The issues, worst first, and after them the checks that could not be evaluated."""
    return sorted(result.issues, key=lambda o: o.status is CheckStatus.ERROR)


def errors_and_issues(result: CheckpointResult) -> list[CheckOutcome]:
    """The errors of the run as a whole, then its issues, worst first."""
    return [*run_errors(result), *ordered(result)]


def with_status(result: CheckpointResult, status: CheckStatus) -> list[CheckOutcome]:
    outcomes = result.validation_result.outcomes if result.validation_result else ()
    return [o for o in outcomes if o.status is status and not o.hidden]


def columns_label(outcome: CheckOutcome) -> str:
    """The checked columns, or the table."""
    return ", ".join(outcome.columns) or "(table)"


def severity(outcome: CheckOutcome) -> str:
    if outcome.status is CheckStatus.ERROR or outcome.severity is None:
        return "error" if outcome.status is CheckStatus.ERROR else outcome.status.value
    return outcome.severity.value


def expectation(outcome: CheckOutcome) -> str:
    """The rule in words, or what was found where no rows can be counted."""
    if outcome.status is CheckStatus.ERROR:
        return one_line(outcome.error or outcome.message or f"{outcome.validator} could not be checked")
    if outcome.failed is None and outcome.is_issue:
        text = outcome.message or outcome.expected
    else:
        text = outcome.expected or outcome.message
    if outcome.status is CheckStatus.PASSED and outcome.judged == 0 and outcome.message not in ("", text):
        text = f"{text} ({outcome.message})"  # passed, because there was nothing to evaluate
    text = one_line(text or outcome.validator)
    named = f"{outcome.name}: {text}" if outcome.name else text
    return f"{named} where {outcome.where}" if outcome.where else named


def failed_count(outcome: CheckOutcome) -> str:
    """`93 (1.86%)`, or `93 (9.30% of 1,000 judged)` where nulls were skipped, and the allowed number where there is one.

    Nothing for a check on the table as a whole.
    """
    if outcome.failed is None or outcome.base is None or outcome.status is CheckStatus.ERROR:
        return ""
    judged = f" of {outcome.base:,} judged" if outcome.base != outcome.total and outcome.failed else ""
    allowed = f", {outcome.allowed:,} allowed" if outcome.allowed else ""
    return f"{outcome.failed:,} ({percent(outcome.failed, outcome.base)}{judged}{allowed})"


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


def summary(result: CheckpointResult) -> str:
    """The tally of a run, or the error that kept it from checking anything."""
    validation = result.validation_result
    return tally(validation.statistics) if validation else one_line(result.error or "nothing was checked")


def shape(validation: ValidationResult, times: str) -> str:
    """`5,000 rows x 6 columns`, and of how many rows it is a sample; empty where nothing was read."""
    if validation.row_count is None:
        return ""
    rows = plural(validation.row_count, "row")
    if validation.sampled_from is not None:
        rows = f"sample of {rows} of {validation.sampled_from:,}"
    return rows if validation.column_count is None else f"{rows} {times} {plural(validation.column_count, 'column')}"


def page(result: CheckpointResult) -> str:
    """The address of the run's page in the data docs, or of the report in its metadata; empty if unknown."""
    found = (a.details.get("url", "") for a in result.action_results)
    published = next((p for p in found if isinstance(p, str) and p.startswith(("http://", "https://"))), "")
    return published or str(result.metadata.get("report_url") or "")


def one_line(text: str) -> str:
    """Several lines as one."""
    return " ".join(text.split("\n")) if "\n" in text else text


def previous_validation(history: Sequence[CheckpointResult]) -> ValidationResult | None:
    """The newest earlier run with a validation. `history` is oldest first."""
    return next((r.validation_result for r in reversed(history) if r.validation_result), None)


def changes(before: ValidationResult | None) -> Callable[[CheckOutcome], str]:
    """A function from a check to its change since the previous run: `NEW`, `worse, was 80`, `better, was 120`, or empty."""
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
    """Checks that pass now and did not in the previous run."""
    failed = {o.id for o in before.outcomes if o.is_issue} if before else set()
    return [o for o in with_status(result, CheckStatus.PASSED) if o.id in failed]
