"""The names of CI systems."""

from __future__ import annotations

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
    HARNESS = "harness"
    SEMAPHORE = "semaphore"
    APPVEYOR = "appveyor"
    BAMBOO = "bamboo"
    CODEFRESH = "codefresh"
    CIRRUS = "cirrus"
    VERCEL = "vercel"
    NETLIFY = "netlify"
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
