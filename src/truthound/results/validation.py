"""The result of checking a table: the outcome of each check, and their statistics."""

from __future__ import annotations

import dataclasses
from collections import Counter
from dataclasses import dataclass
from typing import Any, Self

from truthound._internal import text
from truthound._internal.escape import escape_terminal
from truthound.results.record import Record
from truthound.results.status import CheckpointStatus, CheckStatus, Severity


@dataclass(frozen=True, slots=True)
class Example(Record):
    """A failing row: its number (the first row of the data is 1), its cells as JSON values, and its line in the result's `file`."""

    row: int | None
    values: dict[str, Any]
    line: int | None = None


@dataclass(frozen=True, slots=True)
class CheckOutcome(Record):
    """The outcome of one check.

    `failed` of `total` rows failed; None for a check on the whole table. `allowed` failures are tolerated. `judged` is the
    number of rows without those that are skipped because of a null; None if it was not counted, as nothing failed.
    """

    id: str
    validator: str
    columns: tuple[str, ...]
    status: CheckStatus
    severity: Severity | None = None
    failed: int | None = None
    total: int | None = None
    judged: int | None = None
    allowed: int | None = None
    expected: str = ""
    observed: Any = None
    message: str = ""
    examples: tuple[Example, ...] = ()
    top_values: tuple[tuple[Any, int], ...] = ()
    error: str | None = None
    where: str | None = None
    name: str | None = None
    description: str | None = None
    tags: tuple[str, ...] = ()
    location: str | None = None
    hidden: bool = False

    @property
    def ratio(self) -> float | None:
        """Failing rows over judged rows, from 0 to 1; 1 for a failed check on the whole table; None if it was not evaluated."""
        if self.status in (CheckStatus.ERROR, CheckStatus.SKIPPED):
            return None
        if self.failed is None:
            return float(self.is_issue)
        return self.failed / self.base if self.base else 0.0

    @property
    def base(self) -> int | None:
        """The number of rows that percentages refer to: the judged rows."""
        return self.total if self.judged is None else self.judged

    @property
    def is_issue(self) -> bool:
        """Whether it failed or could not be evaluated."""
        return self.status in (CheckStatus.FAILED, CheckStatus.WARNED, CheckStatus.ERROR)

    def to_dict(self) -> dict[str, Any]:
        return Record.to_dict(self) | {"ratio": self.ratio}


Issue = CheckOutcome


@dataclass(frozen=True, slots=True)
class Statistics(Record):
    """Counts of outcomes. `hidden` issues are below `min_severity` and counted in `total_checks` only."""

    total_checks: int
    passed: int
    failed: int
    warned: int
    errored: int
    skipped: int
    hidden: int
    total_issues: int
    by_severity: dict[str, int]
    pass_rate: float
    """passed checks over evaluated checks, from 0 to 1; 0 where none was evaluated"""

    @property
    def evaluated(self) -> int:
        """All checks but the skipped and the hidden ones."""
        return self.passed + self.failed + self.warned + self.errored

    @property
    def issue_rate(self) -> float:
        """Issues over evaluated checks, from 0 to 1; 0 where none was evaluated."""
        return self.total_issues / self.evaluated if self.evaluated else 0.0


@dataclass(frozen=True, slots=True)
class ValidationResult(Record):
    """The outcomes of a table's checks. `sampled_from` is the table's row count if only a sample was checked.

    `file` is the local file the table was read from, if it is a single one, relative to the folder of the run if inside it.
    """

    source: str
    outcomes: tuple[CheckOutcome, ...]
    row_count: int | None = None
    column_count: int | None = None
    sampled_from: int | None = None
    key_columns: tuple[str, ...] = ()
    duration_ms: float = 0.0
    notes: tuple[str, ...] = ()
    file: str | None = None

    @property
    def issues(self) -> tuple[Issue, ...]:
        """Outcomes that failed or could not be evaluated, worst first."""
        found = [o for o in self.outcomes if o.is_issue and not o.hidden]
        return tuple(
            sorted(found, key=lambda o: (-(o.severity.rank if o.severity else 0), -(1 if o.ratio is None else o.ratio)))
        )

    @property
    def statistics(self) -> Statistics:
        shown = [o for o in self.outcomes if not o.hidden]
        n = Counter(o.status for o in shown)
        run = len(shown) - n[CheckStatus.SKIPPED]
        issues = [o for o in shown if o.is_issue]
        severities = Counter(o.severity for o in issues)
        return Statistics(
            total_checks=len(self.outcomes),
            passed=n[CheckStatus.PASSED],
            failed=n[CheckStatus.FAILED],
            warned=n[CheckStatus.WARNED],
            errored=n[CheckStatus.ERROR],
            skipped=n[CheckStatus.SKIPPED],
            hidden=len(self.outcomes) - len(shown),
            total_issues=len(issues),
            by_severity={s.value: severities[s] for s in Severity},
            pass_rate=n[CheckStatus.PASSED] / run if run else 0.0,
        )

    @property
    def success(self) -> bool:
        """Whether there are no issues."""
        return not self.issues

    @property
    def status(self) -> CheckpointStatus:
        """The worst of failure, error, warning and success, in this order; error if no check was evaluated."""
        seen = {o.status for o in self.outcomes if not o.hidden}
        if CheckStatus.FAILED in seen:
            return CheckpointStatus.FAILURE
        nothing_ran = all(o.status is CheckStatus.SKIPPED for o in self.outcomes)
        if CheckStatus.ERROR in seen or nothing_ran:
            return CheckpointStatus.ERROR
        return CheckpointStatus.WARNING if CheckStatus.WARNED in seen else CheckpointStatus.SUCCESS

    def strict(self) -> Self:
        """A copy in which every issue fails the run, whatever its severity, and none is hidden."""
        return dataclasses.replace(self, outcomes=tuple(_failed(o) if o.is_issue else o for o in self.outcomes))

    def to_dict(self) -> dict[str, Any]:
        return Record.to_dict(self) | {"status": self.status.value, "statistics": self.statistics.to_dict()}

    def summary(self) -> str:
        """One line for the verdict and one for each issue, worst first."""
        s = self.statistics
        counted = ((s.failed, "failed"), (s.warned, "warned"), (s.errored, "errored"), (s.passed, "passed"))
        head = ", ".join(f"{n:,} {word}" for n, word in counted if n) or "no checks ran"
        rows = "" if self.row_count is None else text.plural(self.row_count, "row")
        if self.sampled_from is not None:
            rows = f"sample of {rows} of {self.sampled_from:,}"
        rows = f" ({rows})" if rows else ""
        lines = [f"{escape_terminal(self.source)}{rows}: {self.status.value}: {head}"]
        lines += [f"  {issue_line(o)}" for o in self.issues]
        return "\n".join([*lines, *(f"  note: {escape_terminal(n)}" for n in self.notes)])


def _failed(outcome: CheckOutcome) -> CheckOutcome:
    status = outcome.status if outcome.status is CheckStatus.ERROR else CheckStatus.FAILED
    return dataclasses.replace(outcome, status=status, hidden=False)


def published_examples(examples: tuple[Example, ...], keys: tuple[str, ...] | None) -> tuple[Example, ...]:
    """Failing rows with these columns only, without those that are empty then; none without `keys`."""
    if keys is None:
        return ()
    bare = (Example(e.row, {k: e.values[k] for k in keys if k in e.values}, e.line) for e in examples)
    return tuple(e for e in bare if e.values or e.row is not None)


def issue_line(outcome: CheckOutcome) -> str:
    """An issue in one line of plain text."""
    what = ", ".join(map(escape_terminal, outcome.columns)) or "table"
    severity = outcome.severity.value if outcome.severity else outcome.status.value
    if outcome.status is CheckStatus.ERROR:
        return f"error {what}: {outcome.validator}: {escape_terminal(outcome.error)}"
    if outcome.failed is None or outcome.base is None:
        return f"{severity} {what}: {escape_terminal(outcome.message or outcome.expected)}"
    count = f"{text.plural(outcome.failed, 'row')} ({text.percent(outcome.failed, outcome.base)})"
    return f"{severity} {what}: {escape_terminal(outcome.expected)}: {count}"
