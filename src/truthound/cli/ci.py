"""`truthound ci`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from truthound.cli import ci_init
from truthound.cli.options import NoColor, Output
from truthound.text import did_you_mean

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


@app.command(short_help="Show which CI system this is.")
def detect(
    format: Annotated[  # noqa: A002 the option's name
        str,
        typer.Option("--format", metavar="[console|json|yaml]", callback=_known, help="How it is written."),
    ] = "console",
    output: Output = None,
    no_color: NoColor = False,
) -> None:
    """Show which CI system this is and what it tells of the build; the exit code is 0 outside of one too."""
    from truthound.ci.environment import get_ci_environment
    from truthound.cli.detecting import facts, page
    from truthound.cli.output import deliver, fancy, width
    from truthound.reporters.layout import Look
    from truthound.reporters.serial import dump_json, dump_yaml

    found = get_ci_environment()
    match format:
        case "json":
            text = dump_json(facts(found))
        case "yaml":
            text = dump_yaml(facts(found))
        case _:
            plain = output is not None
            look = Look(120 if plain else width(sys.stdout), not plain and fancy(sys.stdout, no_color=no_color))
            text = page(found, look)
    deliver(text, output)
