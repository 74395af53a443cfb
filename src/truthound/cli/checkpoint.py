"""`truthound checkpoint`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from truthound.cli.ci_usage_error import CI_VARIABLE, CIReportingCommand
from truthound.cli.options import (
    EXIT_CODES,
    Config,
    Force,
    Format,
    ListFormat,
    NoColor,
    Output,
    OutputOptions,
    Validators,
    split_names,
    with_output_options,
)

app = typer.Typer(help="Write, run, list and validate checkpoints; show their history.", no_args_is_help=True)


def _platform(value: str) -> str:
    """The name of a CI platform, `auto` or `off`."""
    from truthound.cli.ci_report import resolve_platform
    from truthound.errors import ConfigError

    try:
        resolve_platform(value)
    except ConfigError as error:
        raise typer.BadParameter(str(error)) from None
    return value


@app.command(cls=CIReportingCommand, epilog=EXIT_CODES, short_help="Run checkpoints.")
@with_output_options
def run(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", help="Checkpoints of the configuration file.")
    ] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="Run all checkpoints of the configuration file.")] = False,
    config: Config = None,
    data: Annotated[
        str | None,
        typer.Option(
            "--data",
            "-d",
            metavar="SOURCE",
            help="Check this data source instead. Without a configuration file, NAME can be any name.",
        ),
    ] = None,
    validators: Validators = None,
    tag: Annotated[
        list[str] | None,
        typer.Option(
            "--tag",
            metavar="K=V|WORD",
            help="Run only checkpoints with the tag K=V, or only checks with the tag WORD. Repeatable.",
        ),
    ] = None,
    store: Annotated[
        str | None, typer.Option("--store", metavar="DIR", help="Also store results in this folder or bucket.")
    ] = None,
    slack: Annotated[
        str | None, typer.Option("--slack", metavar="URL", help="Also send a message to this Slack webhook.")
    ] = None,
    webhook: Annotated[
        str | None, typer.Option("--webhook", metavar="URL", help="Also send the result to this URL.")
    ] = None,
    github_summary: Annotated[
        bool, typer.Option("--github-summary", help="Also write GitHub Actions' summary, annotations and outputs.")
    ] = False,
    comment: Annotated[
        bool,
        typer.Option(
            "--comment", help="Also post the issues as a comment on the GitHub pull request; needs GITHUB_TOKEN."
        ),
    ] = False,
    sarif: Annotated[
        Path | None, typer.Option("--sarif", metavar="FILE", help="Also write the issues to this file as SARIF.")
    ] = None,
    ci: Annotated[
        str,
        typer.Option(
            "--ci",
            metavar="[auto|off|NAME]",
            envvar=CI_VARIABLE,
            callback=_platform,
            help="CI system to report to; auto is the one detected, if any.",
        ),
    ] = "auto",
    shown: OutputOptions,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the checks and actions; evaluate and deliver nothing.")
    ] = False,
) -> None:
    """Run checkpoints: check their data, run their actions, report the issues.

    \b
      truthound checkpoint run users
      truthound checkpoint run --all --strict
      truthound checkpoint run quick -d data.csv -v null
    """  # noqa: D301 the mark of a paragraph that is not to be wrapped
    from truthound.ci.models import CIPlatform
    from truthound.cli.ci_report import CIReport, resolve_platform, writes_github_summary
    from truthound.cli.next_steps import next_steps
    from truthound.cli.options import DEFAULT_CONFIG
    from truthound.cli.overwrite_guard import ensure_not_input, inputs_of
    from truthound.cli.run import results_document, run_all
    from truthound.cli.selection import Selection, is_ad_hoc, select

    selection = Selection(
        tuple(names or ()), every, config, tuple(tag or ()), data, split_names(validators), store, shown.fail_on,
        shown.limit, slack, webhook, github_summary and not writes_github_summary(ci), comment,
    )  # fmt: skip
    file = config or DEFAULT_CONFIG
    report = CIReport(CIPlatform.LOCAL if dry_run else resolve_platform(ci), shown.stdout_is_log, config=str(file))
    with report.published_at_exit(", ".join(selection.names) or str(file)):
        if sarif is not None and sarif == shown.output:
            raise typer.BadParameter("--sarif and --output name the same file")
        ensure_not_input(sarif, config=file, option="--sarif")
        report.sarif_file = None if dry_run else sarif
        checkpoints = select(selection)
        report.sarif_file = None  # an input must not be overwritten by the report of this very mistake
        ensure_not_input(sarif, *inputs_of(checkpoints), config=file, option="--sarif")
        report.sarif_file = None if dry_run else sarif
        ensure_not_input(shown.output, *inputs_of(checkpoints), config=file)
        if dry_run:
            if not shown.streams:
                raise typer.BadParameter("--dry-run prints to the terminal; leave out --format and --output")
            from truthound.cli.dry_run import show_plans

            raise typer.Exit(show_plans(checkpoints, no_color=shown.no_color))
        code = run_all(
            checkpoints,
            shown,
            report,
            next_steps=partial(next_steps, selection=selection, ad_hoc=is_ad_hoc(selection)),
            document=partial(results_document, shown=shown, as_list=every or len(selection.names) > 1 or bool(tag)),
        )
        raise typer.Exit(code)


@app.command("list")
def list_(
    config: Config = None,
    format: ListFormat = "console",  # noqa: A002 the option's name
    output: Output = None,
    no_color: NoColor = False,
) -> None:
    """List the checkpoints of a configuration file."""
    from truthound.cli.checkpoint_list import show

    show(config, format, output, no_color=no_color)


@app.command(short_help="Find mistakes in configuration files.")
def validate(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE...", help="Configuration files; truthound.yaml by default.")
    ] = None,
    config: Config = None,
) -> None:
    """Report all mistakes in configuration files, and warn about settings that actions lack on this machine.

    Rules are compared with the columns of data and references that are local files; databases and remote files are not read.
    """
    from truthound.cli.checkpoint_validate import validate_files
    from truthound.cli.ci_report import CIReport, resolve_platform

    if files and config is not None:
        raise typer.BadParameter("give the file once: as an argument or with --config")
    report = CIReport(resolve_platform("auto"), stdout_is_log=True, annotations_only=True)
    with report.published_at_exit("truthound checkpoint validate"):
        validate_files(files or (config,))


@app.command(short_help="Show the stored runs of a checkpoint.")
def history(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="A checkpoint of the configuration file or of the store.")
    ],
    *,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, help="Number of runs.")] = 20,
    config: Config = None,
    store: Annotated[
        str | None,
        typer.Option(
            "--store", metavar="DIR", help="Folder or bucket of stored results; the configured one by default."
        ),
    ] = None,
    format: Format = "console",  # noqa: A002 the option's name
    output: Output = None,
    no_color: NoColor = False,
) -> None:
    """Show the stored runs of a checkpoint, and the trend of each check that had issues."""
    from truthound.cli.checkpoint_history import show

    show(name, limit, config, store, kind=format, output=output, no_color=no_color)


@app.command(short_help="Write a first configuration file.")
def init(
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="Configuration file to write.")] = Path(
        "truthound.yaml"
    ),
    data: Annotated[
        str | None,
        typer.Option(
            "--data",
            "-d",
            metavar="FILE",
            help="Draft rules from this data. Without it, write a sample with its data.",
        ),
    ] = None,
    force: Force = False,
) -> None:
    """Write a configuration file that is ready to run: drafted from your data, or a sample with its own data."""
    from truthound.cli.checkpoint_init import draft, sample

    if data is None:
        sample(output, force=force)
    else:
        draft(output, data, force=force)
