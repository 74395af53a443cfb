"""Drone: a card of the step, which is an Adaptive Card and its data in one JSON file.

https://docs.drone.io/plugins/adaptive_cards/ (read in November 2026): the file that DRONE_CARD_PATH names has a
`schema`, which is an address, and `data`. Ours is a data: URL, so that the card loads nothing from elsewhere.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from truthound._internal.escape import escape_adaptive_card
from truthound._internal.text import plural, shorten
from truthound.ci.models import CIEnvironment
from truthound.ci.pipelines.text import JOB, NO_CACHE, ONCE, double_braced_dollars, keep_together
from truthound.ci.pipelines.yaml_writer import Commented
from truthound.ci.platforms.record import Built, Env, Lookups, PipelineTarget, Platform, Reporting
from truthound.ci.report import log_text
from truthound.ci.report.outputs import Output, Print, Report, Write
from truthound.ci.report.step_values import appended_or_dotenv
from truthound.reporters import wording
from truthound.reporters.check_view import check_view
from truthound.results import CheckpointResult

if TYPE_CHECKING:
    from truthound.ci.pipelines.spec import Pipeline

_FIELDS: dict[str, Lookups] = {
    "branch": ("pr:DRONE_SOURCE_BRANCH", "no-pr:DRONE_BRANCH", "no-pr:DRONE_COMMIT_BRANCH"),
    "commit_sha": ("DRONE_COMMIT_SHA", "DRONE_COMMIT"),
    "commit_message": ("DRONE_COMMIT_MESSAGE",),
    "pr_number": ("DRONE_PULL_REQUEST",),
    "pr_target_branch": ("pr:DRONE_TARGET_BRANCH",),
    "repository": ("DRONE_REPO", "DRONE_REMOTE_URL", "DRONE_GIT_HTTP_URL"),
    "run_id": ("DRONE_BUILD_NUMBER",),
    "run_url": ("DRONE_BUILD_LINK",),
    "actor": ("DRONE_COMMIT_AUTHOR",),
    "job_name": ("DRONE_STEP_NAME",),
    "workflow_name": ("DRONE_STAGE_NAME",),
    "tag": ("DRONE_TAG",),
    "default_branch": ("DRONE_REPO_BRANCH",),
    "event_name": ("DRONE_BUILD_EVENT",),
}

_COLOURS = {"success": "Good", "warning": "Warning"}
_RUNS, _ISSUES, _WIDTH = 20, 10, 200
_PULLS = ("pull", "pull-requests", "merge-requests")
"""what the references of pull requests begin with, on the hosting services that Drone knows"""


def _values(values: Mapping[str, str], env: Env) -> Iterator[Output]:
    return appended_or_dotenv(values, env.get("DRONE_OUTPUT", ""))


def _summary(run: Report) -> Iterator[Output]:
    if run.results and run.env.get("DRONE_CARD_PATH"):
        yield card(run.results, run.env, run.ci)


def card(results: Sequence[CheckpointResult], env: Mapping[str, str], ci: CIEnvironment) -> Output:
    """The card: to the file that Drone names; a runner that reads it from the log gets it there."""
    made = {"schema": _address(layout(results, ci)), "data": {}}
    path = env["DRONE_CARD_PATH"]
    if path in {"/dev/stdout", "/dev/stderr"}:
        packed = base64.b64encode(json.dumps(made).encode()).decode()
        return Print(f"\x1b]1338;{packed}\x1b]0m")
    return Write(path, json.dumps(made))


def _address(layout: Mapping[str, Any]) -> str:
    packed = base64.b64encode(json.dumps(layout).encode()).decode()
    return f"data:application/json;base64,{packed}"


def layout(results: Sequence[CheckpointResult], ci: CIEnvironment) -> dict[str, Any]:
    """An Adaptive Card with a heading, the counts and the worst issues of each run."""
    body: list[dict[str, Any]] = []
    for result in results[:_RUNS]:
        name = escape_adaptive_card(shorten(result.checkpoint_name, _WIDTH))
        body.append(
            {
                "type": "TextBlock", "weight": "Bolder", "size": "Medium", "wrap": True, "color": "Attention" if wording.fails(result) else _COLOURS[result.status.value],
                "text": f"{name}: {wording.verdict(result)}",
            }
        )  # fmt: skip
        summary = escape_adaptive_card(shorten(wording.summary(result), _WIDTH))
        body.append({"type": "TextBlock", "wrap": True, "text": summary})
        found = wording.errors_and_issues(result)
        facts = [
            {"title": view.severity, "value": escape_adaptive_card(shorten(view.text, _WIDTH))}
            for view in map(check_view, found[:_ISSUES])
        ]
        if left := len(found) - len(facts):
            facts.append({"title": "…", "value": f"and {plural(left, 'more issue')}"})
        if facts:
            body.append({"type": "FactSet", "facts": facts})
    if left := len(results) - _RUNS:
        body += [{"type": "TextBlock", "text": f"… and {plural(left, 'more run')}"}] if left > 0 else []
    actions = (
        [{"type": "Action.OpenUrl", "title": "Open the build", "url": ci.run_url}]
        if ci.run_url.startswith("http")
        else []
    )
    return {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.5",
        "body": body,
        **({"actions": actions} if actions else {}),
    }


def pipeline(p: Pipeline) -> Built:
    events = ["push", "pull_request", "custom", *(["cron"] if p.cron else [])]
    refs = [f"refs/heads/{b}" for b in p.pushed] + [f"refs/{name}/**" for name in _PULLS]
    once = Commented(ONCE, {"include": refs})
    trigger: dict[str, Any] = {"event": events, "ref": once}
    step: dict[str, Any] = {"name": "check", "image": p.image}
    if p.wanted_secrets:
        step["environment"] = {name: {"from_secret": name} for name in p.wanted_secrets}
    step["commands"] = [double_braced_dollars(p.install), double_braced_dollars(p.run)]
    notes = [
        "Results are not kept: Drone has no artifacts of its own; store_result may name a bucket. It stops at the repository's timeout.",
        "Builds by hand are of the branches below, too.",
    ]
    if p.paths:
        notes.append(f"Paths ({', '.join(p.watched)}): Drone cannot choose builds by them; every push is checked.")
    if p.cache:
        notes.append(NO_CACHE.format("Drone has no cache of its own"))
    if p.cron:
        command = keep_together(f"drone cron add OWNER/REPOSITORY {JOB} '0 {p.cron}'")
        notes.append(f"Schedule: add one in the repository's settings, or with: {command}")
    return notes, {"kind": "pipeline", "type": "docker", "name": JOB, "trigger": trigger, "steps": [step]}


RECORD = Platform(
    "Drone", _FIELDS, ("DRONE_BUILD_EVENT=pull_request",),
    reporting=Reporting(
        log_text.coloured, values=_values, summary=_summary, report_location="a card of the step",
        outputs_location="`DRONE_OUTPUT` where there is one, else `truthound.env`",
        root_env=("DRONE_WORKSPACE",), created_env=("DRONE_CARD_PATH",),
    ),
    pipeline=PipelineTarget(".drone.yml", pipeline, "the repository's Settings > Secrets"),
)  # fmt: skip
