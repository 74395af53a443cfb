"""What a CI system tells of a build, in the same words on each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CIPlatform(StrEnum):
    """A CI system. `GENERIC` is one that only says that it is one (`CI=true`), `LOCAL` is none."""

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


@dataclass(frozen=True, slots=True)
class CIEnvironment:
    """A build: text that is not known is empty, and a number None.

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
