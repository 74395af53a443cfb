"""When an action runs: the values of `notify_on`."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from typing import Literal

from truthound.results import CheckpointResult, CheckpointStatus

NotifyOn = Literal["always", "success", "failure", "error", "failure_or_error", "not_success", "on_change", "recovered"]
NOTIFY_ON: Mapping[str, frozenset[CheckpointStatus]] = {
    "always": frozenset(CheckpointStatus),
    "success": frozenset({CheckpointStatus.SUCCESS}),
    "failure": frozenset({CheckpointStatus.FAILURE}),
    "error": frozenset({CheckpointStatus.ERROR}),
    "failure_or_error": frozenset({CheckpointStatus.FAILURE, CheckpointStatus.ERROR}),
    "not_success": frozenset(CheckpointStatus) - {CheckpointStatus.SUCCESS},
}
"""the conditions on this run's status"""
CHANGE_CONDITIONS = frozenset(typing.get_args(NotifyOn)) - frozenset(NOTIFY_ON)
"""the conditions that compare this run with the previous one; an undelivered message of theirs is due again"""


def condition_met(notify_on: NotifyOn, result: CheckpointResult, previous: CheckpointResult | None) -> bool:
    """Whether the condition holds. Without a previous run, success is assumed: a first failure is a change, a first success is not.

    Two runs are compared by the status of their data: an action that failed is not a change.
    """
    if notify_on in NOTIFY_ON:
        return result.status in NOTIFY_ON[notify_on]
    before = previous.data_status if previous else CheckpointStatus.SUCCESS
    recovered_only = notify_on == "recovered"
    return result.data_status is not before and (not recovered_only or result.data_status is CheckpointStatus.SUCCESS)


def unmet_reason(notify_on: NotifyOn, result: CheckpointResult, previous: CheckpointResult | None) -> str:
    """Why a condition does not hold, as a clause; empty if it holds."""
    if condition_met(notify_on, result, previous):
        return ""
    if notify_on in NOTIFY_ON:
        return f"notify_on is {notify_on}, the status is {result.status.value}"
    before = f", before it was {previous.data_status.value}" if previous else ""
    return f"notify_on is {notify_on}, the data's status is {result.data_status.value}{before}"


__all__ = ["CHANGE_CONDITIONS", "NOTIFY_ON", "NotifyOn", "condition_met", "unmet_reason"]
