"""Travis CI: folds of the log."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from truthound._internal.escape import escape_log
from truthound.ci.pipelines.text import ONCE, keep_together, regex
from truthound.ci.pipelines.yaml_writer import Commented
from truthound.ci.platforms.record import Built, Lookups, PipelineTarget, Platform, Reporting
from truthound.ci.report import log_text

if TYPE_CHECKING:
    from truthound.ci.pipelines.spec import Pipeline

_FIELDS: dict[str, Lookups] = {
    "branch": ("pr:TRAVIS_PULL_REQUEST_BRANCH", "no-pr:TRAVIS_BRANCH"),
    "commit_sha": ("TRAVIS_PULL_REQUEST_SHA", "TRAVIS_COMMIT"),
    "commit_message": ("no-pr:TRAVIS_COMMIT_MESSAGE",),
    "pr_number": ("TRAVIS_PULL_REQUEST",),
    "pr_target_branch": ("pr:TRAVIS_BRANCH",),
    "repository": ("TRAVIS_REPO_SLUG",),
    "run_id": ("TRAVIS_BUILD_ID",),
    "run_url": ("TRAVIS_BUILD_WEB_URL",),
    "job_name": ("TRAVIS_JOB_NAME",),
    "tag": ("TRAVIS_TAG",),
    "event_name": ("TRAVIS_EVENT_TYPE",),
}  # fmt: skip


def _fold(title: str, name: str, _now: datetime) -> tuple[str, str]:
    return f"travis_fold:start:{name}\r\x1b[0K{escape_log(title)}", f"travis_fold:end:{name}\r\x1b[0K"


def pipeline(p: Pipeline) -> Built:
    document: dict[str, Any] = {"language": "python", "os": "linux", "dist": "jammy", "python": [p.python_version]}
    document |= {"cache": "pip"} if p.cache else {"cache": False}
    pushed = " OR ".join(f"branch =~ {regex(b)}" if "*" in b else f"branch = {_word(b)}" for b in p.pushed)
    document |= {"if": Commented(ONCE, f"type != push OR {pushed}")}
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


RECORD = Platform(
    "Travis CI", _FIELDS, ("TRAVIS_EVENT_TYPE=pull_request",),
    reporting=Reporting(log_text.coloured, _fold, report_location="a fold of the log", root_env=("TRAVIS_BUILD_DIR",)),
    pipeline=PipelineTarget(".travis.yml", pipeline, "the repository's Settings > Environment Variables"),
)  # fmt: skip
