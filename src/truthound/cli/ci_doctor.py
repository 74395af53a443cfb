"""`truthound ci doctor`: what was detected, what is missing and why, where a report would be shown."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from truthound._internal.escape import escape_terminal
from truthound.ci import parse
from truthound.ci.detect import any_set, environment_of
from truthound.ci.models import CIEnvironment, CIPlatform
from truthound.ci.platforms import DETECTED_BY, PLATFORMS
from truthound.ci.platforms.record import Reporting
from truthound.reporters.locations import within
from truthound.reporters.terminal import Look, Span, hanging, indented, line

if TYPE_CHECKING:
    from rich.console import RenderableType

_NOT_FIELDS = {"platform", "is_ci", "is_pr"}
_ON_PULLS = {"pr_number", "pr_target_branch"}
_FILES: Mapping[str, tuple[str, str, Callable[[str], Mapping[str, Any]]]] = {
    "event": ("the event file", "GITHUB_EVENT_PATH", parse.event),
    "file": ("the properties file", "TEAMCITY_BUILD_PROPERTIES_FILE", parse.properties),
}
"""a kind of lookup -> the file, the variable with its path, and the function that parses it"""


def findings(platform: CIPlatform, environ: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Plain values: `platform`, `detected_by`, `found`, `missing` (a field -> why), `report`, `files`, `values`, `problems`."""
    env = os.environ if environ is None else environ
    row, build = PLATFORMS[platform], environment_of(platform, env)
    reporting = row.reporting
    known = {f.name: getattr(build, f.name) for f in fields(build) if f.name not in _NOT_FIELDS}
    return {
        "platform": platform.value,
        "title": row.title,
        "detected_by": [mark for mark in DETECTED_BY.get(platform, ()) if any_set((mark,), env)],
        "pull_request": build.is_pr,
        "found": {k: v for k, v in known.items() if v},
        "missing": {
            k: _reason_missing(k, build, row.fields.get(k, ()), env) for k, v in known.items() if not v and row.fields
        },
        "report": reporting.report_location if platform is not CIPlatform.LOCAL else "the terminal",
        "files": [path for _, path in reporting.files],
        "values": reporting.outputs_location if platform is not CIPlatform.LOCAL else "",
        "problems": list(_problems(platform, reporting, build, env)),
    }


def _reason_missing(field: str, build: CIEnvironment, lookups: tuple[str, ...], env: Mapping[str, str]) -> str:
    if field in _ON_PULLS and not build.is_pr:
        return "not a pull request"
    if field == "tag" and lookups and build.branch:
        return "a build of a branch"
    if passed := [p.split(":")[1] for p in lookups if p.startswith("unless:") and env.get(p.split(":")[1])]:
        return f"belongs to a temporary merge, because {passed[0]} is set"
    if field == "branch" and build.tag:
        return "a build of a tag"
    described = list(dict.fromkeys(_describe_lookup(lookup, env) for lookup in lookups))
    if not described:
        return "not provided by this system"
    return f"{'none is set' if len(described) > 1 else 'not set'}: {', '.join(described)}"


def _describe_lookup(lookup: str, env: Mapping[str, str]) -> str:
    """A lookup of the platform table in words; of a template's variables those that are not set."""
    kind, _, rest = lookup.partition(":")
    if kind == "unless":
        return _describe_lookup(rest.partition(":")[2], env)
    if kind in {"pr", "no-pr"}:
        return _describe_lookup(rest, env)
    if kind in _FILES:
        return f"{rest.partition('#')[0]} in {_FILES[kind][0]}"
    if names := dict.fromkeys(re.findall(r"\{(\w+)\}", lookup)):
        return " and ".join([n for n in names if not env.get(n)] or names)
    name, _, prefix = lookup.partition("#")
    return f"{name} with {prefix}" if prefix else name


def _problems(
    platform: CIPlatform, reporting: Reporting, build: CIEnvironment, env: Mapping[str, str]
) -> Iterator[str]:
    """What keeps a report, or a part of it, from being shown; each with a remedy."""
    if platform is CIPlatform.LOCAL:
        yield "no CI system was detected; try one with: truthound ci doctor NAME"
        return
    for name in (*reporting.required_env, *reporting.created_env):
        path = env.get(name, "")
        if not path:
            yield f"{name} is not set, so nothing is written there"
        elif name not in reporting.created_env and not _is_writable(path):
            yield f"{name} is {escape_terminal(path)}, which is not writable; in a container, mount it"
    here = _current_folder()
    for root in reporting.root_env:
        if here and (folder := env.get(root)) and within(here, os.path.expanduser(folder)) is None:  # noqa: PTH111 never raises
            yield f"the current folder is not inside {root} ({escape_terminal(folder)}); annotations need paths relative to it"
    lookups = ":".join(one for field in PLATFORMS[platform].fields.values() for one in field)
    for kind, (file, name, read) in _FILES.items():
        if f"{kind}:" in lookups and not read(env.get(name, "")):
            yield f"{file} ({name}) cannot be read, so its values are unknown; in a container, mount it"
    if not (here and os.access(here, os.W_OK)) and reporting.files:
        yield "the current folder is not writable, so no files are written"
    yield from reporting.problems(env, build)


def _current_folder() -> Path | None:
    """The current folder; None if it was deleted."""
    try:
        return Path.cwd()
    except OSError:
        return None


def _is_writable(path: str) -> bool:
    """Whether a file can be appended to or created."""
    file = Path(path)
    return os.access(file, os.W_OK) and not file.is_dir() if file.exists() else os.access(file.parent, os.W_OK)


def page(found: Mapping[str, Any], look: Look) -> str:
    """The findings as text for the terminal."""
    parts: list[RenderableType] = [line((found["title"][0].upper() + found["title"][1:], "bold"))]
    if found["detected_by"]:
        parts.append(line((f"  detected by {', '.join(found['detected_by'])}", "dim")))
    known: list[list[Span]] = [
        [(k, "dim"), (escape_terminal(str(v).partition("\n")[0]), "")] for k, v in found["found"].items()
    ]
    missing: list[list[Span]] = [[(k, "dim"), (why, "dim")] for k, why in found["missing"].items()]
    for heading, rows in (("found", known), ("missing", missing)):
        if rows:
            parts += ["", line((heading, "bold")), look.table(rows, indent=2)]
    parts += ["", line(("a report is shown in", "bold")), indented(line((found["report"], "")), 2)]
    if found["files"]:
        parts.append(indented(line((f"files: {', '.join(found['files'])}", "")), 2))
    if found["values"]:
        parts.append(indented(line((f"values for later steps: {found['values']}", "")), 2))
    for problem in found["problems"]:
        parts += ["", hanging([(f"  {look.sign('warned')} ", "yellow")], line((problem, "")))]
    return look.render(parts)
