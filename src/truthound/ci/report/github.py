"""A run in GitHub's formats: a summary in its Markdown, annotations, outputs. All pure; who writes them is elsewhere.

https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands (read November 2026).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import quote

from truthound._internal.escape import escape_log, escape_terminal
from truthound._internal.escape import escape_markdown as markdown_text
from truthound._internal.text import shorten
from truthound.ci.detect import CIEnvironment
from truthound.ci.names import CIPlatform
from truthound.ci.parse import address
from truthound.reporters import locations
from truthound.reporters.annotations import CIAnnotation, issue_annotations, limited
from truthound.reporters.markdown_text import Cut, markdown
from truthound.results import CheckOutcome, CheckpointResult

SUMMARY = 1024 * 1024
"""bytes that a step's summaries may have; GitHub drops larger ones whole"""
COMMENT = 65_536
"""characters that a comment may have; counted here in bytes"""
KIND = 10
"""annotations of a kind that GitHub shows for a step"""
_MESSAGE = 4096
_AMBIGUOUS = re.compile(r"%(?=25|0[AD]|3A|2C)")
_CUTS = (
    Cut(2000, 10, 1000), Cut(1000, 5, 500), Cut(500, 3, 300), Cut(200, 2, 200), Cut(100, 1, 150), Cut(50, 1, 120),
    Cut(20, 0, 100), Cut(10, 0, 80), Cut(3, 0, 60), Cut(0, 0, 40),
)  # fmt: skip
_MARK = re.compile(r"\0(\d+)\0")
_TREES = {CIPlatform.GITHUB: "blob", CIPlatform.GITEA: "src/commit", CIPlatform.FORGEJO: "src/commit"}
_REMOTES = {
    CIPlatform.AZURE: "BUILD_REPOSITORY_URI",
    CIPlatform.BUILDKITE: "BUILDKITE_REPO",
}
"""systems that show Markdown, and the variable with the address of a repository that may be on GitHub"""
_ON_GITHUB = re.compile(r"(?:https://(?:[^@/]*@)?|git@|ssh://git@)github\.com[:/]")
_REFERENCE = re.compile(r"@|:(?=//)|(?<!&)#(?=\d)|\b[Gg][Hh]-(?=\d)|\b[Ww]{3}(?=\.)")


def unlinked(text: str) -> str:
    """Markdown in which GitHub finds nobody to mention, no issue to refer to and no address to link."""
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
    """The run as GitHub's Markdown, in at most `limit` bytes of UTF-8; empty where not even the least fits.

    `link` is the address of the run's report, `source` that of the repository's files at the commit (see `source_of`), by which
    each issue leads to its lines; `root` is the repository's folder.
    """
    ending = f"\n[Open the report]({link})\n" if link and not re.search(r"[\s()<>]", link) else ""
    for cut in _CUTS:
        shown = cut if examples else Cut(cut.issues, 0, cut.width)
        links = _Links(result, source, root)
        text = unlinked(markdown(result, previous, shown, emoji=emoji, where=links.add if source else None))
        made = links.filled(text) + ending
        if len(made.encode("utf-8", "replace")) <= limit:
            return made
    return ""


class _Links:
    """Links to lines of files. Markdown holds marks in their place until everything else that looks like a link is escaped."""

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
            self._made.append(f"[{unlinked(markdown_text(shorten(f'{name}:{number}', 200)))}]({target})")
        return " ".join(marks)

    def filled(self, text: str) -> str:
        return _MARK.sub(lambda m: self._made[int(m[1])], text)


def source_of(env: Mapping[str, str], ci: CIEnvironment) -> str:
    """The address of the repository's files at the commit of a build, on GitHub and those that are like it; else empty."""
    if ci.platform in _TREES:
        server = address(env.get("GITHUB_SERVER_URL", ""))
        tree = _TREES[ci.platform]
    else:
        remote = env.get(_REMOTES.get(ci.platform, ""), "")
        server, tree = "https://github.com" if _ON_GITHUB.match(remote) else "", "blob"
    if not (server and ci.commit_sha and re.fullmatch(r"[\w.-]+/[\w.-]+", ci.repository, re.ASCII)):
        return ""
    return f"{quote(server.rstrip('/'), safe=':/')}/{ci.repository}/{tree}/{ci.commit_sha}"


def command(kind: str, said: str, **properties: object) -> str:
    """A workflow command on one line, such as `::error file=a.yaml,line=3::text`."""
    listed = ",".join(f"{k}={_property(str(v))}" for k, v in properties.items() if v not in ("", None))
    told = "\n".join(escape_log(line) for line in said.splitlines())
    return f"::{kind}{' ' if listed else ''}{listed}::{_escaped(shorten(told, _MESSAGE))}"


def annotation(a: CIAnnotation) -> str:
    """An annotation as a workflow command."""
    return command(
        a.level.value, a.message, file=a.file, line=a.line, endLine=a.end_line, col=a.column, endColumn=a.end_column,
        title=a.title,
    )  # fmt: skip


def _escaped(text: str) -> str:
    """The runner turns back exactly these; any other per cent sign stays one, and can be read in a raw log."""
    return _AMBIGUOUS.sub("%25", text).replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(escape_log(text)).replace(":", "%3A").replace(",", "%2C")


def issue_commands(results: CheckpointResult | Iterable[CheckpointResult], root: str | Path = "") -> list[str]:
    """An annotation for each issue, worst first, at most ten of a kind; the tenth counts those that are left.

    An issue that was declared in a file is shown at its line. `root` is the repository's folder.
    """
    runs = [results] if isinstance(results, CheckpointResult) else results
    return [annotation(a) for a in limited(issue_annotations(runs, root), KIND, "the summary")]


def outputs(result: CheckpointResult, link: str = "") -> dict[str, str]:
    """What later steps of a job may want to know."""
    s = result.validation_result.statistics if result.validation_result else None
    known = {
        "status": result.status.value,
        "checkpoint": result.checkpoint_name,
        "run_id": result.run_id,
        "total_issues": s.total_issues if s else 0,
        "total_checks": s.total_checks if s else 0,
        "passed": s.passed if s else 0,
        "failed": s.failed if s else 0,
        "warned": s.warned if s else 0,
        "errored": s.errored if s else 0,
        "pass_rate": f"{s.pass_rate:.4f}" if s else "0",
        "report_url": link,
    }
    return {name: escape_terminal(shorten(str(value), 1000)) for name, value in known.items()}


def output_file(values: Mapping[str, str], delimiter: str) -> str:
    """Values as GITHUB_OUTPUT takes them; the delimiter must be one that no value can know."""
    return "".join(f"{name}<<{delimiter}\n{value}\n{delimiter}\n" for name, value in values.items())
