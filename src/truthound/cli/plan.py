"""What a run would do, without doing it: the checks bound to the data's columns, and the actions."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from truthound.cli.exits import Exit
from truthound.cli.output import emit, fancy, width
from truthound.reporters.layout import Look, Span
from truthound.results import CheckStatus
from truthound.text import plural, terminal

if TYPE_CHECKING:
    from truthound.checkpoint.checkpoint import Checkpoint
    from truthound.validators.base import Check


def plan(checkpoint: Checkpoint, *, no_color: bool = False) -> Exit:
    """Shows a checkpoint's checks and actions; only the data's columns are read."""
    from truthound.cli.tables import table

    look = Look(width(sys.stdout), fancy(sys.stdout, no_color=no_color))
    name, checks, note = _bound(checkpoint)
    broken = [c for c in checks.values() if c.problem and c.problem.status is CheckStatus.ERROR]
    rows = [_row(c, look) for c in checks.values()]
    lines: list[list[Span]] = [*look.titled(terminal(checkpoint.name), [terminal(name)], ""), []]
    lines += table(rows, look, indent=1)
    lines.append([])
    lines += look.flow([(" schema    ", "dim")], [[(note, "")]], "") if note else []
    lines += look.flow([(" actions   ", "dim")], _actions(checkpoint), "   ") if checkpoint.actions else []
    counted = plural(len(checks), "check") + (f", {len(broken):,} of which cannot be made" if broken else "")
    verdict = [[(counted, "")], [("nothing was checked, no action was done", "")]]
    lines += look.flow([(" DRY RUN   ", "bold red" if broken else "bold green")], verdict, f" {look.sign('dot')} ")
    emit("\n".join(look.paint(line) for line in lines) + "\n")
    return Exit.ERROR if broken else Exit.OK


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


def _bound(checkpoint: Checkpoint) -> tuple[str, Mapping[str, Check], str]:
    """The source's name, the checks as a run would make them, and what is to be said of a learned schema."""
    from truthound import inference
    from truthound.engine.polars_backend import PolarsBackend
    from truthound.outcomes import bound
    from truthound.schema import Schema
    from truthound.sources import open_source
    from truthound.validate import DEFAULT_VALIDATORS, require_columns
    from truthound.validators.base import Table
    from truthound.validators.registry import parse_validators

    config, base = checkpoint.config, checkpoint.base
    state, pii = (base or Path()) / ".truthound", frozenset(config.pii)
    source = open_source(config.data_source, base=base)
    types = PolarsBackend(source.frame, explain=source.explain, unreadable=source.unreadable).schema()
    expected = Schema.load((base or Path()) / config.schema) if isinstance(config.schema, str | Path) else config.schema
    known = inference.learned(state, checkpoint.name, pii) if config.auto_schema else None
    rules = config.rules
    require_columns(config.primary_key, pii, types, expected or known, rules)
    if not rules and expected is None and not config.auto_schema:
        rules = parse_validators(DEFAULT_VALIDATORS, None)
    declared = inference.schema_validators(expected) if expected else ()
    learned = inference.schema_validators(known, learned=True) if known else ()
    baselines = inference.Baselines(state / "baselines", checkpoint.name)
    table = Table(
        types, expected or known, checkpoint.clock, baselines, tuple(c for c in config.primary_key if c in types), pii
    )
    note = ""
    if config.auto_schema:
        note = "as learned on the first run" if known else "none is learned yet: the first run learns it and checks it"
    return source.name, bound(rules, table, (*declared, *learned)), note
