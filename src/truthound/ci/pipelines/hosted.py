"""Pipelines of GitHub Actions and its like, GitLab, CircleCI, Azure, Bitbucket and Travis.

A builder gives notes for the head of the file and the document. What a system cannot hold is in the notes.
"""

from __future__ import annotations

import re
from typing import Any

from truthound.ci.pipelines.pins import UPLOAD_3, pinned
from truthound.ci.pipelines.spec import PERMISSIONS, RESULTS, SARIF, TIMEOUT, Pipeline, keep_together, regex, shell
from truthound.ci.pipelines.yaml_writer import Commented

Built = tuple[list[str], dict[str, Any]]
Pin = tuple[str, str]

NAME = "Data quality"
JOB = "data-quality"
DAYS = 30
"""for which reports are kept, where that can be said"""


def github(p: Pipeline, *, folder: str = ".github", upload: Pin | None = None) -> Built:
    """The summary, the annotations and the outputs need no file; what the run stored is uploaded."""
    files = {"paths": list(p.watched)} if p.watched else {}
    once = Commented("a push to a pull request runs once, for the pull request", {"branches": list(p.pushed)} | files)
    on: dict[str, Any] = {"push": once, "pull_request": files or None}
    on |= {"schedule": [{"cron": str(p.cron)}]} if p.cron else {}
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
    steps = [
        {"uses": pinned("actions/checkout"), "with": {"persist-credentials": False}},
        {"uses": pinned("actions/setup-python"), "with": python},
        {"name": "Install truthound", "run": p.install},
        check,
        *([_code_scanning()] if p.sarif else []),
        report,
    ]
    job: dict[str, Any] = {"name": NAME, "runs-on": "ubuntu-latest", "timeout-minutes": TIMEOUT}
    if more := _permissions(p):
        job["permissions"] = {"contents": "read"} | more
    return [], {
        "name": NAME,
        "on": on | {"workflow_dispatch": Commented("by hand, too", None)},
        "permissions": {"contents": "read"},
        "concurrency": {
            "group": f"{JOB}-${{{{ github.event_name }}}}-${{{{ github.ref }}}}",
            "cancel-in-progress": True,
        },
        "jobs": {JOB: job | {"steps": steps}},
    }


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


def gitea(p: Pipeline) -> Built:
    return _alike(p, ".gitea")


def forgejo(p: Pipeline) -> Built:
    return _alike(p, ".forgejo")


def _alike(p: Pipeline, folder: str) -> Built:
    notes, document = github(p, folder=folder, upload=UPLOAD_3)
    return [*notes, "upload-artifact stays at v3: later ones need a service that only GitHub has."], document


def gitlab(p: Pipeline) -> Built:
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
    notes = []
    if p.cron:
        rules.insert(0, {"if": '$CI_PIPELINE_SOURCE == "schedule"'})
        notes = [
            f"Schedule: add one under Build > Pipeline schedules with the interval pattern {keep_together(p.cron)}"
        ]
    job: dict[str, Any] = {"stage": "test", "image": p.image, "timeout": f"{TIMEOUT} minutes", "interruptible": True}
    if p.cache:
        job["variables"] = {"PIP_CACHE_DIR": "$CI_PROJECT_DIR/.pip-cache"}
        job["cache"] = {"key": f"pip-{p.python_version}", "paths": [".pip-cache/"]}
    reports = {
        "junit": "truthound-junit.xml",
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
        "rules": rules,
    }
    return notes, {JOB: job}


def circleci(p: Pipeline) -> Built:
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


def azure(p: Pipeline) -> Built:
    files = {"paths": {"include": list(p.watched)}} if p.watched else {}
    once = {"branches": {"include": list(p.pushed)}} | files
    document: dict[str, Any] = {
        "trigger": Commented("a push to a pull request runs once, for the pull request", once),
        "pr": Commented("for repositories on GitHub and Bitbucket", {"branches": {"include": ["*"]}} | files),
    }
    notes = ["Pull requests of Azure Repos: add this pipeline as a build validation to the branch policy."]
    if p.cron:
        branches: Any = {"include": list(p.pushed)}
        schedule = {"cron": str(p.cron), "displayName": "Scheduled", "branches": branches, "always": "true"}
        document["schedules"] = [schedule]
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
    # a variable that is not there, as in builds of forks, stays as it is written: that is no secret
    unset = [f'if [ "${n}" = {shell(f"$({n})")} ]; then unset {n}; fi' for n in p.wanted_secrets]
    check: dict[str, Any] = {"bash": "\n".join(["set -e", *unset, p.run]) if unset else p.run}
    check["displayName"] = "Check the data"
    if p.wanted_secrets:
        check["env"] = {n: f"$({n})" for n in p.wanted_secrets}
    results = {"testResultsFormat": "JUnit", "testResultsFiles": "truthound-junit.xml", "testRunTitle": NAME}
    kept = "\n".join(["truthound-junit.xml", *(f"{folder}/**" for folder in RESULTS)]) + "\n"
    always = "succeededOrFailed()"
    steps += [
        check,
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
    job = {"job": "data_quality", "displayName": NAME, "timeoutInMinutes": str(TIMEOUT), "steps": steps}
    return notes, document | {"pool": {"vmImage": "ubuntu-latest"}, "jobs": [job]}


def bitbucket(p: Pipeline) -> Built:
    step: dict[str, Any] = {"name": NAME, "max-time": TIMEOUT}
    step |= {"caches": ["pip"]} if p.cache else {}
    upload = {"name": "Data quality report", "paths": [f"{f}/**" for f in RESULTS], "capture-on": "always"}
    step |= {"script": [p.install, p.run], "artifacts": {"upload": [upload]}}
    changed = {"condition": {"changesets": {"includePaths": list(p.watched)}}} if p.watched else {}
    on_change = [{"step": step | changed}]
    once = Commented("a push to a pull request runs once, for the pull request", dict.fromkeys(p.pushed, on_change))
    pipelines: dict[str, Any] = {"branches": once}
    pipelines |= {"pull-requests": {"**": on_change}}
    pipelines |= {"custom": Commented("by hand and by schedule", {JOB: [{"step": step}]})}
    notes = ["The tests are read from test-results/ without being named here."]
    if p.cron:
        notes.append(
            f"Schedule: add one for the pipeline custom: {JOB} under Pipelines > Schedules, at {keep_together(p.cron)} (UTC)"
        )
    return notes, {"image": p.image, "pipelines": pipelines}


def travis(p: Pipeline) -> Built:
    document: dict[str, Any] = {"language": "python", "os": "linux", "dist": "jammy", "python": [p.python_version]}
    document |= {"cache": "pip"} if p.cache else {"cache": False}
    pushed = " OR ".join(f"branch =~ {regex(b)}" if "*" in b else f"branch = {_word(b)}" for b in p.pushed)
    document |= {
        "if": Commented("a push to a pull request runs once, for the pull request", f"type != push OR {pushed}")
    }
    notes = [
        "Results are not kept: Travis has no artifacts of its own; the log has the report, store_result may name a bucket."
    ]
    if p.paths:
        notes.append(f"Paths ({', '.join(p.watched)}): Travis cannot choose builds by them; every push is checked.")
    if p.cron:
        notes.append(
            f"Schedule: cron jobs are added in the repository's settings: daily, weekly or monthly; {keep_together(p.cron)} was asked for"
        )
    return notes, document | {"install": [p.install], "script": [p.run]}


def _word(branch: str) -> str:
    """A branch in a condition of Travis."""
    return branch if re.fullmatch(r"\w+", branch, re.ASCII) else f'"{branch}"'
