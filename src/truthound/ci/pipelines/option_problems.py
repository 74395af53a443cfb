"""What is wrong with the options of a pipeline: a line for each mistake."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

from truthound._internal.text import did_you_mean
from truthound.ci.pipelines.text import PERMISSIONS

LISTS = ("paths", "branches", "secrets", "extras", "permissions")
FLAGS = ("notify_slack", "strict", "cache", "every", "comment", "sarif", "token")
EXTRAS = ("all", "apprise", "chart", "cloud", "delta", "excel", "pandas", "ses", "sql")

_OLDEST = (3, 11)
_LONGEST = 1000
"""characters of a name or a path"""
_PATTERN = re.compile(r"(?![/,=-])[\w./*@=,-]+")
_BRANCH = re.compile(r"(?![/.=-])[\w./*@=-]+")
_SECRET = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}", re.ASCII)
_RESERVED = re.compile(
    r"(?i)(GITHUB|GITEA|FORGEJO|CI|RUNNER|ACTIONS|BITBUCKET|BUILDKITE|DRONE|CODEBUILD)_.*|PATH|HOME|CI"
)
_VERSION = re.compile(r"[0-9]+(?:\.[0-9]+){0,3}(?:(?:a|b|rc)[0-9]+)?(?:\.post[0-9]+)?", re.ASCII)


def option_problems(given: Mapping[str, Any]) -> list[str]:
    """The mistakes in all options but the fields of the schedule."""
    texts = {name: value if is_texts(value := given[name]) else () for name in LISTS}
    schedule = given["schedule"]
    default_branch = [] if given["default_branch"] is None else [str(given["default_branch"])]
    problems = [
        *_checkpoint_name(given["checkpoint_name"], every=given["every"] is True),
        *_config(given["config"]),
        *(f"{name}: give a list of texts" for name in LISTS if not is_texts(given[name])),
        *(f"{name}: give True or False" for name in FLAGS if not isinstance(given[name], bool)),
        *_versions(given["python_version"], given["version"]),
        *(_path(p) for p in texts["paths"] if not is_path_pattern(p) or "***" in p),
        *(_branch(b) for b in (*texts["branches"], *default_branch) if not _is_branch_pattern(b)),
        *(_secret(s) for s in texts["secrets"] if not _SECRET.fullmatch(s) or _RESERVED.fullmatch(s)),
        *(_extra(e) for e in texts["extras"] if e not in EXTRAS),
        *(_permission(p) for p in texts["permissions"] if p not in PERMISSIONS),
    ]
    if not isinstance(schedule, str | None):
        problems.append(f"schedule: give a text of five fields, not {schedule!r}")
    return problems


def is_texts(value: object) -> bool:
    """Whether a value is a list of texts."""
    return isinstance(value, Sequence) and not isinstance(value, str) and all(isinstance(item, str) for item in value)


def is_path_pattern(text: str) -> bool:
    """Whether all systems understand a pattern of paths."""
    return bool(_PATTERN.fullmatch(text)) and not {"", ".", ".."} & {*text.split("/")}


def _is_branch_pattern(text: str) -> bool:
    return bool(_BRANCH.fullmatch(text)) and ".." not in text and "" not in text.split("/") and "***" not in text


def _path(pattern: str) -> str:
    return (
        f'paths: "{pattern}" is not a pattern that all systems understand: use letters, digits and "_ . / * @ = , -", '
        'from the top of the repository, without "./" and a final "/"'
    )


def _branch(pattern: str) -> str:
    return (
        f'branches: "{pattern}" is not a pattern that all systems understand: use letters, digits and "_ . / * @ = -"'
    )


def _secret(name: str) -> str:
    return f'secrets: "{name}" is not a valid name: use letters, digits and "_", and none of the system\'s own names'


def _extra(name: str) -> str:
    return f'extras: truthound has no "{name}"{did_you_mean(name, EXTRAS) or "; it has " + ", ".join(EXTRAS)}'


def _permission(name: str) -> str:
    return f'permissions: "{name}" is not one of {", ".join(PERMISSIONS)}{did_you_mean(name, PERMISSIONS)}'


def _checkpoint_name(name: object, *, every: bool) -> list[str]:
    if every:
        return [] if name is None else ["checkpoint_name: every means all checkpoints; leave the name out"]
    return _text("checkpoint_name", name)


def _config(path: object) -> list[str]:
    if not isinstance(path, str | PurePath):
        return [f"config: give the path of a file, not {path!r}"]
    return _text("config", str(path))


def _text(option: str, text: object) -> list[str]:
    if not isinstance(text, str) or not text.strip():
        return [f"{option}: give a text that is not empty"]
    if len(text) > _LONGEST:
        return [f"{option}: it has more than {_LONGEST:,} characters"]
    invisible = [
        c for c in text if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"} or ord(c) & 0xFFFE == 0xFFFE
    ]
    if invisible:
        return [f"{option}: it contains U+{ord(invisible[0]):04X}, an invisible character, which pipelines cannot hold"]
    return []


def _versions(python: object, own: object) -> list[str]:
    problems = []
    found = re.fullmatch(r"([0-9])\.([0-9]{1,2})(?:\.[0-9]{1,2})?", str(python), re.ASCII)
    if not isinstance(python, str) or found is None:
        problems.append(f'python_version: {python!r} is not a version such as "3.12", in quotes')
    elif (int(found[1]), int(found[2])) < _OLDEST:
        problems.append(f"python_version: truthound needs Python {'.'.join(map(str, _OLDEST))} or newer")
    if own is not None and (not isinstance(own, str) or not _VERSION.fullmatch(own)):
        problems.append(f'version: "{own}" is not a version of truthound such as "1.2.0"')
    return problems
