"""The base of the reporters of CI systems."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, TextIO

from truthound._internal.escape import neutralize_ci_commands
from truthound.ci.detect import environment_of
from truthound.ci.models import CIEnvironment, CIPlatform
from truthound.ci.platforms import PLATFORMS
from truthound.ci.platforms.record import Reporting
from truthound.ci.report import log_text
from truthound.ci.report.assemble import report
from truthound.ci.report.outputs import Output, Report, Write
from truthound.ci.report.perform import perform
from truthound.ci.report.source_links import source_of
from truthound.ci.report.step_values import step_values
from truthound.io import flow
from truthound.reporters import wording
from truthound.reporters.annotations import AnnotationLevel, CIAnnotation, status_annotation
from truthound.reporters.exit_codes import Exit, exit_of, worst
from truthound.results import CheckpointResult, CheckpointStatus, CIExamples, now

__all__ = ["AnnotationLevel", "CIAnnotation", "CIReporter"]


class CIReporter:
    """Reports runs to a CI system in its own formats: its log, its pages, its test results, values for later steps.

    Args:
        step_summary: Whether the summary (page, annotation, report, card or suite, as the system has it) is written.
        use_groups: Whether related lines are collapsible in the log.
        emoji_enabled: Whether summaries use emoji.
        set_output: Whether later steps get values.
        annotations: Whether issues are annotations in the log, where the system shows those elsewhere too.
        files: Whether files such as JUnit's are written into the current folder.
        include_examples: Whether failing rows are shown, as far as a run's `ci_examples` allows.
        strict: Whether any issue fails the run: it is a failure in each report, and the exit code is 1.
        environ: The environment to read instead of `os.environ`.
        stream: Where log lines go instead of standard output.
        show: Writes a line of the log, in place of `stream`.
        clock: Returns the current time, for the times of collapsible sections.
    """

    platform: ClassVar[CIPlatform] = CIPlatform.LOCAL

    def __init__(
        self,
        step_summary: bool = True,
        use_groups: bool = True,
        emoji_enabled: bool = True,
        set_output: bool = True,
        *,
        annotations: bool = True,
        files: bool = True,
        include_examples: bool = True,
        strict: bool = False,
        environ: Mapping[str, str] | None = None,
        stream: TextIO | None = None,
        show: Callable[[str], None] | None = None,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._parts = {
            "summary": step_summary,
            "outputs": set_output,
            "annotations": annotations,
            "files": files,
            "emoji": emoji_enabled,
        }
        self._examples = include_examples
        self._groups, self._strict, self._clock, self._stream = use_groups, strict, clock, stream
        self._show = show
        self.environ: Mapping[str, str] = os.environ if environ is None else environ
        self.wrote: list[str] = []
        """files that were written to the current folder"""

    @property
    def reporting(self) -> Reporting:
        """How the system shows runs."""
        return PLATFORMS[self.platform].reporting

    @property
    def environment(self) -> CIEnvironment:
        """The facts of the build."""
        return environment_of(self.platform, self.environ)

    @property
    def root(self) -> str:
        """The repository's folder: annotations name files relative to it."""
        for name in self.reporting.root_env:
            if found := self.environ.get(name, ""):
                return os.path.expanduser(found)  # noqa: PTH111 a text, not a path yet
        return os.getcwd()  # noqa: PTH109 a text, not a path yet

    @property
    def folds(self) -> bool:
        """Whether lines are collapsible here; where not, a group's title would only repeat them."""
        return self._groups and self.reporting.group is not log_text.heading

    # --- annotations, values and groups -------------------------------------------------------------------------------

    def format_annotation(self, annotation: CIAnnotation) -> str:
        """The annotation as the system reads it in a log."""
        return self.reporting.annotation(annotation)

    def annotate(self, annotation: CIAnnotation) -> None:
        """Writes the annotation to the log."""
        self.show(self.format_annotation(annotation))

    def report_status(self, result: CheckpointResult) -> None:
        """Writes a run's verdict to the log, on one line."""
        self.annotate(status_annotation(result))

    def set_output(self, name: str, value: object) -> None:
        """Sets a value for later steps of the job: by the system's own means, or in the file `truthound.env`."""
        self._perform(self.reporting.values({name: _text(value)}, self.environ))

    @contextmanager
    def group(self, title: str) -> Iterator[None]:
        """Collapsible lines of the log."""
        if not self._groups:
            yield
            return
        name = f"truthound_{log_text.key(title)}"
        self.show(self.reporting.group(title, name, self._clock())[0])
        try:
            yield
        finally:
            if end := self.reporting.group(title, name, self._clock())[1]:
                self.show(end)

    # --- runs ---------------------------------------------------------------------------------------------------------

    def report_to_ci(
        self,
        results: CheckpointResult | Sequence[CheckpointResult],
        previous: CheckpointResult | Iterable[CheckpointResult] | None = None,
    ) -> int:
        """Shows runs in the log and everywhere else the system can; returns their exit code.

        Args:
            results: A run, or several.
            previous: The previous run of each checkpoint, if known: summaries then show what changed.
        """
        runs = self._public([results] if isinstance(results, CheckpointResult) else results)
        before = [previous] if isinstance(previous, CheckpointResult) else list(previous or ())
        for run in runs:
            self._log(run)
        self.publish(runs, before)
        return int(worst(exit_of(r, strict=self._strict) for r in runs) if runs else Exit.ERROR)

    def publish(self, runs: Sequence[CheckpointResult], previous: Iterable[CheckpointResult] = ()) -> list[str]:
        """Reports runs without the text in the log, for callers that have shown it. Returns the problems, which are
        also written to standard error.
        """
        before = {r.checkpoint_name: r for r in previous}
        build = self.environment
        source = source_of(self.environ, build)
        run = Report(self._public(runs), self.environ, build, before, root=self.root, source=source, **self._parts)
        return self._perform(report(self.reporting, run))

    def _public(self, runs: Iterable[CheckpointResult]) -> list[CheckpointResult]:
        """The runs as they are reported: with `strict` applied, and only as much of failing rows as may be published."""
        kept = (run.strict() if self._strict else run for run in runs)
        return [(r if self._examples else replace(r, ci_examples=CIExamples.NONE)).published() for r in kept]

    def values(self, runs: Sequence[CheckpointResult]) -> dict[str, str]:
        """The values for later steps."""
        return step_values(runs)

    def _log(self, run: CheckpointResult) -> None:
        from truthound.reporters.console import render

        text = neutralize_ci_commands(render(run)).rstrip("\n")
        if run.status is CheckpointStatus.SUCCESS and not wording.fails(run) and self.folds:
            with self.group(f"{run.checkpoint_name}: {run.status.value}"):
                self.show(text)
        else:
            self.show(text)

    def show(self, line: str) -> None:
        """A line, or several, of the log."""
        if self._show is not None:
            self._show(line)
            return
        stream = self._stream or sys.stdout
        stream.write(
            f"{line}\n".encode(stream.encoding or "utf-8", "backslashreplace").decode(stream.encoding or "utf-8")
        )
        stream.flush()

    def _perform(self, todo: Iterable[Any]) -> list[str]:
        def done(output: Output) -> None:
            if isinstance(output, Write) and not output.append and not Path(output.path).is_absolute():
                self.wrote.append(output.path)

        problems = flow.run(perform(list(todo), self.show, done))
        for problem in problems:
            sys.stderr.write(f"warning: {neutralize_ci_commands(problem)}\n")
        return problems


def _text(value: object) -> str:
    """A value as later steps get it, with line ends of a shell."""
    text = str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)
    return text.replace("\r\n", "\n").replace("\r", "\n")
