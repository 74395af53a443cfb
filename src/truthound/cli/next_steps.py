"""Commands worth running after a run, with the options that it had."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from truthound.checkpoint.checkpoint import Checkpoint
    from truthound.cli.selection import Selection
    from truthound.results import CheckpointResult

ROWS_SHOWN = 2
_MORE_ROWS = 50


def next_steps(result: CheckpointResult, checkpoint: Checkpoint, selection: Selection, *, ad_hoc: bool) -> list[str]:
    """At most a few commands, the most useful first. `ad_hoc`: no configuration file defines the checkpoint."""
    file = f" -c {shlex.quote(str(selection.config))}" if selection.config else ""
    name = shlex.quote(checkpoint.name)
    data = f" --data {shlex.quote(selection.data)}" if selection.data else ""
    rules = f" --validators {','.join(selection.validators)}" if selection.validators else ""
    again = f"truthound checkpoint run {name}{file}{data}{rules}"
    steps = list(_for_undelivered(result, checkpoint, selection, name + file, again))
    if result.validation_result is None:
        if result.error_type == "SourceError" and not ad_hoc:
            steps.append(f"truthound checkpoint run {name}{file} --data FILE")
        return steps
    shown = ROWS_SHOWN if selection.limit is None else selection.limit
    if shown < _MORE_ROWS and any(o.examples and (o.failed or 0) > max(shown, 1) for o in result.issues):
        steps.append(f"{again} --limit {_MORE_ROWS}")
    source = checkpoint.config.data_source
    column_missing = any(o.error and "not found" in o.error for o in result.issues)
    if column_missing and isinstance(source, str) and "://" not in source:
        steps.append(f"truthound profile {shlex.quote(str((checkpoint.base or Path()) / source))}")
    if result.issues and checkpoint.store_path():
        store = f" --store {shlex.quote(str(selection.store))}" if selection.store else file
        steps.append(f"truthound checkpoint history {name}{store}")
    if checkpoint.config.auto_schema and not selection.data and any(o.location is None for o in result.issues):
        steps.append(f"truthound schema update {name}{file}")
    if ad_hoc and result.issues:
        steps.append(f"truthound checkpoint init --data {shlex.quote(str(selection.data))}")
    return steps


def _for_undelivered(
    result: CheckpointResult, checkpoint: Checkpoint, selection: Selection, name: str, again: str
) -> Iterator[str]:
    """A test message for channels whose message was not delivered, a new run for other actions."""
    pairs = zip(checkpoint.actions, result.action_results, strict=False)
    failed = [action for action, outcome in pairs if not outcome.delivered]
    if not failed:
        return
    from truthound.checkpoint.actions.channel import Channel

    from_options = {"slack": selection.slack, "webhook": selection.webhook}
    channels = [a for a in failed if isinstance(a, Channel)]
    configured = [a for a in channels if not from_options.get(a.type)]
    if configured:
        yield f"truthound action test {name}"
    for channel in channels:
        if channel not in configured:
            yield f"truthound action test {channel.type} --set {'webhook_' * (channel.type == 'slack')}url=URL"
    if others := [a.name for a in failed if not isinstance(a, Channel)]:
        yield f"after fixing {', '.join(others)}: {again}"
