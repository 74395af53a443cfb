"""`truthound checkpoint`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from truthound.cli.exits import HELP
from truthound.cli.options import (
    Config,
    Format,
    ListFormat,
    NoColor,
    Output,
    OutputOptions,
    Validators,
    split_names,
)
from truthound.cli.options import with_output_options as shared
from truthound.cli.reported import VARIABLE, Reported

if TYPE_CHECKING:
    from truthound.checkpoint.checkpoint import Checkpoint

app = typer.Typer(help="Write, run, list, validate and look back at checkpoints.", no_args_is_help=True)


def _system(value: str) -> str:
    """The name of a CI system, `auto` or `off`."""
    from truthound.cli.ci_report import platform
    from truthound.errors import ConfigError

    try:
        platform(value)
    except ConfigError as error:
        raise typer.BadParameter(str(error)) from None
    return value


@app.command(cls=Reported, epilog=HELP, short_help="Run checkpoints.")
@shared
def run(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", help="Checkpoints of the configuration file.")
    ] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="Run every checkpoint of the configuration file.")] = False,
    config: Config = None,
    data: Annotated[
        str | None,
        typer.Option(
            "--data",
            "-d",
            metavar="SOURCE",
            help="Check this data source; without a configuration file, NAME is a name of your own.",
        ),
    ] = None,
    validators: Validators = None,
    tag: Annotated[
        list[str] | None,
        typer.Option(
            "--tag",
            metavar="K=V|WORD",
            help="Only checkpoints with the tag K=V; only checks with the tag WORD. Repeatable.",
        ),
    ] = None,
    store: Annotated[
        str | None, typer.Option("--store", metavar="DIR", help="Also store the results in this folder or bucket.")
    ] = None,
    slack: Annotated[
        str | None, typer.Option("--slack", metavar="URL", help="Also tell Slack, through this webhook.")
    ] = None,
    webhook: Annotated[
        str | None, typer.Option("--webhook", metavar="URL", help="Also send the result to this endpoint.")
    ] = None,
    github_summary: Annotated[
        bool, typer.Option("--github-summary", help="Also write GitHub Actions' summary, annotations and outputs.")
    ] = False,
    comment: Annotated[
        bool,
        typer.Option(
            "--comment", help="Also comment on GitHub's pull request what is wrong, through GITHUB_TOKEN, if it may."
        ),
    ] = False,
    sarif: Annotated[
        Path | None, typer.Option("--sarif", metavar="FILE", help="Also write the issues to this file, as SARIF.")
    ] = None,
    ci: Annotated[
        str,
        typer.Option(
            "--ci",
            metavar="[auto|off|NAME]",
            envvar=VARIABLE,
            callback=_system,
            help="Tell this CI system in its own way; by default the one that is detected, if any.",
        ),
    ] = "auto",
    telling: OutputOptions,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the checks and actions; check nothing, do no action.")
    ] = False,
) -> None:
    """Run checkpoints: check their data, do their actions, say what is wrong.

    \b
      truthound checkpoint run users
      truthound checkpoint run --all --strict
      truthound checkpoint run quick -d data.csv -v null
    """  # noqa: D301 the mark of a paragraph that is not to be wrapped
    from truthound.ci.names import CIPlatform
    from truthound.cli.ci_report import Native, platform, tells_github
    from truthound.cli.exits import worst
    from truthound.cli.options import DEFAULT_CONFIG
    from truthound.cli.overwrite_guard import spare_inputs
    from truthound.cli.run import Choice, Hints, ad_hoc, chosen, run_all

    choice = Choice(
        tuple(names or ()), every, config, tuple(tag or ()), data, split_names(validators), store, telling.fail_on,
        telling.limit, slack, webhook, github_summary and not tells_github(ci), comment,
    )  # fmt: skip
    file = config or DEFAULT_CONFIG
    native = Native(CIPlatform.LOCAL if dry_run else platform(ci), free=telling.free, config=str(file))
    with native.reporting(", ".join(choice.names) or str(file)):
        if sarif is not None and sarif == telling.output:
            raise typer.BadParameter("--sarif and --output name the same file")
        spare_inputs(sarif, file, (), "--sarif")
        native.sarif = None if dry_run else sarif
        checkpoints = chosen(choice)
        with native.sparing():
            spare_inputs(sarif, file, checkpoints, "--sarif")
        spare_inputs(telling.output, file, checkpoints)
        if dry_run:
            from truthound.cli.dry_run import plan

            if not telling.streams:
                raise typer.BadParameter("--dry-run shows a plan on the terminal; leave out --format and --output")
            raise typer.Exit(worst([plan(c, no_color=telling.no_color) for c in checkpoints]))
        hints = Hints(choice, ad_hoc(choice))
        several = every or len(choice.names) > 1 or bool(tag)
        raise typer.Exit(run_all(checkpoints, telling, several=several, hints=hints.after, native=native))


@app.command("list")
def list_(
    config: Config = None,
    format: ListFormat = "console",  # noqa: A002 the option's name
    output: Output = None,
    no_color: NoColor = False,
) -> None:
    """List the checkpoints of a configuration file."""
    from truthound.cli.listing import show

    show(config, format, output, no_color=no_color)


@app.command(short_help="Say what is wrong with configuration files.")
def validate(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE...", help="Configuration files; truthound.yaml by default.")
    ] = None,
    config: Config = None,
) -> None:
    """Say whether configuration files are right, or all that is wrong with them; warn of what actions lack here.

    Rules are compared with the columns of data and references that are files on this machine; databases and other machines are not asked.
    """
    from truthound.cli.ci_report import Native, platform

    if files and config is not None:
        raise typer.BadParameter("give the file once: as an argument or with --config")
    with Native(platform("auto"), free=True, marks_only=True).reporting("truthound checkpoint validate"):
        _validate(files or (config,))


def _validate(files: Iterable[Path | None]) -> None:
    from truthound._internal.text import plural
    from truthound.cli.dry_run import compared
    from truthound.cli.options import DEFAULT_CONFIG
    from truthound.cli.output import emit_folded, say
    from truthound.cli.run import load
    from truthound.errors import ConfigError

    problems: list[str] = []
    for path in files:
        try:
            checkpoints = load(path)
        except ConfigError as error:
            problems += error.problems
            continue
        wrong: list[str] = []
        for checkpoint in checkpoints:
            _warn(checkpoint)
            found, warnings = compared(checkpoint, path or DEFAULT_CONFIG)
            wrong += found
            for warning in warnings:
                say(f"warning: {warning}")
        problems += wrong
        if wrong:
            continue
        counts = [
            plural(len(checkpoints), "checkpoint"),
            plural(sum(len(c.config.rules) for c in checkpoints), "validator"),
            plural(sum(len(c.actions) for c in checkpoints), "action"),
        ]
        emit_folded(f"{path or DEFAULT_CONFIG}: ok: {', '.join(counts)}")
    if problems:
        raise ConfigError(problems)


def _warn(checkpoint: Checkpoint) -> None:
    """A word on standard error for each thing that its actions lack here."""
    import os

    from truthound._internal.text import terminal
    from truthound.cli.output import say

    stored = any(a.type == "store_result" and a.enabled for a in checkpoint.actions)
    for action in checkpoint.actions:
        problems = action.problems(os.environ) if action.enabled else []
        if action.notify_on in {"on_change", "recovered"} and not stored:
            problems.append(f"notify_on is {action.notify_on}, and without store_result no run knows the one before")
        for problem in problems:
            say(f"warning: {terminal(checkpoint.name)}: action {terminal(action.name)}: {terminal(problem)}")


@app.command(short_help="Show a checkpoint's stored runs.")
def history(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="A checkpoint of the configuration file, or of the store.")
    ],
    *,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, help="Runs to look back at.")] = 20,
    config: Config = None,
    store: Annotated[
        str | None,
        typer.Option(
            "--store", metavar="DIR", help="The folder that results are stored in; the configured one by default."
        ),
    ] = None,
    format: Format = "console",  # noqa: A002 the option's name
    output: Output = None,
    no_color: NoColor = False,
) -> None:
    """Show a checkpoint's stored runs, and how each of its checks went."""
    from truthound.cli.history import show

    show(name, limit, config, store, kind=format, output=output, no_color=no_color)


@app.command(short_help="Write a first configuration file.")
def init(
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="The configuration file to write.")
    ] = Path("truthound.yaml"),
    data: Annotated[
        str | None,
        typer.Option(
            "--data",
            "-d",
            metavar="FILE",
            help="Draft rules from this data; without it, a sample with its data is written.",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over files that are there.")] = False,
) -> None:
    """Write a configuration file that runs as it is: drafted from your data, or a sample with its data beside it."""
    from truthound.cli.init import draft, sample

    if data is None:
        sample(output, force=force)
    else:
        draft(output, data, force=force)
