"""`truthound schema`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from truthound.cli.options import Config, Force, NoProgress, Output

if TYPE_CHECKING:
    from truthound.checkpoint.checkpoint import Checkpoint

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
    from truthound.cli.output import write_document
    from truthound.cli.overwrite_guard import ensure_new, ensure_not_input
    from truthound.cli.progress import Progress

    ensure_not_input(output, (file, None))
    ensure_new(output, force=force)
    with Progress(f"{file}: inferring", quiet=quiet):
        schema = profiling.infer_schema(file, pii=pii or ())
    write_document(schema.to_yaml(), output)


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
    from truthound.cli.output import emit_wrapped
    from truthound.cli.progress import Progress

    for checkpoint in _with_auto_schema(names or [], config):
        settings, folder = checkpoint.config, (checkpoint.base or Path()) / ".truthound"
        changes: list[str] = []
        with Progress(f"{checkpoint.name}: learning the schema", quiet=quiet):
            path = profiling.update_schema(
                folder,
                checkpoint.name,
                settings.data_source,
                base=checkpoint.base,
                pii=settings.pii,
                on_change=changes.append,
            )
        emit_wrapped(f"{checkpoint.name}: schema learned, in {path}")
        for change in changes:
            emit_wrapped(change, "  ")


def _with_auto_schema(names: list[str], config: Path | None) -> list[Checkpoint]:
    """The named checkpoints, or all that have auto_schema."""
    from truthound.cli.selection import by_name, load
    from truthound.errors import ConfigError

    infer = "write a schema file with: truthound schema infer FILE -o FILE"
    checkpoints = load(config)
    if names:
        checkpoints = by_name(checkpoints, names, config)
        if without := [c.name for c in checkpoints if not c.config.auto_schema]:
            raise ConfigError([f'checkpoint "{n}" does not have auto_schema: true; {infer}' for n in without])
    found = [c for c in checkpoints if c.config.auto_schema]
    if not found:
        raise ConfigError(f"no checkpoint has auto_schema: true; {infer}")
    return found
