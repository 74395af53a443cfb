"""GitHub Actions: workflow commands in the log, the step's summary and outputs, and a workflow.

https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands (read November 2026).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from truthound._internal.escape import escape_log
from truthound._internal.text import shorten
from truthound.ci.pipelines.pins import UPLOAD_3, pinned
from truthound.ci.pipelines.text import DAYS, JOB, NAME, ONCE, PERMISSIONS, RESULTS, SARIF, TIMEOUT
from truthound.ci.pipelines.yaml_writer import Commented
from truthound.ci.platforms.record import Built, Env, Lookups, PipelineTarget, Platform, Reporting
from truthound.ci.report.outputs import Output, Print, Report, Write
from truthound.ci.report.step_values import word
from truthound.reporters.annotations import CIAnnotation, issue_annotations, limited
from truthound.results import CheckpointResult

if TYPE_CHECKING:
    from truthound.ci.pipelines.spec import Pipeline

Pin = tuple[str, str]

MAX_ANNOTATIONS = 10
"""annotations of a level that GitHub shows for a step"""
_MESSAGE = 4096
_AMBIGUOUS = re.compile(r"%(?=25|0[AD]|3A|2C)")

# --- reports ----------------------------------------------------------------------------------------------------------


def command(kind: str, message: str, **properties: object) -> str:
    """A workflow command on one line, such as `::error file=a.yaml,line=3::text`."""
    listed = ",".join(f"{k}={_property(str(v))}" for k, v in properties.items() if v not in ("", None))
    text = "\n".join(escape_log(line) for line in message.splitlines())
    return f"::{kind}{' ' if listed else ''}{listed}::{_escaped(shorten(text, _MESSAGE))}"


def annotation(a: CIAnnotation) -> str:
    """An annotation as a workflow command."""
    return command(
        a.level.value, a.message, file=a.file, line=a.line, endLine=a.end_line, col=a.column, endColumn=a.end_column,
        title=a.title,
    )  # fmt: skip


def _escaped(text: str) -> str:
    """The runner decodes exactly these sequences; any other per cent sign stays as it is, readable in a raw log."""
    return _AMBIGUOUS.sub("%25", text).replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(escape_log(text)).replace(":", "%3A").replace(",", "%2C")


def issue_commands(results: CheckpointResult | Iterable[CheckpointResult], root: str | Path = "") -> list[str]:
    """An annotation for each issue, worst first, at most ten of a kind; the tenth counts those that are left.

    An issue that was declared in a file is shown at its line. `root` is the repository's folder.
    """
    runs = [results] if isinstance(results, CheckpointResult) else results
    return [annotation(a) for a in limited(issue_annotations(runs, root), MAX_ANNOTATIONS, "the summary")]


def output_file(values: Mapping[str, str], delimiter: str) -> str:
    """Values as GITHUB_OUTPUT takes them; the delimiter must be unpredictable."""
    return "".join(f"{name}<<{delimiter}\n{value}\n{delimiter}\n" for name, value in values.items())


def output_delimiter() -> str:
    """A delimiter that no value can contain."""
    return f"truthound_{secrets.token_hex(16)}"


def group(title: str, _name: str, _now: datetime) -> tuple[str, str]:
    return f"::group::{escape_log(title)}", "::endgroup::"


def _values(values: Mapping[str, str], env: Env) -> Iterator[Output]:
    if path := env.get("GITHUB_OUTPUT"):
        yield Write(path, output_file({word(k): v for k, v in values.items()}, output_delimiter()), append=True)


def _summary(run: Report) -> Iterator[Output]:
    from truthound.ci.report.github_markdown import LINE_ENDS, SUMMARY_FULL, section, summary_room

    path = run.env.get("GITHUB_STEP_SUMMARY")
    if not path:
        return
    room = summary_room(path)
    for result in run.results:
        text = section(run, result, room)
        room -= len(text.encode("utf-8", "replace")) + LINE_ENDS
        if not text:
            yield Print(command("warning", SUMMARY_FULL, title="truthound"))
            return
        yield Write(path, f"{text}\n", append=True)


# --- the workflow -----------------------------------------------------------------------------------------------------


def workflow(p: Pipeline, *, folder: str = ".github", upload: Pin | None = None) -> Built:
    """The summary, the annotations and the outputs need no file; what the run stored is uploaded."""
    files = {"paths": list(p.watched)} if p.watched else {}
    on: dict[str, Any] = {
        "push": Commented(ONCE, {"branches": list(p.pushed)} | files),
        "pull_request": files or None,
        **({"schedule": [{"cron": str(p.cron)}]} if p.cron else {}),
        "workflow_dispatch": Commented("by hand, too", None),
    }
    job: dict[str, Any] = {"name": NAME, "runs-on": "ubuntu-latest", "timeout-minutes": TIMEOUT}
    if more := _permissions(p):
        job["permissions"] = {"contents": "read"} | more
    notes = [] if upload is None else ["upload-artifact stays at v3: later ones need a service that only GitHub has."]
    return notes, {
        "name": NAME,
        "on": on,
        "permissions": {"contents": "read"},
        "concurrency": {
            "group": f"{JOB}-${{{{ github.event_name }}}}-${{{{ github.ref }}}}",
            "cancel-in-progress": True,
        },
        "jobs": {JOB: job | {"steps": _steps(p, folder, upload)}},
    }


def _steps(p: Pipeline, folder: str, upload: Pin | None) -> list[dict[str, Any]]:
    python: dict[str, Any] = {"python-version": p.python_version}
    if p.cache:  # without such a path setup-python wants a requirements.txt
        python |= {"cache": "pip", "cache-dependency-path": f"{folder}/workflows/*.y*ml"}
    check: dict[str, Any] = {"name": "Check the data", "id": "check", "run": p.run}
    env = {name: f"${{{{ secrets.{name} }}}}" for name in p.wanted_secrets}
    env |= {"GITHUB_TOKEN": "${{ github.token }}"} if p.comment or p.permissions or p.token else {}
    check |= {"env": env} if env else {}
    report = {
        "name": "Keep the results",
        "if": "always()",
        "uses": pinned("actions/upload-artifact", upload),
        "with": {
            "name": "data-quality-report",
            "path": "".join(f"{folder}/\n" for folder in RESULTS),
            "if-no-files-found": "ignore",
            "retention-days": DAYS,
        },
    }
    return [
        {"uses": pinned("actions/checkout"), "with": {"persist-credentials": False}},
        {"uses": pinned("actions/setup-python"), "with": python},
        {"name": "Install truthound", "run": p.install},
        check,
        *([_code_scanning()] if p.sarif else []),
        report,
    ]


def _permissions(p: Pipeline) -> dict[str, Any]:
    """What the job's token may do beside reading the repository."""
    wanted = {*p.permissions, *(["pull-requests"] if p.comment else [])}
    found: dict[str, Any] = {name: "write" for name in PERMISSIONS if name in wanted}
    if p.sarif:
        found |= {"security-events": "write", "actions": Commented("private repositories only", "read", behind=True)}
    return found


def _code_scanning() -> dict[str, Any]:
    return {
        "name": "Upload the issues to code scanning",
        "if": f"always() && hashFiles('{SARIF}') != ''",
        "uses": pinned("github/codeql-action/upload-sarif"),
        "with": {"sarif_file": SARIF},
    }


# --- the record -------------------------------------------------------------------------------------------------------


def fields(run: str) -> dict[str, Lookups]:
    """The lookups of GitHub Actions and its imitators; `run` ends the address of a run."""
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


PULL_REQUEST = ("GITHUB_HEAD_REF", "GITHUB_EVENT_NAME=pull_request", "GITHUB_EVENT_NAME=pull_request_target")


def reporting(tree: str) -> Reporting:
    """The reports of GitHub Actions and its imitators."""
    return Reporting(
        annotation, group, _values, max_annotations=MAX_ANNOTATIONS, summary=_summary,
        report_location="the job's summary page, annotations on changed files",
        outputs_location="outputs of the step",
        root_env=("GITHUB_WORKSPACE",), required_env=("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT"), tree=tree,
    )  # fmt: skip


def imitation(title: str, folder: str) -> Platform:
    """The record of a system that imitates GitHub Actions and keeps its workflows in a folder of its own name."""
    return Platform(
        title,
        fields("GITHUB_RUN_NUMBER"),
        PULL_REQUEST,
        reporting=reporting("src/commit"),
        pipeline=PipelineTarget(
            f"{folder}/workflows/data-quality.yml",
            partial(workflow, folder=folder, upload=UPLOAD_3),
            "Settings > Actions > Secrets",
        ),
    )


RECORD = Platform(
    "GitHub Actions", fields("GITHUB_RUN_ID"), PULL_REQUEST, ("gha",), reporting("blob"),
    PipelineTarget(".github/workflows/data-quality.yml", workflow, "Settings > Secrets and variables > Actions"),
)  # fmt: skip
