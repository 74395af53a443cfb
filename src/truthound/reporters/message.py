"""What a person needs to know about a run, built once; each channel renders it within its limits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar

from truthound._internal.text import cell, duration, plural, shorten, shorten_escaped, utf16_length
from truthound.reporters import wording
from truthound.results import CheckOutcome, CheckpointResult, CheckpointStatus, CheckStatus, Example, Severity

P = TypeVar("P")


@dataclass(frozen=True, slots=True)
class Finding:
    """An issue in words. `severity` is `error` for a check that could not be made; `change` is against the run before."""

    severity: str
    subject: str
    expected: str
    amount: str = ""
    change: str = ""
    examples: tuple[str, ...] = ()
    validator: str = ""

    @property
    def line(self) -> str:
        """`age: between 0 and 150: 93 (1.86%), NEW`."""
        said = ": ".join(filter(None, (self.subject, self.expected, self.amount)))
        return f"{said} ({self.change})" if self.change else said


@dataclass(frozen=True, slots=True)
class Message:
    """A run in words. Texts are as the data have them: each channel escapes what it shows."""

    checkpoint: str
    status: CheckpointStatus
    run_id: str
    run_time: datetime
    duration: str
    source: str = ""
    shape: str = ""
    tally: str = ""
    severity: Severity | None = None
    findings: tuple[Finding, ...] = ()
    omitted: int = 0
    """issues that are not among the findings"""
    fixed: tuple[str, ...] = ()
    previous: CheckpointStatus | None = None
    error: str = ""
    note: str = ""
    """a text of the user's own"""
    link: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    undelivered: tuple[str, ...] = ()
    truncated: bool = False

    @property
    def verdict(self) -> str:
        """`FAILED`, `PASSED`, ..."""
        return wording.VERDICTS[self.status]

    @property
    def headline(self) -> str:
        """`orders: FAILED`."""
        return f"{self.checkpoint}: {self.verdict}"

    def bounded_headline(self, escape: Callable[[str], str], width: int, sign: str = "") -> str:
        """The headline, escaped, in at most `width` UTF-16 units: a long name loses its end, the verdict stays."""
        before, after = f"{sign} " if sign else "", f": {self.verdict}"
        return f"{before}{shorten_escaped(escape(self.checkpoint), width - utf16_length(before + after))}{after}"

    @property
    def issue_count(self) -> int:
        return len(self.findings) + self.omitted

    @property
    def change_summary(self) -> str:
        """What changed since the run before: `was PASSED, 2 new, 1 fixed`; empty where no run before is known."""
        if self.previous is None:
            return ""
        said = [f"{'still' if self.previous is self.status else 'was'} {wording.VERDICTS[self.previous]}"]
        new = sum(f.change == "NEW" for f in self.findings)
        said += [f"{new:,} new"] if new else []
        said += [f"{len(self.fixed):,} fixed"] if self.fixed else []
        return ", ".join(said)

    @property
    def omitted_line(self) -> str:
        """`… and 12 more`, or an empty text."""
        return f"… and {self.omitted:,} more" if self.omitted else ""

    @property
    def facts(self) -> list[tuple[str, str]]:
        """What there is to know beside the findings: names and texts, none empty."""
        listed = (
            ("Data", self.source),
            ("Rows", self.shape),
            ("Checks", self.tally),
            ("Since the last run", self.change_summary),
            ("Duration", self.duration),
            ("Run", self.run_id),
            *((f"Tag {k}", v) for k, v in self.tags.items()),
        )
        return [(name, said) for name, said in listed if said]


def build(
    result: CheckpointResult,
    previous: CheckpointResult | None = None,
    *,
    examples: bool = False,
) -> Message:
    """The message about a run. `examples`: whether failing rows are shown; they hold values of the data."""
    validation = result.validation_result
    issues = wording.ordered(result)
    before = previous.validation_result if previous else None
    change = wording.changes(before)
    error = result.error or ""
    if wording.with_status(result, CheckStatus.ERROR):
        error = ""  # the checks say it themselves
    keys = validation.key_columns if validation else ()
    return Message(
        checkpoint=result.checkpoint_name,
        status=result.status,
        run_id=result.run_id,
        run_time=result.run_time,
        duration=duration(result.duration_ms / 1000),
        source=validation.source if validation else "",
        shape=wording.shape(validation, "×") if validation else "",  # noqa: RUF001 the sign is meant
        tally=wording.tally(validation.statistics) if validation else "",
        severity=max((o.severity for o in issues if o.severity), key=lambda s: s.rank, default=None),
        findings=tuple(
            Finding(
                severity=wording.severity(o),
                subject=wording.columns_label(o),
                expected=wording.expectation(o),
                amount=wording.failed_count(o),
                change=change(o),
                examples=tuple(_example(e, o, keys) for e in o.examples[:5]) if examples else (),
                validator=o.validator,
            )
            for o in issues
        ),
        fixed=tuple(f"{wording.columns_label(o)}: {wording.expectation(o)}" for o in wording.fixed(result, before)),
        previous=previous.status if previous else None,
        error=wording.one_line(error),
        tags=result.tags,
        undelivered=tuple(f"{a.action_name}: {a.message}" for a in result.action_results if not a.delivered),
    )


def _example(example: Example, outcome: CheckOutcome, keys: Sequence[str]) -> str:
    """`row 12 (id = 7): age = -3`: the cells that failed and the key, not the whole row."""
    shown = {k: example.values[k] for k in (outcome.columns or example.values) if k in example.values}
    key = ", ".join(f"{k} = {cell(example.values[k])}" for k in keys if k in example.values and k not in shown)
    row = "row" if example.row is None else f"row {example.row:,}"
    cells = ", ".join(f"{k} = {cell(v)}" for k, v in list(shown.items())[:6])
    return f"{row}{f' ({key})' if key else ''}: {cells}"


def template_values(result: CheckpointResult, message: Message) -> dict[str, Any]:
    """What a template may speak of: `truthound._internal.templates.NAMES`."""
    validation = result.validation_result
    s = validation.statistics if validation else None
    return {
        "checkpoint_name": message.checkpoint,
        "status": message.status.value,
        "verdict": message.verdict,
        "severity": message.severity.value if message.severity else "",
        "source": message.source,
        "row_count": validation.row_count if validation else None,
        "issue_count": message.issue_count,
        "issues": [
            {
                "severity": f.severity, "subject": f.subject, "expected": f.expected, "amount": f.amount, "change": f.change,
                "validator": f.validator, "examples": list(f.examples), "line": f.line,
            }
            for f in message.findings
        ],
        "failed": s.failed if s else 0,
        "warned": s.warned if s else 0,
        "errored": s.errored if s else 0,
        "passed": s.passed if s else 0,
        "skipped": s.skipped if s else 0,
        "total_checks": s.total_checks if s else 0,
        "pass_rate": s.pass_rate if s else 0.0,
        "run_id": message.run_id,
        "run_time": message.run_time.isoformat(timespec="seconds"),
        "duration": message.duration,
        "report_url": message.link,
        "tags": dict(message.tags),
        "metadata": dict(result.metadata),
        "error": message.error,
        "previous_status": message.previous.value if message.previous else "",
        "summary": plain_text(message),
    }  # fmt: skip


def plain_text(message: Message, findings: int = 20) -> str:
    """The message as plain text."""
    return "\n".join(lines(truncated(message, findings=findings)))


def lines(message: Message) -> Iterator[str]:
    """The message as lines of plain text, findings indented."""
    yield message.headline
    if message.note:
        yield message.note
    if message.error:
        yield f"Error: {message.error}"
    yield from (f"{name}: {said}" for name, said in message.facts)
    for finding in message.findings:
        yield f"  {finding.severity}  {finding.line}"
        yield from (f"      {e}" for e in finding.examples)
    if message.omitted_line:
        yield f"  {message.omitted_line}"
    yield from (f"  fixed  {f}" for f in message.fixed)
    yield from (f"not delivered: {u}" for u in message.undelivered)
    if message.link:
        yield f"Report: {message.link}"


# --- within limits ----------------------------------------------------------------------------------------------------

# findings, examples for each, characters of a name, of a text, of the note; each smaller than the one before
_STEPS = ((20, 5, 200, 600, 4000), (20, 3, 120, 300, 2000), (10, 1, 100, 200, 1500), (10, 0, 100, 200, 1000),
          (5, 0, 80, 120, 500), (3, 0, 60, 80, 200), (1, 0, 40, 60, 100), (0, 0, 24, 60, 0))  # fmt: skip


def truncations(message: Message) -> Iterator[Message]:
    """The message in smaller and smaller forms, the largest first: what is cut is data, before anything is escaped."""
    for findings, examples, name, said, note in _STEPS:
        yield truncated(message, findings=findings, examples=examples, name=name, said=said, note=note)


def truncated(
    message: Message, *, findings: int, examples: int = 5, name: int = 200, said: int = 600, note: int = 4000
) -> Message:
    """At most so many findings, examples and characters; what was left out is counted."""
    kept = tuple(
        replace(
            f,
            subject=shorten(f.subject, name),
            expected=shorten(f.expected, said),
            examples=tuple(shorten(e, said) for e in f.examples[:examples]),
        )
        for f in message.findings[:findings]
    )
    few = max(findings, 1)
    tags = {shorten(k, name): shorten(v, name) for k, v in list(message.tags.items())[: findings and 10]}
    return replace(
        message,
        checkpoint=shorten(message.checkpoint, name),
        source=shorten(message.source, said),
        run_id=shorten(message.run_id, name),
        findings=kept,
        omitted=message.omitted + len(message.findings) - len(kept),
        fixed=_few(message.fixed, few, said),
        error=shorten(message.error, said * 2),
        note=shorten_escaped(message.note, note) if note else "",
        link=message.link if len(message.link) <= 1000 else "",
        tags=tags,
        undelivered=_few(message.undelivered, few, said),
        truncated=message.truncated or len(kept) < len(message.findings),
    )


def _few(texts: tuple[str, ...], count: int, said: int) -> tuple[str, ...]:
    kept = tuple(shorten(t, said) for t in texts[:count])
    return (*kept, f"… and {plural(len(texts) - count, 'other')}") if len(texts) > count else kept


def fit_to_limits(message: Message, render: Callable[[Message], P], fits: Callable[[P], bool]) -> P:
    """The largest rendering that fits, measured as it is sent; the smallest where none does."""
    made = None
    for candidate in truncations(message):
        made = render(candidate)
        if fits(made):
            return made
    assert made is not None  # noqa: S101 there is always a smallest form
    return made
