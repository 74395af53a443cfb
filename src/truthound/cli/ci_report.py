"""A run within a CI system, told in its own way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from truthound._internal.env_vars import describe_exception
from truthound._internal.text import terminal
from truthound.ci.detect import detect_ci_platform, is_ci_environment
from truthound.ci.names import CIPlatform
from truthound.ci.platforms import PLATFORMS, platform_named
from truthound.cli.options import DEFAULT_CONFIG
from truthound.cli.output import emit, say, write_bytes
from truthound.errors import ConfigError, TruthoundError
from truthound.reporters.wording import fails
from truthound.results import CheckpointResult, CheckpointStatus, now

if TYPE_CHECKING:
    from truthound.checkpoint.actions import Action
    from truthound.checkpoint.checkpoint import Checkpoint
    from truthound.ci.report.base import CIReporter

AUTO, OFF = "auto", "off"
_ACTIONS = {CIPlatform.GITHUB, CIPlatform.GITEA, CIPlatform.FORGEJO}


def platform(choice: str) -> CIPlatform:
    """The system of `--ci auto|off|NAME`; LOCAL where nothing is to be told. Raises ConfigError for an unknown name."""
    if choice.casefold() == OFF:
        return CIPlatform.LOCAL
    return detect_ci_platform() if choice.casefold() == AUTO else platform_named(choice)


def tells_github(choice: str) -> bool:
    """Whether the summary, annotations and outputs of GitHub Actions are written by themselves."""
    return platform(choice) in _ACTIONS


def _tells(action: Action) -> bool:
    """Whether it tells GitHub what would be told otherwise; one that only comments does not."""
    if action.type != "github" or not action.enabled:
        return False
    return any(getattr(action, part) for part in ("set_summary", "set_output", "annotations"))


def _said(error: Exception) -> str:
    return str(error) if isinstance(error, TruthoundError) else describe_exception(error)


def _show(line: str) -> None:
    emit(f"{line}\n", ours=True)


@dataclass
class Native:
    """Collects runs, and tells them all at the end: a log has room for so many marks only."""

    platform: CIPlatform
    free: bool
    """whether standard output is for people; else log lines go to standard error, which every system reads too"""
    marks_only: bool = False
    """whether nothing but annotations is written"""
    sarif: Path | None = None
    """a file for the issues of all runs"""
    config: str = str(DEFAULT_CONFIG)
    """the configuration file, by which its mistakes are known in that file"""
    every: list[CheckpointResult] = field(default_factory=list)
    """the runs, also those that an action tells of"""
    broken: CheckpointResult | None = None
    """what ended the command before it could run"""
    results: list[CheckpointResult] = field(default_factory=list)
    before: list[CheckpointResult] = field(default_factory=list)

    @property
    def on(self) -> bool:
        return self.platform is not CIPlatform.LOCAL

    def reporter(self) -> CIReporter:
        from truthound.reporters.ci import get_ci_reporter

        written = not self.marks_only
        return get_ci_reporter(
            self.platform,
            step_summary=written,
            set_output=written,
            files=written,
            show=_show if self.free else partial(say, ours=True),
        )

    def public(self, result: CheckpointResult) -> CheckpointResult:
        """The result as it may be shown: in a CI system, which keeps and publishes its logs, with less of failing rows."""
        return result.published() if self.on or is_ci_environment() else result

    def folded(self, result: CheckpointResult) -> AbstractContextManager[None]:
        """What went well is folded away where the system can; what did not is open."""
        if not self.on or result.status is not CheckpointStatus.SUCCESS or fails(result):
            return nullcontext()
        face = self.reporter()
        return face.group(f"{result.checkpoint_name}: {result.status.value}") if face.folds else nullcontext()

    def add(self, result: CheckpointResult, checkpoint: Checkpoint, history: Sequence[CheckpointResult]) -> None:
        """A run to be told, unless an action of its checkpoint tells GitHub already."""
        self.every.append(result)
        told = self.platform in _ACTIONS and any(map(_tells, checkpoint.actions))
        if self.on and not told:
            self.results.append(result)
            self.before += [r for r in history if r.validation_result][-1:]

    def failed(self, error: Exception, name: str) -> None:
        """What ended the command, to be told as a run that could not begin: in place of what an earlier run told."""
        said = error.format_message() if hasattr(error, "format_message") else _said(error)
        kind = ConfigError if isinstance(error, ConfigError) else type(error)
        result = CheckpointResult("", name, now(), CheckpointStatus.ERROR, error=said, error_type=kind.__name__)
        self.broken = result
        self.results += [result] if self.on else []

    @contextmanager
    def sparing(self) -> Iterator[None]:
        """What ends the command within is not written to the SARIF file, which may be one that must not be written to."""
        kept, self.sarif = self.sarif, None
        yield
        self.sarif = kept

    @contextmanager
    def reporting(self, name: str) -> Iterator[None]:
        """Publishes at the end, whatever ends it; an error is told as a run of this name that could not begin."""
        try:
            yield
        except typer.Exit:
            self.publish()
            raise
        except Exception as error:
            self.failed(error, name)
            self.publish()
            raise
        self.publish()

    def publish(self) -> None:
        """Tells all. What the system does not take is a warning: the verdict stays what it is."""
        if self.sarif is not None:
            from truthound.reporters.sarif import sarif

            # one for the configuration, with no issues where all is well: so code scanning closes its alerts, and no others
            first = self.broken or CheckpointResult("", self.config, now(), CheckpointStatus.SUCCESS)
            runs = [replace(first, checkpoint_name=self.config), *self.every]
            write_bytes(self.sarif, sarif(runs, self.reporter().root).encode("utf-8", "backslashreplace"))
            say(f"wrote {terminal(self.sarif)}")
        if self.results:
            face = self.reporter()
            for name in face.dialect.required_env:
                if not (self.marks_only or face.environ.get(name)):
                    say(f"for {PLATFORMS[self.platform].title}: {name} is not set: nothing is written there")
            face.publish(self.results, self.before)
            if face.wrote:
                say(f"for {PLATFORMS[self.platform].title}: wrote {', '.join(dict.fromkeys(face.wrote))}")
