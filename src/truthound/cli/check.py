"""`truthound check`: a first look at data, without any configuration."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated, Any

import typer

from truthound.cli.options import (
    LIST_FORMATS,
    OutputOptions,
    Validators,
    split_names,
)
from truthound.cli.options import with_output_options as shared

if TYPE_CHECKING:
    from truthound.checkpoint.checkpoint import Checkpoint
    from truthound.profiling import Profile
    from truthound.results import CheckpointResult


@shared
def check(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Files, globs or URLs of data.")],
    *,
    validators: Validators = None,
    telling: OutputOptions,
) -> None:
    """Look at data without any configuration: what is in it, what looks wrong, and which rules would fit.

    Checked are nulls, NaN, blanks, repeated rows and the like, and all that looks wrong; or what --validators names.

    \b
      truthound check users.csv
    """  # noqa: D301 the mark of a paragraph that is not to be wrapped
    from truthound.checkpoint.checkpoint import Checkpoint
    from truthound.ci.names import CIPlatform
    from truthound.cli.ci_report import Native
    from truthound.cli.output import fancy, width
    from truthound.cli.overwrite_guard import spare_inputs
    from truthound.cli.run import run_all

    options: dict[str, Any] = {"fail_on": telling.fail_on, "examples": telling.limit}
    options = {k: v for k, v in options.items() if v is not None}
    asked = split_names(validators)
    checkpoints = [Checkpoint(name=name_of(file), data_source=file, validators=asked, **options) for file in files]
    spare_inputs(telling.output, None, checkpoints)
    shows = telling.format in LIST_FORMATS and not (telling.quiet and telling.streams)
    profiles = [_profiled(c) if asked is None or shows else None for c in checkpoints]
    if asked is None:
        checkpoints = [_with_rules(c, profile) for c, profile in zip(checkpoints, profiles, strict=True)]
    pages = iter(profiles)  # checkpoints run in this order
    code = run_all(
        checkpoints,
        telling,
        native=Native(CIPlatform.LOCAL, free=telling.free),
        several=len(files) > 1,
        hints=_hints,
        before=lambda _: _shown(next(pages), width(sys.stdout), fancy(sys.stdout, no_color=telling.no_color)),
        write=lambda results: _written(results, profiles, telling),
    )
    raise typer.Exit(code)


def name_of(file: str) -> str:
    """A checkpoint's name for a file: `users` for `data/users.csv.gz`."""
    name = PurePath(file.split("?", maxsplit=1)[0].rstrip("/")).name.split(".")[0]
    return "".join(c for c in name if c.isprintable()).strip()[:200] or "data"


def _hints(result: CheckpointResult, checkpoint: Checkpoint) -> list[str]:
    if result.validation_result is None:
        return []
    return [f"truthound checkpoint init --data {shlex.quote(str(checkpoint.config.data_source))}"]


def _profiled(checkpoint: Checkpoint) -> Profile | None:
    """What is in the data; nothing where they cannot be read, which the run tells."""
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
    """The checkpoint that checks what is always looked for, and what looks wrong in its data."""
    from truthound.checkpoint.checkpoint import Checkpoint
    from truthound.profiling import telling_rules
    from truthound.validation.jobs import DEFAULT_VALIDATORS

    found = telling_rules(profile, without=(*DEFAULT_VALIDATORS, "completeness")) if profile else []
    config = checkpoint.config.with_options(validators=[*DEFAULT_VALIDATORS, *found])
    return Checkpoint(config=config, base=checkpoint.base, clock=checkpoint.clock)


def _shown(profile: Profile | None, width: int, colour: bool) -> str:
    from truthound.cli.profile_page import page
    from truthound.reporters.terminal import Look

    return page(profile, Look(width, colour), drafted=True) + "\n" if profile else ""


def _written(results: Sequence[CheckpointResult], found: Sequence[Profile | None], telling: OutputOptions) -> str:
    """The results, in formats that have a place for it with what was found in the data; a list where there are several files."""
    from truthound.cli.profile_page import as_markdown
    from truthound.cli.run import written
    from truthound.profiling import draft_rules
    from truthound.reporters.json_yaml import dump_json, dump_yaml

    if telling.format not in LIST_FORMATS:
        return written(results, telling, several=len(results) > 1)
    if telling.format in {"json", "yaml"}:
        data = []
        for result, profile in zip(results, found, strict=True):
            drafts = [{"rule": rule, "seen": seen} for rule, seen in draft_rules(profile)] if profile else []
            data.append(result.to_dict() | {"profile": profile and profile.to_dict(), "drafted_rules": drafts})
        return (dump_json if telling.format == "json" else dump_yaml)(data if len(data) > 1 else data[0])
    pages = []
    for result, profile in zip(results, found, strict=True):
        if telling.format == "markdown":
            before = as_markdown(profile) + "\n" if profile else ""
        else:
            before = _shown(profile, 120, colour=False)
        pages.append(before + written([result], telling, several=False))
    return "\n".join(pages)
