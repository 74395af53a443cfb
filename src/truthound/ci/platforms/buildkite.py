"""Buildkite: an annotation of the build and meta-data through the agent, and JUnit."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from truthound._internal.escape import escape_log
from truthound.ci.models import CIEnvironment
from truthound.ci.pipelines.text import JOB, JUNIT, NAME, NO_CACHE, RESULTS, TIMEOUT, double_dollars, keep_together
from truthound.ci.platforms.record import Built, Env, Lookups, PipelineTarget, Platform, Reporting
from truthound.ci.report import log_text
from truthound.ci.report.outputs import Output, Pipe, Report
from truthound.ci.report.step_values import word
from truthound.reporters import wording
from truthound.results import CheckpointResult, CheckpointStatus

if TYPE_CHECKING:
    from truthound.ci.pipelines.spec import Pipeline

_FIELDS: dict[str, Lookups] = {
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
}  # fmt: skip

_MARKDOWN = 1024 * 1024
"""bytes of a run's annotation"""


def _group(title: str, _name: str, _now: datetime) -> tuple[str, str]:
    """A group ends where the next begins; without an empty one at its end, the lines after it would be collapsed too."""
    return f"--- {escape_log(title)}", "+++ truthound"


def _values(values: Mapping[str, str], _env: Env) -> Iterator[Output]:
    for key, value in values.items():
        yield Pipe(("buildkite-agent", "meta-data", "set", f"truthound:{word(key)}"), value or "-")


def _summary(run: Report) -> Iterator[Output]:
    from truthound.ci.report.github_markdown import section

    for result in run.results:
        style, context = _style(result), f"truthound-{log_text.key(result.checkpoint_name)}"
        yield Pipe(
            ("buildkite-agent", "annotate", "--style", style, "--context", context), section(run, result, _MARKDOWN)
        )


def _style(result: CheckpointResult) -> str:
    if wording.fails(result):
        return "error"
    return "warning" if result.status is CheckpointStatus.WARNING else "success"


def _problems(_env: Env, _build: CIEnvironment) -> Iterator[str]:
    if shutil.which("buildkite-agent") is None:
        yield "buildkite-agent is not on PATH, so the annotation is not written; in a container, mount it (mount-buildkite-agent: true)"


def pipeline(p: Pipeline) -> Built:
    files = [JUNIT, *(f"{folder}/**/*" for folder in RESULTS)]
    docker: dict[str, Any] = {"image": p.image, "propagate-environment": True, "mount-buildkite-agent": True}
    if p.wanted_secrets:
        docker["environment"] = list(p.wanted_secrets)
    step: dict[str, Any] = {
        "label": NAME,
        "key": JOB,
        "command": "\n".join(map(double_dollars, (p.install, p.run))) + "\n",
    }
    step |= {"timeout_in_minutes": TIMEOUT, "artifact_paths": files}
    step |= {"branches": " ".join(p.branches)} if p.branches else {}
    step |= {"if_changed": list(p.watched)} if p.watched else {}
    step |= {"secrets": list(p.wanted_secrets)} if p.wanted_secrets else {}
    step["plugins"] = [{"docker#v5.13.0": docker}]
    notes = [
        "The agents need Docker.",
        "Keep the pipeline's setting that skips pull request builds for existing commits: they would run twice.",
    ]
    if p.branches:
        notes.append("The branches are those of pull requests too: Buildkite builds branches.")
    if p.cache:
        notes.append(
            NO_CACHE.format(
                "the container is new; mount a folder of the agent on /root/.cache/pip with the plugin's volumes"
            )
        )
    if p.cron:
        notes.append(f"Schedule: add one under Pipeline Settings > Schedules with the interval {keep_together(p.cron)}")
        if p.paths:
            notes.append("if_changed holds for scheduled builds too: give those a pipeline of their own, without it.")
    return notes, {"steps": [step]}


RECORD = Platform(
    "Buildkite", _FIELDS,
    reporting=Reporting(
        log_text.coloured, _group, _values, files=(("junit", JUNIT),), summary=_summary,
        report_location="an annotation of the build",
        outputs_location="meta-data `truthound:status` and so on",
        root_env=("BUILDKITE_BUILD_CHECKOUT_PATH",), problems=_problems, remote_env="BUILDKITE_REPO",
    ),
    pipeline=PipelineTarget(".buildkite/pipeline.yml", pipeline, "the cluster's Secrets"),
)  # fmt: skip
