"""The report of a command to the CI system that it runs in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from truthound._internal.escape import escape_terminal
from truthound._internal.redaction import describe_exception
from truthound.ci.detect import detect_ci_platform, is_ci_environment
from truthound.ci.models import CIPlatform
from truthound.ci.platforms import PLATFORMS, platform_named
from truthound.cli.options import DEFAULT_CONFIG
from truthound.cli.output import emit, print_note, write_bytes
from truthound.errors import ConfigError, TruthoundError
from truthound.reporters.wording import fails
from truthound.results import CheckpointResult, CheckpointStatus, now

if TYPE_CHECKING:
    from truthound.checkpoint.actions import Action
    from truthound.checkpoint.checkpoint import Checkpoint
    from truthound.ci.report.base import CIReporter

_GITHUB_ACTIONS = {CIPlatform.GITHUB, CIPlatform.GITEA, CIPlatform.FORGEJO}


def resolve_platform(choice: str) -> CIPlatform:
    """The platform of `--ci auto|off|NAME`; LOCAL where nothing is reported. Raises ConfigError for an unknown name."""
    if choice.casefold() == "off":
        return CIPlatform.LOCAL
    return detect_ci_platform() if choice.casefold() == "auto" else platform_named(choice)


def writes_github_summary(choice: str) -> bool:
    """Whether the report for `--ci CHOICE` is GitHub Actions' summary, annotations and outputs."""
    return resolve_platform(choice) in _GITHUB_ACTIONS


def _reports_to_github(action: Action) -> bool:
    """Whether the action writes what `CIReport` would write on GitHub; one that only comments does not."""
    if action.type != "github" or not action.enabled:
        return False
    return any(getattr(action, part) for part in ("set_summary", "set_output", "annotations"))


def _message(error: Exception) -> str:
    if hasattr(error, "format_message"):  # an invalid command line
        return str(error.format_message())
    return str(error) if isinstance(error, TruthoundError) else describe_exception(error)


def _print(line: str) -> None:
    emit(f"{line}\n", ci_commands=True)


@dataclass
class CIReport:
    """Collects the results of a command and publishes them together, as CI systems limit the annotations of a job."""

    platform: CIPlatform
    stdout_is_log: bool
    """whether lines for the CI system go to standard output; else they go to standard error"""
    annotations_only: bool = False
    sarif_file: Path | None = None
    """a file for the issues of all runs, written on every platform"""
    config: str = str(DEFAULT_CONFIG)
    """the configuration file, which errors in it are located in"""
    results: list[CheckpointResult] = field(default_factory=list)
    """all results"""
    command_error: CheckpointResult | None = None
    """the error that ended the command before a run began, as a result"""
    reported: list[CheckpointResult] = field(default_factory=list)
    """the results to publish here: those that no GitHub action of their checkpoint publishes"""
    previous: list[CheckpointResult] = field(default_factory=list)

    @property
    def enabled(self) -> bool:
        return self.platform is not CIPlatform.LOCAL

    def reporter(self) -> CIReporter:
        from truthound.reporters.ci import get_ci_reporter

        full = not self.annotations_only
        return get_ci_reporter(
            self.platform,
            step_summary=full,
            set_output=full,
            files=full,
            show=_print if self.stdout_is_log else partial(print_note, ci_commands=True),
        )

    def redacted(self, result: CheckpointResult) -> CheckpointResult:
        """The result as a log may show it: CI systems keep and publish logs, so `ci_examples` applies there."""
        return result.published() if self.enabled or is_ci_environment() else result

    def log_group(self, result: CheckpointResult) -> AbstractContextManager[None]:
        """A collapsed group of log lines for a successful run, where the platform has groups."""
        if not self.enabled or result.status is not CheckpointStatus.SUCCESS or fails(result):
            return nullcontext()
        reporter = self.reporter()
        return reporter.group(f"{result.checkpoint_name}: {result.status.value}") if reporter.folds else nullcontext()

    def add(self, result: CheckpointResult, checkpoint: Checkpoint, history: Sequence[CheckpointResult]) -> None:
        """Adds a run, with earlier runs of its checkpoint, oldest first."""
        self.results.append(result)
        by_action = self.platform in _GITHUB_ACTIONS and any(map(_reports_to_github, checkpoint.actions))
        if self.enabled and not by_action:
            self.reported.append(result)
            self.previous += [r for r in history if r.validation_result][-1:]

    def add_command_error(self, error: Exception, name: str) -> None:
        """Adds the error that ended the command, so that it replaces the report of an earlier run."""
        kind = ConfigError if isinstance(error, ConfigError) else type(error)
        self.command_error = CheckpointResult(
            "", name, now(), CheckpointStatus.ERROR, error=_message(error), error_type=kind.__name__
        )
        self.reported += [self.command_error] if self.enabled else []

    @contextmanager
    def published_at_exit(self, name: str) -> Iterator[None]:
        """Publishes at the end of the block; an error that ends it is reported under `name`."""
        try:
            yield
        except typer.Exit:
            self.publish()
            raise
        except Exception as error:
            self.add_command_error(error, name)
            self.publish()
            raise
        self.publish()

    def publish(self) -> None:
        """Writes the SARIF file and the report. A part that the platform does not accept is a warning."""
        if self.sarif_file is not None:
            self._write_sarif(self.sarif_file)
        if not self.reported:
            return
        title, reporter = PLATFORMS[self.platform].title, self.reporter()
        for name in (*reporter.reporting.required_env, *reporter.reporting.created_env):
            if not (self.annotations_only or reporter.environ.get(name)):
                print_note(f"{title}: {name} is not set, nothing is written there")
        reporter.publish(self.reported, self.previous)
        if reporter.wrote:
            print_note(f"{title}: wrote {', '.join(dict.fromkeys(reporter.wrote))}")

    def _write_sarif(self, file: Path) -> None:
        from truthound.reporters.sarif import sarif

        # a run without issues for the configuration: code scanning closes the alerts of its earlier errors
        config = self.command_error or CheckpointResult("", "", now(), CheckpointStatus.SUCCESS)
        runs = [replace(config, checkpoint_name=self.config), *self.results]
        write_bytes(file, sarif(runs, self.reporter().root).encode("utf-8", "backslashreplace"))
        print_note(f"wrote {escape_terminal(file)}")
