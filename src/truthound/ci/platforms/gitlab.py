"""GitLab CI: JUnit, Code Quality, a dotenv file, collapsible sections of the log; https://docs.gitlab.com/ci/jobs/job_logs/."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from truthound._internal.escape import escape_log
from truthound.ci.pipelines.text import DAYS, JOB, JUNIT, RESULTS, TIMEOUT, keep_together, regex
from truthound.ci.pipelines.yaml_writer import Commented
from truthound.ci.platforms.record import Built, Lookups, PipelineTarget, Platform, Reporting
from truthound.ci.report import log_text

if TYPE_CHECKING:
    from truthound.ci.pipelines.spec import Pipeline

_FIELDS: dict[str, Lookups] = {
    "branch": (
        "pr:CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "pr:CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_NAME", "CI_COMMIT_REF_NAME",
    ),
    "commit_sha": (
        "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", "CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_SHA", "CI_COMMIT_SHA",
    ),
    # the variable is set in builds of a temporary merge, whose message was generated
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
}  # fmt: skip


def _section(title: str, name: str, now: datetime) -> tuple[str, str]:
    seconds = int(now.timestamp())
    start = f"\x1b[0Ksection_start:{seconds}:{name}[collapsed=true]\r\x1b[0K{escape_log(title)}"
    return start, f"\x1b[0Ksection_end:{seconds}:{name}\r\x1b[0K"


def pipeline(p: Pipeline) -> Built:
    notes = []
    if p.cron:
        notes = [
            f"Schedule: add one under Build > Pipeline schedules with the interval pattern {keep_together(p.cron)}"
        ]
    job: dict[str, Any] = {"stage": "test", "image": p.image, "timeout": f"{TIMEOUT} minutes", "interruptible": True}
    if p.cache:
        job["variables"] = {"PIP_CACHE_DIR": "$CI_PROJECT_DIR/.pip-cache"}
        job["cache"] = {"key": f"pip-{p.python_version}", "paths": [".pip-cache/"]}
    reports = {
        "junit": JUNIT,
        "codequality": "gl-code-quality-report.json",
        "dotenv": "truthound.env",
    }
    job |= {
        "script": [p.install, p.run],
        "artifacts": {
            "when": "always",
            "expire_in": f"{DAYS} days",
            "paths": [f"{folder}/" for folder in RESULTS],
            "reports": Commented("the tests, the findings beside the changes, variables for later jobs", reports),
        },
        "rules": _rules(p),
    }
    return notes, {JOB: job}


def _rules(p: Pipeline) -> list[Any]:
    """When the job runs."""
    changes = {"changes": list(p.watched)} if p.watched else {}
    pushes = '$CI_PIPELINE_SOURCE == "push" && $CI_COMMIT_BRANCH'
    rules: list[Any] = [
        {"if": '$CI_PIPELINE_SOURCE == "web"'},
        {"if": '$CI_PIPELINE_SOURCE == "merge_request_event"'} | changes,
        Commented(
            "its merge request has the pipeline", {"if": f"{pushes} && $CI_OPEN_MERGE_REQUESTS", "when": "never"}
        ),
    ]
    branches = [f'== "{b}"' if "*" not in b else f"=~ {regex(b)}" for b in p.branches]
    on_push = [f'$CI_PIPELINE_SOURCE == "push" && $CI_COMMIT_BRANCH {b}' for b in branches] or [pushes]
    rules += [{"if": condition} | changes for condition in on_push]
    scheduled = [{"if": '$CI_PIPELINE_SOURCE == "schedule"'}] if p.cron else []
    return [*scheduled, *rules]


RECORD = Platform(
    "GitLab CI", _FIELDS,
    ("CI_PIPELINE_SOURCE=merge_request_event", "CI_PIPELINE_SOURCE=external_pull_request_event"),
    reporting=Reporting(
        log_text.coloured, _section, files=(("junit", JUNIT), ("codequality", "gl-code-quality-report.json")),
        report_location="the pipeline's Tests tab and the merge request's Code Quality, where the job's `artifacts: reports:` name the files",
        outputs_location="`truthound.env`, for `artifacts: reports: dotenv`",
        root_env=("CI_PROJECT_DIR",),
    ),
    pipeline=PipelineTarget(
        ".gitlab-ci.yml", pipeline, "Settings > CI/CD > Variables, masked; protected ones reach protected branches only"
    ),
)  # fmt: skip
