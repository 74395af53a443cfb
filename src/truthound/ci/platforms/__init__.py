"""CI systems, a file and a record each; a record is loaded when it is first used.

To add one: its file here, its name in `CIPlatform`, its variables in `DETECTED_BY`.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from truthound._internal.text import did_you_mean
from truthound.ci.models import CIPlatform
from truthound.errors import ConfigError

if TYPE_CHECKING:
    from truthound.ci.platforms.record import Platform

DETECTED_BY: Mapping[CIPlatform, tuple[str, ...]] = {
    CIPlatform.FORGEJO: ("FORGEJO_ACTIONS",),
    CIPlatform.GITEA: ("GITEA_ACTIONS",),
    CIPlatform.GITHUB: ("GITHUB_ACTIONS",),
    CIPlatform.GITLAB: ("GITLAB_CI",),
    CIPlatform.CIRCLECI: ("CIRCLECI",),
    CIPlatform.AZURE: ("TF_BUILD",),
    CIPlatform.BITBUCKET: ("BITBUCKET_BUILD_NUMBER",),
    CIPlatform.TRAVIS: ("TRAVIS",),
    CIPlatform.TEAMCITY: ("TEAMCITY_VERSION",),
    CIPlatform.BUILDKITE: ("BUILDKITE",),
    CIPlatform.WOODPECKER: ("CI=woodpecker",),
    CIPlatform.DRONE: ("DRONE",),
    CIPlatform.CODEBUILD: ("CODEBUILD_BUILD_ID", "CODEBUILD_BUILD_ARN"),
    CIPlatform.CLOUDBUILD: ("BUILDER_OUTPUT",),
    CIPlatform.JENKINS: ("JENKINS_URL",),
    CIPlatform.GENERIC: ("CI", "CONTINUOUS_INTEGRATION"),
}
"""variables that are set, or `NAME=value`; one is enough. In the order of detection: imitators come before what they imitate.
Not in the records, because every run detects its platform, and loading all records takes 80 ms"""


class _Platforms(Mapping[CIPlatform, "Platform"]):
    """The record of each platform, from the file of its name."""

    def __getitem__(self, platform: CIPlatform) -> Platform:
        record: Platform = importlib.import_module(f"{__name__}.{CIPlatform(platform).value}").RECORD
        return record

    def __iter__(self) -> Iterator[CIPlatform]:
        return iter(CIPlatform)

    def __len__(self) -> int:
        return len(CIPlatform)


PLATFORMS: Mapping[CIPlatform, Platform] = _Platforms()


def _folded(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum())


def platform_named(name: Any) -> CIPlatform:
    """The platform people mean by `github`, `GitHub Actions`, `github-actions` or `GITHUB_ACTIONS`.

    Raises:
        ConfigError: no platform has this name.
    """
    by_name = {_folded(n): p for p, record in PLATFORMS.items() for n in (record.title, *record.names)}
    by_name |= {_folded(n): p for alias, p in CIPlatform.__members__.items() for n in (alias, p.value)}
    if isinstance(name, str) and (found := by_name.get(_folded(name))) is not None:
        return found
    known = [platform.value for platform in CIPlatform if platform is not CIPlatform.LOCAL]
    near = did_you_mean(str(name), [*known, *(record.title for record in PLATFORMS.values())])
    raise ConfigError(f'"{name}" is not a CI system; known are {", ".join(known)}{near}')
