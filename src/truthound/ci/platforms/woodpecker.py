"""Woodpecker CI: JUnit and a dotenv file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from truthound.ci.pipelines.text import JOB, JUNIT, NO_CACHE, ONCE, double_braced_dollars, keep_together
from truthound.ci.pipelines.yaml_writer import Commented
from truthound.ci.platforms.record import Built, Lookups, PipelineTarget, Platform, Reporting
from truthound.ci.report import log_text

if TYPE_CHECKING:
    from truthound.ci.pipelines.spec import Pipeline

_FIELDS: dict[str, Lookups] = {
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
}  # fmt: skip


def pipeline(p: Pipeline) -> Built:
    files = {"path": {"include": list(p.watched)}} if p.watched else {}
    when: list[Any] = [
        Commented(
            ONCE,
            {"event": "push", "branch": list(p.pushed)} | files,
        ),
        {"event": "pull_request"} | files,
        {"event": "manual"},
    ]
    notes = ["Results are not kept: Woodpecker has no artifacts of its own; store_result may name a bucket."]
    if p.cron:
        when.append({"event": "cron", "cron": JOB})
        notes.append(f"Schedule: add one named {JOB} in the repository's settings, at {keep_together(f'0 {p.cron}')}")
    if p.cache:
        notes.append(NO_CACHE.format("Woodpecker has no cache of its own"))
    step: dict[str, Any] = {"name": "check", "image": p.image}
    if p.wanted_secrets:
        step["environment"] = {name: {"from_secret": name} for name in p.wanted_secrets}
    step["commands"] = [double_braced_dollars(p.install), double_braced_dollars(p.run)]
    return notes, {"when": when, "steps": [step]}


RECORD = Platform(
    "Woodpecker CI", _FIELDS, ("CI_PIPELINE_EVENT=pull_request",),
    reporting=Reporting(
        log_text.coloured, files=(("junit", JUNIT),),
        report_location="a JUnit file, which the system's own step publishes",
    ),
    pipeline=PipelineTarget(".woodpecker/data-quality.yml", pipeline, "the repository's Settings > Secrets"),
)  # fmt: skip
