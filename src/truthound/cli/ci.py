"""`truthound ci`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from truthound._internal.text import did_you_mean
from truthound.cli import ci_init
from truthound.cli.options import NoColor, Output

if TYPE_CHECKING:
    from truthound.reporters.terminal import Look

FORMATS = ("console", "json", "yaml")

app = typer.Typer(help="See what a CI system tells of a build; write its pipeline.", no_args_is_help=True)
app.command(short_help="Write the pipeline of a CI system.")(ci_init.init)


def _known(value: str) -> str:
    if value not in FORMATS:
        raise typer.BadParameter(f'"{value}" is not one of {", ".join(FORMATS)}{did_you_mean(value, FORMATS)}')
    return value


@app.callback()
def _group() -> None:
    """See what a CI system tells of a build; write its pipeline."""


Shape = Annotated[
    str,
    typer.Option("--format", metavar="[console|json|yaml]", callback=_known, help="How it is written."),
]


def _deliver(
    data: dict[str, Any], page: Callable[[Look], str], format_: str, output: Path | None, *, no_color: bool
) -> None:
    from truthound.cli.output import deliver, fancy, width
    from truthound.reporters.json_yaml import dump_json, dump_yaml
    from truthound.reporters.terminal import Look

    match format_:
        case "json":
            text = dump_json(data)
        case "yaml":
            text = dump_yaml(data)
        case _:
            plain = output is not None
            text = page(Look(120 if plain else width(sys.stdout), not plain and fancy(sys.stdout, no_color=no_color)))
    deliver(text, output)


@app.command(short_help="Show which CI system this is.")
def detect(format: Shape = "console", output: Output = None, no_color: NoColor = False) -> None:  # noqa: A002 the option's name
    """Show which CI system this is and what it tells of the build; the exit code is 0 outside of one too."""
    from truthound.ci.detect import get_ci_environment
    from truthound.cli.ci_detect import facts, page
    from truthound.cli.overwrite_guard import ensure_writable

    ensure_writable(output)
    found = get_ci_environment()
    _deliver(facts(found), lambda look: page(found, look), format, output, no_color=no_color)


@app.command(short_help="Say what is missing for a run to be seen.")
def doctor(
    name: Annotated[
        str | None, typer.Argument(metavar="PLATFORM", help="Look at this system instead of the one that is detected.")
    ] = None,
    format: Shape = "console",  # noqa: A002 the option's name
    output: Output = None,
    no_color: NoColor = False,
) -> None:
    """Say what was detected, which fields are missing and why, and where a run's report would go.

    \b
      truthound ci doctor
      truthound ci doctor gitlab
    """  # noqa: D301 the mark of a paragraph that is not to be wrapped
    from truthound.ci.detect import detect_ci_platform
    from truthound.ci.platforms import platform_named
    from truthound.cli.ci_doctor import findings, page
    from truthound.cli.overwrite_guard import ensure_writable

    ensure_writable(output)
    found = findings(detect_ci_platform() if name is None else platform_named(name))
    _deliver(found, lambda look: page(found, look), format, output, no_color=no_color)
