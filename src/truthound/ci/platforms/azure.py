"""Azure Pipelines: issues of the task, a summary, variables and JUnit.

https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands (read November 2026).
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from truthound._internal.escape import escape_log
from truthound._internal.text import shorten
from truthound.ci.pipelines.text import JUNIT, NAME, ONCE, RESULTS, TIMEOUT, shell
from truthound.ci.pipelines.yaml_writer import Commented
from truthound.ci.platforms.record import Built, Env, Lookups, PipelineTarget, Platform, Reporting
from truthound.ci.report import log_text
from truthound.ci.report.outputs import Output, Print, Report, Write
from truthound.ci.report.step_values import variable
from truthound.reporters.annotations import AnnotationLevel, CIAnnotation

if TYPE_CHECKING:
    from truthound.ci.pipelines.spec import Pipeline

_FIELDS: dict[str, Lookups] = {
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
}  # fmt: skip

_LONGEST = 4000
_MARKDOWN = 1024 * 1024
"""bytes of a run's summary"""

# --- reports ----------------------------------------------------------------------------------------------------------


def azure_message(text: str) -> str:
    return text.replace("%", "%AZP25").replace("\r", "%0D").replace("\n", "%0A")


def azure_property(text: str) -> str:
    return azure_message(escape_log(text)).replace(";", "%3B").replace("]", "%5D")


def annotation(a: CIAnnotation) -> str:
    """An issue of the task; Azure has no notices, so one is a line of the log."""
    if a.level is AnnotationLevel.NOTICE:
        return log_text.plain(a)
    known = {
        "type": a.level.value, "sourcepath": a.file, "linenumber": a.line, "columnnumber": a.column, "code": a.validator_name,
    }  # fmt: skip
    listed = "".join(f"{k}={azure_property(str(v))};" for k, v in known.items() if v not in (None, ""))
    message = f"{escape_log(a.title)}: {log_text.lines(a.message)}" if a.title else log_text.lines(a.message)
    return f"##vso[task.logissue {listed}]{azure_message(shorten(message, _LONGEST))}"


def _group(title: str, _name: str, _now: datetime) -> tuple[str, str]:
    return f"##[group]{escape_log(title)}", "##[endgroup]"


def _values(values: Mapping[str, str], _env: Env) -> Iterator[Output]:
    yield Print("\n".join(_variable(variable(k), v) for k, v in values.items()))


def _variable(name: str, value: str) -> str:
    """For later steps of the job, and with the step's name before it for later jobs."""
    text = azure_message(log_text.lines(value))
    return "\n".join(
        f"##vso[task.setvariable variable={azure_property(name)}{more}]{text}" for more in ("", ";isOutput=true")
    )


def _summary(run: Report) -> Iterator[Output]:
    from truthound.ci.report.github_markdown import section

    folder = Path(run.env.get("AGENT_TEMPDIRECTORY") or Path.cwd())
    for result in run.results:
        path = folder / f"truthound-{log_text.slug(result.checkpoint_name)}-{secrets.token_hex(4)}.md"
        uploaded = f"##vso[task.uploadsummary]{azure_message(str(path))}"
        yield Write(str(path), section(run, result, _MARKDOWN), then=uploaded)


# --- the pipeline -----------------------------------------------------------------------------------------------------


def pipeline(p: Pipeline) -> Built:
    files = {"paths": {"include": list(p.watched)}} if p.watched else {}
    once = {"branches": {"include": list(p.pushed)}} | files
    document: dict[str, Any] = {
        "trigger": Commented(ONCE, once),
        "pr": Commented("for repositories on GitHub and Bitbucket", {"branches": {"include": ["*"]}} | files),
    }
    notes = ["Pull requests of Azure Repos: add this pipeline as a build validation to the branch policy."]
    if p.cron:
        branches: Any = {"include": list(p.pushed)}
        schedule = {"cron": str(p.cron), "displayName": "Scheduled", "branches": branches, "always": "true"}
        document["schedules"] = [schedule]
    job = {"job": "data_quality", "displayName": NAME, "timeoutInMinutes": str(TIMEOUT), "steps": _steps(p)}
    return notes, document | {"pool": {"vmImage": "ubuntu-latest"}, "jobs": [job]}


def _steps(p: Pipeline) -> list[Any]:
    install = {"bash": p.install, "displayName": "Install truthound"}
    steps: list[Any] = [
        {"checkout": "self", "persistCredentials": "false"},
        {"task": "UsePythonVersion@0", "inputs": {"versionSpec": p.python_version}, "displayName": "Set up Python"},
    ]
    if p.cache:
        key = f'pip | "$(Agent.OS)" | "{p.python_version}"'
        cached = {"key": key, "path": "$(Pipeline.Workspace)/.pip"}
        steps.append({"task": "Cache@2", "inputs": cached, "displayName": "Cache of pip"})
        install["env"] = {"PIP_CACHE_DIR": "$(Pipeline.Workspace)/.pip"}  # type: ignore[assignment]
    steps.append(install)
    results = {"testResultsFormat": "JUnit", "testResultsFiles": JUNIT, "testRunTitle": NAME}
    kept = "\n".join([JUNIT, *(f"{folder}/**" for folder in RESULTS)]) + "\n"
    always = "succeededOrFailed()"
    return [
        *steps,
        _check(p),
        {
            "task": "PublishTestResults@2",
            "condition": always,
            "inputs": results | {"failTaskOnMissingResultsFile": False},
        },
        {
            "task": "CopyFiles@2",
            "condition": always,
            "inputs": {"Contents": kept, "TargetFolder": "$(Build.ArtifactStagingDirectory)"},
        },
        {"publish": "$(Build.ArtifactStagingDirectory)", "artifact": "DataQualityReport", "condition": always},
    ]


def _check(p: Pipeline) -> dict[str, Any]:
    # an unset variable, as in builds of forks, stays as it is written, which is not a secret
    unset = [f'if [ "${n}" = {shell(f"$({n})")} ]; then unset {n}; fi' for n in p.wanted_secrets]
    check: dict[str, Any] = {"bash": "\n".join(["set -e", *unset, p.run]) if unset else p.run}
    check["displayName"] = "Check the data"
    if p.wanted_secrets:
        check["env"] = {n: f"$({n})" for n in p.wanted_secrets}
    return check


RECORD = Platform(
    "Azure Pipelines", _FIELDS, ("BUILD_REASON=PullRequest",),
    ("azure devops", "azure pipelines", "vsts"),
    Reporting(
        annotation, _group, _values, max_annotations=50, files=(("junit", JUNIT),), summary=_summary,
        report_location="the run's summary and issues, and the task PublishTestResults",
        outputs_location="variables, also as outputs of a step that has a name",
        root_env=("BUILD_SOURCESDIRECTORY",), remote_env="BUILD_REPOSITORY_URI",
    ),
    PipelineTarget("azure-pipelines.yml", pipeline, "the pipeline's Variables, kept secret"),
)  # fmt: skip
