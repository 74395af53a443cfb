"""A run as a message to people, which each channel renders within its limits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from truthound._internal.text import cell, duration, plural, shorten, shorten_escaped, utf16_length
from truthound.reporters import wording
from truthound.reporters.check_view import CheckView, check_view, issue_views
from truthound.results import CheckOutcome, CheckpointResult, CheckpointStatus, CheckStatus, Severity

T = TypeVar("T")
_EXAMPLES, _CELLS = 5, 6
"""examples of an issue, and cells of an example"""


@dataclass(frozen=True, slots=True)
class Finding:
    """An issue in the words of its `CheckView`, with examples as texts. Its fields are names that templates use."""

    severity: str
    subject: str
    expected: str
    amount: str = ""
    change: str = ""
    examples: tuple[str, ...] = ()
    validator: str = ""

    @property
    def line(self) -> str:
        """`age: between 0 and 150: 93 (1.86%) (NEW)`."""
        text = ": ".join(filter(None, (self.subject, self.expected, self.amount)))
        return f"{text} ({self.change})" if self.change else text


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
    """the rendered custom_message"""
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

    def bounded_headline(self, escape: Callable[[str], str], width: int, emoji: str = "") -> str:
        """The headline, escaped, in at most `width` UTF-16 units: a long name is truncated, the verdict is not."""
        before, after = f"{emoji} " if emoji else "", f": {self.verdict}"
        return f"{before}{shorten_escaped(escape(self.checkpoint), width - utf16_length(before + after))}{after}"

    @property
    def issue_count(self) -> int:
        return len(self.findings) + self.omitted

    @property
    def change_summary(self) -> str:
        """What changed since the previous run: `was PASSED, 2 new, 1 fixed`; empty if there is none."""
        if self.previous is None:
            return ""
        parts = [f"{'still' if self.previous is self.status else 'was'} {wording.VERDICTS[self.previous]}"]
        new = sum(f.change == "NEW" for f in self.findings)
        parts += [f"{new:,} new"] if new else []
        parts += [f"{len(self.fixed):,} fixed"] if self.fixed else []
        return ", ".join(parts)

    @property
    def omitted_line(self) -> str:
        """`… and 12 more`, or an empty text."""
        return f"… and {self.omitted:,} more" if self.omitted else ""

    @property
    def facts(self) -> list[tuple[str, str]]:
        """The rest of the message: names and values, none empty."""
        listed = (
            ("Data", self.source),
            ("Rows", self.shape),
            ("Checks", self.tally),
            ("Since the last run", self.change_summary),
            ("Duration", self.duration),
            ("Run", self.run_id),
            *((f"Tag {k}", v) for k, v in self.tags.items()),
        )
        return [(name, value) for name, value in listed if value]


def build(
    result: CheckpointResult,
    previous: CheckpointResult | None = None,
    *,
    examples: bool = False,
) -> Message:
    """The message about a run. `examples`: whether failing rows are shown; they contain values of the data."""
    validation = result.validation_result
    keys = validation.key_columns if validation else ()
    explained = wording.with_status(result, CheckStatus.ERROR)  # the checks give the error themselves
    return Message(
        checkpoint=result.checkpoint_name,
        status=result.status,
        run_id=result.run_id,
        run_time=result.run_time,
        duration=duration(result.duration_ms / 1000),
        source=validation.source if validation else "",
        shape=wording.shape(validation, "×") if validation else "",  # noqa: RUF001 the sign is meant
        tally=wording.tally(validation.statistics) if validation else "",
        severity=max((o.severity for o in result.issues if o.severity), key=lambda s: s.rank, default=None),
        findings=tuple(
            _finding(view, _examples(outcome, keys) if examples else ())
            for outcome, view in zip(wording.ordered(result), issue_views(result, previous), strict=True)
        ),
        fixed=tuple(
            f"{view.subject}: {view.expected}"
            for view in map(check_view, wording.fixed(result, previous.validation_result if previous else None))
        ),
        previous=previous.status if previous else None,
        error="" if explained else wording.one_line(result.error or ""),
        tags=result.tags,
        undelivered=tuple(f"{a.action_name}: {a.message}" for a in result.action_results if not a.delivered),
    )


def _finding(view: CheckView, examples: Iterable[str]) -> Finding:
    return Finding(
        severity=view.severity,
        subject=view.subject,
        expected=view.expected,
        amount=view.failing,
        change=view.change,
        examples=tuple(examples),
        validator=view.validator,
    )


def _examples(outcome: CheckOutcome, keys: Sequence[str]) -> Iterator[str]:
    """`row 12 (id = 7): age = -3`: the cells of the checked columns and the key, not the whole row."""
    for example in outcome.examples[:_EXAMPLES]:
        values = {c: example.values[c] for c in (outcome.columns or example.values) if c in example.values}
        key = ", ".join(f"{c} = {cell(example.values[c])}" for c in keys if c in example.values and c not in values)
        row = "row" if example.row is None else f"row {example.row:,}"
        cells = ", ".join(f"{c} = {cell(value)}" for c, value in list(values.items())[:_CELLS])
        yield f"{row}{f' ({key})' if key else ''}: {cells}"


def template_values(result: CheckpointResult, message: Message) -> dict[str, Any]:
    """The values of a template's placeholders, which `truthound._internal.templates.NAMES` lists."""
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


def plain_text(message: Message) -> str:
    """The message as plain text, in its largest size."""
    return "\n".join(lines(truncated(message, _SIZES[0])))


def lines(message: Message) -> Iterator[str]:
    """The message as lines of plain text, findings indented."""
    yield message.headline
    if message.note:
        yield message.note
    if message.error:
        yield f"Error: {message.error}"
    yield from (f"{name}: {value}" for name, value in message.facts)
    for finding in message.findings:
        yield f"  {finding.severity}  {finding.line}"
        yield from (f"      {e}" for e in finding.examples)
    if message.omitted:
        yield f"  {message.omitted_line}"
    yield from (f"  fixed  {f}" for f in message.fixed)
    yield from (f"not delivered: {u}" for u in message.undelivered)
    if message.link:
        yield f"Report: {message.link}"


# --- within limits ----------------------------------------------------------------------------------------------------


class Size(NamedTuple):
    """What a message may contain: issues, examples of each, and characters of names, texts and the note."""

    findings: int
    examples: int
    name: int
    text: int
    note: int


_SIZES = (
    Size(20, 5, 200, 600, 4000),
    Size(20, 3, 120, 300, 2000),
    Size(10, 1, 100, 200, 1500),
    Size(10, 0, 100, 200, 1000),
    Size(5, 0, 80, 120, 500),
    Size(3, 0, 60, 80, 200),
    Size(1, 0, 40, 60, 100),
    Size(0, 0, 24, 60, 0),
)
_MAX_TAGS, _MAX_LINK = 10, 1000


def truncations(message: Message) -> Iterator[Message]:
    """The message in all sizes, the largest first. Data are truncated before they are escaped."""
    for size in _SIZES:
        yield truncated(message, size)


def truncated(message: Message, size: Size) -> Message:
    """The message in a size; what is omitted is counted."""
    findings = tuple(
        replace(
            f,
            subject=shorten(f.subject, size.name),
            expected=shorten(f.expected, size.text),
            examples=tuple(shorten(e, size.text) for e in f.examples[: size.examples]),
        )
        for f in message.findings[: size.findings]
    )
    tags = list(message.tags.items())[:_MAX_TAGS] if size.findings else []
    return replace(
        message,
        checkpoint=shorten(message.checkpoint, size.name),
        source=shorten(message.source, size.text),
        run_id=shorten(message.run_id, size.name),
        findings=findings,
        omitted=message.omitted + len(message.findings) - len(findings),
        fixed=_first(message.fixed, size),
        error=shorten(message.error, size.text * 2),
        note=shorten_escaped(message.note, size.note) if size.note else "",
        link=message.link if len(message.link) <= _MAX_LINK else "",
        tags={shorten(name, size.name): shorten(value, size.name) for name, value in tags},
        undelivered=_first(message.undelivered, size),
        truncated=message.truncated or len(findings) < len(message.findings),
    )


def _first(texts: tuple[str, ...], size: Size) -> tuple[str, ...]:
    """The first `size.findings` texts, and the number of omitted ones."""
    count = max(size.findings, 1)
    kept = tuple(shorten(text, size.text) for text in texts[:count])
    return (*kept, f"… and {plural(len(texts) - count, 'other')}") if len(texts) > count else kept


def fit_to_limits(message: Message, render: Callable[[Message], T], fits: Callable[[T], bool]) -> T:
    """The largest rendering that fits; the smallest where none does."""
    rendered = None
    for candidate in truncations(message):
        rendered = render(candidate)
        if fits(rendered):
            return rendered
    assert rendered is not None  # noqa: S101 there is always a smallest size
    return rendered
