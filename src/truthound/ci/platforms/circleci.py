"""CircleCI: JUnit for its tests, files in `artifacts`, variables for later steps."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from truthound.ci.pipelines.text import JOB, RESULTS, TESTS, TIMEOUT, keep_together, regex
from truthound.ci.platforms.record import Built, Env, Lookups, PipelineTarget, Platform, Reporting
from truthound.ci.report import log_text
from truthound.ci.report.outputs import Output, Write
from truthound.ci.report.step_values import variable

if TYPE_CHECKING:
    from truthound.ci.pipelines.spec import Pipeline

_FIELDS: dict[str, Lookups] = {
    "branch": ("CIRCLE_BRANCH",),
    "commit_sha": ("CIRCLE_SHA1",),
    "pr_number": ("CIRCLE_PULL_REQUEST", "CIRCLE_PR_NUMBER"),
    "repository": ("{CIRCLE_PROJECT_USERNAME}/{CIRCLE_PROJECT_REPONAME}", "CIRCLE_REPOSITORY_URL"),
    "run_id": ("CIRCLE_WORKFLOW_ID", "CIRCLE_BUILD_NUM"),
    "run_url": ("CIRCLE_BUILD_URL",),
    "actor": ("CIRCLE_USERNAME",),
    "job_name": ("CIRCLE_JOB",),
    "tag": ("CIRCLE_TAG",),
}  # fmt: skip


def _values(values: Mapping[str, str], env: Env) -> Iterator[Output]:
    """Later steps of a job read BASH_ENV first."""
    if path := env.get("BASH_ENV"):
        lines = (f"export {variable(k)}={shlex.quote(' '.join(v.split()))}\n" for k, v in values.items())
        yield Write(path, "".join(lines), append=True)


def pipeline(p: Pipeline) -> Built:
    key = f"pip-{p.python_version}-{{{{ arch }}}}-v1"
    steps: list[Any] = ["checkout"]
    steps += [{"restore_cache": {"key": key}}] if p.cache else []
    steps += [{"run": {"name": "Install truthound", "command": p.install}}]
    steps += [{"save_cache": {"key": key, "paths": ["~/.cache/pip"]}}] if p.cache else []
    kept = ["artifacts", *RESULTS]
    folders = f"mkdir -p test-results/truthound {' '.join(kept)}"
    steps += [
        {"run": {"name": "Make the folders that are kept below", "command": folders}},
        {"run": {"name": "Check the data", "command": p.run, "no_output_timeout": f"{TIMEOUT}m"}},
        {"store_test_results": {"path": "test-results/truthound"}},
        *({"store_artifacts": {"path": folder}} for folder in kept),
    ]
    only = [regex(b) if "*" in b else b for b in p.branches]
    filtered = {"filters": {"branches": {"only": only}}} if only else {}
    notes = []
    if only:
        notes.append("The branches are those of pull requests too: CircleCI builds branches.")
    if p.paths:
        notes.append(
            f"Paths ({', '.join(p.watched)}): a config cannot hold them; give the pipeline's trigger a condition on changed "
            "files, or use the orb circleci/path-filtering. Until then every push is checked."
        )
    if p.cron:
        notes.append(
            f"Schedule: add a schedule trigger under Project Settings > Triggers, at {keep_together(p.cron.listed)} (UTC); "
            "a schedule within the file is deprecated."
        )
    job = {"docker": [{"image": f"cimg/python:{p.python_version}"}], "steps": steps}
    return notes, {
        "version": 2.1,
        "jobs": {JOB: job},
        "workflows": {JOB: {"jobs": [{JOB: filtered} if filtered else JOB]}},
    }


RECORD = Platform(
    "CircleCI", _FIELDS,
    reporting=Reporting(
        log_text.coloured, values=_values,
        files=(("junit", TESTS), ("json", "artifacts/truthound-result.json"), ("markdown", "artifacts/truthound-summary.md")),
        report_location="`store_test_results` and `store_artifacts`",
        outputs_location="variables of the job's later steps, through `BASH_ENV`",
        root_env=("CIRCLE_WORKING_DIRECTORY",), required_env=("BASH_ENV",),
    ),
    pipeline=PipelineTarget(".circleci/config.yml", pipeline, "Project Settings > Environment Variables"),
)  # fmt: skip
