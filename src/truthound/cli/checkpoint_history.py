"""`truthound checkpoint history`: a checkpoint's stored runs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from truthound._internal.escape import escape_terminal
from truthound._internal.text import plural
from truthound.ci.detect import is_ci_environment
from truthound.cli.options import DEFAULT_CONFIG
from truthound.cli.output import print_note, wants_symbols, width, write_document
from truthound.cli.overwrite_guard import ensure_not_input
from truthound.cli.selection import by_name, load
from truthound.errors import ConfigError
from truthound.reporters import FORMATS, wording
from truthound.reporters.terminal import Look, Span

if TYPE_CHECKING:
    from rich.console import RenderableType

    from truthound.results import CheckOutcome, CheckpointResult

_BARS, _COUNTS = 20, 7
_STYLES = {"success": "green", "warning": "yellow", "failure": "red", "error": "magenta"}


def show(
    name: str, limit: int, config: Path | None, store: str | None, *, kind: str, output: Path | None, no_color: bool
) -> None:
    """The runs, newest last; as data, a list of results in the same order."""
    from truthound.checkpoint.actions.store import load_results

    path, base = _store(name, config, store)
    stored = [(path, base)] if output is not None and output.exists() else []
    ensure_not_input(output, *stored, config=config or DEFAULT_CONFIG)
    problems: list[str] = []
    runs = load_results(path, name, limit, base=base, problems=problems)[::-1]
    for line in problems:
        print_note(f"warning: {escape_terminal(line)}")
    if not runs:
        raise ConfigError(f'no runs of "{name}" are stored in {path}')
    if kind == "console":
        plain = output is not None
        look = Look(120 if plain else width(sys.stdout), not plain and wants_symbols(sys.stdout, no_color=no_color))
        write_document(page(name, path, runs, look), output)
    else:
        write_document(FORMATS[kind]([r.published() for r in runs] if is_ci_environment() else runs), output)


def _store(name: str, config: Path | None, store: str | None) -> tuple[str, Path | None]:
    """The folder or bucket of the results, and the folder that it is relative to."""
    if store is not None:
        return store, None
    checkpoint = by_name(load(config), [name], config)[0]
    path = checkpoint.store_path()
    if path is None:
        file = config or DEFAULT_CONFIG
        raise ConfigError(
            f'the results of "{name}" are not stored; add "- type: store_result" to its actions in {file}, or give --store DIR'
        )
    return path, checkpoint.base


def page(name: str, path: str, runs: Sequence[CheckpointResult], look: Look) -> str:
    """The runs and, below, the trend of each check that had issues."""
    parts: list[RenderableType] = [
        look.title(escape_terminal(name), [f"{plural(len(runs), 'run')} in {escape_terminal(path)}"]),
        "",
        look.table([_run(r) for r in runs], indent=1, whole=(0, 1)),
    ]
    checks = _checks(runs, look)
    return look.render([*parts, "", look.table(checks, indent=1, whole=(1, 2))] if checks else parts)


def _run(result: CheckpointResult) -> list[Span]:
    summary = (
        wording.tally(result.validation_result.statistics)
        if result.validation_result
        else wording.one_line(result.error or "")
    )
    style = _STYLES[result.status.value]
    when = result.run_time.astimezone()
    return [
        (f"{when:%Y-%m-%d %H:%M:%S}", ""),
        (wording.VERDICTS[result.status], f"bold {style}"),
        (escape_terminal(result.run_id), "dim"),
        (escape_terminal(summary), ""),
    ]


def _checks(runs: Sequence[CheckpointResult], look: Look) -> list[list[Span]]:
    """The checks that had issues, the worst of the last run first: bars of their failing ratio, or counts in plain text."""
    over_time: dict[str, list[CheckOutcome]] = {}
    for run in runs:
        for outcome in run.validation_result.outcomes if run.validation_result else ():
            over_time.setdefault(outcome.id, []).append(outcome)
    rows: list[tuple[float, list[Span]]] = []
    for outcomes in over_time.values():
        if not any(o.is_issue for o in outcomes):
            continue
        last = outcomes[-1]
        trend = look.spark([o.ratio for o in outcomes[-_BARS:]]) or " ".join(_short(o) for o in outcomes[-_COUNTS:])
        style = ("red" if last.severity and last.severity.rank > 1 else "yellow") if last.is_issue else "green"
        now = wording.failed_count(last) or last.status.value
        expected = (escape_terminal(wording.expectation(last)), "dim")
        rows.append(
            (
                -(1 if last.ratio is None else last.ratio) if last.is_issue else 1,
                [(escape_terminal(wording.columns_label(last)), "bold"), (trend, "cyan"), (now, style), expected],
            )
        )
    return [row for _, row in sorted(rows, key=lambda pair: pair[0])]


def _short(outcome: CheckOutcome) -> str:
    if outcome.status.value in {"error", "skipped"} or outcome.failed is None:
        return outcome.status.value
    return f"{outcome.failed:,}"
