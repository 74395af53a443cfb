"""CI systems, one row each: how it is detected, and where each fact of a build comes from.

A place is written as:

- `NAME`: a variable; `NAME#prefix` only with this prefix, which is left out
- `{A}/{B}`: variables in a text, which counts only if all of them are set
- `event:a.b`: a key of the JSON file that GITHUB_EVENT_PATH names
- `file:name`: a property in TeamCity's files

`pr:` before it: on a pull request only; `no-pr:` never on one; `unless:NAME:` only where that variable is not set.
The first place that gives something counts.
The variables are those of the vendors' references, read in November 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from truthound._internal.text import did_you_mean
from truthound.ci.names import CIPlatform
from truthound.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Platform:
    """A row. `detect` and `pull_request` are variables that are set, or `NAME=value`; any of them will do."""

    platform: CIPlatform
    title: str
    detect: tuple[str, ...]
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """A field of CIEnvironment -> places it is looked for in."""
    pull_request: tuple[str, ...] = ()
    """What tells of a pull request, even where its number is not known."""
    names: tuple[str, ...] = ()
    """What people also call it."""


def _actions(run: str) -> dict[str, tuple[str, ...]]:
    """GitHub Actions and those that imitate it; `run` is what the address of a run ends with."""
    return {
        "branch": (
            "pr:GITHUB_HEAD_REF", "pr:event:pull_request.head.ref", "no-pr:GITHUB_REF#refs/heads/", "no-pr:GITHUB_REF_NAME",
        ),
        "commit_sha": ("event:pull_request.head.sha", "GITHUB_SHA"),
        "commit_message": ("no-pr:event:head_commit.message",),
        "pr_number": ("event:pull_request.number", "GITHUB_REF#refs/pull/"),
        "pr_target_branch": ("pr:GITHUB_BASE_REF", "pr:event:pull_request.base.ref"),
        "repository": ("GITHUB_REPOSITORY",),
        "run_id": ("GITHUB_RUN_ID",),
        "run_url": (f"{{GITHUB_SERVER_URL}}/{{GITHUB_REPOSITORY}}/actions/runs/{{{run}}}",),
        "actor": ("GITHUB_ACTOR",),
        "job_name": ("GITHUB_JOB",),
        "workflow_name": ("GITHUB_WORKFLOW",),
        "tag": ("no-pr:GITHUB_REF#refs/tags/",),
        "default_branch": ("event:repository.default_branch",),
        "event_name": ("GITHUB_EVENT_NAME",),
    }  # fmt: skip


_ACTIONS_PULL = ("GITHUB_HEAD_REF", "GITHUB_EVENT_NAME=pull_request", "GITHUB_EVENT_NAME=pull_request_target")
_DRONE: dict[str, tuple[str, ...]] = {
    "branch": ("pr:DRONE_SOURCE_BRANCH", "no-pr:DRONE_BRANCH", "no-pr:DRONE_COMMIT_BRANCH"),
    "commit_sha": ("DRONE_COMMIT_SHA", "DRONE_COMMIT"),
    "commit_message": ("DRONE_COMMIT_MESSAGE",),
    "pr_number": ("DRONE_PULL_REQUEST",),
    "pr_target_branch": ("pr:DRONE_TARGET_BRANCH",),
    "repository": ("DRONE_REPO", "DRONE_REMOTE_URL", "DRONE_GIT_HTTP_URL"),
    "run_id": ("DRONE_BUILD_NUMBER",),
    "run_url": ("DRONE_BUILD_LINK",),
    "actor": ("DRONE_COMMIT_AUTHOR",),
    "job_name": ("DRONE_STEP_NAME",),
    "workflow_name": ("DRONE_STAGE_NAME",),
    "tag": ("DRONE_TAG",),
    "default_branch": ("DRONE_REPO_BRANCH",),
    "event_name": ("DRONE_BUILD_EVENT",),
}

TABLE: tuple[Platform, ...] = (  # in the order they are asked: those that imitate another come before it
    Platform(CIPlatform.FORGEJO, "Forgejo Actions", ("FORGEJO_ACTIONS",), _actions("GITHUB_RUN_NUMBER"), _ACTIONS_PULL),
    Platform(CIPlatform.GITEA, "Gitea Actions", ("GITEA_ACTIONS",), _actions("GITHUB_RUN_NUMBER"), _ACTIONS_PULL),
    Platform(CIPlatform.GITHUB, "GitHub Actions", ("GITHUB_ACTIONS",), _actions("GITHUB_RUN_ID"), _ACTIONS_PULL, ("gha",)),
    Platform(
        CIPlatform.GITLAB, "GitLab CI", ("GITLAB_CI",),
        {
            "branch": (
                "pr:CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "pr:CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_NAME", "CI_COMMIT_REF_NAME",
            ),
            "commit_sha": (
                "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", "CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_SHA", "CI_COMMIT_SHA",
            ),
            # the variable is set where the build is of a merge made for it, whose message is nobody's
            "commit_message": ("unless:CI_MERGE_REQUEST_SOURCE_BRANCH_SHA:CI_COMMIT_MESSAGE",),
            "pr_number": ("CI_MERGE_REQUEST_IID", "CI_EXTERNAL_PULL_REQUEST_IID"),
            "pr_target_branch": (
                "pr:CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "pr:CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_NAME",
            ),
            "repository": ("CI_PROJECT_PATH",),
            "run_id": ("CI_PIPELINE_ID",),
            "run_url": ("CI_PIPELINE_URL", "{CI_PROJECT_URL}/-/pipelines/{CI_PIPELINE_ID}"),
            "actor": ("GITLAB_USER_LOGIN",),
            "job_name": ("CI_JOB_NAME",),
            "workflow_name": ("CI_PIPELINE_NAME",),
            "tag": ("CI_COMMIT_TAG",),
            "default_branch": ("CI_DEFAULT_BRANCH",),
            "event_name": ("CI_PIPELINE_SOURCE",),
        },
        ("CI_PIPELINE_SOURCE=merge_request_event", "CI_PIPELINE_SOURCE=external_pull_request_event"),
    ),
    Platform(
        CIPlatform.CIRCLECI, "CircleCI", ("CIRCLECI",),
        {
            "branch": ("CIRCLE_BRANCH",),
            "commit_sha": ("CIRCLE_SHA1",),
            "pr_number": ("CIRCLE_PULL_REQUEST", "CIRCLE_PR_NUMBER"),
            "repository": ("{CIRCLE_PROJECT_USERNAME}/{CIRCLE_PROJECT_REPONAME}", "CIRCLE_REPOSITORY_URL"),
            "run_id": ("CIRCLE_WORKFLOW_ID", "CIRCLE_BUILD_NUM"),
            "run_url": ("CIRCLE_BUILD_URL",),
            "actor": ("CIRCLE_USERNAME",),
            "job_name": ("CIRCLE_JOB",),
            "tag": ("CIRCLE_TAG",),
        },
    ),
    Platform(
        CIPlatform.AZURE, "Azure Pipelines", ("TF_BUILD",),
        {
            "branch": ("pr:SYSTEM_PULLREQUEST_SOURCEBRANCH", "BUILD_SOURCEBRANCH"),
            "commit_sha": ("SYSTEM_PULLREQUEST_SOURCECOMMITID", "BUILD_SOURCEVERSION"),
            "commit_message": ("no-pr:BUILD_SOURCEVERSIONMESSAGE",),
            "pr_number": (
                "SYSTEM_PULLREQUEST_PULLREQUESTNUMBER", "SYSTEM_PULLREQUEST_PULLREQUESTID", "BUILD_SOURCEBRANCH#refs/pull/",
            ),
            "pr_target_branch": ("pr:SYSTEM_PULLREQUEST_TARGETBRANCH",),
            "repository": ("BUILD_REPOSITORY_NAME", "BUILD_REPOSITORY_URI"),
            "run_id": ("BUILD_BUILDID",),
            "run_url": (
                "{SYSTEM_COLLECTIONURI}{SYSTEM_TEAMPROJECT}/_build/results?buildId={BUILD_BUILDID}",
                "{SYSTEM_TEAMFOUNDATIONCOLLECTIONURI}{SYSTEM_TEAMPROJECT}/_build/results?buildId={BUILD_BUILDID}",
            ),
            "actor": ("BUILD_REQUESTEDFOR",),
            "job_name": ("SYSTEM_JOBDISPLAYNAME",),
            "workflow_name": ("BUILD_DEFINITIONNAME",),
            "tag": ("BUILD_SOURCEBRANCH#refs/tags/",),
            "event_name": ("BUILD_REASON",),
        },
        ("BUILD_REASON=PullRequest",), ("azure devops", "azure pipelines", "vsts"),
    ),
    Platform(
        CIPlatform.BITBUCKET, "Bitbucket Pipelines", ("BITBUCKET_BUILD_NUMBER",),
        {
            "branch": ("BITBUCKET_BRANCH",),
            "commit_sha": ("BITBUCKET_COMMIT",),
            "pr_number": ("BITBUCKET_PR_ID",),
            "pr_target_branch": ("pr:BITBUCKET_PR_DESTINATION_BRANCH",),
            "repository": ("BITBUCKET_REPO_FULL_NAME", "BITBUCKET_GIT_HTTP_ORIGIN"),
            "run_id": ("BITBUCKET_BUILD_NUMBER",),
            "run_url": ("https://bitbucket.org/{BITBUCKET_REPO_FULL_NAME}/pipelines/results/{BITBUCKET_BUILD_NUMBER}",),
            "actor": ("BITBUCKET_STEP_TRIGGERER_UUID",),
            "tag": ("BITBUCKET_TAG",),
        },
    ),
    Platform(
        CIPlatform.TRAVIS, "Travis CI", ("TRAVIS",),
        {
            "branch": ("pr:TRAVIS_PULL_REQUEST_BRANCH", "no-pr:TRAVIS_BRANCH"),
            "commit_sha": ("TRAVIS_PULL_REQUEST_SHA", "TRAVIS_COMMIT"),
            "commit_message": ("no-pr:TRAVIS_COMMIT_MESSAGE",),
            "pr_number": ("TRAVIS_PULL_REQUEST",),
            "pr_target_branch": ("pr:TRAVIS_BRANCH",),
            "repository": ("TRAVIS_REPO_SLUG",),
            "run_id": ("TRAVIS_BUILD_ID",),
            "run_url": ("TRAVIS_BUILD_WEB_URL",),
            "job_name": ("TRAVIS_JOB_NAME",),
            "tag": ("TRAVIS_TAG",),
            "event_name": ("TRAVIS_EVENT_TYPE",),
        },
        ("TRAVIS_EVENT_TYPE=pull_request",),
    ),
    Platform(
        CIPlatform.TEAMCITY, "TeamCity", ("TEAMCITY_VERSION",),
        {
            "branch": ("pr:file:teamcity.pullRequest.source.branch", "no-pr:file:teamcity.build.branch"),
            "commit_sha": ("BUILD_VCS_NUMBER", "file:build.vcs.number"),
            "pr_number": ("file:teamcity.pullRequest.number", "file:teamcity.build.branch#pull/"),
            "pr_target_branch": ("pr:file:teamcity.pullRequest.target.branch",),
            "repository": ("file:vcsroot.url",),
            "run_id": ("file:teamcity.build.id", "BUILD_NUMBER"),
            "run_url": ("BUILD_URL",),
            "actor": ("file:teamcity.build.triggeredBy.username",),
            "job_name": ("TEAMCITY_BUILDCONF_NAME",),
            "workflow_name": ("TEAMCITY_PROJECT_NAME",),
            "tag": ("file:teamcity.build.branch#refs/tags/",),
            "default_branch": ("file:vcsroot.branch",),
            "event_name": ("file:teamcity.build.triggeredBy",),
        },
    ),
    Platform(
        CIPlatform.BUILDKITE, "Buildkite", ("BUILDKITE",),
        {
            "branch": ("BUILDKITE_BRANCH",),
            "commit_sha": ("BUILDKITE_COMMIT",),
            "commit_message": ("BUILDKITE_MESSAGE",),
            "pr_number": ("BUILDKITE_PULL_REQUEST",),
            "pr_target_branch": ("pr:BUILDKITE_PULL_REQUEST_BASE_BRANCH",),
            "repository": ("BUILDKITE_REPO",),
            "run_id": ("BUILDKITE_BUILD_ID",),
            "run_url": ("BUILDKITE_BUILD_URL",),
            "actor": ("BUILDKITE_BUILD_CREATOR",),
            "job_name": ("BUILDKITE_LABEL",),
            "workflow_name": ("BUILDKITE_PIPELINE_NAME",),
            "tag": ("BUILDKITE_TAG",),
            "default_branch": ("BUILDKITE_PIPELINE_DEFAULT_BRANCH",),
            "event_name": ("BUILDKITE_SOURCE",),
        },
    ),
    Platform(
        CIPlatform.WOODPECKER, "Woodpecker CI", ("CI=woodpecker",),
        {
            "branch": ("pr:CI_COMMIT_SOURCE_BRANCH", "no-pr:CI_COMMIT_BRANCH"),
            "commit_sha": ("CI_COMMIT_SHA",),
            "commit_message": ("CI_COMMIT_MESSAGE",),
            "pr_number": ("CI_COMMIT_PULL_REQUEST",),
            "pr_target_branch": ("pr:CI_COMMIT_TARGET_BRANCH",),
            "repository": ("CI_REPO",),
            "run_id": ("CI_PIPELINE_NUMBER",),
            "run_url": ("CI_PIPELINE_URL",),
            "actor": ("CI_PIPELINE_AUTHOR", "CI_COMMIT_AUTHOR"),
            "job_name": ("CI_STEP_NAME",),
            "workflow_name": ("CI_WORKFLOW_NAME",),
            "tag": ("CI_COMMIT_TAG",),
            "default_branch": ("CI_REPO_DEFAULT_BRANCH",),
            "event_name": ("CI_PIPELINE_EVENT",),
        },
        ("CI_PIPELINE_EVENT=pull_request",),
    ),
    Platform(
        CIPlatform.HARNESS, "Harness CI", ("HARNESS_BUILD_ID",),
        _DRONE | {
            "run_id": ("HARNESS_EXECUTION_ID", "HARNESS_BUILD_ID"),
            "run_url": ("CI_BUILD_LINK", "DRONE_BUILD_LINK"),
            "job_name": ("HARNESS_STAGE_ID",),
            "workflow_name": ("HARNESS_PIPELINE_ID",),
        },
        ("DRONE_BUILD_EVENT=pull_request",),
    ),
    Platform(CIPlatform.DRONE, "Drone", ("DRONE",), _DRONE, ("DRONE_BUILD_EVENT=pull_request",)),
    Platform(
        CIPlatform.CODEBUILD, "AWS CodeBuild", ("CODEBUILD_BUILD_ID", "CODEBUILD_BUILD_ARN"),
        {
            "branch": (
                "CODEBUILD_WEBHOOK_HEAD_REF#refs/heads/", "CODEBUILD_WEBHOOK_TRIGGER#branch/",
                "CODEBUILD_SOURCE_VERSION#refs/heads/",
            ),
            "commit_sha": ("CODEBUILD_RESOLVED_SOURCE_VERSION", "CODEBUILD_SOURCE_VERSION"),
            "pr_number": ("CODEBUILD_WEBHOOK_TRIGGER#pr/", "CODEBUILD_SOURCE_VERSION#pr/"),
            "pr_target_branch": ("pr:CODEBUILD_WEBHOOK_BASE_REF",),
            "repository": ("CODEBUILD_SOURCE_REPO_URL",),
            "run_id": ("CODEBUILD_BUILD_ID",),
            "run_url": ("CODEBUILD_BUILD_URL", "CODEBUILD_PUBLIC_BUILD_URL"),
            "actor": ("CODEBUILD_INITIATOR",),
            "tag": ("CODEBUILD_WEBHOOK_TRIGGER#tag/", "CODEBUILD_WEBHOOK_HEAD_REF#refs/tags/", "CODEBUILD_SOURCE_VERSION#refs/tags/"),
            "event_name": ("CODEBUILD_WEBHOOK_EVENT",),
        },
        names=("aws", "amazon codebuild"),
    ),
    Platform(
        CIPlatform.CLOUDBUILD, "Google Cloud Build", ("BUILDER_OUTPUT",),
        {
            "branch": ("pr:_HEAD_BRANCH", "BRANCH_NAME"),
            "commit_sha": ("COMMIT_SHA", "REVISION_ID"),
            "pr_number": ("_PR_NUMBER",),
            "pr_target_branch": ("pr:_BASE_BRANCH",),
            "repository": ("REPO_FULL_NAME", "REPO_NAME"),
            "run_id": ("BUILD_ID",),
            "run_url": ("https://console.cloud.google.com/cloud-build/builds;region={LOCATION}/{BUILD_ID}?project={PROJECT_ID}",),
            "workflow_name": ("TRIGGER_NAME",),
            "tag": ("TAG_NAME",),
        },
        names=("gcp", "gcb", "google"),
    ),
    Platform(
        CIPlatform.JENKINS, "Jenkins", ("JENKINS_URL",),
        {
            "branch": (
                "pr:CHANGE_BRANCH", "pr:ghprbSourceBranch", "pr:gitlabSourceBranch",
                "no-pr:BRANCH_NAME", "no-pr:GIT_BRANCH#origin/", "no-pr:GIT_BRANCH",
            ),
            "commit_sha": ("ghprbActualCommit", "gitlabMergeRequestLastCommit", "GIT_COMMIT"),
            "pr_number": ("CHANGE_ID", "ghprbPullId", "gitlabMergeRequestIid"),
            "pr_target_branch": ("pr:CHANGE_TARGET", "pr:ghprbTargetBranch", "pr:gitlabTargetBranch"),
            "repository": ("GIT_URL", "GIT_URL_1"),
            "run_id": ("BUILD_ID", "BUILD_NUMBER"),
            "run_url": ("BUILD_URL",),
            "actor": ("CHANGE_AUTHOR", "BUILD_USER_ID"),
            "job_name": ("JOB_NAME",),
            "tag": ("TAG_NAME",),
        },
        ("CHANGE_ID",),
    ),
    Platform(
        CIPlatform.SEMAPHORE, "Semaphore", ("SEMAPHORE",),
        {
            "branch": ("pr:SEMAPHORE_GIT_PR_BRANCH", "SEMAPHORE_GIT_WORKING_BRANCH", "no-pr:SEMAPHORE_GIT_BRANCH"),
            "commit_sha": ("pr:SEMAPHORE_GIT_PR_SHA", "SEMAPHORE_GIT_SHA"),
            "pr_number": ("SEMAPHORE_GIT_PR_NUMBER",),
            "pr_target_branch": ("pr:SEMAPHORE_GIT_BRANCH",),
            "repository": ("SEMAPHORE_GIT_REPO_SLUG", "SEMAPHORE_GIT_URL"),
            "run_id": ("SEMAPHORE_WORKFLOW_ID",),
            "run_url": ("{SEMAPHORE_ORGANIZATION_URL}/workflows/{SEMAPHORE_WORKFLOW_ID}",),
            "actor": ("SEMAPHORE_GIT_COMMIT_AUTHOR",),
            "job_name": ("SEMAPHORE_JOB_NAME",),
            "workflow_name": ("SEMAPHORE_PROJECT_NAME",),
            "tag": ("SEMAPHORE_GIT_TAG_NAME",),
            "event_name": ("SEMAPHORE_GIT_REF_TYPE",),
        },
    ),
    Platform(
        CIPlatform.APPVEYOR, "AppVeyor", ("APPVEYOR",),
        {
            "branch": ("pr:APPVEYOR_PULL_REQUEST_HEAD_REPO_BRANCH", "no-pr:APPVEYOR_REPO_BRANCH"),
            "commit_sha": ("pr:APPVEYOR_PULL_REQUEST_HEAD_COMMIT", "APPVEYOR_REPO_COMMIT"),
            "commit_message": ("no-pr:APPVEYOR_REPO_COMMIT_MESSAGE",),
            "pr_number": ("APPVEYOR_PULL_REQUEST_NUMBER",),
            "pr_target_branch": ("pr:APPVEYOR_REPO_BRANCH",),
            "repository": ("APPVEYOR_REPO_NAME",),
            "run_id": ("APPVEYOR_BUILD_ID",),
            "run_url": (
                "{APPVEYOR_URL}/project/{APPVEYOR_ACCOUNT_NAME}/{APPVEYOR_PROJECT_SLUG}/builds/{APPVEYOR_BUILD_ID}",
            ),
            "actor": ("APPVEYOR_REPO_COMMIT_AUTHOR",),
            "job_name": ("APPVEYOR_JOB_NAME",),
            "workflow_name": ("APPVEYOR_PROJECT_NAME",),
            "tag": ("APPVEYOR_REPO_TAG_NAME",),
        },
    ),
    Platform(
        CIPlatform.BAMBOO, "Bamboo", ("bamboo_planKey", "bamboo_buildKey"),
        {
            "branch": ("pr:bamboo_repository_pr_sourceBranch", "bamboo_planRepository_branchName"),
            "commit_sha": ("bamboo_planRepository_revision",),
            "pr_number": ("bamboo_repository_pr_key",),
            "pr_target_branch": ("pr:bamboo_repository_pr_targetBranch",),
            "repository": ("bamboo_planRepository_repositoryUrl",),
            "run_id": ("bamboo_buildResultKey",),
            "run_url": ("bamboo_buildResultsUrl", "bamboo_resultsUrl"),
            "actor": ("bamboo_ManualBuildTriggerReason_userName",),
            "job_name": ("bamboo_shortJobName",),
            "workflow_name": ("bamboo_planName",),
        },
    ),
    Platform(
        CIPlatform.CODEFRESH, "Codefresh", ("CF_BUILD_ID",),
        {
            "branch": ("CF_BRANCH",),
            "commit_sha": ("CF_REVISION",),
            "commit_message": ("CF_COMMIT_MESSAGE",),
            "pr_number": ("CF_PULL_REQUEST_NUMBER",),
            "pr_target_branch": ("pr:CF_PULL_REQUEST_TARGET",),
            "repository": ("{CF_REPO_OWNER}/{CF_REPO_NAME}",),
            "run_id": ("CF_BUILD_ID",),
            "run_url": ("CF_BUILD_URL",),
            "actor": ("CF_BUILD_INITIATOR",),
            "job_name": ("CF_STEP_NAME",),
            "workflow_name": ("CF_PIPELINE_NAME",),
            "tag": ("CF_BRANCH#refs/tags/", "CF_RELEASE_TAG"),
            "event_name": ("CF_BUILD_TRIGGER",),
        },
    ),
    Platform(
        CIPlatform.CIRRUS, "Cirrus CI", ("CIRRUS_CI",),
        {
            "branch": ("CIRRUS_BRANCH",),
            "commit_sha": ("CIRRUS_CHANGE_IN_REPO",),
            "commit_message": ("no-pr:CIRRUS_CHANGE_MESSAGE",),
            "pr_number": ("CIRRUS_PR",),
            "pr_target_branch": ("pr:CIRRUS_BASE_BRANCH",),
            "repository": ("CIRRUS_REPO_FULL_NAME",),
            "run_id": ("CIRRUS_BUILD_ID",),
            "run_url": ("https://cirrus-ci.com/build/{CIRRUS_BUILD_ID}",),
            "job_name": ("CIRRUS_TASK_NAME",),
            "tag": ("CIRRUS_TAG",),
            "default_branch": ("CIRRUS_DEFAULT_BRANCH",),
        },
    ),
    Platform(CIPlatform.VERCEL, "Vercel", ("VERCEL", "NOW_BUILDER")),
    Platform(CIPlatform.NETLIFY, "Netlify", ("NETLIFY",)),
    Platform(CIPlatform.GENERIC, "a CI system", ("CI", "CONTINUOUS_INTEGRATION")),
    Platform(CIPlatform.LOCAL, "no CI system", ()),
)  # fmt: skip

PLATFORMS: Mapping[CIPlatform, Platform] = {row.platform: row for row in TABLE}


def _folded(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum())


_NAMED: Mapping[str, CIPlatform] = {
    _folded(name): row.platform for row in TABLE for name in (row.title, *row.names)
} | {_folded(name): platform for alias, platform in CIPlatform.__members__.items() for name in (alias, platform.value)}


def platform_named(name: Any) -> CIPlatform:
    """The platform people mean by `github`, `GitHub Actions`, `github-actions` or `GITHUB_ACTIONS`.

    Raises:
        ConfigError: there is none of that name.
    """
    if isinstance(name, str) and (found := _NAMED.get(_folded(name))) is not None:
        return found
    known = [platform.value for platform in CIPlatform if platform is not CIPlatform.LOCAL]
    near = did_you_mean(str(name), [*known, *(row.title for row in TABLE)])
    raise ConfigError(f'"{name}" is no CI system; known are {", ".join(known)}{near}')
