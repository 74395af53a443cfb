"""A run as people read it on a terminal: what is wrong, in which rows, since when, and what to do next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from truthound._internal.escape import escape_terminal
from truthound._internal.text import duration
from truthound.reporters import wording
from truthound.reporters.terminal import Look, Span, cells, fold, pad
from truthound.results import CheckOutcome, CheckpointResult, CheckStatus, Example, ValidationResult

RUNS_IN_SPARK = 7
_STYLES = {
    CheckStatus.FAILED: ("failed", "red"),
    CheckStatus.WARNED: ("warned", "yellow"),
    CheckStatus.ERROR: ("error", "magenta"),
    CheckStatus.PASSED: ("passed", "green"),
    CheckStatus.SKIPPED: ("skipped", "dim"),
}
_VERDICT_STYLES = {"PASSED": "green", "WARNING": "yellow", "FAILED": "red", "ERROR": "magenta"}
_SEVERITY, _DETAIL = 8, 13
_NARROW = 64
_ISSUES = 12  # listed with their rows; the others are counted by what they expect
_ROWS_IN_GROUP = 5  # rows that look alike, in one line


def console(results: CheckpointResult | Sequence[CheckpointResult]) -> str:
    """Plain text, for a file or a pipe."""
    several = [results] if isinstance(results, CheckpointResult) else results
    return "\n".join(render(r) for r in several)


def render(
    result: CheckpointResult,
    *,
    width: int = 120,
    colour: bool = False,
    verbose: bool = False,
    quiet: bool = False,
    limit: int = 2,
    history: Sequence[CheckpointResult] = (),
    ending: str = "",
    next_steps: Sequence[str] = (),
) -> str:
    """The whole report, ending in a newline.

    Args:
        result: The run.
        width: Cells a line may take.
        colour: Colours and symbols, or plain ASCII.
        verbose: List all issues, and what passed and what was skipped, with reasons, descriptions and places in the configuration.
        quiet: Only the line of the verdict.
        limit: Lines of example rows shown for each issue; rows that look alike share one.
        history: Earlier runs of the checkpoint, oldest first.
        ending: What the command says at the end of the verdict, such as `exit 1`.
        next_steps: Commands worth running now.
    """
    page = _Page(result, Look(max(width, 20), colour), verbose, limit, history)
    lines = [page.quiet(ending)] if quiet else page.lines(ending, next_steps)
    return "\n".join(lines) + "\n"


class _Page:
    def __init__(
        self, result: CheckpointResult, look: Look, verbose: bool, limit: int, history: Sequence[CheckpointResult]
    ) -> None:
        self.result, self.look, self.verbose, self.limit, self.history = result, look, verbose, limit, history
        self.before = wording.previous_validation(history)
        self.change = wording.changes(self.before)
        self.glyph = max(cells(look.sign(s)) for s in ("error", "failed"))

    @property
    def validation(self) -> ValidationResult | None:
        return self.result.validation_result

    def lines(self, ending: str, next_steps: Sequence[str]) -> list[str]:
        body = [*self.header(), [], *self.failure(), *self.issues(), *self.rest(), []]
        return [
            self.look.paint(line) for line in [*body, *self.actions(), *self.verdict(ending), *self.next(next_steps)]
        ]

    def quiet(self, ending: str) -> str:
        name = escape_terminal(self.result.checkpoint_name)
        first, *more = self.verdict(ending)
        lines = [[(name, "bold"), ("  ", ""), *first[1:]], *more]
        if cells("".join(text for text, _ in lines[0])) > self.look.width:
            lines = [*([(text, "bold")] for text in fold(name, self.look.width)), first, *more]
        return "\n".join(self.look.paint(line) for line in lines)

    def header(self) -> list[list[Span]]:
        """`users  users.csv · 5,000 rows x 6 columns · run 20261123-013907`."""
        parts = (
            [self.look.said(self.validation.source), wording.shape(self.validation, self.look.sign("times"))]
            if self.validation
            else []
        )
        parts.append(f"run {escape_terminal(self.result.run_id)}")
        name = self.look.fit_name(escape_terminal(self.result.checkpoint_name), max(self.look.width // 3, 12))
        label = [(name, "bold"), ("  ", "")]
        return self.look.flow(label, [[(p, "")] for p in parts if p], f" {self.look.sign('dot')} ")

    def failure(self) -> Iterator[list[Span]]:
        """Why the run could not be made, unless the checks that could not be say it themselves."""
        if self.result.error and not wording.with_status(self.result, CheckStatus.ERROR):
            sign, style = _STYLES[CheckStatus.ERROR]
            label: list[Span] = [
                (f" {pad(self.look.sign(sign), self.glyph)} ", style),
                (pad("error", _SEVERITY) + "  ", style),
            ]
            told = self.result.error.split("\n")
            for line in (part for one in told for part in fold(self.look.said(one), self.look.width - _DETAIL)):
                yield [*label, (line, "")]
                label = [(" " * (self.glyph + 12), "")]

    # --- issues -------------------------------------------------------------------------------------------------------

    def issues(self) -> Iterator[list[Span]]:
        found = wording.ordered(self.result)
        listed = found if self.verbose or len(found) <= _ISSUES + 1 else found[:_ISSUES]
        sizes = self.sizes(listed)
        for outcome in listed:
            yield from self.issue(outcome, *sizes)
        yield from self.more_issues(found[len(listed) :])

    def more_issues(self, found: list[CheckOutcome]) -> Iterator[list[Span]]:
        """Those that are not listed, by status and by what they expect."""
        for status in (CheckStatus.ERROR, CheckStatus.FAILED, CheckStatus.WARNED):
            some = [o for o in found if o.status is status]
            if not some:
                continue
            sign, style = _STYLES[status]
            kinds = Counter(self.look.said(wording.expectation(o)) for o in some).most_common(3)
            times = self.look.sign("times")
            said = ", ".join(f"{self.look.fit(kind, 40)}{f' {times}{n:,}' if n > 1 else ''}" for kind, n in kinds)
            rest = len({wording.expectation(o) for o in some}) - len(kinds)
            text = f"{len(some):,} more {sign}: {said}{f' and {rest:,} other kinds' if rest > 0 else ''}"
            hint = " (--verbose lists them)"
            label = f" {pad(self.look.sign(sign), self.glyph)} "
            first, *more = fold(text, self.look.width - len(label) - len(hint))
            yield [(label, style), (first, ""), *([] if more else [(hint, "dim")])]
            yield from ([(" " * len(label) + line, "")] for line in more)

    def sizes(self, found: list[CheckOutcome]) -> tuple[int, int, int]:
        """Cells for the column's name, the expectation and the count. No cells for an expectation: a line for each."""
        counted = [o for o in found if o.status is not CheckStatus.ERROR]
        name = min(
            max((cells(escape_terminal(wording.columns_label(o))) for o in found), default=0),
            max(self.look.width // 5, 12),
        )
        count = max((cells(wording.failed_count(o)) for o in counted), default=0)
        room = self.look.width - self.glyph - 12 - name - 2 - (count + 2 if count else 0)
        wanted = max(
            (cells(self.look.said(wording.expectation(o))) for o in counted if wording.failed_count(o)), default=0
        )
        return name, 0 if self.look.width < _NARROW or room < 16 else max(1, min(room, wanted)), count

    def issue(self, outcome: CheckOutcome, name: int, expected: int, count: int) -> Iterator[list[Span]]:
        sign, style = _STYLES[outcome.status]
        start: list[Span] = [
            (f" {pad(self.look.sign(sign), self.glyph)} ", style),
            (pad(wording.severity(outcome), _SEVERITY) + "  ", style),
        ]
        indent = self.glyph + 12
        amount, said = wording.failed_count(outcome), self.look.said(wording.expectation(outcome))
        if not expected:  # too narrow for a table
            subject = self.look.fit_name(escape_terminal(wording.columns_label(outcome)), self.look.width - indent)
            yield [*start, (subject, "bold")]
            yield from ([(" " * 4 + t, "")] for t in fold(said, self.look.width - 4))
            if amount:
                yield [(" " * 4 + amount, style)]
            yield from self.look_flow(4, self.extras(outcome))
        else:
            subject = self.look.fit_name(escape_terminal(wording.columns_label(outcome)), name)
            start.append((pad(subject, name) + "  ", "bold"))
            room = expected if amount else self.look.width - indent - name - 2
            first, *more = self.wrapped(said, room, all_of_it=not amount)
            line = [*start, (pad(first, expected if amount else 0), "")]
            if amount:
                line += [("  ", ""), (pad(amount, count, right=True), f"bold {style}")]
            yield from self.with_extras(line, more, indent + name + 2, outcome)
        yield from self.details(outcome)

    def wrapped(self, said: str, room: int, *, all_of_it: bool) -> list[str]:
        """An expectation takes two lines at most, unless everything is wanted."""
        lines = fold(said, room, 0 if all_of_it or self.verbose else 2)
        return [*lines[:-1], self.look.fit(lines[-1], room)]

    def with_extras(
        self, line: list[Span], more: list[str], indent: int, outcome: CheckOutcome
    ) -> Iterator[list[Span]]:
        """The line with what else there is to say, as far as there is room; the rest comes below."""
        extras, used = self.extras(outcome), sum(cells(t) for t, _ in line)
        while not more and extras and used + 2 + cells(extras[0][0]) <= self.look.width:
            line += [("  ", ""), extras[0]]
            used += 2 + cells(extras.pop(0)[0])
        yield line
        yield from ([(" " * indent + t, "")] for t in more)
        yield from self.look_flow(self.glyph + 12, extras)

    def look_flow(self, indent: int, spans: list[Span]) -> list[list[Span]]:
        return self.look.flow([(" " * indent, "")], [[s] for s in spans], "  ") if spans else []

    def extras(self, outcome: CheckOutcome) -> list[Span]:
        """The trend, the change, the values that occur most, the place in the configuration."""
        found: list[Span] = []
        earlier = [r.validation_result for r in self.history if r.validation_result][1 - RUNS_IN_SPARK :]
        ratios = [o.ratio for v in earlier for o in v.outcomes if o.id == outcome.id]
        if ratios and outcome.ratio is not None and (bars := self.look.spark([*ratios, outcome.ratio])):
            found.append((bars, "cyan"))
        if flag := self.change(outcome):
            found.append((flag, "bold yellow" if flag == "NEW" else "yellow" if flag.startswith("worse") else "green"))
        if outcome.top_values:
            times = self.look.sign("times")
            top = "  ".join(f"{self.look.value(v, 20)}{times}{n:,}" for v, n in outcome.top_values[:3])
            found.append((f"values {top}", "dim"))
        if outcome.location and (self.verbose or outcome.status is CheckStatus.ERROR):
            found.append((escape_terminal(outcome.location), "dim"))
        return found

    def details(self, outcome: CheckOutcome) -> Iterator[list[Span]]:
        """Why the rule exists, and example rows."""
        indent = " " * (4 if self.look.width < _NARROW else self.glyph + 12)
        if outcome.description:
            for text in fold(self.look.said(outcome.description), self.look.width - len(indent)):
                yield [(indent + text, "dim")]
        grouped: dict[tuple[tuple[str, str], ...], list[int | None]] = {}
        for example in outcome.examples:
            grouped.setdefault(self.example(example, outcome), []).append(example.row)
        shown = [(row, rows[:_ROWS_IN_GROUP]) for row, rows in list(grouped.items())[: self.limit]]
        labels = [_rows(rows) for _, rows in shown]
        size = max(map(len, labels), default=0)
        rest = (outcome.failed or 0) - sum(len(rows) for _, rows in shown)
        more = f"{self.look.sign('cut')} {rest:,} more" if shown and rest > 0 else ""
        room = self.look.width - len(indent) - (size + 2 if size else 0)
        for i, (label, (row, _)) in enumerate(zip(labels, shown, strict=True)):
            text = self.within(row, room)
            line: list[Span] = [(indent + (pad(label, size) + "  " if size else ""), "dim"), (text, "")]
            last = i == len(labels) - 1 and more
            if last and cells(text) + len(more) + 3 <= room:
                line.append(("   " + more, "dim"))
            yield line
            if last and line[-1][0] == text:
                yield [(indent + " " * (size + 2 if size else 0) + more, "dim")]

    def within(self, row: Sequence[tuple[str, str]], room: int) -> str:
        """As many whole cells as there is room for: a number that is cut is another number."""
        text = ""
        for i, (name, value) in enumerate(row):
            cell = f"{'  ' if i else ''}{name}={value}"
            mark = f"  {self.look.sign('cut')}" if i < len(row) - 1 else ""
            if i and cells(text + cell + mark) > room:
                return f"{text}  {self.look.sign('cut')}"
            if cells(cell + mark) > room and not i:
                short = self.look.fit_name(name, max(room - cells(value) - 1 - len(mark), 4))
                cell = self.look.fit(f"{short}={value}", room - len(mark))
            text += cell
        return text

    def example(self, example: Example, outcome: CheckOutcome) -> tuple[tuple[str, str], ...]:
        """The key of a row and the cells that matter; without a key, a cell that tells it apart; without columns, the row."""
        keys = self.validation.key_columns if self.validation else ()
        wanted = list(dict.fromkeys((*keys, *outcome.columns)))
        others = [c for c in example.values if c not in wanted]
        if not outcome.columns:
            wanted += others
        elif not keys:
            wanted = _telling(others, outcome.examples) + wanted
        return tuple(
            (self.look.fit_name(escape_terminal(c), 24), self.look.value(example.values[c]))
            for c in wanted
            if c in example.values
        )

    # --- the rest -----------------------------------------------------------------------------------------------------

    def rest(self) -> Iterator[list[Span]]:
        """What passed, was mended, was left out, is hidden or should be known."""
        if self.validation is None:
            return
        passed = wording.with_status(self.result, CheckStatus.PASSED)
        skipped = wording.with_status(self.result, CheckStatus.SKIPPED)
        mended = wording.fixed(self.result, self.before)
        if passed:
            text = f"{len(passed):,} passed"
            if mended:
                names = ", ".join(
                    f"{escape_terminal(wording.columns_label(o))} {self.look.said(wording.expectation(o))}"
                    for o in mended[:3]
                )
                text += f", {len(mended):,} fixed: {names}" + (f" {self.look.sign('cut')}" if len(mended) > 3 else "")
            yield from self.note("passed", text, "" if self.verbose else " (--verbose lists them)")
            yield from self.listed(passed)
        if skipped:
            yield from self.note(
                "skipped", f"{len(skipped):,} skipped", "" if self.verbose else " (--verbose says why)"
            )
            yield from self.listed(skipped)
        if hidden := self.validation.statistics.hidden:
            yield from self.note("skipped", f"{hidden:,} hidden below min_severity", "")
        for note in self.validation.notes:
            yield from self.note("skipped", self.look.said(note), "")

    def note(self, sign: str, text: str, hint: str) -> Iterator[list[Span]]:
        style = "green" if sign == "passed" else "dim"
        label = f" {pad(self.look.sign(sign), self.glyph)} "
        first, *more = fold(text, self.look.width - len(label) - len(hint))
        yield [(label, style), (first, ""), *([] if more else [(hint, "dim")])]
        yield from ([(" " * len(label) + line, "")] for line in more)

    def listed(self, outcomes: list[CheckOutcome]) -> Iterator[list[Span]]:
        if not self.verbose:
            return
        size = min(
            max(cells(escape_terminal(wording.columns_label(o))) for o in outcomes), max(self.look.width // 4, 12)
        )
        indent = self.glyph + 4
        for o in outcomes:
            name = pad(self.look.fit_name(escape_terminal(wording.columns_label(o)), size), size)
            said = o.message or o.expected or o.validator if o.status is CheckStatus.SKIPPED else wording.expectation(o)
            said = self.look.said(said) + (f"  {wording.failed_count(o)}" if o.failed else "")
            for i, text in enumerate(fold(said, self.look.width - indent - size - 2)):
                yield [(" " * indent + (name if not i else " " * size) + "  ", "dim"), (text, "dim")]

    def actions(self) -> list[list[Span]]:
        parts: list[list[Span]] = []
        for a in self.result.action_results:
            if a.status == "skipped" and not self.verbose:
                continue
            sign, style = _STYLES[CheckStatus.PASSED if a.delivered else CheckStatus.FAILED]
            if a.status == "skipped":
                sign, style = _STYLES[CheckStatus.SKIPPED]
            name = escape_terminal(a.action_name or a.action_type)
            text = f"{name}: {self.look.said(a.message)}" if a.message else name
            parts.append([(self.look.sign(sign) + " ", style), (text, "")])
        return self.look.flow([(" actions   ", "dim")], parts, "   ") if parts else []

    def verdict(self, ending: str) -> list[list[Span]]:
        word = wording.VERDICTS[self.result.status]
        counted = wording.tally(self.validation.statistics) if self.validation else "nothing was checked"
        undelivered = [
            self.look.said(a.action_name or a.action_type) for a in self.result.action_results if not a.delivered
        ]
        parts = [(f"NOT DELIVERED: {', '.join(undelivered)}", "bold red")] if undelivered else []
        parts += [(p, "") for p in (counted, duration(self.result.duration_ms / 1000), ending) if p]
        label = [(" ", ""), (pad(word, 10), f"bold {_VERDICT_STYLES[word]}")]
        return self.look.flow(label, [[p] for p in parts], f" {self.look.sign('dot')} ")

    def next(self, steps: Sequence[str]) -> list[list[Span]]:
        gap = f"   {self.look.sign('dot')}   "
        return (
            self.look.flow([(" next      ", "dim")], [[(escape_terminal(s), "cyan")] for s in steps], gap)
            if steps
            else []
        )


def _telling(columns: list[str], examples: Sequence[Example]) -> list[str]:
    """The first column in which each example row differs from the others; without one, the first in which any do."""
    for least in (len(examples), 2):
        for column in columns:
            seen = {str(e.values.get(column)) for e in examples if e.values.get(column) is not None}
            if len(seen) >= least:
                return [column]
    return []


def _rows(rows: list[int | None]) -> str:
    """`row 8, 2002`; nothing where rows have no number."""
    known = [f"{r:,}" if r >= 10_000 else str(r) for r in rows if r is not None]
    return f"row {', '.join(known)}" if known else ""
