"""What `truthound ci doctor` finds: what was detected, what is missing and where it was looked for, where a report would go."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from truthound.ci.environment import CIEnvironment, environment_of
from truthound.ci.names import CIPlatform
from truthound.ci.platforms import PLATFORMS
from truthound.cli.tables import table
from truthound.reporters.ci import bitbucket
from truthound.reporters.ci.dialects import Dialect, dialect_of
from truthound.reporters.layout import Look, Span, fold
from truthound.text import terminal

_NOT_FIELDS = {"platform", "is_ci", "is_pr"}
_ON_PULLS = {"pr_number", "pr_target_branch"}


def findings(platform: CIPlatform, environ: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Plain values: `platform`, `detected_by`, `found`, `missing` (a field -> why), `report`, `files`, `problems`."""
    env = os.environ if environ is None else environ
    row, dialect, build = PLATFORMS[platform], dialect_of(platform), environment_of(platform, env)
    known = {f.name: getattr(build, f.name) for f in fields(build) if f.name not in _NOT_FIELDS}
    return {
        "platform": platform.value,
        "title": row.title,
        "detected_by": [mark for mark in row.detect if env.get(mark.partition("=")[0])],
        "pull_request": build.is_pr,
        "found": {k: v for k, v in known.items() if v},
        "missing": {k: _why(k, build, row.fields.get(k, ())) for k, v in known.items() if not v and row.fields},
        "report": dialect.where if platform is not CIPlatform.LOCAL else "the terminal",
        "files": [path for _, path in dialect.files],
        "problems": list(_problems(platform, dialect, build, env)),
    }


def _why(field: str, build: CIEnvironment, places: tuple[str, ...]) -> str:
    if field in _ON_PULLS and not build.is_pr:
        return "this is no pull request"
    if field == "tag" and places and build.branch:
        return "this is a build of a branch"
    if field == "branch" and build.tag:
        return "this is a build of a tag"
    return f"not set: {', '.join(map(_place, places))}" if places else "this system does not tell"


def _place(place: str) -> str:
    """A place of the table in words."""
    kind, _, rest = place.partition(":")
    if kind in {"pr", "no-pr"}:
        return _place(rest)
    if kind in {"event", "file"}:
        return f"{rest.partition('#')[0]} in the {'event' if kind == 'event' else 'properties'} file"
    if names := re.findall(r"\{(\w+)\}", place):
        return " with ".join(dict.fromkeys(names))
    name, _, prefix = place.partition("#")
    return f"{name} with {prefix}" if prefix else name


def _problems(platform: CIPlatform, dialect: Dialect, build: CIEnvironment, env: Mapping[str, str]) -> Iterator[str]:
    """What keeps a report, or a part of it, from being seen; each with what to do."""
    if platform is CIPlatform.LOCAL:
        yield "no CI system was detected; try one with: truthound ci doctor NAME"
        return
    for name in dialect.needs:
        if not env.get(name):
            yield f"{name} is not set: nothing is written there"
    for root in dialect.roots:
        if (folder := env.get(root)) and not Path.cwd().is_relative_to(Path(folder).expanduser()):
            yield f"the current folder is not within {root} ({terminal(folder)}): files are not named in annotations"
    if not os.access(Path.cwd(), os.W_OK) and dialect.files:
        yield "the current folder cannot be written to: no files"
    if platform is CIPlatform.BUILDKITE and shutil.which("buildkite-agent") is None:
        yield "buildkite-agent is not on PATH: no annotation; in a container, mount it (mount-buildkite-agent: true)"
    if platform is CIPlatform.BITBUCKET and not bitbucket.reachable(env, build):
        yield "no Code Insights: neither the pipeline's proxy nor BITBUCKET_TOKEN, or no commit or repository is known"


def page(found: Mapping[str, Any], look: Look) -> str:
    """The findings for people."""
    lines: list[list[Span]] = [[(found["title"][0].upper() + found["title"][1:], "bold")]]
    marks = ", ".join(found["detected_by"])
    if marks:
        lines.append([(f"  detected by {marks}", "dim")])
    known: list[list[Span]] = [
        [(k, "dim"), (terminal(str(v).partition("\n")[0]), "")] for k, v in found["found"].items()
    ]
    missing: list[list[Span]] = [[(k, "dim"), (why, "dim")] for k, why in found["missing"].items()]
    for heading, rows in (("found", known), ("not known", missing)):
        if rows:
            lines += [[], [(heading, "bold")], *table(rows, look, indent=2)]
    lines += [[], [("a run is shown in", "bold")]]
    lines += [[("  " + part, "")] for part in fold(found["report"], look.width - 2)]
    if found["files"]:
        lines += [[("  " + part, "")] for part in fold(f"files: {', '.join(found['files'])}", look.width - 2)]
    for problem in found["problems"]:
        first, *more = fold(problem, look.width - 4)
        lines += [[], [(f"  {look.sign('warned')} ", "yellow"), (first, "")], *([("    " + m, "")] for m in more)]
    return "\n".join(look.paint(line) for line in lines) + "\n"
