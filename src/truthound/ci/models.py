"""The CI systems, and the facts of a build that runs on one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CIPlatform(StrEnum):
    """A CI system. `GENERIC` is one that only sets `CI=true`, `LOCAL` means none."""

    GITHUB = "github"
    GITLAB = "gitlab"
    JENKINS = "jenkins"
    CIRCLECI = "circleci"
    AZURE = "azure"
    BITBUCKET = "bitbucket"
    TRAVIS = "travis"
    TEAMCITY = "teamcity"
    BUILDKITE = "buildkite"
    DRONE = "drone"
    CODEBUILD = "codebuild"
    CLOUDBUILD = "cloudbuild"
    GITEA = "gitea"
    FORGEJO = "forgejo"
    WOODPECKER = "woodpecker"
    GENERIC = "generic"
    LOCAL = "local"

    # the same under longer names
    GITHUB_ACTIONS = "github"
    GITLAB_CI = "gitlab"
    AZURE_DEVOPS = "azure"
    AZURE_PIPELINES = "azure"
    BITBUCKET_PIPELINES = "bitbucket"
    TRAVIS_CI = "travis"
    DRONE_CI = "drone"
    AWS_CODEBUILD = "codebuild"
    GCP_CLOUD_BUILD = "cloudbuild"
    GOOGLE_CLOUD_BUILD = "cloudbuild"


@dataclass(frozen=True, slots=True)
class CIEnvironment:
    """A build. Unknown text is empty, an unknown number None; only a commit's message has several lines.

    On a pull request `branch` and `commit_sha` are those of its head, not of the merge.
    """

    platform: CIPlatform = CIPlatform.LOCAL
    is_ci: bool = False
    is_pr: bool = False
    branch: str = ""
    commit_sha: str = ""
    commit_message: str = ""
    pr_number: int | None = None
    pr_target_branch: str = ""
    repository: str = ""
    run_id: str = ""
    run_url: str = ""
    actor: str = ""
    job_name: str = ""
    workflow_name: str = ""
    tag: str = ""
    default_branch: str = ""
    event_name: str = ""
