"""`truthound check`: a first look at data, without any configuration."""

from __future__ import annotations

import shlex
import sys
from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated, Any

import typer

from truthound.cli.options import (
    FailOn,
    Format,
    Limit,
    NoColor,
    Output,
    Quiet,
    Strict,
    Validators,
    Verbose,
    split_names,
)

if TYPE_CHECKING:
    from truthound.checkpoint.checkpoint import Checkpoint
    from truthound.results import CheckpointResult


def check(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Files, globs or URLs of data.")],
    *,
    validators: Validators = None,
    format: Format = "console",  # noqa: A002 the option's name
    output: Output = None,
    strict: Strict = False,
    fail_on: FailOn = None,
    limit: Limit = None,
    verbose: Verbose = False,
    quiet: Quiet = False,
    no_color: NoColor = False,
) -> None:
    """Look at data without any configuration: what is in it, what looks wrong, and which rules would fit.

    \b
      truthound check users.csv
    """  # noqa: D301 the mark of a paragraph that is not to be wrapped
    from truthound.checkpoint.checkpoint import Checkpoint
    from truthound.cli.run import Telling, run_all

    options: dict[str, Any] = {"fail_on": fail_on, "examples": limit, "validators": split_names(validators)}
    options = {k: v for k, v in options.items() if v is not None}
    checkpoints = [Checkpoint(name=name_of(file), data_source=file, **options) for file in files]
    telling = Telling(format, output, strict, limit, verbose, quiet, no_color)
    code = run_all(
        checkpoints, telling, several=len(files) > 1, hints=_hints, before=lambda c: _profiled(c, telling.no_color)
    )
    raise typer.Exit(code)


def name_of(file: str) -> str:
    """A checkpoint's name for a file: `users` for `data/users.csv.gz`."""
    name = PurePath(file.split("?", maxsplit=1)[0].rstrip("/")).name.split(".")[0]
    return "".join(c for c in name if c.isprintable()).strip()[:200] or "data"


def _hints(result: CheckpointResult, checkpoint: Checkpoint) -> list[str]:
    if result.validation_result is None:
        return []
    return [f"truthound checkpoint init --data {shlex.quote(str(checkpoint.config.data_source))}"]


def _profiled(checkpoint: Checkpoint, no_color: bool) -> str:
    """What is in the data and the rules drafted for it; nothing where they cannot be read, which the run tells."""
    from truthound import inference
    from truthound.cli.output import fancy, width
    from truthound.cli.profiling import page
    from truthound.cli.progress import Progress
    from truthound.errors import SourceError
    from truthound.reporters.layout import Look

    source = checkpoint.config.data_source
    try:
        with Progress(f"{source}: profiling", no_color=no_color):
            profile = inference.profile(source)
    except SourceError:
        return ""
    look = Look(width(sys.stdout), fancy(sys.stdout, no_color=no_color))
    return page(profile, look, drafted=True) + "\n"
