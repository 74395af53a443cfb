"""Exit codes: what they mean, and which one a run comes to."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import TYPE_CHECKING

from truthound.errors import ActionError, ConfigError

if TYPE_CHECKING:
    from truthound.results import CheckpointResult


class Exit(IntEnum):
    OK = 0
    FAILURE = 1
    USAGE = 2
    ERROR = 3
    UNDELIVERED = 4
    INTERRUPTED = 130


WORST_FIRST = (Exit.USAGE, Exit.ERROR, Exit.FAILURE, Exit.UNDELIVERED, Exit.OK)


def exit_of(result: CheckpointResult, *, strict: bool = False) -> Exit:
    """A run that could not be made stays 3 with `strict`; all else that is wrong, hidden or not, is then 1."""
    validation = result.validation_result
    if validation is None:
        return Exit.USAGE if result.error_type == ConfigError.__name__ else Exit.ERROR
    if strict and any(o.is_issue for o in validation.outcomes):
        return Exit.FAILURE
    if result.status == "failure":
        return Exit.FAILURE
    if result.status == "error":
        return Exit.ERROR
    return Exit.OK if all(a.delivered for a in result.action_results) else Exit.UNDELIVERED


def exit_of_error(error: Exception) -> Exit:
    """What an error that ended the command comes to."""
    if isinstance(error, ConfigError):
        return Exit.USAGE
    return Exit.UNDELIVERED if isinstance(error, ActionError) else Exit.ERROR


def worst(codes: Iterable[Exit]) -> Exit:
    return min(codes, key=WORST_FIRST.index, default=Exit.OK)
