"""Issues as annotations of CI systems: messages at a line of a file, or of a log."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from truthound._internal.text import plural, shorten
from truthound.reporters import locations, wording
from truthound.reporters.check_view import CheckView, check_view
from truthound.results import CheckOutcome, CheckpointResult, CheckpointStatus, CheckStatus

_TITLE = 200


class AnnotationLevel(StrEnum):
    """The severity of an annotation. An issue that fails the run is an error, one that does not is a warning."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class CIAnnotation:
    """A message about a line of a file, relative to the repository's folder; lines and columns count from 1."""

    message: str
    level: AnnotationLevel = AnnotationLevel.ERROR
    file: str | None = None
    line: int | None = None
    end_line: int | None = None
    column: int | None = None
    end_column: int | None = None
    title: str | None = None
    validator_name: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "level", AnnotationLevel(self.level))


def issue_annotations(results: Iterable[CheckpointResult], root: str | Path = "") -> list[CIAnnotation]:
    """An annotation for each issue, worst first, then one for the first failing row of each that is in a file.

    An issue is shown at the line that declares its check, or else at its first failing row.
    `root` is the repository's folder.
    """
    runs = list(results)
    first = [_issue(outcome, run, root) for run in runs for outcome in wording.run_errors(run)]
    found = sorted(
        ((outcome, run) for run in runs for outcome in wording.ordered(run)),
        key=lambda pair: (pair[0].status is CheckStatus.ERROR, -(pair[0].severity.rank if pair[0].severity else 0)),
    )
    return [
        *first,
        *(_issue(outcome, run, root) for outcome, run in found),
        *(a for outcome, run in found for a in _rows(outcome, run, root)),
    ]


def limited(found: Sequence[CIAnnotation], most: int, left_at: str = "the report") -> list[CIAnnotation]:
    """At most `most` annotations of a level; the last one counts the others."""
    shown: list[CIAnnotation] = []
    for level in AnnotationLevel:
        these = [a for a in found if a.level is level]
        if len(these) > most:
            left = len(these) - most + 1
            rest = CIAnnotation(f"… and {left:,} more; all are in {left_at}", level, title="truthound")
            these = [*these[: most - 1], rest]
        shown += these
    return shown


def status_annotation(result: CheckpointResult) -> CIAnnotation:
    """The verdict of a run as an annotation without a file: `FAILED: 2 failed, 4 passed`."""
    passes = AnnotationLevel.WARNING if result.status is CheckpointStatus.WARNING else AnnotationLevel.NOTICE
    level = AnnotationLevel.ERROR if wording.fails(result) else passes
    return CIAnnotation(
        f"{wording.verdict(result)}: {wording.summary(result)}", level, title=shorten(result.checkpoint_name, _TITLE)
    )


def _title(result: CheckpointResult, view: CheckView) -> str:
    """`users: null: email`: which check of which run."""
    return shorten(f"{result.checkpoint_name}: {view.title}", _TITLE)


def _level(outcome: CheckOutcome) -> AnnotationLevel:
    return AnnotationLevel.WARNING if outcome.status is CheckStatus.WARNED else AnnotationLevel.ERROR


def _issue(outcome: CheckOutcome, run: CheckpointResult, root: str | Path) -> CIAnnotation:
    file, line, column = locations.config_location(outcome, root)
    if not file:
        file, line = locations.data_location(outcome, run.validation_result, root)
        file = file if line else ""
    view = check_view(outcome)
    return CIAnnotation(
        view.line, _level(outcome), file or None, line or None, line or None, column or None,
        title=_title(run, view), validator_name=view.validator,
    )  # fmt: skip


def _rows(outcome: CheckOutcome, run: CheckpointResult, root: str | Path) -> Iterable[CIAnnotation]:
    file, line = locations.data_location(outcome, run.validation_result, root)
    if not line or not locations.config_location(outcome, root)[0] or not outcome.failed:
        return
    view = check_view(outcome)
    which = "this row" if outcome.failed == 1 else f"the first of {plural(outcome.failed, 'row')}"
    yield CIAnnotation(
        f"{view.severity}: {view.subject}: {view.expected}: {which}",
        _level(outcome), file, line, line, title=_title(run, view), validator_name=view.validator,
    )  # fmt: skip
