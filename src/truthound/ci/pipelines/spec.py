"""What a generated pipeline is asked to do, checked, and its commands, in which nothing can be injected."""

from __future__ import annotations

import re
import shlex
import unicodedata
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path, PurePath
from typing import Any

from truthound._internal.text import did_you_mean
from truthound.ci.pipelines.cron import Cron, parse
from truthound.ci.pipelines.text import PERMISSIONS, SARIF, shell
from truthound.errors import ConfigError

SLACK = "SLACK_WEBHOOK_URL"
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


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A pipeline that runs a checkpoint.

    Raises:
        ConfigError: with a line for each mistake.
    """

    checkpoint_name: str | None = None
    """the checkpoint to run; none with `every`"""
    _: KW_ONLY
    config: str | Path = "truthound.yaml"
    """the configuration file, seen from the top of the repository"""
    schedule: str | None = None
    """also run at these times: five fields of cron, mostly in UTC"""
    python_version: str = "3.12"
    notify_slack: bool = False
    """also tell Slack, through the webhook in the secret SLACK_WEBHOOK_URL"""
    strict: bool = False
    """fail on any issue, whatever its severity"""
    paths: Sequence[str] = ()
    """run only if one of these files, or the configuration, changed, such as `data/**`; `*` stays within a folder"""
    branches: Sequence[str] = ()
    """run on pushes to these branches only, such as `main` and `release/*`; pull requests always run. None given, and a system that
    would run twice for a push to a pull request: on those to the default branch"""
    cache: bool = True
    """keep what pip downloads, where the system can"""
    secrets: Sequence[str] = ()
    """secrets of the system that the checkpoint gets as environment variables of the same names"""
    extras: Sequence[str] = ("all",)
    """of the package, such as `sql` and `cloud`"""
    version: str | None = None
    """of truthound; the newest by default"""
    every: bool = False
    """run all checkpoints of the configuration file"""
    comment: bool = False
    """comment on the pull request what is wrong (GitHub)"""
    sarif: bool = False
    """upload the issues to code scanning (GitHub)"""
    permissions: Sequence[str] = ()
    """what the job's token may write for actions of the checkpoint (GitHub): `pull-requests`, `statuses`, `checks`"""
    token: bool = False
    """give the checkpoint the job's token, as GITHUB_TOKEN (GitHub); `comment` and `permissions` do"""
    default_branch: str | None = None
    """the repository's; `main` and `master` where it is not known"""
    cron: Cron | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        problems = [*_which(self.checkpoint_name, every=self.every is True), *_place("config", self.config)]
        for name in ("paths", "branches", "secrets", "extras", "permissions"):
            value = getattr(self, name)
            listed = isinstance(value, Sequence) and not isinstance(value, str)
            if not listed or not all(isinstance(item, str) for item in value):
                problems.append(f"{name}: give a list of texts")
                value = ()
            object.__setattr__(self, name, tuple(dict.fromkeys(value)))
        problems += [
            f"{n}: give True or False"
            for n in ("notify_slack", "strict", "cache", "every", "comment", "sarif", "token")
            if not isinstance(getattr(self, n), bool)
        ]
        problems += _versions(self.python_version, self.version)
        problems += [
            f'paths: "{p}" is no pattern all systems understand: letters, digits and "_ . / * @ = , -", from the top of the repository, with no "./" and no "/" at its end'
            for p in self.paths
            if not _PATTERN.fullmatch(p) or {"", ".", ".."} & {*p.split("/")} or "***" in p
        ]
        problems += [
            f'branches: "{b}" is no pattern all systems understand: letters, digits and "_ . / * @ = -"'
            for b in (*self.branches, *([] if self.default_branch is None else [str(self.default_branch)]))
            if not _BRANCH.fullmatch(b) or ".." in b or "" in b.split("/") or "***" in b
        ]
        problems += [
            f'secrets: "{s}" is no name for a secret of yours: letters, digits and "_", and none of the system\'s own'
            for s in self.secrets
            if not _SECRET.fullmatch(s) or _RESERVED.fullmatch(s)
        ]
        problems += [
            f'extras: truthound has no "{e}"{did_you_mean(e, EXTRAS) or "; it has " + ", ".join(EXTRAS)}'
            for e in self.extras
            if e not in EXTRAS
        ]
        problems += [
            f'permissions: "{p}" is not one of {", ".join(PERMISSIONS)}{did_you_mean(p, PERMISSIONS)}'
            for p in self.permissions
            if p not in PERMISSIONS
        ]
        schedule: Any = self.schedule
        if schedule is not None and not isinstance(schedule, str):
            problems.append(f"schedule: give a text of five fields, not {schedule!r}")
        elif schedule is not None:
            try:
                object.__setattr__(self, "cron", parse(schedule))
            except ValueError as error:
                problems.append(f'schedule: "{self.schedule}": {error}')
        if problems:
            raise ConfigError(problems)

    @property
    def wanted_secrets(self) -> tuple[str, ...]:
        """The secrets that have to be set in the system."""
        return tuple(dict.fromkeys([*self.secrets, *([SLACK] if self.notify_slack else [])]))

    @property
    def pushed(self) -> tuple[str, ...]:
        """The branches whose pushes run it where a system would otherwise run it twice for a push to a pull request."""
        known = (self.default_branch,) if self.default_branch else ("main", "master")
        return tuple(self.branches) or known

    @property
    def watched(self) -> tuple[str, ...]:
        """The patterns of `paths`, and the configuration itself where it lies in the repository."""
        if not self.paths:
            return ()
        file = PurePath(self.config).as_posix()
        own = re.sub(r"^[,=-]|[^\w./@=,-]+", "*", file)
        inside = _PATTERN.fullmatch(own) and not {"", ".", ".."} & {*own.split("/")}
        return tuple(dict.fromkeys([*self.paths, *([own] if inside else [])]))

    @property
    def minor(self) -> str:
        """`3.12`, also of `3.12.4`."""
        return ".".join(self.python_version.split(".")[:2])

    @property
    def image(self) -> str:
        return f"python:{self.python_version}-slim"

    @property
    def install(self) -> str:
        """The command that installs the package."""
        extras = f"[{','.join(self.extras)}]" if self.extras else ""
        pin = f"=={self.version}" if self.version else ""
        return f"pip install {shlex.quote(f'truthound{extras}{pin}')}"

    @property
    def run(self) -> str:
        """The command that runs the checkpoint, for any POSIX shell.

        Slack's webhook is named, not given: truthound takes it from the environment, so that no log and no list of
        processes has it. Where the secret is not set, as in builds of forks, nothing is sent.
        """
        file = shell(self.config)
        words = [f"--config={file}" if str(self.config).startswith("-") else f"--config {file}"]
        words += ["--strict"] if self.strict else []
        words += ["--comment"] if self.comment else []
        words += [f"--sarif {SARIF}"] if self.sarif else []
        words += [f"${{{SLACK}:+--slack '${{{SLACK}}}'}}"] if self.notify_slack else []
        if self.checkpoint_name is None:
            return " ".join(["truthound checkpoint run --all", *words])
        name = shell(self.checkpoint_name)
        ordered = [*words, "--", name] if self.checkpoint_name.startswith("-") else [name, *words]
        return " ".join(["truthound checkpoint run", *ordered])


def _which(name: object, *, every: bool) -> list[str]:
    if name is None and every:
        return []
    if every:
        return ["checkpoint_name: every means all checkpoints; leave the name out"]
    return _text("checkpoint_name", name)


def _text(name: str, text: object) -> list[str]:
    if not isinstance(text, str) or not text.strip():
        return [f"{name}: give a text that is not empty"]
    unseen = [c for c in text if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"} or ord(c) & 0xFFFE == 0xFFFE]
    if len(text) > _LONGEST:
        return [f"{name}: it has more than {_LONGEST:,} characters"]
    if unseen:
        return [f"{name}: it holds U+{ord(unseen[0]):04X}, which cannot be seen; a pipeline's file takes none of these"]
    return []


def _place(name: str, path: object) -> list[str]:
    if not isinstance(path, str | PurePath):
        return [f"{name}: give the path of a file, not {path!r}"]
    return _text(name, str(path))


def _versions(python: object, own: object) -> list[str]:
    problems = []
    found = re.fullmatch(r"([0-9])\.([0-9]{1,2})(?:\.[0-9]{1,2})?", str(python), re.ASCII)
    if not isinstance(python, str) or found is None:
        problems.append(f'python_version: {python!r} is no version such as "3.12", in quotes')
    elif (int(found[1]), int(found[2])) < _OLDEST:
        problems.append(f"python_version: truthound needs Python {'.'.join(map(str, _OLDEST))} or newer")
    if own is not None and (not isinstance(own, str) or not _VERSION.fullmatch(own)):
        problems.append(f'version: "{own}" is no version of truthound such as "1.2.0"')
    return problems
