"""Checkpoints in continuous integration: detect the system, report in its own way, write its pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from truthound.lazy import lazily

if TYPE_CHECKING:
    from truthound.checkpoint.ci.generators import generate_azure_pipelines as generate_azure_pipelines
    from truthound.checkpoint.ci.generators import generate_bitbucket_pipelines as generate_bitbucket_pipelines
    from truthound.checkpoint.ci.generators import generate_buildkite_pipeline as generate_buildkite_pipeline
    from truthound.checkpoint.ci.generators import generate_circleci_config as generate_circleci_config
    from truthound.checkpoint.ci.generators import generate_cloudbuild_config as generate_cloudbuild_config
    from truthound.checkpoint.ci.generators import generate_codebuild_buildspec as generate_codebuild_buildspec
    from truthound.checkpoint.ci.generators import generate_drone_config as generate_drone_config
    from truthound.checkpoint.ci.generators import generate_github_workflow as generate_github_workflow
    from truthound.checkpoint.ci.generators import generate_gitlab_ci as generate_gitlab_ci
    from truthound.checkpoint.ci.generators import generate_jenkinsfile as generate_jenkinsfile
    from truthound.checkpoint.ci.generators import generate_teamcity_config as generate_teamcity_config
    from truthound.checkpoint.ci.generators import generate_travis_config as generate_travis_config
    from truthound.checkpoint.ci.generators import write_ci_config as write_ci_config
    from truthound.ci.environment import CIEnvironment as CIEnvironment
    from truthound.ci.environment import detect_ci_platform as detect_ci_platform
    from truthound.ci.environment import get_ci_environment as get_ci_environment
    from truthound.ci.environment import is_ci_environment as is_ci_environment
    from truthound.ci.names import CIPlatform as CIPlatform
    from truthound.ci.platforms import platform_named as platform_named
    from truthound.reporters.ci.reporters import get_ci_reporter as get_ci_reporter

_HOMES = {
    "CIEnvironment": "truthound.ci.environment",
    "CIPlatform": "truthound.ci.names",
    "detect_ci_platform": "truthound.ci.environment",
    "generate_azure_pipelines": ".generators",
    "generate_bitbucket_pipelines": ".generators",
    "generate_buildkite_pipeline": ".generators",
    "generate_circleci_config": ".generators",
    "generate_cloudbuild_config": ".generators",
    "generate_codebuild_buildspec": ".generators",
    "generate_drone_config": ".generators",
    "generate_github_workflow": ".generators",
    "generate_gitlab_ci": ".generators",
    "generate_jenkinsfile": ".generators",
    "generate_teamcity_config": ".generators",
    "generate_travis_config": ".generators",
    "get_ci_environment": "truthound.ci.environment",
    "get_ci_reporter": "truthound.reporters.ci.reporters",
    "is_ci_environment": "truthound.ci.environment",
    "platform_named": "truthound.ci.platforms",
    "write_ci_config": ".generators",
}
__all__ = sorted(_HOMES)  # noqa: PLE0605 the table is the list
__getattr__, __dir__ = lazily(__name__, _HOMES)
