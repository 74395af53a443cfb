"""All that is written, printed and sent to report runs to a CI system."""

from __future__ import annotations

from collections.abc import Sequence

from truthound.ci.models import CIPlatform
from truthound.ci.platforms.record import Reporting
from truthound.ci.report.outputs import Output, Print, Report, Write
from truthound.ci.report.step_values import step_values
from truthound.reporters import FORMATS
from truthound.reporters.annotations import issue_annotations, limited
from truthound.reporters.codequality import codequality
from truthound.reporters.sarif import sarif
from truthound.results import CheckpointResult

_ROOTED = {"codequality": codequality, "sarif": sarif}
"""formats that name files relative to the repository's folder"""
_NO_SYSTEM = {CIPlatform.LOCAL, CIPlatform.GENERIC}
"""no tool is known to read files there: none is written unless requested"""


def report(reporting: Reporting, run: Report) -> list[Output]:
    """The outputs of a report, in order."""
    out: list[Output] = []
    if run.annotations and reporting.max_annotations:
        found = limited(issue_annotations(run.results, run.root), reporting.max_annotations, "the summary")
        out += [Print("\n".join(map(reporting.annotation, found)))] if found else []
    if run.summary:
        out += reporting.summary(run)
    if run.files:
        several = run.results if len(run.results) != 1 else run.results[0]
        out += [Write(path, _formatted(name, several, run.root)) for name, path in reporting.files]
    if run.outputs and run.results and run.ci.platform not in _NO_SYSTEM:
        out += reporting.values(step_values(run.results), run.env)
    return out


def _formatted(name: str, results: CheckpointResult | Sequence[CheckpointResult], root: str) -> str:
    return _ROOTED[name](results, root) if name in _ROOTED else FORMATS[name](results)
