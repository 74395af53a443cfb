"""`truthound config`."""

from __future__ import annotations

import typer

from truthound.cli.options import Output

app = typer.Typer(help="Print the JSON Schema of configuration files.", no_args_is_help=True)


@app.command(short_help="Print the JSON Schema of configuration files.")
def schema(output: Output = None) -> None:
    """Print the JSON Schema of configuration files, for completion and checks in an editor."""
    from truthound.checkpoint.config import json_schema
    from truthound.cli.output import write_document
    from truthound.cli.overwrite_guard import ensure_not_input
    from truthound.reporters.json_yaml import dump_json

    ensure_not_input(output)
    write_document(dump_json(json_schema()), output)
