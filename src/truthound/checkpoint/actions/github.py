"""GitHub: in a workflow the step's summary, annotations and outputs; with a token a commit status and a comment too."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, AliasChoices, Field

from truthound._internal.options import Secret, option
from truthound._internal.text import plural
from truthound.checkpoint.actions.channel import Channel
from truthound.checkpoint.actions.channel_options import Url
from truthound.checkpoint.actions.context import ActionContext
from truthound.checkpoint.actions.github_api import API, CREATED, Repository, comment_marker
from truthound.checkpoint.actions.notify_on import NotifyOn
from truthound.checkpoint.actions.response import ResponseCheck
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
from truthound.results import ActionResult, ActionStatus, CheckpointResult, CheckpointStatus

_PERMISSIONS = "give the job's token the permission, such as `permissions: {statuses: write, pull-requests: write}`"
_DELIVERED_PERHAPS = "; it may have been delivered anyway"


def _check_repository(name: str) -> str:
    if "${" not in name and not re.fullmatch(r"[\w.-]+/[\w.-]+", name):
        raise ValueError("give owner/name")
    return name


def _check_sha(sha: str) -> str:
    if "${" not in sha and not re.fullmatch(r"[0-9a-fA-F]{7,64}", sha):
        raise ValueError("give a commit's hash")
    return sha


@dataclass(slots=True)
class _Part:
    """The outcome of a part of the delivery, such as the comment."""

    done: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    """requested, and not done"""
    skipped: list[str] = field(default_factory=list)
    """not done, and optional"""
    details: dict[str, Any] = field(default_factory=dict)


class GitHubAction(Channel):
    """Reports a run to GitHub: in a workflow to its page, its log and later steps; with a token to the commit and the pull request."""

    type: ClassVar[str] = "github"
    action_type: ClassVar[str] = "ci"
    service: ClassVar[str] = "GitHub"
    proof: ClassVar[ResponseCheck] = CREATED
    variables: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "token": ("GITHUB_TOKEN", "GH_TOKEN"),
        "repository": ("GITHUB_REPOSITORY",),
        "api_url": ("GITHUB_API_URL",),
    }
    hints: ClassVar[Mapping[int, str]] = {
        401: "the token is invalid or has expired",
        403: _PERMISSIONS,
        404: f"the repository, commit or pull request does not exist, or the token may not see it; {_PERMISSIONS}",
    }

    token: Secret = option(default=None)
    """For the REST API. Default: GITHUB_TOKEN or GH_TOKEN. Without a token only the workflow's own page is written."""
    repository: Annotated[str, AfterValidator(_check_repository)] | None = None
    """owner/name. Default: GITHUB_REPOSITORY."""
    set_summary: bool = True
    """Whether the step's summary is written."""
    set_output: bool = True
    """Whether later steps get status, total_issues, failed, warned, errored, passed, pass_rate, run_id and report_url."""
    annotations: bool = True
    """Whether issues are annotated in the workflow's log and in changed files. Annotations are printed on standard error,
    which GitHub reads too, so that standard output may contain a document."""
    set_commit_status: bool | None = None
    """Whether the commit gets a status. Default: if there is a token with the permission."""
    comment_on_pr: bool | None = None
    """Whether the pull request gets a comment, which later runs update. Default: if there is a token with the permission,
    and there are issues or a comment of an earlier run."""
    include_examples: bool = True
    """Whether failing rows are shown in the summary and the comment, as far as the checkpoint's `ci_examples` allows."""
    create_check_run: bool = False
    """Whether the commit gets a check run; requires the permission `checks: write`."""
    pr_number: int | None = Field(default=None, ge=1)
    """The pull request. Default: that of the event."""
    sha: Annotated[str, AfterValidator(_check_sha)] | None = Field(
        default=None, validation_alias=AliasChoices("sha", "commit_sha")
    )
    """The commit. Default: the pull request's head, or GITHUB_SHA."""
    api_url: Url | None = None
    """The REST API. Default: GITHUB_API_URL or https://api.github.com."""
    notify_on: NotifyOn = "always"

    def required_options(self) -> Iterable[str]:
        return ()

    # --- delivery -------------------------------------------------------------------------------------------------

    def deliver(self, result: CheckpointResult, run: ActionContext) -> Flow[ActionResult]:
        result, progress = result.published(), run.progress
        env = dict(os.environ)
        link = self.message(result, run).link
        if "files" not in progress:
            progress["files"] = _Part()
            yield from call(lambda: self._write_files(result, run, link, env, progress["files"]))
        transient = yield from self._call_api(result, run, link, env, progress)
        parts = progress.values()
        done = [text for part in parts for text in part.done]
        failed = [text for part in parts for text in part.failed]
        skipped = [text for part in parts for text in part.skipped]
        details = {key: value for part in parts for key, value in part.details.items()}
        if transient:
            transient.args = ("; ".join([*done, str(transient)]),)
            raise transient
        if failed:
            raise PermanentDeliveryError("; ".join([*done, *failed]), **details)
        details |= {"not_done": skipped} if skipped else {}
        if done:
            return ActionResult(ActionStatus.SUCCESS, message=", ".join(done), details=details)
        return ActionResult(ActionStatus.SKIPPED, message="; ".join(skipped) or "nothing to do", details=details)

    def preview(self, result: CheckpointResult, run: ActionContext) -> Iterator[str]:
        env = os.environ
        if env.get("GITHUB_ACTIONS") != "true":
            return
        result = result.published()
        link = self.message(result, run).link
        if self.set_summary:
            yield f"to the file GITHUB_STEP_SUMMARY\n{self._summary(result, run, link, env)}"
        if self.annotations:
            lines = github.issue_commands(result, env.get("GITHUB_WORKSPACE", ""))
            # the bar keeps a workflow from executing the commands
            yield "\n".join(["to standard error", *(f"| {line}" for line in lines)])
        if self.set_output:
            yield f"to the file GITHUB_OUTPUT\n{github.output_file(step_values(result, link), 'truthound_...')}"

    # --- in a workflow, without a token -----------------------------------------------------------------------------

    def _write_files(
        self, result: CheckpointResult, run: ActionContext, link: str, env: Mapping[str, str], part: _Part
    ) -> None:
        if env.get("GITHUB_ACTIONS") != "true":
            part.skipped.append("this is not a workflow of GitHub Actions, so there is no summary to write")
            return
        if self.set_summary:
            self._write_summary(result, run, link, env, part)
        if self.annotations and (lines := github.issue_commands(result, env.get("GITHUB_WORKSPACE", ""))):
            sys.stderr.write("\n".join([*lines, ""]))
            sys.stderr.flush()
            part.done.append(plural(len(lines), "annotation"))
        if self.set_output and (path := env.get("GITHUB_OUTPUT")):
            text = github.output_file(step_values(result, link), github.output_delimiter())
            _append(path, text, "outputs set", part)

    def _write_summary(
        self, result: CheckpointResult, run: ActionContext, link: str, env: Mapping[str, str], part: _Part
    ) -> None:
        path = env.get("GITHUB_STEP_SUMMARY")
        if not path:
            part.skipped.append("GITHUB_STEP_SUMMARY is not set")
            return
        room = github_markdown.summary_room(path)
        text = self._summary(result, run, link, env, room)
        if not text:
            part.failed.append(github_markdown.SUMMARY_FULL)
            return
        begun = room < github_markdown.SUMMARY - github_markdown.LINE_ENDS
        _append(path, f"\n{text}" if begun else text, "summary written", part)

    def _summary(
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

    # --- with a token -----------------------------------------------------------------------------------------------

    def _call_api(
        self,
        result: CheckpointResult,
        run: ActionContext,
        link: str,
        env: Mapping[str, str],
        progress: dict[str, _Part],
    ) -> Flow[RetryableError | None]:
        """The parts that need a token, each whether or not another one fails; returns the transient error, if there was one."""
        requested = bool(self.set_commit_status or self.comment_on_pr or self.create_check_run)
        if missing := [o for o in ("token", "repository") if not getattr(self, o)]:
            names = " and ".join(self.variables[o][0] for o in missing)
            why = f"no {' and no '.join(missing)} (option, or {names}): no commit status and no comment"
            progress["token"] = _Part(failed=[why]) if requested else _Part(skipped=[why])
            return None
        repository = self._repository(run)
        build = _build(env)
        link = link or build.run_url
        transient: RetryableError | None = None
        parts: tuple[tuple[str, bool | None, Callable[..., Flow[_Part]], str | int | None], ...] = (
            ("status", self.set_commit_status, self._status, self.sha or build.commit_sha),
            ("check run", self.create_check_run, self._check_run, self.sha or build.commit_sha),
            ("comment", self.comment_on_pr, self._comment, self.pr_number or build.pr_number),
        )
        for name, enabled, work, target in parts:
            if enabled is False or name in progress:
                continue
            if not target:
                why = (
                    "no pull request to comment on" if name == "comment" else f"no commit (GITHUB_SHA) to give a {name}"
                )
                progress[name] = _Part(skipped=[why])
                continue
            try:
                progress[name] = yield from work(repository, target, result, run, link)
            except RetryableError as error:
                transient = error if transient is None or error.after > transient.after else transient
            except (UnansweredError, PermanentDeliveryError) as error:
                progress[name] = _failed_part(error, requested=enabled is not None)
        return transient

    def _repository(self, run: ActionContext) -> Repository:
        name = self.repository or ""
        try:
            _check_repository(name)
        except ValueError as error:  # the URL may come from the environment
            raise ActionError(f"repository: {error}") from None
        token = self.token.get_secret_value() if self.token else ""
        return Repository(partial(self.request, run=run), self.api_url or API, name, token)

    def _status(
        self, repository: Repository, sha: str, result: CheckpointResult, run: ActionContext, link: str
    ) -> Flow[_Part]:
        yield from repository.set_status(sha, result, link)
        return _Part(done=["commit status set"])

    def _check_run(
        self, repository: Repository, sha: str, result: CheckpointResult, run: ActionContext, link: str
    ) -> Flow[_Part]:
        summary = self._summary(result, run, "", os.environ, github_markdown.COMMENT - 1)
        yield from repository.create_check_run(sha, result, link, summary, os.environ.get("GITHUB_WORKSPACE", ""))
        return _Part(done=["check run made"])

    def _comment(
        self, repository: Repository, number: int, result: CheckpointResult, run: ActionContext, link: str
    ) -> Flow[_Part]:
        marker = comment_marker(result.checkpoint_name)
        existing = yield from repository.find_comments(marker, number)
        if not existing and self.comment_on_pr is None and result.status is CheckpointStatus.SUCCESS:
            return _Part(skipped=["the run passed: no comment was made"])
        text = f"{marker}\n{self._summary(result, run, link, os.environ, github_markdown.COMMENT - len(marker) - 1)}"
        response = yield from repository.update_comment(existing, text)
        part = _Part(done=["comment updated" if response else "comment made"])
        if response is None:
            response = yield from repository.create_comment(number, text)
        body = response.json()
        if isinstance(body, dict) and body.get("html_url"):
            part.details["comment_url"] = str(body["html_url"])
        return part

    def error_from_response(
        self, asked: http_client.Request, answer: http_client.Response, now: datetime
    ) -> ActionError:
        """GitHub responds with 403 where others respond with 429."""
        limited = answer.headers.get("retry-after") or answer.headers.get("x-ratelimit-remaining") == "0"
        if answer.status == 403 and limited:
            answer = replace(answer, status=429)
        return super().error_from_response(asked, answer, now)


def _failed_part(error: UnansweredError | PermanentDeliveryError, *, requested: bool) -> _Part:
    if isinstance(error, UnansweredError):
        return _Part(failed=[f"{error}{_DELIVERED_PERHAPS}"], details=dict(MAY_HAVE_BEEN_DELIVERED))
    if not requested and error.details.get("status_code") in (403, 404):
        return _Part(skipped=[str(error)])
    if error.uncertain:
        return _Part(failed=[f"{error}{_DELIVERED_PERHAPS}"], details=error.details | MAY_HAVE_BEEN_DELIVERED)
    return _Part(failed=[str(error)], details=dict(error.details))


def _append(path: str, text: str, done: str, part: _Part) -> None:
    try:
        add_lines(Path(path), text.encode("utf-8", "replace"))
    except OSError as error:  # the other parts are still done
        part.failed.append(f"{path} cannot be written: {error.strerror or error}")
    else:
        part.done.append(done)


def _build(env: Mapping[str, str]) -> CIEnvironment:
    """The facts of the workflow's run, on GitHub or a system that imitates it."""
    platform = detect_ci_platform(env)
    return environment_of(platform if platform in {CIPlatform.GITEA, CIPlatform.FORGEJO} else CIPlatform.GITHUB, env)
