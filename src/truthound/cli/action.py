"""`truthound action`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from truthound.cli.exits import HELP
from truthound.cli.options import Config, NoColor

app = typer.Typer(help="List the actions there are, and test those that send something.", no_args_is_help=True)


@app.command("list")
def list_(no_color: NoColor = False) -> None:
    """List the types of actions, and the environment variables that they take what is not given from."""
    from truthound._internal.text import terminal
    from truthound.checkpoint.actions.registry import action_class, action_types
    from truthound.cli.output import emit, fancy, width
    from truthound.cli.tables import table
    from truthound.reporters.terminal import Look, Span

    look = Look(width(sys.stdout), fancy(sys.stdout, no_color=no_color))
    rows: list[list[Span]] = []
    for name in action_types():
        cls = action_class(name)
        said = " ".join((cls.__doc__ or "").partition("\n\n")[0].split())
        rows.append([(terminal(name), "bold"), (terminal(said), "")])
        if known := ", ".join(" or ".join(names) for names in cls.variables.values()):
            rows.append([("", ""), (known, "dim")])
    emit("\n".join(look.paint(line) for line in table(rows, look)) + "\n")


@app.command("test", epilog=HELP, short_help="Send a test message.")
def try_(
    name: Annotated[
        str,
        typer.Argument(metavar="TYPE|CHECKPOINT", help="A type of action, or a checkpoint of the configuration file."),
    ],
    *,
    config: Config = None,
    options: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="An option of a TYPE, such as channel=#data. Repeatable."),
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Print what would be sent, secrets masked, with stand-ins for what is missing; send nothing.",
        ),
    ] = False,
) -> None:
    """Send a made-up result, marked as a test, through one type of action or all that a checkpoint sends with.

    \b
      truthound action test slack
      truthound action test webhook --set url=https://example.com/hook --dry-run
      truthound action test users --config truthound.yaml
    """  # noqa: D301 the mark of a paragraph that is not to be wrapped
    from truthound.cli.action_test import chosen, try_out

    raise typer.Exit(try_out(chosen(name, config, options or []), dry_run=dry_run))
