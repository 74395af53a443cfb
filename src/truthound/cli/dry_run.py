"""What a run would do, without doing it: the checks bound to the data's columns, and the actions."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from truthound._internal.text import plural, terminal
from truthound.cli.exits import Exit
from truthound.cli.output import emit, fancy, width
from truthound.reporters.terminal import Look, Span
from truthound.results import CheckStatus

if TYPE_CHECKING:
    from truthound.checkpoint.checkpoint import Checkpoint
    from truthound.validators.base import Check


def plan(checkpoint: Checkpoint, *, no_color: bool = False) -> Exit:
    """Shows a checkpoint's checks and actions; only the data's columns are read."""
    from truthound.cli.tables import table

    look = Look(width(sys.stdout), fancy(sys.stdout, no_color=no_color))
    found = checkpoint.plan()
    checks = list(found.checks.values())
    why = obstacles(checks)
    lines: list[list[Span]] = [*look.titled(terminal(checkpoint.name), [terminal(found.source)], ""), []]
    lines += table([_row(c, look) for c in checks], look, indent=1)
    lines.append([])
    for note in found.notes:
        lines += look.flow([(" note      ", "dim")], [[(terminal(note), "")]], "")
    lines += look.flow([(" actions   ", "dim")], _actions(checkpoint), "   ") if checkpoint.actions else []
    counted = plural(len(checks), "check") + "".join(f", {n:,} of which {said}" for n, said in _counts(checks) if n)
    verdict = [
        [(counted, "")],
        *([[(terminal(why), "")]] if why else []),
        [("nothing was checked, no action was done", "")],
    ]
    lines += look.flow([(" DRY RUN   ", "bold red" if why else "bold green")], verdict, f" {look.sign('dot')} ")
    emit("\n".join(look.paint(line) for line in lines) + "\n")
    return Exit.ERROR if why else Exit.OK


def with_problem(checks: Iterable[Check], status: CheckStatus) -> list[Check]:
    """The checks that are known to end so before any row is read."""
    return [c for c in checks if c.problem and c.problem.status is status]


def _counts(checks: list[Check]) -> tuple[tuple[int, str], ...]:
    broken, skipped = (len(with_problem(checks, s)) for s in (CheckStatus.ERROR, CheckStatus.SKIPPED))
    return (broken, "cannot be made"), (skipped, f"{'is' if skipped == 1 else 'are'} skipped")


def obstacles(checks: list[Check]) -> str:
    """Why a run would end in an error, or nothing."""
    from truthound.checkpoint.checkpoint import all_skipped

    if with_problem(checks, CheckStatus.ERROR):
        return "the run would end in an error"
    skipped = with_problem(checks, CheckStatus.SKIPPED)
    if checks and len(skipped) == len(checks):
        return f"no check would run{all_skipped(c.problem.message for c in skipped if c.problem)}"
    return ""


def _row(check: Check, look: Look) -> list[Span]:
    subject = terminal(", ".join(check.columns) or "(table)")
    said: Span = (look.said(check.expected), "")
    sign: Span = (look.sign("passed"), "green")
    if check.problem:
        broken = check.problem.status is CheckStatus.ERROR
        sign = (look.sign("error" if broken else "skipped"), "magenta" if broken else "dim")
        said = (f"{check.problem.status.value}: {look.said(check.problem.message)}", sign[1])
    return [sign, (check.validator.type, "dim"), (subject, "bold"), said]


def _actions(checkpoint: Checkpoint) -> Iterator[list[Span]]:
    for action in checkpoint.actions:
        when = action.notify_on.replace("_", " ") if action.enabled else "disabled"
        when = f"on {when}" if when not in {"always", "disabled"} else when
        yield [(terminal(action.name), ""), (f" ({when})", "dim")]


# --- what `validate` says of the data --------------------------------------------------------------------------------


def compared(checkpoint: Checkpoint, file: Path) -> tuple[list[str], list[str]]:
    """What is wrong with a checkpoint's rules where its data lie on this machine, and what is worth a warning.

    No other machine is asked: rules that have data elsewhere as their reference are left out.
    """
    from truthound.errors import ConfigError, SourceError

    name = terminal(checkpoint.name)
    near = _with_near_references(checkpoint)
    if near is None:
        return [], []
    try:
        checks = list(near.plan().checks.values())
    except SourceError as error:
        return [], [f"{name}: its rules were not compared with its data: {terminal(error)}"]
    except ConfigError as error:
        return [f"{file}: {name}: {p}" for p in error.problems], []
    broken = [
        f"{c.validator.location or file}: {name}: {_named(c)}: {_reason(c)}"
        for c in with_problem(checks, CheckStatus.ERROR)
    ]
    skipped = [f"{name}: {_named(c)} would be skipped: {_reason(c)}" for c in with_problem(checks, CheckStatus.SKIPPED)]
    if not broken and (why := obstacles(checks)):
        return [f"{file}: {name}: {why}"], []
    return broken, skipped


def _with_near_references(checkpoint: Checkpoint) -> Checkpoint | None:
    """The checkpoint with the rules that need no other machine; None where its data are elsewhere, or no rule is left."""
    from truthound.checkpoint.checkpoint import Checkpoint

    config = checkpoint.config
    if not _near(config.data_source):
        return None
    rules = [r for r in config.rules if _near(getattr(r, "reference", None))]
    if len(rules) == len(config.rules):
        return checkpoint
    if not rules and config.schema is None and not config.auto_schema:
        return None
    changed = config.with_options(validators=rules or None, validator_config={})
    return Checkpoint(config=changed, base=checkpoint.base, clock=checkpoint.clock)


def _near(source: Any) -> bool:
    from truthound.sources.spec import parse_spec

    return source is None or parse_spec(source).family in ("file", "memory")


def _named(check: Check) -> str:
    return f"{check.validator.type}{' of ' if check.columns else ''}{terminal(', '.join(check.columns))}"


def _reason(check: Check) -> str:
    return terminal(check.problem.message) if check.problem else ""
