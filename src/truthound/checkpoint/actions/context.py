"""What an action knows of a run besides its result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from truthound.engine import Split
from truthound.errors import TimeLimitError
from truthound.io.flow import Flow, call, within
from truthound.results import CheckpointResult, now

if TYPE_CHECKING:
    from truthound.reporters.message import Message

LOOK_BACK = 3.0
"""time limit in seconds for reading earlier runs: they are optional and must not delay a check or an alert"""


@dataclass(frozen=True, slots=True)
class ActionContext:
    """What an action may know of the run besides its result."""

    previous: CheckpointResult | None = None
    """the checkpoint's previous run, if known"""
    history: Callable[[], Sequence[CheckpointResult]] | None = None
    """reads the checkpoint's stored runs before this one, oldest first, if runs are stored"""
    split: Callable[[], Split] | None = None
    """splits the run's data into passing and failing rows"""
    base: Path | None = None
    """the folder that relative paths start from; None: the current one"""
    clock: Callable[[], datetime] = now
    is_input: Callable[[Path], bool] = lambda _: False
    """whether a file is part of the run's data, or would be part of the next run's"""
    progress: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """one dictionary for each delivery, in which an action records what a retry must not repeat"""
    message_cache: list[tuple[CheckpointResult, bool, Message]] = field(default_factory=list, compare=False, repr=False)
    """messages shared by channels, by the state of the run's result and whether examples are shown"""


def look_back(run: ActionContext) -> Flow[tuple[CheckpointResult, ...]]:
    """The stored runs before this one, oldest first; none if they cannot be read in time."""
    if run.history is None:
        return ()
    read = run.history
    try:
        return tuple((yield from within(call(read), LOOK_BACK)))
    except TimeLimitError:
        return ()


__all__ = ["LOOK_BACK", "ActionContext", "look_back"]
