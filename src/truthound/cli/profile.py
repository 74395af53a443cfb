"""`truthound profile`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from truthound.cli.options import ListFormat, NoColor, NoProgress, Output


def profile(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A file, glob or URL of data.")],
    format: ListFormat = "console",  # noqa: A002 the option's name
    output: Output = None,
    quiet: NoProgress = False,
    no_color: NoColor = False,
) -> None:
    """Show statistics of each column: type, nulls, distinct values, range and the most frequent values."""
    from truthound import profiling
    from truthound.cli.output import wants_symbols, width, write_document
    from truthound.cli.overwrite_guard import ensure_not_input
    from truthound.cli.profile_page import as_markdown, page
    from truthound.cli.progress import Progress
    from truthound.reporters.json_yaml import dump_json, dump_yaml
    from truthound.reporters.terminal import Look

    ensure_not_input(output, (file, None))
    with Progress(f"{file}: profiling", quiet=quiet, no_color=no_color):
        found = profiling.profile(file)
    match format:
        case "json":
            text = dump_json(found.to_dict())
        case "yaml":
            text = dump_yaml(found.to_dict())
        case "markdown":
            text = as_markdown(found)
        case _:
            plain = output is not None
            text = page(
                found,
                Look(120 if plain else width(sys.stdout), not plain and wants_symbols(sys.stdout, no_color=no_color)),
            )
    write_document(text, output)
