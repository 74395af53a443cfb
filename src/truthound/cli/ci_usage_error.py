"""A command that reports mistakes in its own arguments to the CI system."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import typer
from typer.core import TyperCommand

CI_VARIABLE = "TRUTHOUND_CI"


class CIReportingCommand(TyperCommand):
    """`checkpoint run`: an invalid command line replaces the CI report of an earlier run."""

    def make_context(self, info_name: str | None, args: list[str], *more: Any, **extra: Any) -> Any:
        given = list(args)
        try:
            return super().make_context(info_name, args, *more, **extra)
        except (typer.Exit, typer.Abort):
            raise  # --help and the like
        except Exception as error:
            from truthound.cli.ci_report import CIReport, resolve_platform
            from truthound.errors import ConfigError

            try:
                platform = resolve_platform(_ci_option(given))
            except ConfigError:
                platform = resolve_platform("auto")
            report = CIReport(platform, stdout_is_log=True)
            report.add_command_error(error, "truthound")
            report.publish()
            raise


def _ci_option(args: Sequence[str]) -> str:
    """The value of `--ci` in arguments that could not be parsed."""
    for i, word in enumerate(args):
        name, equals, value = word.partition("=")
        if name == "--ci":
            return value if equals else next(iter(args[i + 1 : i + 2]), "auto")
    return os.environ.get(CI_VARIABLE) or "auto"
