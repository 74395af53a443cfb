"""Pipelines of Buildkite, Drone, Woodpecker, CodeBuild and Cloud Build.

Buildkite and Cloud Build replace `$NAME` in the whole file, Drone and Woodpecker `${NAME}`; a doubled dollar stays one.
"""

from __future__ import annotations

from typing import Any

from truthound.ci.pipelines.hosted import JOB, NAME, Built
from truthound.ci.pipelines.spec import RESULTS, TIMEOUT, Pipeline, keep_together
from truthound.ci.pipelines.yaml_writer import Commented

_DRONE_PULLS = ("pull", "pull-requests", "merge-requests")
"""what the references of pull requests begin with, on the hosting services that Drone knows"""
_NO_CACHE = "What pip downloads is not kept between builds: {0}."


def _doubled(command: str) -> str:
    return command.replace("$", "$$")


def _braces(command: str) -> str:
    return command.replace("${", "$${")


def buildkite(p: Pipeline) -> Built:
    files = ["truthound-junit.xml", *(f"{folder}/**/*" for folder in RESULTS)]
    docker: dict[str, Any] = {"image": p.image, "propagate-environment": True, "mount-buildkite-agent": True}
    if p.wanted_secrets:
        docker["environment"] = list(p.wanted_secrets)
    step: dict[str, Any] = {"label": NAME, "key": JOB, "command": "\n".join(map(_doubled, (p.install, p.run))) + "\n"}
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
            _NO_CACHE.format(
                "the container is new; mount a folder of the agent on /root/.cache/pip with the plugin's volumes"
            )
        )
    if p.cron:
        notes.append(f"Schedule: add one under Pipeline Settings > Schedules with the interval {keep_together(p.cron)}")
        if p.paths:
            notes.append("if_changed holds for scheduled builds too: give those a pipeline of their own, without it.")
    return notes, {"steps": [step]}


def drone(p: Pipeline) -> Built:
    events = ["push", "pull_request", "custom", *(["cron"] if p.cron else [])]
    refs = [f"refs/heads/{b}" for b in p.pushed] + [f"refs/{name}/**" for name in _DRONE_PULLS]
    once = Commented("a push to a pull request runs once, for the pull request", {"include": refs})
    trigger: dict[str, Any] = {"event": events, "ref": once}
    step: dict[str, Any] = {"name": "check", "image": p.image}
    if p.wanted_secrets:
        step["environment"] = {name: {"from_secret": name} for name in p.wanted_secrets}
    step["commands"] = [_braces(p.install), _braces(p.run)]
    notes = [
        "Results are not kept: Drone has no artifacts of its own; store_result may name a bucket. It stops at the repository's timeout.",
        "Builds by hand are of the branches below, too.",
    ]
    if p.paths:
        notes.append(f"Paths ({', '.join(p.watched)}): Drone cannot choose builds by them; every push is checked.")
    if p.cache:
        notes.append(_NO_CACHE.format("Drone has no cache of its own"))
    if p.cron:
        command = keep_together(f"drone cron add OWNER/REPOSITORY {JOB} '0 {p.cron}'")
        notes.append(f"Schedule: add one in the repository's settings, or with: {command}")
    return notes, {"kind": "pipeline", "type": "docker", "name": JOB, "trigger": trigger, "steps": [step]}


def woodpecker(p: Pipeline) -> Built:
    files = {"path": {"include": list(p.watched)}} if p.watched else {}
    when: list[Any] = [
        Commented(
            "a push to a pull request runs once, for the pull request",
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
        notes.append(_NO_CACHE.format("Woodpecker has no cache of its own"))
    step: dict[str, Any] = {"name": "check", "image": p.image}
    if p.wanted_secrets:
        step["environment"] = {name: {"from_secret": name} for name in p.wanted_secrets}
    step["commands"] = [_braces(p.install), _braces(p.run)]
    return notes, {"when": when, "steps": [step]}


def codebuild(p: Pipeline) -> Built:
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


def cloudbuild(p: Pipeline) -> Built:
    script = "\n".join(map(_doubled, ("set -e", p.install, p.run))) + "\n"
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
        notes.append(_NO_CACHE.format("Cloud Build has no cache of its own"))
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
