"""Jenkins: JUnit, SARIF and a properties file; a Jenkinsfile in Groovy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from truthound.ci.pipelines.text import JUNIT, NAME, NO_CACHE, RESULTS, SARIF, TIMEOUT
from truthound.ci.platforms.record import Built, Env, Lookups, PipelineTarget, Platform, Reporting
from truthound.ci.report.outputs import Output, Write
from truthound.ci.report.step_values import read_values, variable

if TYPE_CHECKING:
    from truthound.ci.pipelines.spec import Pipeline

_FIELDS: dict[str, Lookups] = {
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
}  # fmt: skip

_VENV = ".truthound-venv"


def _values(values: Mapping[str, str], _env: Env) -> Iterator[Output]:
    """A Java properties file, which Jenkins' readProperties takes."""
    path = "truthound.properties"
    made = {variable(k): _java_property(v) for k, v in values.items()}
    yield Write(path, "".join(f"{k}={v}\n" for k, v in (read_values(path) | made).items()))


def _java_property(text: str) -> str:
    units = text.encode("utf-16-be", "surrogatepass")
    codes = [int.from_bytes(units[i : i + 2], "big") for i in range(0, len(units), 2)]
    escaped = "".join(
        f"\\{chr(c)}" if chr(c) in "\\#!=:" else chr(c) if 32 <= c < 127 else f"\\u{c:04x}" for c in codes
    )
    return f"\\{escaped}" if escaped.startswith(" ") else escaped


def _groovy(text: str) -> str:
    """A string in single quotes, in which Groovy fills in nothing."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _groovy_line(text: str) -> str:
    """A line of a string in three single quotes, in which Groovy fills in nothing either."""
    return text.replace("\\", "\\\\").replace("''", "\\'\\'")


_JENKINSFILE = """\
pipeline {
    agent { docker { image %(image)s } }
    options {
        timeout(time: %(timeout)s, unit: 'MINUTES')
        disableConcurrentBuilds(abortPrevious: true)
    }
%(triggers)s    environment {
        HOME = "${env.WORKSPACE}"  // the container's user has no other
%(credentials)s    }
    stages {
        stage(%(name)s) {
%(when)s            steps {
                sh '''
%(commands)s                '''
            }
            post {
                always {
                    junit testResults: 'truthound-junit.xml', allowEmptyResults: true
                    // recordIssues enabledForFailure: true, tool: sarif(pattern: 'truthound.sarif')
                    archiveArtifacts artifacts: %(kept)s, allowEmptyArchive: true
                }
            }
        }
    }
}
"""


def jenkinsfile(p: Pipeline) -> Built:
    notes = [
        "Needs the plugins Docker Pipeline, JUnit and Pipeline.",
        "In a multibranch project, exclude branches that are also filed as pull requests: those would run twice.",
        "With Warnings Next Generation the issues get a page of their own: see recordIssues below.",
        *([NO_CACHE.format("the container is new")] if p.cache else []),
    ]
    commands = [f"python -m venv {_VENV}", f". {_VENV}/bin/activate", p.install, p.run]
    kept = ",".join([JUNIT, "truthound.properties", SARIF, *(f"{folder}/**" for folder in RESULTS)])
    return notes, _JENKINSFILE % {
        "image": _groovy(p.image),
        "timeout": TIMEOUT,
        "triggers": f"    triggers {{ cron({_groovy(str(p.cron))}) }}\n" if p.cron else "",
        "credentials": "".join(f"        {name} = credentials({_groovy(name)})\n" for name in p.wanted_secrets),
        "name": _groovy(NAME),
        "when": _when(p),
        "commands": "".join(f"                    {_groovy_line(command)}\n" for command in commands),
        "kept": _groovy(kept),
    }


def _when(p: Pipeline) -> str:
    """The conditions of the stage: one of the branches, and one of the causes or changed files."""
    branches = [f"branch pattern: {_groovy(b)}, comparator: 'GLOB'" for b in p.branches]
    files = [f"changeset pattern: {_groovy(path)}" for path in p.watched]
    found = [["changeRequest()", *branches]] if branches else []
    found += [["triggeredBy 'TimerTrigger'", "triggeredBy cause: 'UserIdCause'", *files]] if files else []
    lines = [line for conditions in found for line in ["anyOf {", *(f"    {c}" for c in conditions), "}"]]
    body = "".join(f"                {line}\n" for line in lines)
    return f"            when {{\n{body}            }}\n" if body else ""


RECORD = Platform(
    "Jenkins", _FIELDS, ("CHANGE_ID",),
    reporting=Reporting(
        values=_values, files=(("junit", JUNIT), ("sarif", SARIF)),
        report_location="the steps `junit` and `recordIssues` (Warnings Next Generation)",
        outputs_location="`truthound.properties`", root_env=("WORKSPACE",),
    ),
    pipeline=PipelineTarget(
        "Jenkinsfile", jenkinsfile, "Manage Jenkins > Credentials, as secret texts with these ids", "//"
    ),
)  # fmt: skip
