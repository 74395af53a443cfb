"""`truthound action`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from truthound.cli.options import EXIT_CODES, Config, NoColor

app = typer.Typer(help="List the available actions; send test messages.", no_args_is_help=True)


@app.command("list", short_help="List the action types.")
def list_(no_color: NoColor = False) -> None:
    """List the action types, and the environment variables used when an option is not set."""
    from truthound._internal.escape import escape_terminal
    from truthound.checkpoint.actions.registry import action_class, action_types
    from truthound.cli.output import emit, wants_symbols, width
    from truthound.reporters.terminal import Look, Span

    look = Look(width(sys.stdout), wants_symbols(sys.stdout, no_color=no_color))
    rows: list[list[Span]] = []
    for name in action_types():
        cls = action_class(name)
        summary = " ".join((cls.__doc__ or "").partition("\n\n")[0].split())
        rows.append([(escape_terminal(name), "bold"), (escape_terminal(summary), "")])
        if variables := ", ".join(" or ".join(names) for names in cls.variables.values()):
            rows.append([("", ""), (variables, "dim")])
    emit(look.render([look.table(rows)]))


@app.command("test", epilog=EXIT_CODES, short_help="Send a test message.")
def send_test(
    name: Annotated[
        str,
        typer.Argument(metavar="TYPE|CHECKPOINT", help="An action type, or a checkpoint of the configuration file."),
    ],
    *,
    config: Config = None,
    options: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="An option of the action TYPE, for example channel=#data. Repeatable."
        ),
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Print the requests, with secrets redacted and placeholders for missing options; send nothing.",
        ),
    ] = False,
) -> None:
    """Send a sample result, marked as a test, through one type of action or all channels of a checkpoint.

    \b
      truthound action test slack
      truthound action test webhook --set url=https://example.com/hook --dry-run
      truthound action test users --config truthound.yaml
    """  # noqa: D301 the mark of a paragraph that is not to be wrapped
    from truthound.cli.action_test import select_actions, send_tests

    raise typer.Exit(send_tests(select_actions(name, config, options or []), dry_run=dry_run))
