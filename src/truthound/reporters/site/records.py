"""A run in the index: a few facts in a small file, so that no page is read or rendered again."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from truthound._internal.escape import escape_terminal
from truthound._internal.text import shorten
from truthound.io.files import safe_name
from truthound.reporters import wording
from truthound.reporters.check_view import issue_views
from truthound.results import CheckpointResult

FOLDERS = {"html": "records", "md": "records-md"}
"""the folder of the records for pages with this suffix: a site may have both kinds"""
_WITHIN = re.compile(rb"<!-- truthound:record ((?:[\w+/]{4})+(?:[\w+/]{2}==|[\w+/]{3}=)?) -->\s*\Z")
_WORST = 3


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run in the index. `page` is relative to the site; `share` is the share of issues among the evaluated checks."""

    name: str
    run_id: str
    run_time: str
    when: str
    status: str
    verdict: str
    source: str
    tally: str
    issues: int
    checks: int
    share: float
    worst: tuple[str, ...]
    page: str

    def encoded(self) -> bytes:
        """The record as a file holds it."""
        return json.dumps({k: getattr(self, k) for k in self.__slots__}).encode()

    def as_page_end(self) -> bytes:
        """The record as the invisible end of its page: for a run that is killed between writing the two."""
        return b"\n<!-- truthound:record " + base64.b64encode(self.encoded()) + b" -->\n"


def run_key(result: CheckpointResult) -> str:
    """A run's name in paths, `checkpoint/20261123T013907-run`: ordered by time, and unique for each run."""
    moment = result.run_time.astimezone(UTC)
    return f"{safe_name(result.checkpoint_name)}/{moment:%Y%m%dT%H%M%S}-{safe_name(result.run_id, 120)}"


def record(result: CheckpointResult, page: str) -> RunRecord:
    """The index record of a run."""
    validation = result.validation_result
    s = validation.statistics if validation else None
    issues = s.total_issues if s else 0
    lines = [view.text for view in issue_views(result)[:_WORST]] or ([result.error] if result.error else [])
    if issues > _WORST:
        lines.append(f"… and {issues - _WORST:,} more")
    return RunRecord(
        name=shorten(result.checkpoint_name, 300),
        run_id=shorten(result.run_id, 200),
        run_time=result.run_time.isoformat(),
        when=f"{result.run_time.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
        status=result.status.value,
        verdict=wording.VERDICTS[result.status],
        source=shorten(validation.source if validation else "", 300),
        tally=wording.tally(s) if s else "nothing was checked",
        issues=issues,
        checks=s.evaluated if s else 0,
        share=s.issue_rate if s and s.evaluated else float(bool(result.error)),
        worst=tuple(shorten(escape_terminal(line), 300) for line in lines),
        page=page,
    )


def decoded(content: bytes | None) -> RunRecord | None:
    """The record in a file; None if it is not a record."""
    try:
        found: Any = json.loads(content or b"")
        made = RunRecord(**{**found, "worst": tuple(found["worst"])})
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    texts = (
        made.name,
        made.run_id,
        made.run_time,
        made.when,
        made.status,
        made.verdict,
        made.source,
        made.tally,
        made.page,
        *made.worst,
    )
    valid = all(isinstance(t, str) for t in texts) and all(
        isinstance(n, int | float) for n in (made.share, made.issues, made.checks)
    )
    return made if valid and made.page.startswith("runs/") and ".." not in made.page else None


def found_in(page: bytes | None) -> RunRecord | None:
    """The record at the end of a page, if there is one."""
    found = _WITHIN.search(page or b"")
    return decoded(base64.b64decode(found[1])) if found else None


def checkpoint_of(key: str) -> str:
    """The part of a record's key that is its checkpoint's."""
    return key.split("/", maxsplit=1)[0]


def fingerprint(keys: list[str]) -> str:
    """A hash of a set of records."""
    return hashlib.sha256("\n".join(sorted(keys)).encode()).hexdigest()
