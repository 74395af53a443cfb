"""What the formats of CI systems share: the order of issues, unique names, fingerprints, locations and details."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from truthound._internal.escape import escape_xml
from truthound._internal.text import cell, plural, shorten
from truthound.reporters import locations, wording
from truthound.reporters.check_view import CheckView, check_view
from truthound.results import CheckOutcome, CheckpointResult, CheckStatus, Example, ValidationResult

FALLBACK = "truthound.yaml"
"""where an issue is shown whose file is unknown"""
EXAMPLES, CELLS, WIDTH = 10, 8, 1000
"""failing rows of a check, cells of a row, characters of a text"""
WITH_EXAMPLES = 500
"""issues of a run that are shown with examples: ten thousand would exceed what a CI system accepts"""


def published_runs(results: CheckpointResult | Sequence[CheckpointResult]) -> Sequence[CheckpointResult]:
    """The runs, with as much of failing rows as a CI system may publish of each."""
    return [r.published() for r in ([results] if isinstance(results, CheckpointResult) else results)]


def safe_text(value: object, width: int = WIDTH) -> str:
    """Text on one line, in characters that every format can hold."""
    return shorten(escape_xml(wording.one_line(str(value))), width)


def ranked_issues(result: CheckpointResult) -> list[CheckOutcome]:
    """The issues among `wording.checks`: errors first, then the worst."""

    def rank(o: CheckOutcome) -> tuple[bool, bool, int, float]:
        warned = o.status is CheckStatus.WARNED
        return warned, o.status is not CheckStatus.ERROR, -(o.severity.rank if o.severity else 0), -(o.ratio or 0)

    return sorted((o for o in wording.checks(result) if o.is_issue), key=rank)


def title(outcome: CheckOutcome) -> str:
    """A check's title, in characters that every format can hold."""
    return safe_text(check_view(outcome).title, 500)


def unique_names(names: Iterable[str]) -> Iterator[str]:
    """The names, numbered where they repeat."""
    seen: Counter[str] = Counter()
    taken = set(names := list(names))
    for name in names:
        seen[name] += 1
        unique, serial = name, seen[name]
        while serial > 1 and unique in taken:
            unique, serial = f"{name} ({serial})", serial + 1
        taken.add(unique)
        yield unique


def fingerprints(found: Iterable[tuple[CheckpointResult, CheckOutcome]]) -> list[str]:
    """A stable hash of each check, 64 hexadecimal digits: the same on every machine and in every run, whatever the counts."""
    identities = unique_names(json.dumps([result.checkpoint_name, outcome.id]) for result, outcome in found)
    return [hashlib.sha256(text.encode()).hexdigest() for text in identities]


@dataclass(frozen=True, slots=True)
class Location:
    """A line of a file, relative to the repository's folder, and what is there."""

    file: str
    line: int
    what: str
    column: int = 0
    """from 1; 0 if unknown"""


def repository_root(root: str | Path | None) -> str | Path:
    """The repository's folder; the current one by default."""
    try:
        return Path.cwd() if root is None else root
    except OSError:  # deleted meanwhile
        return ""


def locations_of(outcome: CheckOutcome, validation: ValidationResult | None, root: str | Path = "") -> list[Location]:
    """Where to look, best first: the first failing row, the line that declares the check, the data file. Never empty."""
    file, row = locations.data_location(outcome, validation, root)
    config, line, column = locations.config_location(outcome, root)
    found = [Location(file, row, "the first known failing row")] if row else []
    found += [Location(config, max(line, 1), "the check is declared here", column)] if config else []
    if not found:
        found = [Location(file, 1, "the data")] if file else [Location(FALLBACK, 1, "the configuration")]
    return found


def issue_line(outcome: CheckOutcome) -> str:
    """An issue in one line."""
    return safe_text(check_view(outcome).line)


def details(outcome: CheckOutcome, validation: ValidationResult | None, examples: int = EXAMPLES) -> list[str]:
    """Details of an issue beyond its line: failing rows, frequent values, the reason for the rule, where it is declared."""
    view = check_view(outcome, validation)
    rows = [_row(example, view, validation) for example in view.examples[:examples]]
    if rows and outcome.failed and outcome.failed > len(rows):
        rows.append(f"{plural(len(rows), 'example')} of {plural(outcome.failed, 'row')}")
    if examples and (times := view.frequent_text(lambda v: safe_text(cell(v)))):
        rows.append(f"most often: {times}")
    rows += [f"why: {safe_text(view.description)}"] if view.description else []
    return rows + ([f"declared in {safe_text(view.location)}"] if view.location else [])


def _row(example: Example, view: CheckView, validation: ValidationResult | None) -> str:
    names = [n for n in view.columns if n in example.values][:CELLS]
    cells = ", ".join(f"{safe_text(n, 60)}={safe_text(cell(example.values[n]))}" for n in names)
    at = (
        f" ({safe_text(validation.file, 200)}:{example.line})"
        if example.line and validation and validation.file
        else ""
    )
    return f"row {'?' if example.row is None else example.row}{at}" + (f": {cells}" if cells else "")
