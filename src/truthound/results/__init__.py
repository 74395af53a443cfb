"""Results that every layer shares: of a check, of a table's validation, of an action, of a checkpoint's run."""

from __future__ import annotations

from truthound.results.record import Record as Record
from truthound.results.run import ActionResult as ActionResult
from truthound.results.run import CheckpointResult as CheckpointResult
from truthound.results.run import now as now
from truthound.results.status import ActionStatus as ActionStatus
from truthound.results.status import CheckpointStatus as CheckpointStatus
from truthound.results.status import CheckStatus as CheckStatus
from truthound.results.status import CIExamples as CIExamples
from truthound.results.status import Severity as Severity
from truthound.results.status import SeverityName as SeverityName
from truthound.results.validation import CheckOutcome as CheckOutcome
from truthound.results.validation import Example as Example
from truthound.results.validation import Issue as Issue
from truthound.results.validation import Statistics as Statistics
from truthound.results.validation import ValidationResult as ValidationResult
from truthound.results.validation import issue_line as issue_line
