"""Checkpoints in continuous integration: detect the system, report to it, generate its pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from truthound._internal.lazy import lazily

if TYPE_CHECKING:
    from truthound.ci.detect import detect_ci_platform as detect_ci_platform
    from truthound.ci.detect import get_ci_environment as get_ci_environment
    from truthound.ci.detect import is_ci_environment as is_ci_environment
    from truthound.ci.models import CIEnvironment as CIEnvironment
    from truthound.ci.models import CIPlatform as CIPlatform
    from truthound.ci.pipelines.generate import generate_azure_pipelines as generate_azure_pipelines
    from truthound.ci.pipelines.generate import generate_bitbucket_pipelines as generate_bitbucket_pipelines
    from truthound.ci.pipelines.generate import generate_buildkite_pipeline as generate_buildkite_pipeline
    from truthound.ci.pipelines.generate import generate_circleci_config as generate_circleci_config
    from truthound.ci.pipelines.generate import generate_cloudbuild_config as generate_cloudbuild_config
    from truthound.ci.pipelines.generate import generate_codebuild_buildspec as generate_codebuild_buildspec
    from truthound.ci.pipelines.generate import generate_drone_config as generate_drone_config
    from truthound.ci.pipelines.generate import generate_github_workflow as generate_github_workflow
    from truthound.ci.pipelines.generate import generate_gitlab_ci as generate_gitlab_ci
    from truthound.ci.pipelines.generate import generate_jenkinsfile as generate_jenkinsfile
    from truthound.ci.pipelines.generate import generate_teamcity_config as generate_teamcity_config
    from truthound.ci.pipelines.generate import generate_travis_config as generate_travis_config
    from truthound.ci.pipelines.generate import write_ci_config as write_ci_config
    from truthound.ci.platforms import platform_named as platform_named
    from truthound.ci.report.reporters import get_ci_reporter as get_ci_reporter

_HOMES = {
    "CIEnvironment": "truthound.ci.models",
    "CIPlatform": "truthound.ci.models",
    "detect_ci_platform": "truthound.ci.detect",
    "generate_azure_pipelines": "truthound.ci.pipelines.generate",
    "generate_bitbucket_pipelines": "truthound.ci.pipelines.generate",
    "generate_buildkite_pipeline": "truthound.ci.pipelines.generate",
    "generate_circleci_config": "truthound.ci.pipelines.generate",
    "generate_cloudbuild_config": "truthound.ci.pipelines.generate",
    "generate_codebuild_buildspec": "truthound.ci.pipelines.generate",
    "generate_drone_config": "truthound.ci.pipelines.generate",
    "generate_github_workflow": "truthound.ci.pipelines.generate",
    "generate_gitlab_ci": "truthound.ci.pipelines.generate",
    "generate_jenkinsfile": "truthound.ci.pipelines.generate",
    "generate_teamcity_config": "truthound.ci.pipelines.generate",
    "generate_travis_config": "truthound.ci.pipelines.generate",
    "get_ci_environment": "truthound.ci.detect",
    "get_ci_reporter": "truthound.ci.report.reporters",
    "is_ci_environment": "truthound.ci.detect",
    "platform_named": "truthound.ci.platforms",
    "write_ci_config": "truthound.ci.pipelines.generate",
}
__all__ = sorted(_HOMES)  # noqa: PLE0605 the table is the list
__getattr__, __dir__ = lazily(__name__, _HOMES)
