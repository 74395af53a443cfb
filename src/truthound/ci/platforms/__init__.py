"""CI systems, one file and one record each. To add one: its file, and its line here and in `CIPlatform`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from truthound._internal.text import did_you_mean
from truthound.ci.models import CIPlatform
from truthound.ci.platforms import (
    azure,
    bitbucket,
    buildkite,
    circleci,
    cloudbuild,
    codebuild,
    drone,
    gitea,
    github,
    gitlab,
    jenkins,
    none,
    teamcity,
    travis,
    woodpecker,
)  # fmt: skip
from truthound.ci.platforms.record import Platform
from truthound.errors import ConfigError

TABLE: tuple[Platform, ...] = (  # in the order of detection: those that imitate another come before it
    gitea.FORGEJO,
    gitea.GITEA,
    github.GITHUB,
    gitlab.GITLAB,
    circleci.CIRCLECI,
    azure.AZURE,
    bitbucket.BITBUCKET,
    travis.TRAVIS,
    teamcity.TEAMCITY,
    buildkite.BUILDKITE,
    woodpecker.WOODPECKER,
    drone.DRONE,
    codebuild.CODEBUILD,
    cloudbuild.CLOUDBUILD,
    jenkins.JENKINS,
    none.GENERIC,
    none.LOCAL,
)
PLATFORMS: Mapping[CIPlatform, Platform] = {
    row.platform: row for row in sorted(TABLE, key=lambda row: list(CIPlatform).index(row.platform))
}


def _folded(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum())


_BY_NAME: Mapping[str, CIPlatform] = {
    _folded(name): row.platform for row in TABLE for name in (row.title, *row.names)
} | {_folded(name): platform for alias, platform in CIPlatform.__members__.items() for name in (alias, platform.value)}


def platform_named(name: Any) -> CIPlatform:
    """The platform people mean by `github`, `GitHub Actions`, `github-actions` or `GITHUB_ACTIONS`.

    Raises:
        ConfigError: no platform has this name.
    """
    if isinstance(name, str) and (found := _BY_NAME.get(_folded(name))) is not None:
        return found
    known = [platform.value for platform in CIPlatform if platform is not CIPlatform.LOCAL]
    near = did_you_mean(str(name), [*known, *(row.title for row in TABLE)])
    raise ConfigError(f'"{name}" is not a CI system; known are {", ".join(known)}{near}')
