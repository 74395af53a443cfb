"""What the formats of CI systems share: the checks of a run, their names, their identity, their words and places."""

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
"""where an issue is shown that no file is known of"""
EXAMPLES, CELLS, WIDTH = 10, 8, 1000
"""failing rows of a check, cells of a row, characters of a text"""
WITH_EXAMPLES = 500
"""issues of a run that are shown with examples: ten thousand of them would be more than a CI system takes"""


def several(results: CheckpointResult | Sequence[CheckpointResult]) -> Sequence[CheckpointResult]:
    """The runs, with as much of failing rows as a CI system may publish of each."""
    return [r.published() for r in ([results] if isinstance(results, CheckpointResult) else results)]


def said(value: object, width: int = WIDTH) -> str:
    """Text on one line that every format can hold."""
    return shorten(escape_xml(wording.one_line(str(value))), width)


def issues(result: CheckpointResult) -> list[CheckOutcome]:
    """Of `words.checks` those that did not hold: errors first, then the worst."""

    def rank(o: CheckOutcome) -> tuple[bool, bool, int, float]:
        warned = o.status is CheckStatus.WARNED
        return warned, o.status is not CheckStatus.ERROR, -(o.severity.rank if o.severity else 0), -(o.ratio or 0)

    return sorted((o for o in wording.checks(result) if o.is_issue), key=rank)


def title(outcome: CheckOutcome) -> str:
    """`words.title` in what every format can hold."""
    return said(check_view(outcome).title, 500)


def distinct(names: Iterable[str]) -> Iterator[str]:
    """The names, with a number where one has been there before."""
    seen: Counter[str] = Counter()
    taken = set(names := list(names))
    for name in names:
        seen[name] += 1
        unique, serial = name, seen[name]
        while serial > 1 and unique in taken:
            unique, serial = f"{name} ({serial})", serial + 1
        taken.add(unique)
        yield unique


def identities(found: Iterable[tuple[CheckpointResult, CheckOutcome]]) -> list[str]:
    """For each check 64 hexadecimal digits of its own, the same on every machine and in every run; no count is part of them."""
    told_apart = distinct(json.dumps([result.checkpoint_name, outcome.id]) for result, outcome in found)
    return [hashlib.sha256(text.encode()).hexdigest() for text in told_apart]


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file, as seen from the repository's folder, and what is there."""

    file: str
    line: int
    what: str
    column: int = 0
    """from 1; 0 where it is not known"""


def folder(root: str | Path | None) -> str | Path:
    """The repository's folder: as given, else the current one."""
    try:
        return Path.cwd() if root is None else root
    except OSError:  # it has gone
        return ""


def places_of(outcome: CheckOutcome, validation: ValidationResult | None, root: str | Path = "") -> list[Place]:
    """Where to look, best first: the first failing row, the line that declares the check, the data file. Never none."""
    file, row = locations.data_location(outcome, validation, root)
    config, line, column = locations.config_location(outcome, root)
    found = [Place(file, row, "the first failing row that is known")] if row else []
    found += [Place(config, max(line, 1), "the check is declared here", column)] if config else []
    if not found:
        found = [Place(file, 1, "the data")] if file else [Place(FALLBACK, 1, "the configuration")]
    return found


def issue_line(outcome: CheckOutcome) -> str:
    """An issue in one line."""
    return said(check_view(outcome).line)


def details(outcome: CheckOutcome, validation: ValidationResult | None, examples: int = EXAMPLES) -> list[str]:
    """What is known of an issue beyond its line: failing rows, the values that occur most, why the rule is there, where it stands."""
    view = check_view(outcome, validation)
    rows = [_row(example, view, validation) for example in view.examples[:examples]]
    if rows and outcome.failed and outcome.failed > len(rows):
        rows.append(f"{plural(len(rows), 'example')} of {plural(outcome.failed, 'row')}")
    if examples and (times := view.frequent_text(lambda v: said(cell(v)))):
        rows.append(f"most often: {times}")
    rows += [f"why: {said(view.description)}"] if view.description else []
    return rows + ([f"declared in {said(view.location)}"] if view.location else [])


def _row(example: Example, view: CheckView, validation: ValidationResult | None) -> str:
    names = [n for n in view.columns if n in example.values][:CELLS]
    cells = ", ".join(f"{said(n, 60)}={said(cell(example.values[n]))}" for n in names)
    at = f" ({said(validation.file, 200)}:{example.line})" if example.line and validation and validation.file else ""
    return f"row {'?' if example.row is None else example.row}{at}" + (f": {cells}" if cells else "")
