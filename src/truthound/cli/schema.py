"""`truthound schema`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from truthound.cli.options import Config, Force, NoProgress, Output

app = typer.Typer(help="Infer schemas from data; update learned schemas.", no_args_is_help=True)


@app.command(short_help="Infer a schema from data.")
def infer(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A file, glob or URL of data.")],
    pii: Annotated[
        list[str] | None,
        typer.Option("--pii", metavar="NAME", help="A column whose values the schema must not contain. Repeatable."),
    ] = None,
    output: Output = None,
    quiet: NoProgress = False,
    force: Force = False,
) -> None:
    """Infer a schema from data: types, nullability, uniqueness, signs, categories and patterns, with comments that say why."""
    from truthound import profiling
    from truthound.cli.output import deliver
    from truthound.cli.overwrite_guard import ensure_new, ensure_not_input
    from truthound.cli.progress import Progress

    ensure_not_input(output, (file, None))
    ensure_new(output, force=force)
    with Progress(f"{file}: inferring", quiet=quiet):
        schema = profiling.infer_schema(file, pii=pii or ())
    deliver(schema.to_yaml(), output)


@app.command(short_help="Learn the schemas of checkpoints again.")
def update(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME", help="Checkpoints with auto_schema; all by default."),
    ] = None,
    config: Config = None,
    quiet: NoProgress = False,
) -> None:
    """Learn the schemas of checkpoints with auto_schema again, to accept a change in their data."""
    from truthound import profiling
    from truthound.cli.output import emit_folded
    from truthound.cli.progress import Progress
    from truthound.cli.selection import by_name, load
    from truthound.errors import ConfigError

    found = load(config)
    if names:
        found = by_name(found, names, config)
        fixed = [c.name for c in found if not c.config.auto_schema]
        if fixed:
            raise ConfigError(
                [
                    f'checkpoint "{n}" has no auto_schema; write its schema file with: truthound schema infer FILE -o FILE'
                    for n in fixed
                ]
            )
    learning = [c for c in found if c.config.auto_schema]
    if not learning:
        raise ConfigError(
            "no checkpoint has auto_schema: true; write a schema file with: truthound schema infer FILE -o FILE"
        )
    for checkpoint in learning:
        folder = (checkpoint.base or Path()) / ".truthound"
        changes: list[str] = []
        with Progress(f"{checkpoint.name}: learning the schema", quiet=quiet):
            settings = checkpoint.config
            path = profiling.update_schema(
                folder,
                checkpoint.name,
                settings.data_source,
                base=checkpoint.base,
                pii=settings.pii,
                on_change=changes.append,
            )
        emit_folded(f"{checkpoint.name}: learned, in {path}")
        for line in changes:
            emit_folded(line, "  ")
