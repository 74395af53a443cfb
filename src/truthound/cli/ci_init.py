"""`truthound ci init`: a pipeline for a CI system."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from truthound._internal.escape import escape_terminal
from truthound._internal.text import did_you_mean
from truthound.cli.options import DEFAULT_CONFIG, Force

_UNSET = re.compile(r"environment variables? .* (?:is|are) not set")


def init(
    platform: Annotated[str, typer.Argument(metavar="PLATFORM", help="CI system, for example github or gitlab.")],
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="Checkpoint to run; optional if the configuration has only one."),
    ] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="Run all checkpoints of the configuration file.")] = False,
    config: Annotated[
        Path, typer.Option("--config", "-c", metavar="FILE", help="Configuration file, in the repository.")
    ] = DEFAULT_CONFIG,
    schedule: Annotated[
        str | None,
        typer.Option("--schedule", metavar="CRON", help="Also run on this schedule, for example '0 6 * * 1-5'."),
    ] = None,
    python_version: Annotated[
        str, typer.Option("--python-version", metavar="X.Y", help="Python version of the job.")
    ] = "3.12",
    notify_slack: Annotated[
        bool, typer.Option("--notify-slack", help="Also send a message to Slack; needs the secret SLACK_WEBHOOK_URL.")
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Fail on any issue of any severity.")] = False,
    path: Annotated[
        list[str] | None,
        typer.Option(
            "--path",
            metavar="GLOB",
            help="Run only if a file that matches, for example data/**, or the configuration changed. Repeatable.",
        ),
    ] = None,
    branch: Annotated[
        list[str] | None,
        typer.Option(
            "--branch",
            metavar="GLOB",
            help="Run on pushes to this branch; the main branch by default. Pull requests always run. Repeatable.",
        ),
    ] = None,
    comment: Annotated[
        bool, typer.Option("--comment", help="Post the issues as a comment on the pull request (GitHub).")
    ] = False,
    sarif: Annotated[bool, typer.Option("--sarif", help="Upload the issues to code scanning (GitHub).")] = False,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Do not cache pip downloads.")] = False,
    secret: Annotated[
        list[str] | None,
        typer.Option(
            "--secret", metavar="NAME", help="Secret to pass to the checkpoint as an environment variable. Repeatable."
        ),
    ] = None,
    extra: Annotated[
        list[str] | None,
        typer.Option("--extra", metavar="NAME", help="Extra to install, for example sql; all by default. Repeatable."),
    ] = None,
    version: Annotated[
        str | None,
        typer.Option(
            "--truthound-version", metavar="X.Y.Z", help="truthound version to install; the latest by default."
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Write to this file instead of the one that the CI system reads."
        ),
    ] = None,
    force: Force = False,
    show: Annotated[bool, typer.Option("--print", help="Print to standard output; write no file.")] = False,
) -> None:
    """Write a CI pipeline that runs a checkpoint and publishes its report.

    \b
      truthound ci init github --all --comment --sarif
      truthound ci init gitlab users --schedule '0 6 * * 1-5' --notify-slack --path 'data/**'
    """  # noqa: D301 the mark of a paragraph that is not to be wrapped
    from truthound.ci.models import CIPlatform
    from truthound.ci.pipelines.generate import pipeline_text, target_of, write_ci_config
    from truthound.ci.pipelines.spec import Pipeline
    from truthound.cli.output import emit, print_note

    if show and (output is not None or force):
        raise typer.BadParameter("--print writes no file; leave out --output and --force")
    system, target = target_of(platform)
    here = Path.cwd()
    top = next((folder for folder in (here, *here.parents) if (folder / ".git").exists()), here)
    checkpoints = _checkpoints(name, config, every=every)
    actions = _github_actions(checkpoints) if system is CIPlatform.GITHUB else []
    options: dict[str, Any] = {
        "every": every, "comment": comment, "sarif": sarif, "default_branch": _default_branch(top),
        "permissions": _permissions(actions), "token": bool(actions),
        "config": _relative_config(config, top), "schedule": schedule, "python_version": python_version, "strict": strict,
        "notify_slack": notify_slack, "paths": path or (), "branches": branch or (), "cache": not no_cache,
        "secrets": secret or (), "extras": extra or ("all",), "version": version,
    }  # fmt: skip
    pipeline = Pipeline(None if every else name or str(checkpoints[0]["name"]), **options)
    if show:
        emit(pipeline_text(system, pipeline))
        return
    written = write_ci_config(system, checkpoint_name=pipeline.checkpoint_name, path=output, force=force, **options)
    print_note(f"wrote {escape_terminal(written)}")
    if output is None and top != here:
        print_note(f"warning: CI systems read it only at the top of the repository, which is {escape_terminal(top)}")
    if pipeline.wanted_secrets:
        print_note(f"next: set in {target.secrets}: {', '.join(pipeline.wanted_secrets)}")
    print_note(
        f"next: git add {shlex.quote(escape_terminal(written))}, commit and push; its first lines list the remaining setup"
    )


def _relative_config(config: Path, top: Path) -> str:
    """The configuration file relative to the top of the repository, where the pipeline runs."""
    from truthound.cli.output import print_note
    from truthound.reporters.locations import within

    if not (config.is_absolute() or config.exists()):
        return config.as_posix()
    place = within(Path(os.path.normpath(Path.cwd() / config)), top)
    if place is None:
        print_note(
            f"warning: {escape_terminal(config)} is not in the repository, so the pipeline finds it only if the machine has it"
        )
    return (config if place is None else place).as_posix()


def _default_branch(top: Path) -> str | None:
    """The main branch of the repository's remote; None if it is unknown."""
    try:
        head = (top / ".git/refs/remotes/origin/HEAD").read_text("utf-8")
    except (OSError, UnicodeError):
        return None
    return head.strip().removeprefix("ref: refs/remotes/origin/") if head.startswith("ref: refs/remotes/") else None


def _permissions(actions: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The permissions that the job's token needs for these actions."""
    asked = {"comment_on_pr": "pull-requests", "set_commit_status": "statuses", "create_check_run": "checks"}
    return tuple(needed for option, needed in asked.items() if any(a.get(option) is True for a in actions))


def _github_actions(checkpoints: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The enabled actions of type github."""
    listed = [a for c in checkpoints for a in (c.get("actions") or ())]
    found = [a if isinstance(a, dict) else {"type": a} for a in listed]
    return [a for a in found if a.get("type") == "github" and a.get("enabled", True) is not False]


def _checkpoints(name: str | None, config: Path, *, every: bool) -> list[dict[str, Any]]:
    """The checkpoints that the pipeline runs, as written in the configuration; none, with a warning, if it cannot be read.

    Environment variables that are not set here may be set in the pipeline.
    """
    from truthound.checkpoint.config import load_config
    from truthound.checkpoint.config.loader import outline
    from truthound.cli.output import print_note
    from truthound.errors import ConfigError

    if every and name is not None:
        raise typer.BadParameter("give a name or --all, not both")
    if not config.exists():
        if name is None and not every:
            raise ConfigError(
                f"no {escape_terminal(config)} here; name the checkpoint, or write one with: truthound checkpoint init"
            )
        print_note(
            f"warning: no {escape_terminal(config)} here yet; the pipeline needs it at the top of the repository"
        )
        return []
    try:
        load_config(config)
    except ConfigError as error:
        if problems := [p for p in error.problems if not _UNSET.search(p)]:
            if name is None and not every:
                raise
            print_note(f"warning: {escape_terminal(problems[0])}")
            return []
    known = {str(c.get("name")): c for c in outline(config)}
    if every:
        return list(known.values())
    if name is None and len(known) != 1:
        raise ConfigError(
            f"name a checkpoint, or give --all; the checkpoints: {', '.join(map(escape_terminal, known))}"
        )
    if name is not None and name not in known:
        near = did_you_mean(name, known) or f"; its checkpoints: {', '.join(known)}"
        print_note(
            f'warning: no checkpoint "{escape_terminal(name)}" in {escape_terminal(config)}{escape_terminal(near)}'
        )
        return []
    return list(known.values()) if name is None else [known[name]]
