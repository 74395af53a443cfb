"""A reporter for each CI system by its public name; what it does is in the record of the platform."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from truthound.ci.detect import detect_ci_platform
from truthound.ci.models import CIPlatform
from truthound.ci.platforms import platform_named
from truthound.ci.report.base import CIReporter


class GitHubActionsReporter(CIReporter):
    """Summary, annotations, outputs and groups of GitHub Actions."""

    platform: ClassVar[CIPlatform] = CIPlatform.GITHUB


class GitLabCIReporter(CIReporter):
    """JUnit, Code Quality, a dotenv file and foldable sections."""

    platform: ClassVar[CIPlatform] = CIPlatform.GITLAB


class JenkinsReporter(CIReporter):
    """JUnit, SARIF and a properties file."""

    platform: ClassVar[CIPlatform] = CIPlatform.JENKINS


class CircleCIReporter(CIReporter):
    """JUnit in `test-results/truthound`, files in `artifacts`, variables for later steps."""

    platform: ClassVar[CIPlatform] = CIPlatform.CIRCLECI


class AzureDevOpsReporter(CIReporter):
    """Issues, a summary, variables and JUnit."""

    platform: ClassVar[CIPlatform] = CIPlatform.AZURE


class BitbucketPipelinesReporter(CIReporter):
    """A report of Code Insights with annotations, and JUnit."""

    platform: ClassVar[CIPlatform] = CIPlatform.BITBUCKET


class TravisCIReporter(CIReporter):
    """Folds of the log."""

    platform: ClassVar[CIPlatform] = CIPlatform.TRAVIS


class TeamCityReporter(CIReporter):
    """Service messages: tests, status, statistics, parameters."""

    platform: ClassVar[CIPlatform] = CIPlatform.TEAMCITY


class BuildkiteReporter(CIReporter):
    """An annotation and meta-data through the agent, and JUnit."""

    platform: ClassVar[CIPlatform] = CIPlatform.BUILDKITE


class DroneReporter(CIReporter):
    """A card of the step."""

    platform: ClassVar[CIPlatform] = CIPlatform.DRONE


class CodeBuildReporter(CIReporter):
    """JUnit for a report group."""

    platform: ClassVar[CIPlatform] = CIPlatform.CODEBUILD


class CloudBuildReporter(CIReporter):
    """Plain lines, and the builder's output."""

    platform: ClassVar[CIPlatform] = CIPlatform.CLOUDBUILD


_REPORTERS = {r.platform: r for r in CIReporter.__subclasses__()}


def get_ci_reporter(
    platform: CIPlatform | str | None = None, *, environ: Mapping[str, str] | None = None, **options: Any
) -> CIReporter:
    """The reporter of the CI system of this name, by default of the detected one; elsewhere one that writes plain lines.

    `options` are those of CIReporter. Raises ConfigError for an unknown name.
    """
    found = detect_ci_platform(environ) if platform is None else platform_named(platform)
    kind = _REPORTERS.get(found) or type("CIReporter", (CIReporter,), {"platform": found})
    made: CIReporter = kind(environ=environ, **options)
    return made
