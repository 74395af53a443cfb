"""`truthound schema`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from truthound.cli.options import Config, Force, NoProgress, Output

app = typer.Typer(help="Learn what data look like; accept a change.", no_args_is_help=True)


@app.command(short_help="Write a schema of data.")
def infer(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A file, glob or URL of data.")],
    pii: Annotated[
        list[str] | None,
        typer.Option(
            "--pii", metavar="NAME", help="A column of whose values nothing is written; give it again for another."
        ),
    ] = None,
    output: Output = None,
    quiet: NoProgress = False,
    force: Force = False,
) -> None:
    """Write a schema of data: types, nullability, uniqueness, signs, categories and patterns, each with how it was found."""
    from truthound import profiling
    from truthound.cli.output import deliver
    from truthound.cli.overwrite_guard import ensure_writable
    from truthound.cli.progress import Progress

    ensure_writable(output, sources=[(file, None)], draft="schema", force=force)
    with Progress(f"{file}: inferring", quiet=quiet):
        schema = profiling.infer_schema(file, pii=pii or ())
    deliver(schema.to_yaml(), output)


@app.command(short_help="Accept how the data look now.")
def update(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME", help="Checkpoints with auto_schema; all of them by default."),
    ] = None,
    config: Config = None,
    quiet: NoProgress = False,
) -> None:
    """Accept how the data look now: learn the schemas of checkpoints with auto_schema anew."""
    from truthound import profiling
    from truthound.cli.output import emit_folded
    from truthound.cli.progress import Progress
    from truthound.cli.run import load, named
    from truthound.errors import ConfigError

    found = load(config)
    if names:
        found = named(found, names, config)
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
                tell=changes.append,
            )
        emit_folded(f"{checkpoint.name}: learned, in {path}")
        for line in changes:
            emit_folded(line, "  ")
