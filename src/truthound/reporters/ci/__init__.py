"""Runs told to CI systems in their own way: marks in the log, summary pages, test results, values for later steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from truthound.lazy import lazily

if TYPE_CHECKING:
    from truthound.annotations import AnnotationLevel as AnnotationLevel
    from truthound.annotations import CIAnnotation as CIAnnotation
    from truthound.reporters.ci.base import CIReporter as CIReporter
    from truthound.reporters.ci.reporters import AzureDevOpsReporter as AzureDevOpsReporter
    from truthound.reporters.ci.reporters import BitbucketPipelinesReporter as BitbucketPipelinesReporter
    from truthound.reporters.ci.reporters import BuildkiteReporter as BuildkiteReporter
    from truthound.reporters.ci.reporters import CircleCIReporter as CircleCIReporter
    from truthound.reporters.ci.reporters import CloudBuildReporter as CloudBuildReporter
    from truthound.reporters.ci.reporters import CodeBuildReporter as CodeBuildReporter
    from truthound.reporters.ci.reporters import DroneReporter as DroneReporter
    from truthound.reporters.ci.reporters import GitHubActionsReporter as GitHubActionsReporter
    from truthound.reporters.ci.reporters import GitLabCIReporter as GitLabCIReporter
    from truthound.reporters.ci.reporters import JenkinsReporter as JenkinsReporter
    from truthound.reporters.ci.reporters import TeamCityReporter as TeamCityReporter
    from truthound.reporters.ci.reporters import TravisCIReporter as TravisCIReporter
    from truthound.reporters.ci.reporters import get_ci_reporter as get_ci_reporter

_HOMES = {
    "AnnotationLevel": "truthound.annotations",
    "CIAnnotation": "truthound.annotations",
    "CIReporter": ".base",
    "AzureDevOpsReporter": ".reporters",
    "BitbucketPipelinesReporter": ".reporters",
    "BuildkiteReporter": ".reporters",
    "CircleCIReporter": ".reporters",
    "CloudBuildReporter": ".reporters",
    "CodeBuildReporter": ".reporters",
    "DroneReporter": ".reporters",
    "GitHubActionsReporter": ".reporters",
    "GitLabCIReporter": ".reporters",
    "JenkinsReporter": ".reporters",
    "TeamCityReporter": ".reporters",
    "TravisCIReporter": ".reporters",
    "get_ci_reporter": ".reporters",
}
__all__ = sorted(_HOMES)  # noqa: PLE0605 the table is the list
__getattr__, __dir__ = lazily(__name__, _HOMES)
