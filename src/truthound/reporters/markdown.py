"""A run as Markdown: for a pull request, a summary page of a CI, a wiki."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from typing import Any

from truthound import words
from truthound.results import CheckOutcome, CheckpointResult, CheckStatus
from truthound.text import cell, duration, number, plural, terminal
from truthound.text import markdown as escape

_SIGNS = {CheckStatus.FAILED: "✗", CheckStatus.WARNED: "!", CheckStatus.ERROR: "‼"}
_WIDEST = 12  # columns of a table of examples


def markdown(results: CheckpointResult | Sequence[CheckpointResult]) -> str:
    """A section with a heading for each run."""
    several = [results] if isinstance(results, CheckpointResult) else results
    return "\n".join("\n".join(_lines(r)) + "\n" for r in several)


def _lines(result: CheckpointResult) -> Iterator[str]:
    validation = result.validation_result
    yield f"## {escape(result.checkpoint_name)}: {words.VERDICTS[result.status]}"
    yield ""
    facts = [escape(validation.source), words.shape(validation, "×")] if validation else []  # noqa: RUF001 the sign is meant
    facts += [f"run {escape(result.run_id)}", duration(result.duration_ms / 1000)]
    yield " · ".join(f for f in facts if f)
    if validation:
        yield ""
        yield f"**{words.tally(validation.statistics)}**"
    if result.error and not words.with_status(result, CheckStatus.ERROR):
        yield ""
        yield f"**Error:** {escape(words.one_line(result.error))}"
    found = words.ordered(result)
    if found:
        yield ""
        yield from _table(
            ["", "severity", "column", "expected", "failing"],
            (
                [_SIGNS[o.status], words.severity(o), escape(words.subject(o)), _expected(o), words.amount(o)]
                for o in found
            ),
        )
    for outcome in found:
        yield from _examples(outcome, validation.key_columns if validation else ())
    yield from _skipped(words.with_status(result, CheckStatus.SKIPPED))
    yield from _bullets([escape(words.one_line(n)) for n in validation.notes] if validation else [])
    yield from _bullets(
        [
            f"action {escape(a.action_name or a.action_type)}: {a.status.value}"
            + (f": {escape(words.one_line(a.message))}" if a.message else "")
            for a in result.action_results
        ]
    )


def _expected(outcome: CheckOutcome) -> str:
    text = escape(words.expectation(outcome))
    if outcome.top_values:
        times = ", ".join(f"{escape(cell(v, 30))} ({number(n)} times)" for v, n in outcome.top_values[:5])
        text += f"; most often {times}"
    if outcome.status is CheckStatus.ERROR and outcome.location:
        text += f" ({escape(outcome.location)})"
    return f"{text}<br>{escape(words.one_line(outcome.description))}" if outcome.description else text


def _examples(outcome: CheckOutcome, keys: Sequence[str]) -> Iterator[str]:
    """Failing rows, folded away: first their key and the columns that matter."""
    if not outcome.examples:
        return
    first = [*dict.fromkeys((*keys, *outcome.columns))]
    names = list(dict.fromkeys([*first, *(c for e in outcome.examples for c in e.values)]))
    names = [n for n in names if any(n in e.values for e in outcome.examples)]
    shown, left = names[:_WIDEST], len(names) - _WIDEST
    count = plural(len(outcome.examples), "example")
    of = f" of {plural(outcome.failed, 'row')}" if outcome.failed else ""
    title = f"{words.subject(outcome)}: {words.expectation(outcome)}: {count}{of}"
    yield ""
    yield f"<details><summary>{html.escape(terminal(title))}</summary>"
    yield ""
    yield from _table(
        ["row", *map(escape, shown)],
        (["" if e.row is None else str(e.row), *(_cell(e.values, n) for n in shown)] for e in outcome.examples),
    )
    if left > 0:
        yield ""
        yield f"and {plural(left, 'more column')}"
    yield ""
    yield "</details>"


def _cell(values: dict[str, Any], name: str) -> str:
    return escape(cell(values[name], 60)) if name in values else ""


def _skipped(outcomes: list[CheckOutcome]) -> Iterator[str]:
    if outcomes:
        yield ""
        yield f"<details><summary>{len(outcomes):,} skipped</summary>"
        yield from _bullets([f"{o.validator} {escape(words.subject(o))}: {escape(o.message)}" for o in outcomes])
        yield ""
        yield "</details>"


def _bullets(items: list[str]) -> Iterator[str]:
    if items:
        yield ""
        yield from (f"- {item}" for item in items)


def _table(header: list[str], rows: Iterator[list[str]]) -> Iterator[str]:
    for i, row in enumerate([header, *rows]):
        yield f"| {' | '.join(row)} |"
        if not i:
            yield f"|{' --- |' * len(header)}"
