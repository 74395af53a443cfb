"""`checkpoint run --dry-run`: the checks and actions of a run, from `Checkpoint.plan`."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from truthound._internal.escape import escape_terminal
from truthound._internal.text import plural
from truthound.cli.output import emit, wants_symbols, width
from truthound.reporters.exit_codes import Exit, worst
from truthound.reporters.terminal import Look, Span, hanging, joined, line, unbroken
from truthound.results import CheckOutcome, CheckStatus

if TYPE_CHECKING:
    from truthound.checkpoint.checkpoint import Checkpoint
    from truthound.validation.validate import Plan
    from truthound.validators.base import Check


def show_plans(checkpoints: Sequence[Checkpoint], *, no_color: bool) -> Exit:
    """Prints what each checkpoint would do; ERROR where a run is known to be an error."""
    from truthound.checkpoint.checkpoint import error_reason

    look = Look(width(sys.stdout), wants_symbols(sys.stdout, no_color=no_color))
    codes = []
    for checkpoint in checkpoints:
        plan = checkpoint.plan()
        error = error_reason(plan.outcomes, len(plan.checks))
        emit(_page(checkpoint, plan, error, look))
        codes.append(Exit.ERROR if error else Exit.OK)
    return worst(codes)


def _page(checkpoint: Checkpoint, plan: Plan, error: str | None, look: Look) -> str:
    known = {o.id: o for o in plan.outcomes}
    parts = [look.title(escape_terminal(checkpoint.name), [escape_terminal(plan.source)]), ""]
    parts += [look.table([_row(check, known.get(key), look) for key, check in plan.checks.items()], indent=1), ""]
    parts += [hanging([(" note      ", "dim")], line((escape_terminal(note), ""))) for note in plan.notes]
    if checkpoint.actions:
        parts.append(hanging([(" actions   ", "dim")], joined(_actions(checkpoint), "   ")))
    summary = [unbroken(_tally(plan)), *([look.message(error)] if error else []), "nothing was evaluated or delivered"]
    text = joined([[(part, "")] for part in summary], f" {look.sign('dot')} ")
    parts.append(hanging([(" DRY RUN   ", "bold red" if error else "bold green")], text))
    return look.render(parts)


def _tally(plan: Plan) -> str:
    counts = Counter(o.status for o in plan.outcomes)
    errors, skipped = counts[CheckStatus.ERROR], counts[CheckStatus.SKIPPED]
    parts = [plural(len(plan.checks), "check")]
    parts += [plural(errors, "error")] if errors else []
    parts += [f"{skipped:,} skipped"] if skipped else []
    return ", ".join(parts)


def _row(check: Check, outcome: CheckOutcome | None, look: Look) -> list[Span]:
    sign, style, text = "passed", "green", check.expected
    if outcome:
        failed = outcome.status is CheckStatus.ERROR
        sign, style = ("error", "magenta") if failed else ("skipped", "dim")
        text = f"{sign}: {(outcome.error if failed else outcome.message) or ''}"
    columns = escape_terminal(", ".join(check.columns) or "(table)")
    text_style = style if outcome else ""
    return [
        (look.sign(sign), style),
        (check.validator.type, "dim"),
        (columns, "bold"),
        (look.message(text), text_style),
    ]


def _actions(checkpoint: Checkpoint) -> Iterator[list[Span]]:
    for action in checkpoint.actions:
        when = action.notify_on.replace("_", " ") if action.enabled else "disabled"
        when = f"on {when}" if when not in {"always", "disabled"} else when
        yield [(escape_terminal(action.name), ""), (f" ({when})", "dim")]
