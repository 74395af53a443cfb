"""Exit codes: what each means, which one a result or an error has, and the worst of several."""

from __future__ import annotations

import textwrap
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


MEANINGS = {
    Exit.OK: "success, possibly with warnings",
    Exit.FAILURE: "failure; with --strict, any issue of any severity",
    Exit.USAGE: "invalid arguments or configuration",
    Exit.ERROR: "the data could not be read, or the run or a check could not be evaluated",
    Exit.UNDELIVERED: "an action was not delivered, and the run would otherwise exit 0",
}
WORST_FIRST = (Exit.USAGE, Exit.ERROR, Exit.FAILURE, Exit.UNDELIVERED, Exit.OK)


def exit_of(result: CheckpointResult, *, strict: bool = False) -> Exit:
    """The exit code of a run. With `strict` any issue, hidden or not, is a failure; a run without results stays an error."""
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
    """The exit code of a command that ended in an error."""
    if isinstance(error, ConfigError):
        return Exit.USAGE
    return Exit.UNDELIVERED if isinstance(error, ActionError) else Exit.ERROR


def worst(codes: Iterable[Exit]) -> Exit:
    return min(codes, key=WORST_FIRST.index, default=Exit.OK)


def help_text(width: int) -> str:
    """The meanings, for the end of a help page of this width."""
    lines = ["\b", "Exit codes:"]
    for code, meaning in MEANINGS.items():
        lines += textwrap.wrap(
            meaning, max(width - 2, 20), initial_indent=f"  {code.value}  ", subsequent_indent=" " * 5
        )
    order = ", ".join(str(c.value) for c in WORST_FIRST if c)
    several = f"For several checkpoints, the worst code counts, in the order {order}."
    return "\n".join([*lines, *textwrap.wrap(several, max(width - 2, 20))])
