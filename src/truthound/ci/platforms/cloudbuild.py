"""Google Cloud Build: plain lines, and the builder's output."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from truthound._internal.text import shorten
from truthound.ci.pipelines.text import JOB, NO_CACHE, TIMEOUT, double_dollars, keep_together
from truthound.ci.platforms.record import Built, Env, Lookups, PipelineTarget, Platform, Reporting
from truthound.ci.report.outputs import Output, Write

if TYPE_CHECKING:
    from truthound.ci.pipelines.spec import Pipeline

_FIELDS: dict[str, Lookups] = {
    "branch": ("pr:_HEAD_BRANCH", "BRANCH_NAME"),
    "commit_sha": ("COMMIT_SHA", "REVISION_ID"),
    "pr_number": ("_PR_NUMBER",),
    "pr_target_branch": ("pr:_BASE_BRANCH",),
    "repository": ("REPO_FULL_NAME", "REPO_NAME"),
    "run_id": ("BUILD_ID",),
    "run_url": ("https://console.cloud.google.com/cloud-build/builds;region={LOCATION}/{BUILD_ID}?project={PROJECT_ID}",),
    "workflow_name": ("TRIGGER_NAME",),
    "tag": ("TAG_NAME",),
}  # fmt: skip

_OUTPUT = 4 * 1024
"""bytes of a builder's output that are kept"""


def _values(values: Mapping[str, str], env: Env) -> Iterator[Output]:
    """The first 4 KiB of a builder's output are kept in the build's results: the newest values stay within them."""
    if folder := env.get("BUILDER_OUTPUT"):
        path = f"{folder}/output"
        known: dict[str, str] = {}
        with contextlib.suppress(OSError, ValueError, RecursionError):
            there = json.loads(Path(path).read_text("utf-8"))
            known |= {k: v for k, v in there.items() if isinstance(v, str)} if isinstance(there, dict) else {}
        known |= {k: shorten(v, 200) for k, v in values.items()}
        while len(json.dumps(known)) > _OUTPUT and len(known) > 1:
            del known[next(iter(known))]
        yield Write(path, json.dumps(known))


def pipeline(p: Pipeline) -> Built:
    script = "\n".join(map(double_dollars, ("set -e", p.install, p.run))) + "\n"
    step: dict[str, Any] = {"id": JOB, "name": p.image, "entrypoint": "sh", "args": ["-c", script]}
    notes = [
        "Pushes and pull requests: one trigger for each; with pushes to the default branch only, no pull request runs twice.",
        "Results are not kept: artifacts need a bucket, and are uploaded after success only; store_result may name a bucket (gs://).",
    ]
    if p.branches:
        notes.append(f"Branches ({', '.join(p.branches)}): the trigger's branch, a regular expression.")
    if p.paths:
        notes.append(f"Paths ({', '.join(p.watched)}): the trigger's included files.")
    if p.cache:
        notes.append(NO_CACHE.format("Cloud Build has no cache of its own"))
    if p.cron:
        notes.append(
            f"Schedule: a job of Cloud Scheduler that runs the trigger at {keep_together(p.cron)}; the page of triggers makes one"
        )
    document: dict[str, Any] = {}
    if p.wanted_secrets:
        step["secretEnv"] = list(p.wanted_secrets)
        place = "projects/$PROJECT_ID/secrets/{}/versions/latest"
        document["availableSecrets"] = {
            "secretManager": [{"versionName": place.format(name), "env": name} for name in p.wanted_secrets]
        }
    # without the mapping no step knows its branch, its commit and its pull request
    options = {"automapSubstitutions": True, "logging": "CLOUD_LOGGING_ONLY"}
    return notes, {"steps": [step]} | document | {"timeout": f"{TIMEOUT * 60}s", "options": options}


RECORD = Platform(
    "Google Cloud Build", _FIELDS, names=("gcp", "gcb", "google"),
    reporting=Reporting(
        values=_values, outputs_location="`$BUILDER_OUTPUT/output`, in JSON", created_env=("BUILDER_OUTPUT",)
    ),
    pipeline=PipelineTarget(
        "cloudbuild.yaml", pipeline, "Secret Manager, with the build's service account as secret accessor"
    ),
)  # fmt: skip
