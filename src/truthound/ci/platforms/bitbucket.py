"""Bitbucket Pipelines: a report of Code Insights with annotations, and JUnit.

https://developer.atlassian.com/cloud/bitbucket/rest/api-group-reports/ (read in November 2026): at most 1,000
annotations, 100 a request; summaries of 450 characters, 10 data fields.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from truthound._internal.escape import escape_log
from truthound._internal.text import plural, shorten
from truthound.ci.models import CIEnvironment
from truthound.ci.pipelines.text import JOB, NAME, ONCE, RESULTS, TESTS, TIMEOUT, keep_together
from truthound.ci.pipelines.yaml_writer import Commented
from truthound.ci.platforms.record import Built, Env, Lookups, PipelineTarget, Platform, Reporting
from truthound.ci.report import log_text
from truthound.ci.report.outputs import Output, Report, Send
from truthound.ci.report.step_values import appended_or_dotenv
from truthound.io.request import Request
from truthound.reporters import locations, wording
from truthound.reporters.check_view import check_view
from truthound.results import CheckpointResult, CheckStatus, Severity

if TYPE_CHECKING:
    from truthound.ci.pipelines.spec import Pipeline

_FIELDS: dict[str, Lookups] = {
    "branch": ("BITBUCKET_BRANCH",),
    "commit_sha": ("BITBUCKET_COMMIT",),
    "pr_number": ("BITBUCKET_PR_ID",),
    "pr_target_branch": ("pr:BITBUCKET_PR_DESTINATION_BRANCH",),
    "repository": ("BITBUCKET_REPO_FULL_NAME", "BITBUCKET_GIT_HTTP_ORIGIN"),
    "run_id": ("BITBUCKET_BUILD_NUMBER",),
    "run_url": ("https://bitbucket.org/{BITBUCKET_REPO_FULL_NAME}/pipelines/results/{BITBUCKET_BUILD_NUMBER}",),
    "actor": ("BITBUCKET_STEP_TRIGGERER_UUID",),
    "tag": ("BITBUCKET_TAG",),
}  # fmt: skip

API = "api.bitbucket.org"
PROXY = "http://localhost:29418"
"""answers within a pipeline only, and adds its authentication; it takes http, not https"""
TOKENS = ("BITBUCKET_TOKEN", "BITBUCKET_ACCESS_TOKEN")
MOST, PART, SUMMARY, DETAILS = 1000, 100, 450, 2000

# --- reports ----------------------------------------------------------------------------------------------------------


def _values(values: Mapping[str, str], env: Env) -> Iterator[Output]:
    """Later steps get the variables that the step's `output-variables` name."""
    return appended_or_dotenv(values, env.get("BITBUCKET_PIPELINES_VARIABLES_PATH", ""))


def _summary(run: Report) -> Iterator[Output]:
    if reachable(run.env, run.ci):
        yield from (insights(result, run.env, run.ci, run.root) for result in run.results)


def _problems(env: Env, build: CIEnvironment) -> Iterator[str]:
    if not reachable(env, build):
        yield "no Code Insights: they need the pipeline's proxy or BITBUCKET_TOKEN, and a known commit and repository"


def reachable(env: Mapping[str, str], ci: CIEnvironment) -> bool:
    """Whether there is a commit to report on, and a way to do so."""
    way = bool(env.get("BITBUCKET_PIPELINE_UUID")) or any(env.get(t) for t in TOKENS)
    return way and bool(ci.commit_sha) and bool(re.fullmatch(r"[\w.-]+/[\w.-]+", ci.repository))


def insights(result: CheckpointResult, env: Mapping[str, str], ci: CIEnvironment, root: str = "") -> Send:
    """Replaces the checkpoint's report on the commit: one that is only updated keeps its old annotations."""
    token = next((env[t] for t in TOKENS if env.get(t)), "")
    ours = f"truthound-{log_text.slug(result.checkpoint_name)[:40]}-{_short(result.checkpoint_name)}"
    url = f"{'https' if token else 'http'}://{API}/2.0/repositories/{ci.repository}/commit/{quote(ci.commit_sha)}/reports/{ours}"
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})

    def request(method: str, path: str, body: Any) -> Request:
        content = b"" if body is None else json.dumps(body).encode()
        return Request(
            method, url + path, headers, content, seconds=10.0, proxy=None if token else PROXY, repeatable=True
        )

    found = list(marks(result, root))
    parts = [request("POST", "/annotations", found[i : i + PART]) for i in range(0, len(found), PART)]
    return Send(
        "Code Insights", (request("DELETE", "", None), request("PUT", "", body(result, ci)), *parts), accepted=(404,)
    )


def body(result: CheckpointResult, ci: CIEnvironment) -> dict[str, Any]:
    """The report itself."""
    s = result.validation_result.statistics if result.validation_result else None
    left = len(wording.errors_and_issues(result)) - MOST
    more = f" {plural(left, 'issue')} more than are annotated." if left > 0 else ""
    numbers = {"Checks": s.total_checks, "Issues": s.total_issues, "Failed": s.failed, "Warned": s.warned} if s else {}
    rows = result.validation_result.row_count if result.validation_result else None
    data: list[dict[str, Any]] = [{"title": k, "type": "NUMBER", "value": v} for k, v in numbers.items()]
    if rows is not None:
        data.append({"title": "Rows", "type": "NUMBER", "value": rows})
    if s:
        data.append({"title": "Passed", "type": "PERCENTAGE", "value": round(s.pass_rate * 100, 2)})
    data.append({"title": "Duration", "type": "DURATION", "value": round(result.duration_ms)})
    made: dict[str, Any] = {
        "title": shorten(escape_log(f"truthound: {result.checkpoint_name}"), SUMMARY),
        "details": shorten(escape_log(f"{wording.verdict(result)}: {wording.summary(result)}.{more}"), DETAILS),
        "report_type": "TEST",
        "reporter": "truthound",
        "result": "FAILED" if wording.fails(result) else "PASSED",
        "data": data,
    }
    return made | ({"link": ci.run_url} if ci.run_url.startswith("https://") else {})


def marks(result: CheckpointResult, root: str = "") -> Iterator[dict[str, Any]]:
    """The worst issues, each at the line that declares its check, or at the first row that fails."""
    seen: dict[str, int] = {}
    for outcome in wording.errors_and_issues(result)[:MOST]:
        seen[outcome.id] = seen.get(outcome.id, 0) + 1
        file, line, _ = locations.config_location(outcome, root)
        if not file:
            file, line = locations.data_location(outcome, result.validation_result, root)
        at = {"path": file} | ({"line": line} if line else {}) if file else {}
        warned = outcome.status is CheckStatus.WARNED
        yield {
            "external_id": f"{_short(outcome.id)}-{seen[outcome.id]}",
            "annotation_type": "CODE_SMELL" if warned else "BUG",
            "summary": shorten(escape_log(check_view(outcome).line), SUMMARY),
            "result": "PASSED" if warned else "FAILED",
            "severity": (outcome.severity or Severity.HIGH).value.upper(),
            **at,
        }


def _short(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]


def pipeline(p: Pipeline) -> Built:
    step: dict[str, Any] = {"name": NAME, "max-time": TIMEOUT}
    step |= {"caches": ["pip"]} if p.cache else {}
    upload = {"name": "Data quality report", "paths": [f"{f}/**" for f in RESULTS], "capture-on": "always"}
    step |= {"script": [p.install, p.run], "artifacts": {"upload": [upload]}}
    changed = {"condition": {"changesets": {"includePaths": list(p.watched)}}} if p.watched else {}
    on_change = [{"step": step | changed}]
    once = Commented(ONCE, dict.fromkeys(p.pushed, on_change))
    pipelines: dict[str, Any] = {"branches": once}
    pipelines |= {"pull-requests": {"**": on_change}}
    pipelines |= {"custom": Commented("by hand and by schedule", {JOB: [{"step": step}]})}
    notes = ["The tests are read from test-results/ without being named here."]
    if p.cron:
        notes.append(
            f"Schedule: add one for the pipeline custom: {JOB} under Pipelines > Schedules, at {keep_together(p.cron)} (UTC)"
        )
    return notes, {"image": p.image, "pipelines": pipelines}


RECORD = Platform(
    "Bitbucket Pipelines", _FIELDS,
    reporting=Reporting(
        log_text.coloured, values=_values, files=(("junit", TESTS),), summary=_summary,
        report_location="Code Insights on the commit and its pull request, and the step's Tests tab",
        outputs_location="variables that `output-variables` names",
        root_env=("BITBUCKET_CLONE_DIR",), problems=_problems,
    ),
    pipeline=PipelineTarget(
        "bitbucket-pipelines.yml", pipeline, "Repository settings > Repository variables, secured"
    ),
)  # fmt: skip
