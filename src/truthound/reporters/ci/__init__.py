"""Runs reported to CI systems in their own formats: annotations, summaries, test results, values for later steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from truthound._internal.lazy import lazily

if TYPE_CHECKING:
    from truthound.ci.report.base import CIReporter as CIReporter
    from truthound.ci.report.reporters import AzureDevOpsReporter as AzureDevOpsReporter
    from truthound.ci.report.reporters import BitbucketPipelinesReporter as BitbucketPipelinesReporter
    from truthound.ci.report.reporters import BuildkiteReporter as BuildkiteReporter
    from truthound.ci.report.reporters import CircleCIReporter as CircleCIReporter
    from truthound.ci.report.reporters import CloudBuildReporter as CloudBuildReporter
    from truthound.ci.report.reporters import CodeBuildReporter as CodeBuildReporter
    from truthound.ci.report.reporters import DroneReporter as DroneReporter
    from truthound.ci.report.reporters import GitHubActionsReporter as GitHubActionsReporter
    from truthound.ci.report.reporters import GitLabCIReporter as GitLabCIReporter
    from truthound.ci.report.reporters import JenkinsReporter as JenkinsReporter
    from truthound.ci.report.reporters import TeamCityReporter as TeamCityReporter
    from truthound.ci.report.reporters import TravisCIReporter as TravisCIReporter
    from truthound.ci.report.reporters import get_ci_reporter as get_ci_reporter
    from truthound.reporters.annotations import AnnotationLevel as AnnotationLevel
    from truthound.reporters.annotations import CIAnnotation as CIAnnotation

_HOMES = {
    "AnnotationLevel": "truthound.reporters.annotations",
    "CIAnnotation": "truthound.reporters.annotations",
    "CIReporter": "truthound.ci.report.base",
    "AzureDevOpsReporter": "truthound.ci.report.reporters",
    "BitbucketPipelinesReporter": "truthound.ci.report.reporters",
    "BuildkiteReporter": "truthound.ci.report.reporters",
    "CircleCIReporter": "truthound.ci.report.reporters",
    "CloudBuildReporter": "truthound.ci.report.reporters",
    "CodeBuildReporter": "truthound.ci.report.reporters",
    "DroneReporter": "truthound.ci.report.reporters",
    "GitHubActionsReporter": "truthound.ci.report.reporters",
    "GitLabCIReporter": "truthound.ci.report.reporters",
    "JenkinsReporter": "truthound.ci.report.reporters",
    "TeamCityReporter": "truthound.ci.report.reporters",
    "TravisCIReporter": "truthound.ci.report.reporters",
    "get_ci_reporter": "truthound.ci.report.reporters",
}
__all__ = sorted(_HOMES)  # noqa: PLE0605 the table is the list
__getattr__, __dir__ = lazily(__name__, _HOMES)
