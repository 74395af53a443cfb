"""Pipelines for CI systems that install truthound, run a checkpoint and publish its reports; and their files.

The first line of a generated file has the hash of the rest, so that nothing a person wrote or edited is overwritten.
"""

from __future__ import annotations

import hashlib
import inspect
import re
import stat
import textwrap
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, ParamSpec

from truthound._internal.escape import escape_terminal
from truthound.ci.models import CIPlatform
from truthound.ci.pipelines.spec import Pipeline
from truthound.ci.pipelines.text import restore_spaces
from truthound.ci.pipelines.yaml_writer import dump
from truthound.ci.platforms import PLATFORMS, platform_named
from truthound.ci.platforms.record import PipelineTarget
from truthound.errors import ConfigError, StoreError

TARGETS: Mapping[CIPlatform, PipelineTarget] = {p: row.pipeline for p, row in PLATFORMS.items() if row.pipeline}

_MARK = "Written by truthound; edit it freely, only --force writes over an edited file. sha256:"
_MARKED = re.compile(rf"(?:#|//) {re.escape(_MARK)}([0-9a-f]{{64}})")


def target_of(platform: str | CIPlatform) -> tuple[CIPlatform, PipelineTarget]:
    """A system, found by one of its names, and its pipeline target.

    Raises:
        ConfigError: no system has this name, or pipelines are not generated for it.
    """
    found = platform if isinstance(platform, CIPlatform) else platform_named(platform)
    if found not in TARGETS:
        title = "this machine, which is not a CI system" if found is CIPlatform.LOCAL else PLATFORMS[found].title
        raise ConfigError(f"no pipeline is written for {title}; there are {', '.join(TARGETS)}")
    return found, TARGETS[found]


def pipeline_text(platform: str | CIPlatform, pipeline: Pipeline) -> str:
    """The whole file, with its mark."""
    found, target = target_of(platform)
    asked = {n: bool(getattr(pipeline, n)) for n in ("comment", "sarif", "permissions", "token")}
    if found is not CIPlatform.GITHUB and (only := [name for name, given in asked.items() if given]):
        raise ConfigError(
            [f"{name}: available for GitHub Actions only, not for {PLATFORMS[found].title}" for name in only]
        )
    notes, body = target.build(pipeline)
    what = "all checkpoints" if pipeline.every else "a checkpoint"
    head = [
        f"{PLATFORMS[found].title}: runs {what} of truthound and publishes {'their' if pipeline.every else 'its'} report."
    ]
    if pipeline.wanted_secrets:
        head.append(f"Secrets to set in {target.secrets}: {', '.join(pipeline.wanted_secrets)}")
    if pipeline.notify_slack:
        head.append(
            "If the checkpoint has an action for Slack already, remove --slack below, or Slack is notified twice."
        )
    wrapped = partial(textwrap.wrap, width=110, break_long_words=False, break_on_hyphens=False)
    lines = [restore_spaces(line) for note in (*head, *notes) for line in wrapped(note)]
    text = "".join(f"{target.comment} {line}\n" for line in lines)
    text += "\n" + (body if isinstance(body, str) else dump(body))
    return f"{target.comment} {_MARK}{_digest(text)}\n{text}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.replace("\r\n", "\n").encode()).hexdigest()  # Git may have changed the ends of lines


P = ParamSpec("P")


def _generator(platform: CIPlatform, options: Callable[P, Pipeline]) -> Callable[P, str]:
    def generate(*args: P.args, **kwargs: P.kwargs) -> str:
        return pipeline_text(platform, options(*args, **kwargs))

    generate.__doc__ = f"""The text of `{TARGETS[platform].path}`; the arguments are those of `Pipeline`.

    Raises:
        ConfigError: with a line for each mistake in them.
    """
    generate.__signature__ = inspect.signature(options).replace(return_annotation="str")  # type: ignore[attr-defined]
    return generate


generate_github_workflow = _generator(CIPlatform.GITHUB, Pipeline)
generate_gitlab_ci = _generator(CIPlatform.GITLAB, Pipeline)
generate_jenkinsfile = _generator(CIPlatform.JENKINS, Pipeline)
generate_circleci_config = _generator(CIPlatform.CIRCLECI, Pipeline)
generate_azure_pipelines = _generator(CIPlatform.AZURE, Pipeline)
generate_bitbucket_pipelines = _generator(CIPlatform.BITBUCKET, Pipeline)
generate_travis_config = _generator(CIPlatform.TRAVIS, Pipeline)
generate_teamcity_config = _generator(CIPlatform.TEAMCITY, Pipeline)
generate_buildkite_pipeline = _generator(CIPlatform.BUILDKITE, Pipeline)
generate_drone_config = _generator(CIPlatform.DRONE, Pipeline)
generate_codebuild_buildspec = _generator(CIPlatform.CODEBUILD, Pipeline)
generate_cloudbuild_config = _generator(CIPlatform.CLOUDBUILD, Pipeline)


def write_ci_config(
    platform: str | CIPlatform,
    *,
    checkpoint_name: str | None = None,
    path: str | Path | None = None,
    force: bool = False,
    **options: Any,
) -> Path:
    """Writes a system's pipeline, whole or not at all, and returns where it is.

    Args:
        platform: such as `github`, `gitlab` or `Azure Pipelines`.
        checkpoint_name: the checkpoint to run; None with `every=True`, which runs all.
        path: where to write; the path that the system reads by default, in the current folder.
        force: also overwrite a file that was not generated, or that was edited.
        **options: those of `Pipeline`.

    Raises:
        ConfigError: with a line for each mistake; or the file must not be overwritten.
        StoreError: it cannot be written.
    """
    from truthound.io.files import atomic_replacement

    found, target = target_of(platform)
    place: Any = path
    if not isinstance(force, bool):
        raise ConfigError("force: give True or False")
    if not isinstance(place, str | Path | None) or "\0" in str(place):
        raise ConfigError(f"path: give the path of a file, not {place!r}")
    text = pipeline_text(found, Pipeline(checkpoint_name, **options))
    file = Path(target.path if path is None else path)
    _ensure_writable(file, force=force)
    try:
        with atomic_replacement(file.resolve()) as temporary:
            temporary.write_bytes(text.encode())
    except OSError as error:
        raise StoreError(f"{escape_terminal(file)} cannot be written: {error.strerror or error}") from None
    return file


def _ensure_writable(file: Path, *, force: bool) -> None:
    """Raises a ConfigError unless the file is new or unchanged since it was generated, or `force` is set."""
    try:
        mode = file.stat().st_mode
        if stat.S_ISDIR(mode):
            raise ConfigError(f"{escape_terminal(file)} is a folder; name a file")
        if not stat.S_ISREG(mode):  # reading a pipe could block forever
            raise ConfigError(f"{escape_terminal(file)} is not a regular file; name one")
        if force:
            return
        first, _, rest = file.read_bytes().decode("utf-8", "replace").partition("\n")
    except FileNotFoundError:
        return
    except OSError as error:
        raise StoreError(f"{escape_terminal(file)} cannot be read: {error.strerror or error}") from None
    mark = _MARKED.fullmatch(first.rstrip("\r"))
    if mark is None:
        raise ConfigError(
            f"{escape_terminal(file)} exists and was not written by truthound; overwrite it with force, or name another file"
        )
    if mark[1] != _digest(rest):
        raise ConfigError(
            f"{escape_terminal(file)} was edited since truthound wrote it; overwrite it with force, or name another file"
        )
