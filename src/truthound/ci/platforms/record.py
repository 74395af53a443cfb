"""The record of a CI system: where the facts of a build are, how runs are reported to it, and its pipeline.

A lookup, where a fact is read from, is written as:

- `NAME`: a variable; `NAME#prefix` only with this prefix, which is removed
- `{A}/{B}`: variables in a text, which counts only if all of them are set
- `event:a.b`: a key of the JSON file that GITHUB_EVENT_PATH names
- `file:name`: a property in TeamCity's files

`pr:` before it: on a pull request only; `no-pr:` never on one; `unless:NAME:` only where that variable is not set.
The first lookup that finds something counts.
The variables are those of the vendors' references, read in November 2026.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from truthound.ci.models import CIEnvironment
from truthound.ci.report import log_text
from truthound.ci.report.step_values import dotenv

if TYPE_CHECKING:
    from truthound.ci.pipelines.spec import Pipeline
    from truthound.ci.report.outputs import Output, Report
    from truthound.reporters.annotations import CIAnnotation

Env = Mapping[str, str]
Lookups = tuple[str, ...]
Built = tuple[list[str], "str | dict[str, Any]"]
"""a pipeline: notes for the head of its file, and its text or YAML document"""


def dotenv_values(values: Mapping[str, str], _env: Env) -> Iterable[Output]:
    """Values in the file `truthound.env`."""
    return dotenv(values)


def _nothing(*_: object) -> Iterable[Any]:
    return ()


@dataclass(frozen=True, slots=True)
class Reporting:
    """How a run is shown in a CI system."""

    annotation: Callable[[CIAnnotation], str] = log_text.plain
    """an annotation -> a line of the log"""
    group: Callable[[str, str, datetime], tuple[str, str]] = log_text.heading
    """title, name, time -> the start and the end of collapsible lines in the log"""
    values: Callable[[Mapping[str, str], Env], Iterable[Output]] = dotenv_values
    """values for later steps, and the environment -> outputs"""
    max_annotations: int = 0
    """annotations of a level in the log; none where the system shows them nowhere else"""
    files: tuple[tuple[str, str], ...] = ()
    """formats and the paths they are written to, from the current folder"""
    summary: Callable[[Report], Iterable[Output]] = _nothing
    report_location: str = "the log"
    """for people: where a run is shown"""
    outputs_location: str = "`truthound.env`"
    """for people: where later steps find the values"""
    root_env: tuple[str, ...] = ()
    """variables that name the repository's folder"""
    required_env: tuple[str, ...] = ()
    """variables that name a file to add to; without them something is not shown"""
    created_env: tuple[str, ...] = ()
    """the same for files and folders that are created"""
    problems: Callable[[Env, CIEnvironment], Iterable[str]] = _nothing
    """further reasons why a report, or a part of it, would not be shown"""
    tree: str = ""
    """part of the address of a file at a commit, where the system hosts the repository"""
    remote_env: str = ""
    """where the system shows Markdown: the variable with the address of a repository that may be on GitHub"""


@dataclass(frozen=True, slots=True)
class PipelineTarget:
    """A system's pipeline: the file it is read from, the function that builds it, and where people set its secrets."""

    path: str
    build: Callable[[Pipeline], Built]
    secrets: str
    comment: str = "#"


@dataclass(frozen=True, slots=True)
class Platform:
    """A CI system; the variables by which it is detected are in `DETECTED_BY`."""

    title: str
    fields: Mapping[str, Lookups] = field(default_factory=dict)
    """a field of CIEnvironment -> its lookups"""
    pull_request: tuple[str, ...] = ()
    """signs of a pull request, even where its number is not known: variables that are set, or `NAME=value`; one is enough"""
    names: tuple[str, ...] = ()
    """other names people use"""
    reporting: Reporting = field(default_factory=Reporting)
    pipeline: PipelineTarget | None = None
