"""The result of a checkpoint's run, and of its actions."""

from __future__ import annotations

import dataclasses
import typing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, Self

from truthound._internal import text
from truthound._internal.escape import escape_terminal
from truthound.results.record import Record
from truthound.results.status import ActionStatus, CheckpointStatus, CheckStatus, CIExamples
from truthound.results.validation import Issue, ValidationResult, published_examples


@dataclass(frozen=True, slots=True)
class ActionResult(Record):
    """The result of an action. Times are aware datetimes; `details` holds the response of the other side."""

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
        """Whether nothing is left to deliver."""
        return self.status in (ActionStatus.SUCCESS, ActionStatus.SKIPPED, ActionStatus.COMPENSATED)


@dataclass(frozen=True, slots=True)
class CheckpointResult(Record):
    """The result of a run. `metadata` contains the checkpoint's tags.

    `error` is the reason of status error, `error_type` its class (ConfigError, SourceError, ...). `ci_examples` is how much
    of failing rows CI systems publish.
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
        """The status of the data alone, without the actions."""
        return self.validation_result.status if self.validation_result else self.status

    @property
    def tags(self) -> dict[str, str]:
        return dict(self.metadata.get("tags", {}))

    def strict(self) -> Self:
        """A copy in which every issue fails the run, whatever its severity, and none is hidden."""
        if self.validation_result is None:
            return self
        validation = self.validation_result.strict()
        fails = any(o.status is CheckStatus.FAILED for o in validation.outcomes)
        return dataclasses.replace(
            self, validation_result=validation, status=CheckpointStatus.FAILURE if fails else self.status
        )

    def published(self) -> Self:
        """A copy with as much of failing rows as `ci_examples` lets CI systems publish. Masked cells stay masked."""
        validation = self.validation_result
        if validation is None or self.ci_examples is CIExamples.ROWS:
            return self
        keys = validation.key_columns if self.ci_examples is CIExamples.KEYS else None
        outcomes = tuple(
            dataclasses.replace(o, examples=published_examples(o.examples, keys), top_values=())
            if o.examples or o.top_values
            else o
            for o in validation.outcomes
        )
        return dataclasses.replace(self, validation_result=dataclasses.replace(validation, outcomes=outcomes))

    def summary(self) -> str:
        """A short text: the verdict, the issues, the undelivered actions."""
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
