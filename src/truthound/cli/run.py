"""Runs checkpoints one after another, and prints or writes their results."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from truthound._internal.escape import escape_terminal
from truthound.cli.ci_report import CIReport
from truthound.cli.next_steps import ROWS_SHOWN
from truthound.cli.options import OutputOptions
from truthound.cli.output import emit, print_error, print_note, wants_symbols, width, write_document
from truthound.cli.progress import Progress
from truthound.cli.selection import with_options
from truthound.reporters.exit_codes import Exit, exit_of, worst

if TYPE_CHECKING:
    from truthound.checkpoint.checkpoint import Checkpoint
    from truthound.io.flow import BackgroundTask
    from truthound.results import CheckpointResult

_HISTORY = 6  # earlier runs that a report compares with
NextSteps = Callable[["CheckpointResult", "Checkpoint"], list[str]]


def run_all(
    checkpoints: Sequence[Checkpoint],
    shown: OutputOptions,
    report: CIReport,
    *,
    next_steps: NextSteps,
    introduce: Callable[[Checkpoint], str] = lambda _: "",
    document: Callable[[Sequence[CheckpointResult]], str],
) -> Exit:
    """Runs every checkpoint, whatever the result of another, and returns the worst exit code.

    `next_steps` gives commands worth running after a run, `introduce` text to print before its report, `document` all
    results as one text, where they are not printed run by run. `report` collects them for the CI system.
    """
    results: list[CheckpointResult] = []
    codes: list[Exit] = []
    for given in checkpoints:
        checkpoint = _with_strictness(given, shown)
        if shown.streams and not shown.quiet:
            emit(("\n" if results else "") + introduce(checkpoint))
        result, history = _run(checkpoint, shown, report)
        results.append(result)
        codes.append(exit_of(result, strict=shown.strict))
        report.add(result, checkpoint, history)
        if shown.streams:
            with nullcontext() if shown.quiet else report.log_group(result):
                emit(console_report(result, shown, history, next_steps(result, checkpoint)))
        if shown.quiet or not shown.streams:
            _print_errors(result)
    if not shown.streams:
        write_document(document(results), shown.output)
        if shown.output is not None and not shown.quiet:
            for result, code in zip(results, codes, strict=True):
                print_note(_verdict(result, code, shown).rstrip("\n"))
    elif len(results) > 1 and not shown.quiet:
        emit(f"\n {len(results)} checkpoints, exit {worst(codes).value}\n")
    return worst(codes)


def _with_strictness(checkpoint: Checkpoint, shown: OutputOptions) -> Checkpoint:
    options: dict[str, Any] = {"strict": True} if shown.strict else {}
    options |= {"ci_examples": shown.ci_examples} if shown.ci_examples else {}
    return with_options(checkpoint, **options)


def _run(
    checkpoint: Checkpoint, shown: OutputOptions, report: CIReport
) -> tuple[CheckpointResult, list[CheckpointResult]]:
    """A run's result and the runs before it, which are read at the same time where something compares with them."""
    compares = report.enabled or (shown.format == "console" and not shown.quiet)
    earlier = _read_history(checkpoint) if compares and checkpoint.store_path() else None
    with Progress(f"{checkpoint.name}: checking", quiet=shown.quiet, no_color=shown.no_color):
        result = report.redacted(checkpoint.run())
    return result, _history(earlier, result.run_id) if earlier else []


def _read_history(checkpoint: Checkpoint) -> BackgroundTask[tuple[list[CheckpointResult], list[str]]]:
    from truthound.checkpoint.actions.context import LOOK_BACK
    from truthound.errors import TruthoundError
    from truthound.io.flow import BackgroundTask

    def read() -> tuple[list[CheckpointResult], list[str]]:
        problems: list[str] = []
        try:
            return checkpoint.stored_runs(_HISTORY, problems), problems
        except (TruthoundError, OSError) as error:
            return [], [str(error)]

    return BackgroundTask(read, LOOK_BACK)


def _history(earlier: BackgroundTask[tuple[list[CheckpointResult], list[str]]], run_id: str) -> list[CheckpointResult]:
    """The runs before this one. A store that cannot be read, or not in time, is a warning."""
    from truthound.errors import TimeLimitError

    try:
        found, problems = earlier.value()
    except TimeLimitError as error:
        found, problems = [], [f"earlier runs could not be read: {error}"]
    for line in problems:
        print_note(f"warning: {escape_terminal(line)}")
    return [r for r in found if r.run_id != run_id]


def _print_errors(result: CheckpointResult) -> None:
    """Errors and undelivered actions on standard error, for callers that do not see the report."""
    from truthound.reporters.wording import with_status
    from truthound.results import CheckStatus

    name = escape_terminal(result.checkpoint_name)
    errors = with_status(result, CheckStatus.ERROR)
    lines = [f"{o.id} could not be evaluated: {o.error}" for o in errors] or (result.error or "").split("\n")
    for line in filter(None, lines):
        print_error(f"{name}: {line}")
    for action in result.action_results:
        if not action.delivered:
            print_error(f"{name}: {action.action_name} was not delivered: {action.message}")


def results_document(results: Sequence[CheckpointResult], shown: OutputOptions, *, as_list: bool) -> str:
    """The results in the format asked for; `as_list`: also a single one as a list, where the format has lists."""
    from truthound.reporters import FORMATS

    if shown.format == "console":
        return "\n".join(console_report(r, shown, [], [], plain=True) for r in results)
    return FORMATS[shown.format](results if as_list else results[0])


def console_report(
    result: CheckpointResult,
    shown: OutputOptions,
    history: Sequence[CheckpointResult],
    next_steps: Sequence[str],
    *,
    plain: bool = False,
) -> str:
    """The report for the terminal; `plain` for a file."""
    from truthound.reporters.console import render

    code = exit_of(result, strict=shown.strict)
    return render(
        result,
        width=120 if plain else width(sys.stdout),
        colour=not plain and wants_symbols(sys.stdout, no_color=shown.no_color),
        verbose=shown.verbose,
        quiet=shown.quiet,
        limit=ROWS_SHOWN if shown.limit is None else shown.limit,
        history=history,
        ending=f"exit {code.value}{' (--strict)' if shown.strict and code is Exit.FAILURE else ''}",
        next_steps=next_steps,
    )


def _verdict(result: CheckpointResult, code: Exit, shown: OutputOptions) -> str:
    """The verdict for standard error, where the report goes to a file."""
    from truthound.reporters.console import render

    colour = wants_symbols(sys.stderr, no_color=shown.no_color)
    return render(result, width=width(sys.stderr), colour=colour, quiet=True, ending=f"exit {code.value}")
