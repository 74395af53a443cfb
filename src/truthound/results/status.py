"""The statuses of checks, actions and runs, and the severities of issues."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

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
    """The status of a check: `failed` makes the run fail, `warned` is an issue that does not."""

    PASSED = "passed"
    FAILED = "failed"
    WARNED = "warned"
    ERROR = "error"
    SKIPPED = "skipped"


class CheckpointStatus(StrEnum):
    """The status of a run."""

    SUCCESS = "success"
    FAILURE = "failure"
    WARNING = "warning"
    ERROR = "error"


class ActionStatus(StrEnum):
    """The status of an action."""

    SUCCESS = "success"
    FAILURE = "failure"
    ERROR = "error"
    SKIPPED = "skipped"
    COMPENSATED = "compensated"
    COMPENSATION_FAILED = "compensation_failed"


class CIExamples(StrEnum):
    """How much of failing rows CI systems publish: nothing, their row numbers and key columns, or all cells."""

    NONE = "none"
    KEYS = "keys"
    ROWS = "rows"
