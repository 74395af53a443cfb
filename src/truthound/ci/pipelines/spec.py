"""The options of a generated pipeline, and its commands, into which no option can inject anything."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field, fields
from pathlib import Path, PurePath

from truthound.ci.pipelines.cron import Cron, parse
from truthound.ci.pipelines.option_problems import LISTS, is_path_pattern, is_texts, option_problems
from truthound.ci.pipelines.text import SARIF, shell
from truthound.errors import ConfigError

SLACK = "SLACK_WEBHOOK_URL"


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A pipeline that runs a checkpoint.

    Raises:
        ConfigError: with a line for each mistake.
    """

    checkpoint_name: str | None = None
    """the checkpoint to run; None with `every`"""
    _: KW_ONLY
    config: str | Path = "truthound.yaml"
    """the configuration file, relative to the top of the repository"""
    schedule: str | None = None
    """also run at these times: five fields of cron, mostly in UTC"""
    python_version: str = "3.12"
    notify_slack: bool = False
    """also notify Slack, through the webhook in the secret SLACK_WEBHOOK_URL"""
    strict: bool = False
    """fail on any issue, whatever its severity"""
    paths: Sequence[str] = ()
    """run only if one of these files, or the configuration, changed, such as `data/**`; `*` stays within a folder"""
    branches: Sequence[str] = ()
    """run on pushes to these branches only, such as `main` and `release/*`; pull requests always run. By default, where a system would
    run twice for a push to a pull request: the default branch"""
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
    """comment the issues on the pull request (GitHub)"""
    sarif: bool = False
    """upload the issues to code scanning (GitHub)"""
    permissions: Sequence[str] = ()
    """what the job's token may write for actions of the checkpoint (GitHub): `pull-requests`, `statuses`, `checks`"""
    token: bool = False
    """give the checkpoint the job's token, as GITHUB_TOKEN (GitHub); `comment` and `permissions` do"""
    default_branch: str | None = None
    """the repository's; `main` and `master` where it is unknown"""
    cron: Cron | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        problems = option_problems({f.name: getattr(self, f.name) for f in fields(self)})
        for name in LISTS:
            value = getattr(self, name)
            object.__setattr__(self, name, tuple(dict.fromkeys(value)) if is_texts(value) else ())
        try:
            object.__setattr__(self, "cron", parse(self.schedule) if isinstance(self.schedule, str) else None)
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
        inside = is_path_pattern(own)
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
        processes has it. If the secret is not set, as in builds of forks, nothing is sent.
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
