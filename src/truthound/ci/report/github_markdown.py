"""A run as GitHub's Markdown, within a limit of bytes: for summaries of steps, comments and annotations of builds."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from urllib.parse import quote

from truthound._internal.escape import escape_markdown
from truthound._internal.text import shorten
from truthound.ci.report.outputs import Report
from truthound.reporters import locations, wording
from truthound.reporters.markdown import Cut
from truthound.reporters.markdown import section as markdown_section
from truthound.results import CheckOutcome, CheckpointResult

SUMMARY = 1024 * 1024
"""bytes that a step's summaries may have; GitHub drops larger ones whole"""
LINE_ENDS = 2
"""bytes that a part of the step's summary needs besides its text: its own line end, and that before it"""
SUMMARY_FULL = "the step's summary is full (1 MiB), nothing was added"
COMMENT = 65_536
"""characters that a comment may have; counted here in bytes"""
_CUTS = (
    Cut(2000, 10, 1000), Cut(1000, 5, 500), Cut(500, 3, 300), Cut(200, 2, 200), Cut(100, 1, 150), Cut(50, 1, 120),
    Cut(20, 0, 100), Cut(10, 0, 80), Cut(3, 0, 60), Cut(0, 0, 40),
)  # fmt: skip
_MARK = re.compile(r"\0(\d+)\0")
_REFERENCE = re.compile(r"@|:(?=//)|(?<!&)#(?=\d)|\b[Gg][Hh]-(?=\d)|\b[Ww]{3}(?=\.)")


def unlinked(text: str) -> str:
    """Markdown in which GitHub finds no mentions, references or addresses."""
    return _REFERENCE.sub(lambda m: f"{m[0]}&#8203;", text)


def summary(
    result: CheckpointResult,
    previous: CheckpointResult | None = None,
    *,
    examples: bool = False,
    link: str = "",
    limit: int = SUMMARY,
    emoji: bool = False,
    source: str = "",
    root: str | Path = "",
) -> str:
    """The run as GitHub's Markdown, in at most `limit` bytes of UTF-8; empty where not even the smallest form fits.

    `link` is the address of the run's report, `source` that of the repository's files at the commit (see `source_of`), by which
    each issue links to its lines; `root` is the repository's folder.
    """
    ending = f"\n[Open the report]({link})\n" if link and not re.search(r"[\s()<>]", link) else ""
    for cut in _CUTS:
        shown = cut if examples else Cut(cut.issues, 0, cut.width)
        links = _Links(result, source, root)
        text = unlinked(markdown_section(result, previous, shown, emoji=emoji, where=links.add if source else None))
        made = links.filled(text) + ending
        if len(made.encode("utf-8", "replace")) <= limit:
            return made
    return ""


def section(report: Report, result: CheckpointResult, limit: int) -> str:
    """A run of a report as Markdown of at most `limit` bytes."""
    return summary(
        result,
        report.previous.get(result.checkpoint_name),
        examples=True,
        link=wording.page(result),
        limit=limit,
        emoji=report.emoji,
        source=report.source,
        root=report.root,
    )


def summary_room(path: str) -> int:
    """Bytes of text that can be added to the step's summary: all its parts together have a limit."""
    size = 0
    with contextlib.suppress(OSError):  # what is wrong with the file shows when it is written
        size = Path(path).stat().st_size
    return SUMMARY - size - LINE_ENDS


class _Links:
    """Links to lines of files. Markdown holds placeholders until everything else that looks like a link is escaped."""

    def __init__(self, result: CheckpointResult, source: str, root: str | Path) -> None:
        self._validation, self._source, self._root = result.validation_result, source, root
        self._made: list[str] = []

    def add(self, outcome: CheckOutcome) -> str:
        """A mark for the line that declares a check, and one for its first failing row; control characters are in no other text."""
        file, line, _ = locations.config_location(outcome, self._root)
        found = [(file, line)] if file else []
        file, line = locations.data_location(outcome, self._validation, self._root)
        found += [(file, line)] if line else []
        marks = []
        for name, number in found:
            marks.append(f"\0{len(self._made)}\0")
            target = f"{self._source}/{quote(name, errors='replace')}#L{number}"
            self._made.append(f"[{unlinked(escape_markdown(shorten(f'{name}:{number}', 200)))}]({target})")
        return " ".join(marks)

    def filled(self, text: str) -> str:
        return _MARK.sub(lambda m: self._made[int(m[1])], text)
