"""`truthound ci`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from truthound.cli import ci_init
from truthound.cli.options import NoColor, Output, one_of

if TYPE_CHECKING:
    from truthound.reporters.terminal import Look

FORMATS = ("console", "json", "yaml")

app = typer.Typer(help="Detect CI systems, diagnose reports, write pipelines.", no_args_is_help=True)
app.command(short_help="Write the pipeline of a CI system.")(ci_init.init)


@app.callback()
def _group() -> None:
    """Detect CI systems, diagnose reports, write pipelines."""


CIFormat = Annotated[
    str,
    typer.Option("--format", metavar="[console|json|yaml]", callback=one_of(FORMATS), help="Output format."),
]


def _deliver(
    data: dict[str, Any], page: Callable[[Look], str], format_: str, output: Path | None, *, no_color: bool
) -> None:
    from truthound.cli.output import wants_symbols, width, write_document
    from truthound.reporters.json_yaml import dump_json, dump_yaml
    from truthound.reporters.terminal import Look

    match format_:
        case "json":
            text = dump_json(data)
        case "yaml":
            text = dump_yaml(data)
        case _:
            plain = output is not None
            text = page(
                Look(120 if plain else width(sys.stdout), not plain and wants_symbols(sys.stdout, no_color=no_color))
            )
    write_document(text, output)


@app.command(short_help="Show the detected CI system.")
def detect(format: CIFormat = "console", output: Output = None, no_color: NoColor = False) -> None:  # noqa: A002 the option's name
    """Show the CI system and what it provides about the build. The exit code is 0 even if there is none."""
    from truthound.ci.detect import get_ci_environment
    from truthound.cli.ci_detect import facts, page
    from truthound.cli.overwrite_guard import ensure_not_input

    ensure_not_input(output)
    found = get_ci_environment()
    _deliver(facts(found), lambda look: page(found, look), format, output, no_color=no_color)


@app.command(short_help="Diagnose what keeps a report from being shown.")
def doctor(
    name: Annotated[
        str | None, typer.Argument(metavar="PLATFORM", help="Diagnose this CI system instead of the detected one.")
    ] = None,
    format: CIFormat = "console",  # noqa: A002 the option's name
    output: Output = None,
    no_color: NoColor = False,
) -> None:
    """Show what was detected, which fields are missing and why, and where a report would be shown.

    \b
      truthound ci doctor
      truthound ci doctor gitlab
    """  # noqa: D301 the mark of a paragraph that is not to be wrapped
    from truthound.ci.detect import detect_ci_platform
    from truthound.ci.platforms import platform_named
    from truthound.cli.ci_doctor import findings, page
    from truthound.cli.overwrite_guard import ensure_not_input

    ensure_not_input(output)
    found = findings(detect_ci_platform() if name is None else platform_named(name))
    _deliver(found, lambda look: page(found, look), format, output, no_color=no_color)
