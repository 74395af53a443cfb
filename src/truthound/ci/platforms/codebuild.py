"""AWS CodeBuild: JUnit for a report group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from truthound.ci.pipelines.text import RESULTS, TESTS, TIMEOUT, keep_together
from truthound.ci.platforms.record import Built, Lookups, PipelineTarget, Platform, Reporting

if TYPE_CHECKING:
    from truthound.ci.pipelines.spec import Pipeline

_FIELDS: dict[str, Lookups] = {
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
}  # fmt: skip


def pipeline(p: Pipeline) -> Built:
    notes = [
        "Pushes and pull requests: the events of the project's webhook; with pushes to the default branch only, no pull request runs twice.",
        f"The build stops at the project's own timeout; {TIMEOUT} minutes are enough for most.",
    ]
    if p.python_version != p.minor:
        notes.append(f"The image has one Python {p.minor}; {p.python_version} cannot be asked for.")
    if p.branches:
        notes.append(f"Branches ({', '.join(p.branches)}): a filter on HEAD_REF in the project's webhook.")
    if p.paths:
        notes.append(f"Paths ({', '.join(p.watched)}): a filter on FILE_PATH in the project's webhook.")
    if p.cron:
        notes += [
            f"Schedule: a rule of EventBridge that starts the project at {keep_together(event)} (UTC)"
            for event in p.cron.events
        ]
        if len(p.cron.events) > 1:
            notes.append("A day that both rules mean has two builds: EventBridge cannot join them.")
    document: dict[str, Any] = {"version": 0.2}
    if p.wanted_secrets:
        document["env"] = {"secrets-manager": {name: f"truthound:{name}" for name in p.wanted_secrets}}
    document["phases"] = {
        "install": {"runtime-versions": {"python": p.minor}, "commands": [p.install]},
        "build": {"commands": [p.run]},
    }
    report = {"files": ["results.xml"], "base-directory": "test-results/truthound", "file-format": "JUNITXML"}
    document["reports"] = {"truthound": report}
    kept = ["test-results/truthound/results.xml", *(f"{folder}/**/*" for folder in RESULTS)]
    document["artifacts"] = {"files": kept}
    return notes, document | ({"cache": {"paths": ["/root/.cache/pip/**/*"]}} if p.cache else {})


RECORD = Platform(
    "AWS CodeBuild", _FIELDS,
    names=("aws", "amazon codebuild"),
    reporting=Reporting(
        files=(("junit", TESTS),), report_location="a report group that the buildspec names", root_env=("CODEBUILD_SRC_DIR",)
    ),
    pipeline=PipelineTarget(
        "buildspec.yml", pipeline, 'AWS Secrets Manager, as keys of a secret named "truthound" that the build\'s role may read'
    ),
)  # fmt: skip
