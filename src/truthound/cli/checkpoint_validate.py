"""`truthound checkpoint validate`: mistakes in configuration files, also those that only their data show."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from truthound._internal.escape import escape_terminal
from truthound._internal.text import plural
from truthound.cli.options import DEFAULT_CONFIG
from truthound.cli.output import emit_wrapped, print_note
from truthound.cli.selection import load, with_options
from truthound.errors import ConfigError, SourceError
from truthound.results import CheckOutcome, CheckStatus
from truthound.sources.spec import parse_spec

if TYPE_CHECKING:
    from truthound.checkpoint.checkpoint import Checkpoint


def validate_files(files: Iterable[Path | None]) -> None:
    """Prints a line for each valid file, and warnings; raises ConfigError with the mistakes of all others."""
    problems: list[str] = []
    for path in files:
        try:
            checkpoints = load(path)
        except ConfigError as error:
            problems += error.problems
            continue
        found: list[str] = []
        for checkpoint in checkpoints:
            _warn_about_actions(checkpoint)
            found += _check_against_data(checkpoint, path or DEFAULT_CONFIG)
        problems += found
        if found:
            continue
        counts = [
            plural(len(checkpoints), "checkpoint"),
            plural(sum(len(c.config.rules) for c in checkpoints), "validator"),
            plural(sum(len(c.actions) for c in checkpoints), "action"),
        ]
        emit_wrapped(f"{path or DEFAULT_CONFIG}: ok: {', '.join(counts)}")
    if problems:
        raise ConfigError(problems)


def _warn(checkpoint: Checkpoint, warning: str) -> None:
    print_note(f"warning: {escape_terminal(checkpoint.name)}: {escape_terminal(warning)}")


def _warn_about_actions(checkpoint: Checkpoint) -> None:
    """Warns about settings that actions lack here, such as environment variables."""
    stored = checkpoint.store_path() is not None
    for action in checkpoint.actions:
        problems = action.problems(os.environ) if action.enabled else []
        if action.notify_on in {"on_change", "recovered"} and not stored:
            problems.append(f"notify_on: {action.notify_on} needs a store_result action, to compare with the last run")
        for problem in problems:
            _warn(checkpoint, f"action {action.name}: {problem}")


def _check_against_data(checkpoint: Checkpoint, file: Path) -> list[str]:
    """Mistakes in a checkpoint's rules that its local data show; skipped checks and unreadable data are warnings."""
    from truthound.checkpoint.checkpoint import error_reason

    local = _with_local_references(checkpoint)
    if local is None:
        return []
    name = escape_terminal(checkpoint.name)
    try:
        plan = local.plan()
    except SourceError as error:
        _warn(checkpoint, f"its rules were not compared with its data: {error}")
        return []
    except ConfigError as error:
        return [f"{file}: {name}: {p}" for p in error.problems]
    errors = [o for o in plan.outcomes if o.status is CheckStatus.ERROR]
    skipped = [o for o in plan.outcomes if o.status is CheckStatus.SKIPPED]
    reason = error_reason(plan.outcomes, len(plan.checks))
    if reason and not errors:
        return [f"{file}: {name}: {reason}"]
    for o in skipped:
        _warn(checkpoint, f"{_described(o)} is skipped: {o.message}")
    return [
        f"{o.location or file}: {name}: {escape_terminal(_described(o))}: {escape_terminal(o.error)}" for o in errors
    ]


def _with_local_references(checkpoint: Checkpoint) -> Checkpoint | None:
    """The checkpoint with the rules whose reference is local too; None if its data are remote or no rule is left."""
    config = checkpoint.config
    if not _is_local(config.data_source):
        return None
    rules = [r for r in config.rules if _is_local(getattr(r, "reference", None))]
    if len(rules) == len(config.rules):
        return checkpoint
    if not rules and config.schema is None and not config.auto_schema:
        return None
    return with_options(checkpoint, validators=rules or None, validator_config={})


def _is_local(source: Any) -> bool:
    return source is None or parse_spec(source).family in ("file", "memory")


def _described(outcome: CheckOutcome) -> str:
    return f"{outcome.validator}{' of ' if outcome.columns else ''}{', '.join(outcome.columns)}"
