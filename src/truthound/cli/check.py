"""`truthound check`: profiles data and checks them without any configuration."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated, Any

import typer

from truthound.cli.options import LIST_FORMATS, OutputOptions, Validators, split_names, with_output_options

if TYPE_CHECKING:
    from truthound.checkpoint.checkpoint import Checkpoint
    from truthound.profiling import Profile
    from truthound.results import CheckpointResult


@with_output_options
def check(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Data: files, globs or URLs.")],
    *,
    validators: Validators = None,
    shown: OutputOptions,
) -> None:
    """Check data without any configuration: show statistics, anomalies and rules that would fit.

    By default it checks for nulls, NaN, blanks, duplicate rows and the anomalies found; --validators replaces these checks.

    \b
      truthound check users.csv
    """  # noqa: D301 the mark of a paragraph that is not to be wrapped
    from truthound.checkpoint.checkpoint import Checkpoint
    from truthound.ci.models import CIPlatform
    from truthound.cli.ci_report import CIReport
    from truthound.cli.output import wants_symbols, width
    from truthound.cli.overwrite_guard import ensure_not_input, inputs_of
    from truthound.cli.run import run_all

    names = split_names(validators)
    options: dict[str, Any] = {"fail_on": shown.fail_on, "examples": shown.limit}
    options = {k: v for k, v in options.items() if v is not None}
    checkpoints = [Checkpoint(name=name_of(file), data_source=file, validators=names, **options) for file in files]
    ensure_not_input(shown.output, *inputs_of(checkpoints))
    profile_shown = shown.format in LIST_FORMATS and not (shown.quiet and shown.streams)
    profiles = [_profile(c) if names is None or profile_shown else None for c in checkpoints]
    if names is None:
        checkpoints = [_with_rules(c, profile) for c, profile in zip(checkpoints, profiles, strict=True)]
    in_order = iter(profiles)
    code = run_all(
        checkpoints,
        shown,
        CIReport(CIPlatform.LOCAL, shown.stdout_is_log),
        next_steps=_next_steps,
        introduce=lambda _: _page(
            next(in_order), width(sys.stdout), wants_symbols(sys.stdout, no_color=shown.no_color)
        ),
        document=lambda results: _document(results, profiles, shown),
    )
    raise typer.Exit(code)


def name_of(file: str) -> str:
    """The name of the checkpoint of a file: `users` for `data/users.csv.gz`."""
    name = PurePath(file.split("?", maxsplit=1)[0].rstrip("/")).name.split(".")[0]
    return "".join(c for c in name if c.isprintable()).strip()[:200] or "data"


def _next_steps(result: CheckpointResult, checkpoint: Checkpoint) -> list[str]:
    if result.validation_result is None:
        return []
    return [f"truthound checkpoint init --data {shlex.quote(str(checkpoint.config.data_source))}"]


def _profile(checkpoint: Checkpoint) -> Profile | None:
    """The profile of the data; None if they cannot be read, which the run reports."""
    from truthound import profiling
    from truthound.cli.progress import Progress
    from truthound.errors import ConfigError, SourceError

    source = checkpoint.config.data_source
    try:
        with Progress(f"{source}: profiling"):
            return profiling.profile(source)
    except (SourceError, ConfigError):
        return None


def _with_rules(checkpoint: Checkpoint, profile: Profile | None) -> Checkpoint:
    """The checkpoint with the default validators and rules for the anomalies of its data."""
    from truthound.cli.selection import with_options
    from truthound.profiling import anomaly_rules
    from truthound.validation.job import DEFAULT_VALIDATORS

    found = anomaly_rules(profile, without=(*DEFAULT_VALIDATORS, "completeness")) if profile else []
    return with_options(checkpoint, validators=[*DEFAULT_VALIDATORS, *found])


def _page(profile: Profile | None, width: int, colour: bool) -> str:
    from truthound.cli.profile_page import page
    from truthound.reporters.terminal import Look

    return page(profile, Look(width, colour), drafted=True) + "\n" if profile else ""


def _document(results: Sequence[CheckpointResult], profiles: Sequence[Profile | None], shown: OutputOptions) -> str:
    """The results with the profiles, in the formats that have a place for them; a list for several files."""
    from truthound.cli.profile_page import as_markdown
    from truthound.cli.run import results_document
    from truthound.profiling import draft_rules
    from truthound.reporters.json_yaml import dump_json, dump_yaml

    if shown.format not in LIST_FORMATS:
        return results_document(results, shown, as_list=len(results) > 1)
    if shown.format in {"json", "yaml"}:
        data = []
        for result, profile in zip(results, profiles, strict=True):
            drafts = [{"rule": rule, "seen": seen} for rule, seen in draft_rules(profile)] if profile else []
            data.append(result.to_dict() | {"profile": profile and profile.to_dict(), "drafted_rules": drafts})
        return (dump_json if shown.format == "json" else dump_yaml)(data if len(data) > 1 else data[0])
    pages = []
    for result, profile in zip(results, profiles, strict=True):
        if shown.format == "markdown":
            before = as_markdown(profile) + "\n" if profile else ""
        else:
            before = _page(profile, 120, colour=False)
        pages.append(before + results_document([result], shown, as_list=False))
    return "\n".join(pages)
