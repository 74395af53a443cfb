"""Runs as Markdown, a section each: for a pull request, a summary of a CI system, a wiki."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from truthound._internal.escape import escape_markdown as escape
from truthound._internal.escape import escape_terminal
from truthound._internal.text import cell, duration, plural, shorten
from truthound.reporters import wording
from truthound.reporters.check_view import EMOJI, SIGNS, CheckView, check_view
from truthound.results import CheckOutcome, CheckpointResult, CheckStatus, ValidationResult

_VERDICTS = {"PASSED": "✅ ", "WARNING": "⚠️ ", "FAILED": "❌ ", "ERROR": "🛑 ", "UNDELIVERED": "🛑 "}
_WIDEST = 12  # columns of a table of examples


@dataclass(frozen=True, slots=True)
class Cut:
    """How much is shown: this many issues (and skipped checks, notes, actions), examples of each, characters of a text."""

    issues: int = 1_000_000
    examples: int = 1_000_000
    width: int = 1_000_000
    rest: bool = True
    """whether skipped checks, fixed checks, notes and actions are shown too"""

    def text(self, value: object) -> str:
        """A text shortened and escaped."""
        return escape(shorten(str(value), self.width))


WHOLE = Cut()
Where = Callable[[CheckOutcome], str]


def markdown(results: CheckpointResult | Sequence[CheckpointResult]) -> str:
    """A section with a heading for each run."""
    return "\n".join(map(section, [results] if isinstance(results, CheckpointResult) else results))


def section(
    result: CheckpointResult,
    previous: CheckpointResult | None = None,
    cut: Cut = WHOLE,
    *,
    emoji: bool = False,
    where: Where | None = None,
) -> str:
    """A section with a heading. With the previous run, changes are shown too; `where` renders an issue's locations as a cell."""
    before = previous.validation_result if previous else None
    found = wording.ordered(result)
    lines = [*_heading(result, cut, emoji=emoji), *_run_errors(result, cut, where)]
    lines += _issues(found[: cut.issues], result.validation_result, before, cut, emoji=emoji, where=where)
    lines += _more(len(found) - cut.issues, "issue")
    for outcome in found[: cut.issues]:
        lines += _examples(outcome, result.validation_result, cut)
    if cut.rest:
        lines += _rest(result, before, cut)
    return "\n".join(lines) + "\n"


def _heading(result: CheckpointResult, cut: Cut, *, emoji: bool) -> Iterator[str]:
    validation, verdict = result.validation_result, wording.verdict(result)
    yield f"## {_VERDICTS[verdict] if emoji else ''}{cut.text(result.checkpoint_name)}: {verdict}"
    yield ""
    facts = [cut.text(validation.source), wording.shape(validation, "×")] if validation else []  # noqa: RUF001 the sign is meant
    facts += [f"run {cut.text(result.run_id)}", duration(result.duration_ms / 1000)] if result.run_id else []
    if facts:
        yield " · ".join(f for f in facts if f)
    if validation:
        yield ""
        yield f"**{wording.tally(validation.statistics)}**"


def _issues(
    shown: Sequence[CheckOutcome],
    validation: ValidationResult | None,
    before: ValidationResult | None,
    cut: Cut,
    *,
    emoji: bool,
    where: Where | None,
) -> Iterator[str]:
    """The table of issues."""
    if not shown:
        return
    change, signs = wording.changes(before), EMOJI if emoji else SIGNS
    header = ["", "severity", "column", "expected", "failing"]
    rows = []
    for outcome in shown:
        view = check_view(outcome, validation, change)
        row = [signs[view.status], view.severity, cut.text(view.subject), _expected(view, cut), view.failing]
        rows.append(row + ([view.change] if before else []) + ([where(outcome)] if where else []))
    header += (["since the last run"] if before else []) + (["where"] if where else [])
    yield ""
    yield from table(header, rows)


def _rest(result: CheckpointResult, before: ValidationResult | None, cut: Cut) -> Iterator[str]:
    """Skipped checks, fixed checks, notes and actions."""
    yield from _skipped(wording.with_status(result, CheckStatus.SKIPPED), cut)
    fixed = map(check_view, wording.fixed(result, before))
    yield from _bullets([f"fixed: {cut.text(v.subject)}: {cut.text(v.expected)}" for v in fixed], cut)
    notes = result.validation_result.notes if result.validation_result else ()
    yield from _bullets([cut.text(wording.one_line(n)) for n in notes], cut)
    yield from _bullets(
        [
            f"action {cut.text(a.action_name or a.action_type)}: {a.status.value}"
            + (f": {cut.text(wording.one_line(a.message))}" if a.message else "")
            for a in result.action_results
        ],
        cut,
    )


def _run_errors(result: CheckpointResult, cut: Cut, where: Where | None) -> Iterator[str]:
    """Errors of the run as a whole; undelivered actions are listed with the other actions."""
    found = [o for o in wording.run_errors(result) if o.validator != wording.ACTION]
    for outcome in found[: max(cut.issues, 1)]:
        at = where(outcome) if where else ""
        at = at or cut.text(outcome.location or "")
        at += ": " if at else ""
        yield ""
        yield f"**Error:** {at}{cut.text(wording.one_line(outcome.error or ''))}"
    yield from _more(len(found) - max(cut.issues, 1), "error")


def _expected(view: CheckView, cut: Cut) -> str:
    text = cut.text(view.expected)
    if cut.examples and (times := view.frequent_text(lambda v: escape(cell(v, 30)))):
        text += f"; most often {times}"
    if view.status is CheckStatus.ERROR and view.location:
        text += f" ({cut.text(view.location)})"
    return f"{text}<br>{cut.text(view.description)}" if view.description else text


def _examples(outcome: CheckOutcome, validation: ValidationResult | None, cut: Cut) -> Iterator[str]:
    """Failing rows in a collapsed section: the key and the checked columns first."""
    examples = outcome.examples[: cut.examples]
    if not examples:
        return
    view = check_view(outcome, validation)
    names = [n for n in view.columns if any(n in e.values for e in examples)]
    shown, left = names[:_WIDEST], len(names) - _WIDEST
    of = f" of {plural(outcome.failed, 'row')}" if outcome.failed else ""
    count = f"{plural(len(examples), 'example')}{of}"
    title = f"{shorten(view.subject, cut.width)}: {shorten(view.expected, cut.width)}: {count}"
    lines = table(
        ["row", *map(cut.text, shown)],
        (["" if e.row is None else str(e.row), *(_cell(e.values, n) for n in shown)] for e in examples),
    )
    more = ["", f"and {plural(left, 'more column')}"] if left > 0 else []
    yield from folded(html.escape(escape_terminal(title)), [*lines, *more])


def folded(title: str, lines: Iterable[str], *, opened: bool = False) -> Iterator[str]:
    """A collapsed section; its title is escaped already."""
    yield ""
    yield f"<details{' open' if opened else ''}><summary>{title}</summary>"
    yield ""
    yield from lines
    yield ""
    yield "</details>"


def _cell(values: dict[str, Any], name: str) -> str:
    return escape(cell(values[name], 60)) if name in values else ""


def _skipped(outcomes: list[CheckOutcome], cut: Cut) -> Iterator[str]:
    if outcomes:
        items = [f"{o.validator} {cut.text(check_view(o).subject)}: {cut.text(o.message)}" for o in outcomes]
        yield from folded(f"{len(outcomes):,} skipped", _items(items, cut))


def _bullets(items: list[str], cut: Cut) -> Iterator[str]:
    if items:
        yield ""
        yield from _items(items, cut)


def _items(items: list[str], cut: Cut) -> Iterator[str]:
    yield from (f"- {item}" for item in items[: cut.issues])
    yield from _more(len(items) - cut.issues)


def _more(count: int, noun: str = "") -> Iterator[str]:
    if count > 0:
        yield ""
        yield f"… and {plural(count, f'more {noun}') if noun else f'{count:,} more'}"


def table(header: list[str], rows: Iterable[list[str]]) -> Iterator[str]:
    """A table of cells that are escaped already."""
    for i, row in enumerate([header, *rows]):
        yield f"| {' | '.join(row)} |"
        if not i:
            yield f"|{' --- |' * len(header)}"
