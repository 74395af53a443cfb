"""A report to a CI system as values: the runs and the build, and what is to be printed, written, piped and sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from truthound.ci.models import CIEnvironment
from truthound.io.request import Request
from truthound.results import CheckpointResult


@dataclass(frozen=True, slots=True)
class Print:
    """Lines for the log, without the last line's end."""

    text: str


@dataclass(frozen=True, slots=True)
class Write:
    """A file that is replaced, or added to. `then` is a line for the log, after it is written."""

    path: str
    text: str
    append: bool = False
    then: str = ""


@dataclass(frozen=True, slots=True)
class Pipe:
    """Text for a program's standard input."""

    command: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Send:
    """Requests in order; the first that is refused ends them. `accepted` are further status codes that are fine."""

    what: str
    requests: tuple[Request, ...]
    accepted: tuple[int, ...] = ()


Output = Print | Write | Pipe | Send


@dataclass(frozen=True, slots=True)
class Report:
    """Runs, and the build they are reported to. `before` has the previous run of each checkpoint, where one is known."""

    results: Sequence[CheckpointResult]
    env: Mapping[str, str]
    ci: CIEnvironment
    previous: Mapping[str, CheckpointResult] = field(default_factory=dict)
    summary: bool = True
    outputs: bool = True
    annotations: bool = True
    files: bool = True
    emoji: bool = False
    root: str = ""
    """the repository's folder"""
    source: str = ""
    """the address of the repository's files at the commit, where it is known"""
