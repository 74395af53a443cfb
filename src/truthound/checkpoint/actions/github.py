"""GitHub: within Actions the step's summary, annotations and outputs; with a token a commit status and a comment too.

https://docs.github.com/rest (version 2022-11-28).
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, AliasChoices, Field, PrivateAttr

from truthound._internal.escape import escape_terminal
from truthound._internal.options import Secret, option
from truthound._internal.text import plural, shorten
from truthound.checkpoint.actions.channel import Channel, ResponseCheck, Url, encoded
from truthound.checkpoint.actions.conditions import NotifyOn
from truthound.checkpoint.actions.context import ActionContext
from truthound.checkpoint.delivery import MAY_HAVE_BEEN_DELIVERED
from truthound.ci.detect import detect_ci_platform, environment_of
from truthound.ci.models import CIEnvironment, CIPlatform
from truthound.ci.platforms import github
from truthound.ci.report import github_markdown
from truthound.ci.report.source_links import source_of
from truthound.ci.report.step_values import step_values
from truthound.errors import ActionError, PermanentDeliveryError, RetryableError, UnansweredError
from truthound.io import http_client
from truthound.io.files import add_lines
from truthound.io.flow import Flow, call
from truthound.reporters import wording
from truthound.reporters.annotations import AnnotationLevel, issue_annotations
from truthound.reporters.message import Message
from truthound.results import ActionResult, ActionStatus, CheckpointResult, CheckpointStatus

API = "https://api.github.com"
_PAGES, _PAGE = 20, 50  # comments that are looked through
_LONGEST = 8 * 1024 * 1024  # bytes of a page of comments
_STATES = {"success": "success", "warning": "success", "failure": "failure", "error": "error"}
_CONCLUSIONS = {"success": "success", "warning": "neutral", "failure": "failure", "error": "failure"}
_ALLOW = "give the job's token the permission, such as `permissions: {statuses: write, pull-requests: write}`"


def _repository(value: str) -> str:
    if "${" not in value and not re.fullmatch(r"[\w.-]+/[\w.-]+", value):
        raise ValueError("give owner/name")
    return value


def _sha(value: str) -> str:
    if "${" not in value and not re.fullmatch(r"[0-9a-fA-F]{7,64}", value):
        raise ValueError("give a commit's hash")
    return value


@dataclass(slots=True)
class _Done:
    """What was done, and what was not and why."""

    said: list[str] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    """wanted, and not done"""
    notes: list[str] = field(default_factory=list)
    """would have been done if that had been possible"""

    def add(self, other: _Done) -> None:
        self.said += other.said
        self.left += other.left
        self.notes += other.notes
        self.details |= other.details


class GitHubAction(Channel):
    """Tells GitHub about a run: in a workflow its page, its log and later steps; with a token the commit and the pull request."""

    type: ClassVar[str] = "github"
    action_type: ClassVar[str] = "ci"
    service: ClassVar[str] = "GitHub"
    proof: ClassVar[ResponseCheck] = ResponseCheck(has={"id": ...})
    variables: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "token": ("GITHUB_TOKEN", "GH_TOKEN"),
        "repository": ("GITHUB_REPOSITORY",),
        "api_url": ("GITHUB_API_URL",),
    }
    hints: ClassVar[Mapping[int, str]] = {
        401: "the token is not valid (any more)",
        403: _ALLOW,
        404: f"the repository, commit or pull request does not exist, or the token may not see it; {_ALLOW}",
    }

    token: Secret = option(default=None)
    """For the REST API; GITHUB_TOKEN or GH_TOKEN, if not given. Without one only the workflow's own page is written."""
    repository: Annotated[str, AfterValidator(_repository)] | None = None
    """owner/name; GITHUB_REPOSITORY, if not given."""
    set_summary: bool = True
    """Whether the step's summary is written."""
    set_output: bool = True
    """Whether later steps get status, total_issues, failed, warned, errored, passed, pass_rate, run_id and report_url."""
    annotations: bool = True
    """Whether issues are marked in the workflow's log and in changed files; printed on standard error, which GitHub reads too, so
    that standard output may hold a document."""
    set_commit_status: bool | None = None
    """Whether the commit gets a status. Not given: if there is a token that may do so."""
    comment_on_pr: bool | None = None
    """Whether the pull request gets a comment, which later runs update. Not given: if there is a token that may do so,
    and issues (or a comment of a run before)."""
    include_examples: bool = True
    """Whether failing rows are shown in the summary and the comment, as far as the checkpoint's `ci_examples` allows."""
    create_check_run: bool = False
    """Whether the commit gets a check run; takes the permission `checks: write`."""
    pr_number: int | None = Field(default=None, ge=1)
    """The pull request; that of the event, if not given."""
    sha: Annotated[str, AfterValidator(_sha)] | None = Field(
        default=None, validation_alias=AliasChoices("sha", "commit_sha")
    )
    """The commit; the pull request's head or GITHUB_SHA, if not given."""
    api_url: Url | None = None
    """The REST API; GITHUB_API_URL or https://api.github.com, if not given."""
    notify_on: NotifyOn = "always"

    _begun: tuple[str, dict[str, _Done]] | None = PrivateAttr(default=None)
    """of the run that is told: each part that is done with, in order; a retry does not do it again"""

    def required_options(self) -> Iterable[str]:
        return ()

    # --- its work -------------------------------------------------------------------------------------------------

    def deliver(self, result: CheckpointResult, run: ActionContext) -> Flow[ActionResult]:
        result = result.published()
        env = dict(os.environ)
        message = self.message(result, run)
        begun: dict[str, _Done] = {}
        if self._begun and self._begun[0] == result.run_id:
            begun = self._begun[1]
        else:
            begun["files"] = _Done()
            self._begun = (result.run_id, begun)
            yield from call(lambda: self._write(result, run, message, env, begun["files"]))
        later = yield from self._tell(result, run, message, env, begun)
        done = _Done()
        for part in begun.values():
            done.add(part)
        if later:
            later.args = ("; ".join([*done.said, str(later)]),)
            raise later
        self._begun = None
        if done.left:
            raise PermanentDeliveryError("; ".join([*done.said, *done.left]), **done.details)
        if done.notes:
            done.details["not_done"] = done.notes
        if done.said:
            return ActionResult(ActionStatus.SUCCESS, message=", ".join(done.said), details=done.details)
        return ActionResult(
            ActionStatus.SKIPPED, message="; ".join(done.notes) or "nothing to do", details=done.details
        )

    def preview(self, result: CheckpointResult, run: ActionContext) -> Iterator[str]:
        if os.environ.get("GITHUB_ACTIONS") != "true":
            return
        result = result.published()
        link = self.message(result, run).link
        if self.set_summary:
            text = self._text(result, run, link, dict(os.environ))
            yield f"to the file GITHUB_STEP_SUMMARY\n{text}"
        if self.annotations:
            lines = github.issue_commands(result, os.environ.get("GITHUB_WORKSPACE", ""))
            yield "\n".join(
                ["to standard error", *(f"| {line}" for line in lines)]
            )  # the bar: a workflow must not act on it
        if self.set_output:
            yield f"to the file GITHUB_OUTPUT\n{github.output_file(step_values(result, link), 'truthound_...')}"

    def _write(
        self, result: CheckpointResult, run: ActionContext, message: Message, env: Mapping[str, str], done: _Done
    ) -> None:
        """What needs no token: files that the workflow names, and lines for its log."""
        if env.get("GITHUB_ACTIONS") != "true":
            done.notes.append("this is not a workflow of GitHub Actions, so there is no summary to write")
            return
        if self.set_summary:
            self._summary(result, run, message.link, env, done)
        if self.annotations and (lines := github.issue_commands(result, env.get("GITHUB_WORKSPACE", ""))):
            sys.stderr.write("\n".join([*lines, ""]))
            sys.stderr.flush()
            done.said.append(plural(len(lines), "annotation"))
        if self.set_output and (path := env.get("GITHUB_OUTPUT")):
            values = step_values(result, message.link)
            _append(path, github.output_file(values, github.output_delimiter()), "outputs set", done)

    def _text(
        self,
        result: CheckpointResult,
        run: ActionContext,
        link: str,
        env: Mapping[str, str],
        limit: int = github_markdown.SUMMARY,
    ) -> str:
        """The run as Markdown, with links to the lines of the repository's files."""
        source, root = source_of(env, _build(env)), env.get("GITHUB_WORKSPACE", "")
        return github_markdown.summary(
            result, run.previous, examples=self.include_examples, link=link, limit=limit, source=source, root=root
        )

    def _summary(
        self, result: CheckpointResult, run: ActionContext, link: str, env: Mapping[str, str], done: _Done
    ) -> None:
        path = env.get("GITHUB_STEP_SUMMARY")
        if not path:
            done.notes.append("GITHUB_STEP_SUMMARY is not set")
            return
        there = github.summary_size(path)
        left = github_markdown.SUMMARY - there - 2
        text = self._text(result, run, link, env, left)
        if not text:
            done.left.append("the step's summary is full (1 MiB), nothing was added")
            return
        _append(path, f"\n{text}" if there else text, "summary written", done)

    def _tell(
        self,
        result: CheckpointResult,
        run: ActionContext,
        message: Message,
        env: Mapping[str, str],
        begun: dict[str, _Done],
    ) -> Flow[RetryableError | None]:
        """What takes a token. A part that is refused hinders no other; gives the error that may pass, if there was one."""
        explicit = bool(self.set_commit_status or self.comment_on_pr or self.create_check_run)
        missing = [o for o in ("token", "repository") if not getattr(self, o)]
        if missing:
            wanted = f"no {' and no '.join(missing)} (option, or {' and '.join(self.variables[o][0] for o in missing)})"
            lacking = begun["token"] = _Done()
            (lacking.left if explicit else lacking.notes).append(f"{wanted}: no commit status and no comment")
            return None
        if why := _wrong(_repository, self.repository):
            raise ActionError(f"repository: {why}")
        build = _build(env)
        sha, number = self.sha or build.commit_sha, self.pr_number or build.pr_number
        link = message.link or build.run_url
        later: RetryableError | None = None
        for name, on, what, target, missed in (
            ("status", self.set_commit_status, self._status, sha, "no commit (GITHUB_SHA) to give a status"),
            ("check run", self.create_check_run, self._check_run, sha, "no commit (GITHUB_SHA) to give a check run"),
            ("comment", self.comment_on_pr, self._comment, number, "no pull request to comment on"),
        ):
            if on is False or name in begun:
                continue
            done = _Done()
            try:
                if target:
                    yield from what(result, run, link, target, done)
                else:
                    done.notes.append(missed)
            except UnansweredError as error:
                done.left.append(f"{error}; it may have been delivered all the same")
                done.details |= MAY_HAVE_BEEN_DELIVERED
            except PermanentDeliveryError as error:
                code = error.details.get("status_code")
                if on is None and code in (403, 404):  # nobody asked for it
                    done.notes.append(str(error))
                else:
                    done.left.append(
                        str(error) + ("; it may have been delivered all the same" if error.uncertain else "")
                    )
                    done.details |= error.details | (MAY_HAVE_BEEN_DELIVERED if error.uncertain else {})
            except RetryableError as error:
                later = error if later is None or error.after > later.after else later
                continue
            begun[name] = done
        return later

    def _status(self, result: CheckpointResult, run: ActionContext, link: str, sha: Any, done: _Done) -> Flow[None]:
        body = {
            "state": "error" if wording.verdict(result) == "UNDELIVERED" else _STATES[result.status.value],
            "description": shorten(escape_terminal(_headline(result)), 140),
            "context": shorten(escape_terminal(f"truthound/{result.checkpoint_name}"), 200),
        }
        body |= {"target_url": link} if link else {}
        yield from self._api("POST", f"statuses/{sha}", run, body, repeatable=True)  # of a context the last one counts
        done.said.append("commit status set")

    def _comment(self, result: CheckpointResult, run: ActionContext, link: str, number: Any, done: _Done) -> Flow[None]:
        marker = _marker(result.checkpoint_name)
        ours = yield from self._ours(marker, number, run)
        if not ours and self.comment_on_pr is None and result.status is CheckpointStatus.SUCCESS:
            done.notes.append("all is well: no comment was made")
            return
        text = self._text(result, run, link, os.environ, github_markdown.COMMENT - len(marker) - 1)
        made = {"body": f"{marker}\n{text}"}
        answer = None
        for one in ours:
            try:
                answer = yield from self._api("PATCH", f"issues/comments/{one}", run, made, repeatable=True)
                done.said.append("comment updated")
                break
            except PermanentDeliveryError as error:
                if error.details.get("status_code") not in (403, 404):  # another's after all, or gone
                    raise
        if answer is None:
            # a retry looks for our comment first, and finds one that was made
            answer = yield from self._api("POST", f"issues/{number}/comments", run, made, repeatable=True)
            done.said.append("comment made")
        found = answer.json()
        if isinstance(found, dict) and found.get("html_url"):
            done.details["comment_url"] = str(found["html_url"])

    def _ours(self, marker: str, number: Any, run: ActionContext) -> Flow[list[int]]:
        """The ids of comments that an earlier run may have made. Anyone may write our mark: the author must be ours too."""
        me: str | None = None
        for page in range(1, _PAGES + 1):
            path = f"issues/{number}/comments?per_page={_PAGE}&page={page}"
            answer = yield from self._api("GET", path, run)
            found = answer.json()
            ours: list[int] = []
            listed = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
            for one in listed:
                if not str(one.get("body", "")).startswith(marker) or not isinstance(one.get("id"), int):
                    continue
                author: Any = one["user"] if isinstance(one.get("user"), dict) else {}
                me = (yield from self._login(run)) if me is None else me
                if author.get("login") == me if me else author.get("type") == "Bot":
                    ours.append(one["id"])
            if ours or len(listed) < _PAGE:
                return ours
        return []

    def _login(self, run: ActionContext) -> Flow[str]:
        """Whose token it is; nothing for a token of a workflow or an app, which is a bot and may not ask."""
        try:
            found = (yield from self._api("GET", "/user", run)).json()
        except PermanentDeliveryError:
            return ""
        return str(found.get("login") or "") if isinstance(found, dict) else ""

    def _check_run(self, result: CheckpointResult, run: ActionContext, link: str, sha: Any, done: _Done) -> Flow[None]:
        text = self._text(result, run, "", os.environ, github_markdown.COMMENT - 1)
        body: dict[str, Any] = {
            "name": shorten(escape_terminal(f"truthound/{result.checkpoint_name}"), 200),
            "head_sha": sha,
            "status": "completed",
            "conclusion": "failure" if wording.fails(result) else _CONCLUSIONS[result.status.value],
            "external_id": shorten(escape_terminal(result.run_id), 200),
            "output": {
                "title": shorten(escape_terminal(_headline(result)), 200),
                "summary": text,
                "annotations": list(_marks(result))[:50],  # the API takes so many at once
            },
        }
        body |= {"details_url": link} if link else {}
        yield from self._api("POST", "check-runs", run, body)
        done.said.append("check run made")

    def _api(
        self, method: str, path: str, run: ActionContext, body: Any = None, *, repeatable: bool | None = None
    ) -> Flow[http_client.Response]:
        headers = {
            "accept": "application/vnd.github+json",
            "authorization": f"Bearer {self.token.get_secret_value() if self.token else ''}",
            "x-github-api-version": "2022-11-28",
        }
        headers |= {"content-type": "application/json"} if body is not None else {}
        within = path if path.startswith("/") else f"/repos/{self.repository}/{path}"
        url = (self.api_url or API).rstrip("/") + within
        content = b"" if body is None else encoded(body)
        proof = None if method == "GET" else self.response_check
        return (
            yield from self.request(
                method, url, content, run=run, headers=headers, longest=_LONGEST, proof=proof, repeatable=repeatable
            )
        )

    def error_from_response(
        self, asked: http_client.Request, answer: http_client.Response, now: datetime
    ) -> ActionError:
        """GitHub says 403 where others say 429."""
        limited = answer.headers.get("retry-after") or answer.headers.get("x-ratelimit-remaining") == "0"
        if answer.status == 403 and limited:
            answer = replace(answer, status=429)
        return super().error_from_response(asked, answer, now)


def _append(path: str, text: str, said: str, done: _Done) -> None:
    try:
        add_lines(Path(path), text.encode("utf-8", "replace"))
    except OSError as error:  # it keeps nobody from telling the rest
        done.left.append(f"{path} cannot be written: {error.strerror or error}")
    else:
        done.said.append(said)


def _headline(result: CheckpointResult) -> str:
    verdict = wording.verdict(result)
    return f"{verdict}: {wording.tally(result.validation_result.statistics)}" if result.validation_result else verdict


_LEVELS = {AnnotationLevel.ERROR: "failure", AnnotationLevel.WARNING: "warning", AnnotationLevel.NOTICE: "notice"}


def _marks(result: CheckpointResult) -> Iterator[dict[str, Any]]:
    """The annotations that have a place in a file, as a check run takes them."""
    for a in issue_annotations([result], os.environ.get("GITHUB_WORKSPACE", "")):
        if a.file and a.line:
            columns = {"start_column": a.column, "end_column": a.column} if a.column else {}
            yield {
                "path": a.file, "start_line": a.line, "end_line": a.end_line or a.line, "annotation_level": _LEVELS[a.level],
                "message": shorten(escape_terminal(a.message), 4096), "title": shorten(escape_terminal(a.title or ""), 255), **columns,
            }  # fmt: skip


def _marker(checkpoint: str) -> str:
    """The first line of a comment, by which a later run finds it; not to be seen."""
    return f"<!-- truthound:{hashlib.sha256(checkpoint.encode('utf-8', 'replace')).hexdigest()[:16]} -->"


def _build(env: Mapping[str, str]) -> CIEnvironment:
    """What GitHub's variables, or those of a system that imitates it, tell of the workflow's run."""
    found = detect_ci_platform(env)
    return environment_of(found if found in {CIPlatform.GITEA, CIPlatform.FORGEJO} else CIPlatform.GITHUB, env)


def _wrong(check: Any, value: str | None) -> str:
    try:
        check(value or "")
    except ValueError as error:
        return str(error)
    return ""
