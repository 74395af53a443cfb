"""A run on the terminal: its issues, example rows, the change since the last run, and what to do next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from truthound._internal.escape import escape_terminal
from truthound._internal.text import duration
from truthound.reporters import wording
from truthound.reporters.check_view import check_view
from truthound.reporters.example_rows import example_rows
from truthound.reporters.terminal import Look, Span, hanging, indented, joined, line, unbroken
from truthound.results import CheckOutcome, CheckpointResult, CheckStatus, ValidationResult

RUNS_IN_SPARK = 7
_STYLES = {
    CheckStatus.FAILED: ("failed", "red"),
    CheckStatus.WARNED: ("warned", "yellow"),
    CheckStatus.ERROR: ("error", "magenta"),
    CheckStatus.PASSED: ("passed", "green"),
    CheckStatus.SKIPPED: ("skipped", "dim"),
}
_VERDICT_STYLES = {"PASSED": "green", "WARNING": "yellow", "FAILED": "red", "ERROR": "magenta"}
_SEVERITY = 8
_NARROW = 64
_ISSUES = 12  # listed with their rows; the others are counted by expectation


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
        verbose: List all issues, and what passed and what was skipped, with reasons, descriptions and locations in the configuration.
        quiet: Only the line of the verdict.
        limit: Lines of example rows shown for each issue; rows that look alike share one.
        history: Earlier runs of the checkpoint, oldest first.
        ending: The end of the verdict, such as `exit 1`.
        next_steps: Commands worth running now.
    """
    page = _Page(result, Look(max(width, 20), colour), verbose, limit, history)
    return page.look.render(page.quiet(ending) if quiet else page.parts(ending, next_steps))


class _Page:
    def __init__(
        self, result: CheckpointResult, look: Look, verbose: bool, limit: int, history: Sequence[CheckpointResult]
    ) -> None:
        self.result, self.look, self.verbose, self.limit, self.history = result, look, verbose, limit, history
        self.before = wording.previous_validation(history)
        self.change = wording.changes(self.before)
        self.sign_width = max(cell_len(look.sign(s)) for s in ("error", "failed"))

    @property
    def validation(self) -> ValidationResult | None:
        return self.result.validation_result

    def parts(self, ending: str, next_steps: Sequence[str]) -> Iterator[RenderableType]:
        yield self.header()
        yield ""
        yield from self.error()
        yield from self.issues()
        yield from self.rest()
        yield ""
        yield from self.actions()
        yield self.verdict(ending)
        yield from self.next(next_steps)

    def quiet(self, ending: str) -> Iterator[RenderableType]:
        name = escape_terminal(self.result.checkpoint_name)
        if cell_len(name) <= self.look.width // 3:
            yield hanging([(name, "bold"), ("  ", "")], self.verdict_text(ending, bold=True))
        else:
            yield Text(name, "bold")
            yield self.verdict(ending)

    def header(self) -> RenderableType:
        """`users  users.csv · 5,000 rows x 6 columns · run 20261123-013907`."""
        facts = [f"run {escape_terminal(self.result.run_id)}"]
        if self.validation:
            shape = wording.shape(self.validation, self.look.sign("times"))
            facts = [self.look.message(self.validation.source), *([shape] if shape else []), *facts]
        return self.look.title(escape_terminal(self.result.checkpoint_name), facts)

    def label(self, sign: str, style: str) -> Span:
        return (f" {set_cell_size(self.look.sign(sign), self.sign_width)} ", style)

    def severity_label(self, status: CheckStatus, severity: str) -> list[Span]:
        sign, style = _STYLES[status]
        return [self.label(sign, style), (f"{severity:<{_SEVERITY}}  ", style)]

    def error(self) -> Iterator[RenderableType]:
        """Why there is no result, unless the checks that could not be evaluated say it themselves."""
        if self.result.error and not wording.with_status(self.result, CheckStatus.ERROR):
            lines = (self.look.message(text) for text in self.result.error.split("\n"))
            yield hanging(self.severity_label(CheckStatus.ERROR, "error"), Text("\n".join(lines)))

    # --- issues -------------------------------------------------------------------------------------------------------

    def issues(self) -> Iterator[RenderableType]:
        found = wording.ordered(self.result)
        listed = found if self.verbose or len(found) <= _ISSUES + 1 else found[:_ISSUES]
        widths = self.widths(listed)
        for outcome in listed:
            yield from self.issue(outcome, widths)
            yield from self.details(outcome)
        yield from self.more_issues(found[len(listed) :])

    def more_issues(self, found: list[CheckOutcome]) -> Iterator[RenderableType]:
        """Issues that are not listed, by status and by expectation."""
        for status in (CheckStatus.ERROR, CheckStatus.FAILED, CheckStatus.WARNED):
            some = [o for o in found if o.status is status]
            if not some:
                continue
            sign, style = _STYLES[status]
            kinds = Counter(self.look.message(check_view(o).expected) for o in some)
            times = self.look.sign("times")
            named = [f"{self.look.fit(k, 40)}{f' {times}{n:,}' if n > 1 else ''}" for k, n in kinds.most_common(3)]
            others = f" and {len(kinds) - 3:,} other kinds" if len(kinds) > 3 else ""
            text = f"{len(some):,} more {sign}: {', '.join(named)}{others}"
            yield hanging([self.label(sign, style)], line((text, ""), (" (--verbose lists them)", "dim")))

    def widths(self, found: list[CheckOutcome]) -> _Widths | None:
        """The columns of the table of issues; None where the terminal is too narrow for a table."""
        views = [check_view(o) for o in found]
        counted = [v for v in views if v.failing]
        names = [cell_len(escape_terminal(v.subject)) for v in views]
        name = min(max(names, default=0), max(self.look.width // 5, 12))
        count = max((cell_len(v.failing) for v in counted), default=0)
        room = self.look.width - self.sign_width - _SEVERITY - 4 - name - 2 - (count + 2 if count else 0)
        if self.look.width < _NARROW or room < 16:
            return None
        texts = [cell_len(self.look.message(v.expected)) for v in counted]
        return _Widths(name, max(1, min(room, max(texts, default=0))), count)

    def issue(self, outcome: CheckOutcome, widths: _Widths | None) -> Iterator[RenderableType]:
        view = check_view(outcome)
        label = self.severity_label(outcome.status, view.severity)
        subject, style = escape_terminal(view.subject), _STYLES[outcome.status][1]
        count, expectation = view.failing, self.look.message(view.expected)
        extras = self.extras(outcome)
        if widths is None:
            room = self.look.width - sum(cell_len(t) for t, _ in label)
            yield line(*label, (self.look.fit_name(subject, room), "bold"))
            yield from (indented(line(span), 4) for span in ((expectation, ""), (count, style)) if span[0])
            yield from self.below(extras, 4)
            return
        subject = set_cell_size(self.look.fit_name(subject, widths.subject), widths.subject) + "  "
        if not count:
            yield hanging([*label, (subject, "bold")], joined([[(expectation, "")], *([e] for e in extras)], "  "))
            return
        if not self.verbose:
            expectation = self.look.fit(expectation, 2 * widths.expectation)
        beside, used = [], sum(cell_len(t) for t, _ in label) + sum(widths) + 4
        while extras and used + 2 + cell_len(extras[0][0]) <= self.look.width:
            beside.append(extras.pop(0))
            used += 2 + cell_len(beside[-1][0])
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(no_wrap=True, width=sum(cell_len(t) for t, _ in label) + widths.subject)
        grid.add_column(width=widths.expectation, overflow="fold")
        grid.add_column(width=widths.amount, justify="right", no_wrap=True)
        cells = [line(*label, (subject[:-2], "bold")), Text(expectation), Text(count, f"bold {style}")]
        if beside:
            grid.add_column(no_wrap=True)
            cells.append(joined([[extra] for extra in beside], "  "))
        grid.add_row(*cells)
        yield grid
        yield from self.below(extras, self.indent)

    @property
    def indent(self) -> int:
        """Cells before the details of an issue."""
        return 4 if self.look.width < _NARROW else self.sign_width + _SEVERITY + 4

    def below(self, extras: list[Span], indent: int) -> Iterator[RenderableType]:
        if extras:
            yield indented(joined([[extra] for extra in extras], "  "), indent)

    def extras(self, outcome: CheckOutcome) -> list[Span]:
        """The trend, the change, the most frequent values, the location in the configuration."""
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

    def details(self, outcome: CheckOutcome) -> Iterator[RenderableType]:
        """The description of the rule, and example rows."""
        if outcome.description:
            yield indented(Text(self.look.message(outcome.description), "dim"), self.indent)
        keys = self.validation.key_columns if self.validation else ()
        yield from example_rows(outcome, keys, self.look, limit=self.limit, indent=self.indent)

    # --- the rest -----------------------------------------------------------------------------------------------------

    def rest(self) -> Iterator[RenderableType]:
        """What passed, was fixed, was skipped or is hidden, and notes."""
        if self.validation is None:
            return
        passed = wording.with_status(self.result, CheckStatus.PASSED)
        skipped = wording.with_status(self.result, CheckStatus.SKIPPED)
        if passed:
            text = f"{len(passed):,} passed"
            if fixed := wording.fixed(self.result, self.before):
                names = ", ".join(
                    f"{escape_terminal(view.subject)} {self.look.message(view.expected)}"
                    for view in map(check_view, fixed[:3])
                )
                text += f", {len(fixed):,} fixed: {names}" + (f" {self.look.sign('cut')}" if len(fixed) > 3 else "")
            yield self.note("passed", text, "" if self.verbose else " (--verbose lists them)")
            yield from self.listed(passed)
        if skipped:
            yield self.note("skipped", f"{len(skipped):,} skipped", "" if self.verbose else " (--verbose says why)")
            yield from self.listed(skipped)
        if hidden := self.validation.statistics.hidden:
            yield self.note("skipped", f"{hidden:,} hidden below min_severity")
        for note in self.validation.notes:
            yield self.note("skipped", self.look.message(note))

    def note(self, sign: str, text: str, hint: str = "") -> RenderableType:
        return hanging([self.label(sign, "green" if sign == "passed" else "dim")], line((text, ""), (hint, "dim")))

    def listed(self, outcomes: list[CheckOutcome]) -> Iterator[RenderableType]:
        if not self.verbose:
            return
        rows = []
        for o in outcomes:
            view = check_view(o)
            text = o.message or o.expected or o.validator if o.status is CheckStatus.SKIPPED else view.expected
            text = self.look.message(text) + (f"  {view.failing}" if o.failed else "")
            rows.append([(escape_terminal(view.subject), "dim"), (text, "dim")])
        yield self.look.table(rows, indent=self.sign_width + 4)

    def actions(self) -> Iterator[RenderableType]:
        parts: list[list[Span]] = []
        for a in self.result.action_results:
            if a.status == "skipped" and not self.verbose:
                continue
            sign, style = _STYLES[CheckStatus.PASSED if a.delivered else CheckStatus.FAILED]
            if a.status == "skipped":
                sign, style = _STYLES[CheckStatus.SKIPPED]
            name = escape_terminal(a.action_name or a.action_type)
            parts.append(
                [
                    (f"{self.look.sign(sign)} ", style),
                    (f"{name}: {self.look.message(a.message)}" if a.message else name, ""),
                ]
            )
        if parts:
            yield hanging([(" actions   ", "dim")], joined(parts, "\n"))

    def verdict(self, ending: str) -> RenderableType:
        word, style = self.verdict_word()
        return hanging([(" ", ""), (f"{word:<10}", style)], self.verdict_text(ending))

    def verdict_word(self) -> Span:
        word = wording.VERDICTS[self.result.status]
        return word, f"bold {_VERDICT_STYLES[word]}"

    def verdict_text(self, ending: str, *, bold: bool = False) -> Text:
        tally = wording.tally(self.validation.statistics) if self.validation else "nothing was checked"
        undelivered = [
            self.look.message(a.action_name or a.action_type) for a in self.result.action_results if not a.delivered
        ]
        parts: list[Span] = [(f"NOT DELIVERED: {', '.join(undelivered)}", "bold red")] if undelivered else []
        parts += [(unbroken(p), "") for p in (tally, duration(self.result.duration_ms / 1000), ending) if p]
        text = joined([[p] for p in parts], f" {self.look.sign('dot')} ")
        word, style = self.verdict_word()
        return line((f"{word:<10}", style)).append_text(text) if bold else text

    def next(self, steps: Sequence[str]) -> Iterator[RenderableType]:
        """Commands: beside one another if there is room for all, else one a line, so that they can be copied."""
        if not steps:
            return
        text = joined([[(escape_terminal(s), "cyan")] for s in steps], f"   {self.look.sign('dot')}   ")
        if text.cell_len + 11 > self.look.width:
            text = joined([[(escape_terminal(s), "cyan")] for s in steps], "\n")
        yield hanging([(" next      ", "dim")], text)


class _Widths(NamedTuple):
    """Cells of the columns of the table of issues."""

    subject: int
    expectation: int
    amount: int
