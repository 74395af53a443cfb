"""`truthound config`."""

from __future__ import annotations

import typer

from truthound.cli.options import Output

app = typer.Typer(help="What a configuration file may hold.", no_args_is_help=True)


@app.command()
def schema(output: Output = None) -> None:
    """Print the JSON Schema of configuration files, for editors."""
    from truthound.checkpoint.config import json_schema
    from truthound.cli.output import deliver
    from truthound.cli.overwrite_guard import ensure_writable
    from truthound.reporters.json_yaml import dump_json

    ensure_writable(output)
    deliver(dump_json(json_schema()), output)
