"""A run as Markdown: for a pull request, a summary page of a CI, a wiki."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from truthound._internal.text import cell, duration, plural, shorten, terminal
from truthound._internal.text import markdown as escape
from truthound.reporters import wording
from truthound.results import CheckOutcome, CheckpointResult, CheckStatus

_SIGNS = {CheckStatus.FAILED: "✗", CheckStatus.WARNED: "!", CheckStatus.ERROR: "‼"}
_EMOJI = {CheckStatus.FAILED: "❌", CheckStatus.WARNED: "⚠️", CheckStatus.ERROR: "🛑"}
_VERDICTS = {"PASSED": "✅ ", "WARNING": "⚠️ ", "FAILED": "❌ ", "ERROR": "🛑 ", "UNDELIVERED": "🛑 "}
_WIDEST = 12  # columns of a table of examples


@dataclass(frozen=True, slots=True)
class Cut:
    """How much is shown: so many issues (and skipped checks, notes, actions), examples of each, characters of a text."""

    issues: int = 1_000_000
    examples: int = 1_000_000
    width: int = 1_000_000
    rest: bool = True
    """whether skipped checks, what was fixed, notes and actions are shown too"""


WHOLE = Cut()
Where = Callable[[CheckOutcome], str]


def markdown(
    result: CheckpointResult,
    previous: CheckpointResult | None = None,
    cut: Cut = WHOLE,
    *,
    emoji: bool = False,
    where: Where | None = None,
) -> str:
    """A section with a heading. With the run before, what changed is told too; `where` gives an issue's places, ready for a cell."""
    return "\n".join(_lines(result, previous, cut, emoji, where)) + "\n"


def _lines(
    result: CheckpointResult, previous: CheckpointResult | None, cut: Cut, emoji: bool, where: Where | None
) -> Iterator[str]:
    def said(value: object) -> str:
        return escape(shorten(str(value), cut.width))

    validation = result.validation_result
    verdict, signs = wording.verdict(result), _EMOJI if emoji else _SIGNS
    yield f"## {_VERDICTS[verdict] if emoji else ''}{said(result.checkpoint_name)}: {verdict}"
    yield ""
    facts = [said(validation.source), wording.shape(validation, "×")] if validation else []  # noqa: RUF001 the sign is meant
    facts += [f"run {said(result.run_id)}", duration(result.duration_ms / 1000)] if result.run_id else []
    if facts:
        yield " · ".join(f for f in facts if f)
    if validation:
        yield ""
        yield f"**{wording.tally(validation.statistics)}**"
    yield from _wrong(result, cut, where)
    before = previous.validation_result if previous else None
    change = wording.changes(before)
    found = wording.ordered(result)
    shown = found[: cut.issues]
    if shown:
        yield ""
        yield from table(
            [
                "",
                "severity",
                "column",
                "expected",
                "failing",
                *(["since the last run"] if before else []),
                *(["where"] if where else []),
            ],
            (
                [
                    signs[o.status],
                    wording.severity(o),
                    said(wording.columns_label(o)),
                    _expected(o, cut),
                    wording.failed_count(o),
                ]
                + ([change(o)] if before else [])
                + ([where(o)] if where else [])
                for o in shown
            ),
        )
    yield from _more(len(found) - len(shown), "issue")
    for outcome in shown:
        yield from _examples(outcome, validation.key_columns if validation else (), cut)
    if not cut.rest:
        return
    yield from _skipped(wording.with_status(result, CheckStatus.SKIPPED), cut)
    fixed = wording.fixed(result, before)
    yield from _bullets(
        [f"fixed: {said(wording.columns_label(o))}: {said(wording.expectation(o))}" for o in fixed], cut
    )
    yield from _bullets([said(wording.one_line(n)) for n in validation.notes] if validation else [], cut)
    yield from _bullets(
        [
            f"action {said(a.action_name or a.action_type)}: {a.status.value}"
            + (f": {said(wording.one_line(a.message))}" if a.message else "")
            for a in result.action_results
        ],
        cut,
    )


def _wrong(result: CheckpointResult, cut: Cut, where: Where | None) -> Iterator[str]:
    """Why the run as a whole is wrong; undelivered actions are listed with the others."""
    found = [o for o in wording.of_the_run(result) if o.validator != wording.ACTION]
    for outcome in found[: max(cut.issues, 1)]:
        at = where(outcome) if where else ""
        at = at or escape(shorten(outcome.location or "", cut.width))
        at += ": " if at else ""
        yield ""
        yield f"**Error:** {at}{escape(shorten(wording.one_line(outcome.error or ''), cut.width))}"
    yield from _more(len(found) - max(cut.issues, 1), "error")


def _expected(outcome: CheckOutcome, cut: Cut) -> str:
    text = escape(shorten(wording.expectation(outcome), cut.width))
    if cut.examples and (times := wording.frequent_values(outcome, lambda v: escape(cell(v, 30)))):
        text += f"; most often {times}"
    if outcome.status is CheckStatus.ERROR and outcome.location:
        text += f" ({escape(shorten(outcome.location, cut.width))})"
    if outcome.description:
        text += f"<br>{escape(shorten(wording.one_line(outcome.description), cut.width))}"
    return text


def _examples(outcome: CheckOutcome, keys: Sequence[str], cut: Cut) -> Iterator[str]:
    """Failing rows, folded away: first their key and the columns that matter."""
    examples = outcome.examples[: cut.examples]
    if not examples:
        return
    first = [*dict.fromkeys((*keys, *outcome.columns))]
    names = list(dict.fromkeys([*first, *(c for e in examples for c in e.values)]))
    names = [n for n in names if any(n in e.values for e in examples)]
    shown, left = names[:_WIDEST], len(names) - _WIDEST
    count = plural(len(examples), "example")
    of = f" of {plural(outcome.failed, 'row')}" if outcome.failed else ""
    title = f"{shorten(wording.columns_label(outcome), cut.width)}: {shorten(wording.expectation(outcome), cut.width)}: {count}{of}"
    lines = table(
        ["row", *(escape(shorten(n, cut.width)) for n in shown)],
        (["" if e.row is None else str(e.row), *(_cell(e.values, n) for n in shown)] for e in examples),
    )
    more = ["", f"and {plural(left, 'more column')}"] if left > 0 else []
    yield from folded(html.escape(terminal(title)), [*lines, *more])


def folded(title: str, lines: Iterable[str], *, opened: bool = False) -> Iterator[str]:
    """Lines that are folded away behind a title, which is escaped already."""
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
        items = [
            f"{o.validator} {escape(shorten(wording.columns_label(o), cut.width))}: {escape(shorten(o.message, cut.width))}"
            for o in outcomes
        ]
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
