"""GitHub's REST API (https://docs.github.com/rest, version 2022-11-28): a commit's status, a check run, and the comment of a
pull request, which later runs update.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from truthound._internal.escape import escape_terminal
from truthound._internal.text import shorten
from truthound.checkpoint.actions.response import ResponseCheck
from truthound.errors import PermanentDeliveryError
from truthound.io import http_client
from truthound.io.flow import Flow
from truthound.io.request import encode_json
from truthound.reporters import wording
from truthound.reporters.annotations import AnnotationLevel, issue_annotations
from truthound.results import CheckpointResult

API = "https://api.github.com"
CREATED = ResponseCheck(has={"id": ...})
_MAX_PAGES, _PAGE_SIZE = 20, 50  # of a pull request's comments
_MAX_RESPONSE = 8 * 1024 * 1024  # bytes of a page of comments
_MAX_ANNOTATIONS = 50  # in one request
_STATES = {"success": "success", "warning": "success", "failure": "failure", "error": "error"}
_CONCLUSIONS = {"success": "success", "warning": "neutral", "failure": "failure", "error": "failure"}
_LEVELS = {AnnotationLevel.ERROR: "failure", AnnotationLevel.WARNING: "warning", AnnotationLevel.NOTICE: "notice"}


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository in the API. `send` sends a request as `Channel.request` does."""

    send: Callable[..., Flow[http_client.Response]]
    api_url: str
    name: str
    token: str

    def request(
        self, method: str, path: str, body: Any = None, *, repeatable: bool | None = None
    ) -> Flow[http_client.Response]:
        """Sends a request; a path that does not begin with a slash is one of the repository's."""
        headers = {
            "accept": "application/vnd.github+json",
            "authorization": f"Bearer {self.token}",
            "x-github-api-version": "2022-11-28",
        }
        headers |= {"content-type": "application/json"} if body is not None else {}
        return (
            yield from self.send(
                method,
                self.api_url.rstrip("/") + (path if path.startswith("/") else f"/repos/{self.name}/{path}"),
                b"" if body is None else encode_json(body),
                headers=headers,
                longest=_MAX_RESPONSE,
                confirmed_by=None if method == "GET" else CREATED,
                repeatable=repeatable,
            )
        )

    def set_status(self, sha: str, result: CheckpointResult, link: str) -> Flow[http_client.Response]:
        """Sets the status of a commit. Only the last one of a context counts, so the request may be repeated."""
        undelivered = wording.verdict(result) == "UNDELIVERED"
        body = {
            "state": "error" if undelivered else _STATES[result.status.value],
            "description": shorten(escape_terminal(headline(result)), 140),
            "context": _context(result),
        }
        body |= {"target_url": link} if link else {}
        return (yield from self.request("POST", f"statuses/{sha}", body, repeatable=True))

    def create_check_run(
        self, sha: str, result: CheckpointResult, link: str, summary: str, root: str | Path
    ) -> Flow[http_client.Response]:
        """Adds a check run to a commit, with annotations of files below `root`."""
        body: dict[str, Any] = {
            "name": _context(result),
            "head_sha": sha,
            "status": "completed",
            "conclusion": "failure" if wording.fails(result) else _CONCLUSIONS[result.status.value],
            "external_id": shorten(escape_terminal(result.run_id), 200),
            "output": {
                "title": shorten(escape_terminal(headline(result)), 200),
                "summary": summary,
                "annotations": list(_annotations(result, root))[:_MAX_ANNOTATIONS],
            },
        }
        body |= {"details_url": link} if link else {}
        return (yield from self.request("POST", "check-runs", body))

    def update_comment(self, ids: list[int], text: str) -> Flow[http_client.Response | None]:
        """Updates the first of these comments that can be updated; None where none can."""
        for id_ in ids:
            try:
                return (yield from self.request("PATCH", f"issues/comments/{id_}", {"body": text}, repeatable=True))
            except PermanentDeliveryError as error:
                if error.details.get("status_code") not in (403, 404):  # another author's, or deleted
                    raise
        return None

    def create_comment(self, number: int, text: str) -> Flow[http_client.Response]:
        """Adds a comment. It may be repeated: a retry looks for the comment first."""
        return (yield from self.request("POST", f"issues/{number}/comments", {"body": text}, repeatable=True))

    def find_comments(self, marker: str, number: int) -> Flow[list[int]]:
        """The ids of a pull request's comments that begin with the marker. Anyone may write it: the author is compared too."""
        login: str | None = None
        for page in range(1, _MAX_PAGES + 1):
            path = f"issues/{number}/comments?per_page={_PAGE_SIZE}&page={page}"
            body = (yield from self.request("GET", path)).json()
            comments = [one for one in body if isinstance(one, dict)] if isinstance(body, list) else []
            found: list[int] = []
            for comment in comments:
                if not str(comment.get("body", "")).startswith(marker) or not isinstance(comment.get("id"), int):
                    continue
                author: Any = comment["user"] if isinstance(comment.get("user"), dict) else {}
                login = (yield from self._login()) if login is None else login
                if author.get("login") == login if login else author.get("type") == "Bot":
                    found.append(comment["id"])
            if found or len(comments) < _PAGE_SIZE:
                return found
        return []

    def _login(self) -> Flow[str]:
        """The token's user; empty for a token of a workflow or an app, which is a bot and may not ask."""
        try:
            body = (yield from self.request("GET", "/user")).json()
        except PermanentDeliveryError:
            return ""
        return str(body.get("login") or "") if isinstance(body, dict) else ""


def headline(result: CheckpointResult) -> str:
    """`FAILED: 2 failed, 4 passed`."""
    verdict = wording.verdict(result)
    return f"{verdict}: {wording.tally(result.validation_result.statistics)}" if result.validation_result else verdict


def comment_marker(checkpoint: str) -> str:
    """The invisible first line of a comment, by which a later run finds it."""
    return f"<!-- truthound:{hashlib.sha256(checkpoint.encode('utf-8', 'replace')).hexdigest()[:16]} -->"


def _context(result: CheckpointResult) -> str:
    return shorten(escape_terminal(f"truthound/{result.checkpoint_name}"), 200)


def _annotations(result: CheckpointResult, root: str | Path) -> Iterator[dict[str, Any]]:
    """The annotations that have a line in a file, as a check run takes them."""
    for a in issue_annotations([result], root):
        if a.file and a.line:
            columns = {"start_column": a.column, "end_column": a.column} if a.column else {}
            yield {
                "path": a.file,
                "start_line": a.line,
                "end_line": a.end_line or a.line,
                "annotation_level": _LEVELS[a.level],
                "message": shorten(escape_terminal(a.message), 4096),
                "title": shorten(escape_terminal(a.title or ""), 255),
                **columns,
            }
