"""A run within a CI system, told in its own way."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from truthound.ci.environment import detect_ci_platform
from truthound.ci.names import CIPlatform
from truthound.ci.platforms import PLATFORMS, platform_named
from truthound.cli.output import emit, say
from truthound.results import CheckpointResult, CheckpointStatus

if TYPE_CHECKING:
    from truthound.checkpoint.checkpoint import Checkpoint
    from truthound.reporters.ci.base import CIReporter

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


def _show(line: str) -> None:
    emit(f"{line}\n", ours=True)


@dataclass
class Native:
    """Collects runs, and tells them all at the end: a log has room for so many marks only."""

    platform: CIPlatform
    free: bool
    """whether standard output is for people; else log lines go to standard error, which every system reads too"""
    results: list[CheckpointResult] = field(default_factory=list)
    before: list[CheckpointResult] = field(default_factory=list)

    @property
    def on(self) -> bool:
        return self.platform is not CIPlatform.LOCAL

    def reporter(self) -> CIReporter:
        from truthound.reporters.ci import get_ci_reporter

        return get_ci_reporter(self.platform, show=_show if self.free else partial(say, ours=True))

    def folded(self, result: CheckpointResult) -> AbstractContextManager[None]:
        """What went well is folded away where the system can; what did not is open."""
        if not self.on or result.status is not CheckpointStatus.SUCCESS:
            return nullcontext()
        face = self.reporter()
        return face.group(f"{result.checkpoint_name}: {result.status.value}") if face.folds else nullcontext()

    def add(self, result: CheckpointResult, checkpoint: Checkpoint, history: Sequence[CheckpointResult]) -> None:
        """A run to be told, unless an action of its checkpoint tells GitHub already."""
        told = self.platform in _ACTIONS and any(a.type == "github" and a.enabled for a in checkpoint.actions)
        if self.on and not told:
            self.results.append(result)
            self.before += [r for r in history if r.validation_result][-1:]

    def publish(self) -> None:
        """Tells all. What the system does not take is a warning: the verdict stays what it is."""
        if self.results:
            face = self.reporter()
            for name in face.dialect.needs:
                if not face.environ.get(name):
                    say(f"for {PLATFORMS[self.platform].title}: {name} is not set: nothing is written there")
            face.publish(self.results, self.before)
            if face.wrote:
                say(f"for {PLATFORMS[self.platform].title}: wrote {', '.join(dict.fromkeys(face.wrote))}")
