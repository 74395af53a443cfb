"""`truthound ci init`: a pipeline for a CI system."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Annotated, Any

import typer

from truthound.cli.options import DEFAULT_CONFIG, Force


def init(
    platform: Annotated[str, typer.Argument(metavar="PLATFORM", help="The CI system, such as github or gitlab.")],
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="The checkpoint to run; may be left out where the configuration has one."),
    ] = None,
    *,
    config: Annotated[
        Path, typer.Option("--config", "-c", metavar="FILE", help="The configuration file, in the repository.")
    ] = DEFAULT_CONFIG,
    schedule: Annotated[
        str | None, typer.Option("--schedule", metavar="CRON", help="Also run at these times, such as '0 6 * * 1-5'.")
    ] = None,
    python_version: Annotated[
        str, typer.Option("--python-version", metavar="X.Y", help="The Python to run with.")
    ] = "3.12",
    notify_slack: Annotated[
        bool, typer.Option("--notify-slack", help="Also tell Slack, through the secret SLACK_WEBHOOK_URL.")
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Fail on any issue, whatever its severity.")] = False,
    path: Annotated[
        list[str] | None,
        typer.Option("--path", metavar="GLOB", help="Run only if such a file changed, as data/**. Repeatable."),
    ] = None,
    branch: Annotated[
        list[str] | None,
        typer.Option("--branch", metavar="GLOB", help="Run on pushes to this branch; on all by default. Repeatable."),
    ] = None,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Do not keep what pip downloads.")] = False,
    secret: Annotated[
        list[str] | None,
        typer.Option("--secret", metavar="NAME", help="A secret that the checkpoint gets as a variable. Repeatable."),
    ] = None,
    extra: Annotated[
        list[str] | None,
        typer.Option("--extra", metavar="NAME", help="An extra to install, such as sql; all by default. Repeatable."),
    ] = None,
    version: Annotated[
        str | None,
        typer.Option("--truthound-version", metavar="X.Y.Z", help="The truthound to install; the newest by default."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Where to write, instead of where the system reads it."),
    ] = None,
    force: Force = False,
    show: Annotated[bool, typer.Option("--print", help="Print it to standard output; write no file.")] = False,
) -> None:
    """Write the pipeline of a CI system that runs a checkpoint and publishes its report.

    \b
      truthound ci init github
      truthound ci init gitlab users --schedule '0 6 * * 1-5' --notify-slack --path 'data/**'
    """  # noqa: D301 the mark of a paragraph that is not to be wrapped
    from truthound.checkpoint.ci.generators import pipeline_text, target_of, write_ci_config
    from truthound.checkpoint.ci.options import Pipeline
    from truthound.cli.output import emit, say
    from truthound.text import terminal

    if show and (output is not None or force):
        raise typer.BadParameter("--print writes no file; leave out --output and --force")
    found, target = target_of(platform)
    here = Path.cwd()
    top = next((folder for folder in (here, *here.parents) if (folder / ".git").exists()), here)
    options: dict[str, Any] = {
        "config": _from_top(config, top).as_posix(), "schedule": schedule, "python_version": python_version, "strict": strict,
        "notify_slack": notify_slack, "paths": path or (), "branches": branch or (), "cache": not no_cache,
        "secrets": secret or (), "extras": extra or ("all",), "version": version,
    }  # fmt: skip
    pipeline = Pipeline(_named(name, config), **options)
    if show:
        emit(pipeline_text(found, pipeline))
        return
    written = write_ci_config(found, checkpoint_name=pipeline.checkpoint_name, path=output, force=force, **options)
    say(f"wrote {terminal(written)}")
    if output is None and top != here:
        say(f"warning: it is read at the top of the repository only, which is {terminal(top)}")
    if pipeline.wanted_secrets:
        say(f"next: set in {target.secrets}: {', '.join(pipeline.wanted_secrets)}")
    say(f"next: git add {shlex.quote(terminal(written))}, commit and push; its first lines say what is left to set up")


def _from_top(config: Path, top: Path) -> Path:
    """A path that leads up or from the root, as the pipeline will see it; with a warning if it will not."""
    from truthound.cli.output import say
    from truthound.text import terminal

    if not config.is_absolute() and ".." not in config.parts:
        return config
    found = Path(os.path.realpath(config))
    if found.is_relative_to(top):
        return found.relative_to(top)
    say(f"warning: {terminal(config)} is not within {terminal(top)}; the pipeline will not find it in the repository")
    return config


def _named(name: str | None, config: Path) -> str:
    """The checkpoint's name, with a warning if the pipeline would not find it."""
    from truthound.cli.output import say
    from truthound.config import load_checkpoints
    from truthound.errors import ConfigError
    from truthound.text import did_you_mean, terminal

    if not config.exists():
        if name is None:
            raise ConfigError(
                f"no {terminal(config)} here; name the checkpoint, or write one with: truthound checkpoint init"
            )
        say(f"warning: no {terminal(config)} here yet; the pipeline will want it at the top of the repository")
        return name
    try:
        known = [checkpoint.name for checkpoint in load_checkpoints(config)]
    except ConfigError as error:
        if name is None:
            raise
        say(f"warning: {terminal(error.problems[0])}")
        return name
    if name is None:
        if len(known) != 1:
            raise ConfigError(f"name a checkpoint; there are: {', '.join(map(terminal, known))}")
        return known[0]
    if name not in known:
        near = did_you_mean(name, known) or f"; it has: {', '.join(known)}"
        say(f'warning: no checkpoint "{terminal(name)}" in {terminal(config)}{terminal(near)}')
    return name
