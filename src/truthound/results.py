"""The nouns every layer shares: what a check, a validation, an action and a run came to."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Literal, Self

from truthound._internal import text
from truthound._internal.escape import escape_terminal

SeverityName = Literal["low", "medium", "high", "critical"]


class Severity(StrEnum):
    """How bad an issue is. Compare by `rank`, from 0 (low) to 3 (critical)."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        return list(Severity).index(self)


class CheckStatus(StrEnum):
    """What a check came to: `failed` makes the run fail, `warned` is an issue that does not."""

    PASSED = "passed"
    FAILED = "failed"
    WARNED = "warned"
    ERROR = "error"
    SKIPPED = "skipped"


class CheckpointStatus(StrEnum):
    """What a run came to."""

    SUCCESS = "success"
    FAILURE = "failure"
    WARNING = "warning"
    ERROR = "error"


class ActionStatus(StrEnum):
    """What an action came to."""

    SUCCESS = "success"
    FAILURE = "failure"
    ERROR = "error"
    SKIPPED = "skipped"
    COMPENSATED = "compensated"
    COMPENSATION_FAILED = "compensation_failed"


class CIExamples(StrEnum):
    """What of failing rows a CI system publishes: nothing, their numbers and key columns, or all that is known of them."""

    NONE = "none"
    KEYS = "keys"
    ROWS = "rows"


class Record:
    """A frozen dataclass that turns into plain JSON values and back without loss."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """Nested dictionaries, lists and scalars that JSON and YAML can hold."""
        return {f.name: _plain(getattr(self, f.name)) for f in dataclasses.fields(self)}  # type: ignore[arg-type]

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The record that `to_dict` was called on. Keys that are not fields are passed over: they are derived."""
        hints = _hints(cls)
        return cls(**{name: _typed(hints[name], data[name]) for name in hints if name in data})


_HINTS: dict[type, dict[str, Any]] = {}


def _hints(cls: type) -> dict[str, Any]:
    if cls not in _HINTS:
        names = {f.name for f in dataclasses.fields(cls)}
        _HINTS[cls] = {k: v for k, v in typing.get_type_hints(cls).items() if k in names}
    return _HINTS[cls]


def _plain(value: Any) -> Any:
    match value:
        case Record():
            return value.to_dict()
        case StrEnum():
            return value.value
        case tuple() | list():
            return [_plain(v) for v in value]
        case Mapping():
            return {str(k): _plain(v) for k, v in value.items()}
        case _:
            return text.to_json_value(value, width=1_000_000)


def _typed(hint: Any, value: Any) -> Any:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if value is None or hint is Any:
        return value
    if origin in (types.UnionType, typing.Union):
        return _typed(next(a for a in args if a is not type(None)), value)
    if origin in (tuple, list):
        return origin(_typed(args[0], v) for v in value)
    if isinstance(hint, type):
        if issubclass(hint, Record):
            return hint.from_dict(value)
        if issubclass(hint, datetime):
            return datetime.fromisoformat(value)
        if issubclass(hint, StrEnum):
            return hint(value)
    return value


@dataclass(frozen=True, slots=True)
class Example(Record):
    """A failing row: its number (the first row of the data is 1), its cells as JSON values, and its line in the result's `file`."""

    row: int | None
    values: dict[str, Any]
    line: int | None = None


@dataclass(frozen=True, slots=True)
class CheckOutcome(Record):
    """What one check came to.

    `failed` of `total` rows did not hold, or None for a check on the whole table. `allowed` failures were accepted. `judged`
    are the rows of `total` that were not passed over because of a null; None where that was not counted, as nothing failed.
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
        """Failing rows over judged rows, from 0 to 1; 1 for a failed check on the whole table; None where it was not made."""
        if self.status in (CheckStatus.ERROR, CheckStatus.SKIPPED):
            return None
        if self.failed is None:
            return float(self.is_issue)
        return self.failed / self.base if self.base else 0.0

    @property
    def base(self) -> int | None:
        """The rows that percentages are of: those that were judged."""
        return self.total if self.judged is None else self.judged

    @property
    def is_issue(self) -> bool:
        """Whether it did not hold, or could not be checked."""
        return self.status in (CheckStatus.FAILED, CheckStatus.WARNED, CheckStatus.ERROR)

    def to_dict(self) -> dict[str, Any]:
        return Record.to_dict(self) | {"ratio": self.ratio}


Issue = CheckOutcome


@dataclass(frozen=True, slots=True)
class Statistics(Record):
    """The outcomes, counted. `hidden` issues lie below `min_severity` and are in no other count but `total_checks`."""

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
        """Checks that were evaluated or could not be: all but the skipped and the hidden ones."""
        return self.passed + self.failed + self.warned + self.errored

    @property
    def issue_rate(self) -> float:
        """Issues over evaluated checks, from 0 to 1; 0 where none was evaluated."""
        return self.total_issues / self.evaluated if self.evaluated else 0.0


@dataclass(frozen=True, slots=True)
class ValidationResult(Record):
    """What a table's checks came to. `sampled_from` is the table's row count where only a sample was checked.

    `file` is the one local file the table was read from, as seen from the folder of the run if it lies there.
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
        """Outcomes that did not pass, worst first."""
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
        """Whether every check that ran held."""
        return not self.issues

    @property
    def status(self) -> CheckpointStatus:
        """Failure before error before warning: what is known to be wrong is said first. No check that ran is an error."""
        seen = {o.status for o in self.outcomes if not o.hidden}
        if CheckStatus.FAILED in seen:
            return CheckpointStatus.FAILURE
        nothing_ran = all(o.status is CheckStatus.SKIPPED for o in self.outcomes)
        if CheckStatus.ERROR in seen or nothing_ran:
            return CheckpointStatus.ERROR
        return CheckpointStatus.WARNING if CheckStatus.WARNED in seen else CheckpointStatus.SUCCESS

    def strict(self) -> Self:
        """The same where any issue fails the run, whatever its severity; none is hidden."""
        return dataclasses.replace(self, outcomes=tuple(_failed(o) if o.is_issue else o for o in self.outcomes))

    def to_dict(self) -> dict[str, Any]:
        return Record.to_dict(self) | {"status": self.status.value, "statistics": self.statistics.to_dict()}

    def summary(self) -> str:
        """A line for the verdict and one for each issue, worst first."""
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


def _published(examples: tuple[Example, ...], keys: tuple[str, ...] | None) -> tuple[Example, ...]:
    """Failing rows with these columns only, as far as something is left of them; none at all without `keys`."""
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


@dataclass(frozen=True, slots=True)
class ActionResult(Record):
    """What an action came to. Times are aware datetimes; `details` holds what the other side answered."""

    status: ActionStatus
    action_name: str = ""
    action_type: str = ""
    message: str = ""
    started_at: datetime | None = None
    completed_at: datetime | None = None
    duration_ms: float = 0.0
    details: dict[str, Any] = field(default_factory=dict)

    if typing.TYPE_CHECKING:  # the status may be given as text

        def __init__(  # noqa: PLR0917 a dataclass
            self,
            status: ActionStatus | Literal["success", "failure", "error", "skipped", "compensated"],
            action_name: str = "",
            action_type: str = "",
            message: str = "",
            started_at: datetime | None = None,
            completed_at: datetime | None = None,
            duration_ms: float = 0.0,
            details: dict[str, Any] = ...,
        ) -> None: ...

    def __post_init__(self) -> None:
        object.__setattr__(self, "status", ActionStatus(self.status))

    @property
    def delivered(self) -> bool:
        """Whether nothing is left undone."""
        return self.status in (ActionStatus.SUCCESS, ActionStatus.SKIPPED, ActionStatus.COMPENSATED)


@dataclass(frozen=True, slots=True)
class CheckpointResult(Record):
    """What a run came to. `metadata` carries the checkpoint's tags.

    `error` says why it could not be made, `error_type` (ConfigError, SourceError, ...) whose fault that is.
    `ci_examples` is what of failing rows a CI system publishes of it.
    """

    run_id: str
    checkpoint_name: str
    run_time: datetime
    status: CheckpointStatus
    validation_result: ValidationResult | None = None
    action_results: list[ActionResult] = field(default_factory=list)
    duration_ms: float = 0.0
    error: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    error_type: str | None = None
    ci_examples: CIExamples = CIExamples.KEYS

    def __post_init__(self) -> None:
        object.__setattr__(self, "status", CheckpointStatus(self.status))
        object.__setattr__(self, "ci_examples", CIExamples(self.ci_examples))
        object.__setattr__(self, "action_results", list(self.action_results))

    @property
    def issues(self) -> tuple[Issue, ...]:
        """The validation's issues, worst first."""
        return self.validation_result.issues if self.validation_result else ()

    @property
    def data_status(self) -> CheckpointStatus:
        """What the data came to, whatever became of the actions."""
        return self.validation_result.status if self.validation_result else self.status

    @property
    def tags(self) -> dict[str, str]:
        return dict(self.metadata.get("tags", {}))

    def strict(self) -> Self:
        """The same where any issue fails the run, whatever its severity; none is hidden."""
        if self.validation_result is None:
            return self
        validation = self.validation_result.strict()
        fails = any(o.status is CheckStatus.FAILED for o in validation.outcomes)
        return dataclasses.replace(
            self, validation_result=validation, status=CheckpointStatus.FAILURE if fails else self.status
        )

    def published(self) -> Self:
        """The same with as much of failing rows as `ci_examples` lets a CI system publish. Masked cells stay masked."""
        validation = self.validation_result
        if validation is None or self.ci_examples is CIExamples.ROWS:
            return self
        keys = validation.key_columns if self.ci_examples is CIExamples.KEYS else None
        outcomes = tuple(
            dataclasses.replace(o, examples=_published(o.examples, keys), top_values=())
            if o.examples or o.top_values
            else o
            for o in validation.outcomes
        )
        return dataclasses.replace(self, validation_result=dataclasses.replace(validation, outcomes=outcomes))

    def summary(self) -> str:
        """A short text for people: the verdict, the issues, the actions that were not delivered."""
        lines = [f"{escape_terminal(self.checkpoint_name)}: {self.status.value} · run {escape_terminal(self.run_id)}"]
        if self.error:
            lines.append(f"  error: {escape_terminal(self.error)}")
        if self.validation_result:
            lines.append(self.validation_result.summary())
        lines += [
            f"  action {escape_terminal(a.action_name)}: {a.status.value}: {escape_terminal(a.message)}"
            for a in self.action_results
            if not a.delivered
        ]
        return "\n".join([*lines, f"  {text.duration(self.duration_ms / 1000)}"])


def now() -> datetime:
    """The present as results keep it: aware, in UTC."""
    return datetime.now(UTC)
