"""The base class of actions that send a message about a run over HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Self
from urllib.parse import urljoin

from pydantic import Field, SecretStr, model_validator

from truthound._internal.escape import escape_terminal
from truthound._internal.options import aliases
from truthound._internal.text import plural
from truthound.checkpoint.actions.base import Action
from truthound.checkpoint.actions.channel_options import Options
from truthound.checkpoint.actions.context import ActionContext
from truthound.checkpoint.actions.message_template import (
    Template,
    is_template,
    render_link,
    render_text,
    without_failing,
)
from truthound.checkpoint.actions.notify_on import NotifyOn
from truthound.checkpoint.actions.response import (
    NOT_ACCEPTED,
    PERMANENT_SERVER_ERRORS,
    ResponseCheck,
    parse_retry_after,
)
from truthound.errors import ActionError, PermanentDeliveryError, TransientDeliveryError
from truthound.io.flow import Flow, http
from truthound.io.request import LONGEST, Request, Response, check_url, encode_json, host
from truthound.reporters import message as messages
from truthound.reporters import wording
from truthound.reporters.message import Message
from truthound.results import ActionResult, ActionStatus, CheckpointResult


class Channel(Action):
    """An action that sends a message about a run to people or a service."""

    action_type: ClassVar[str] = "notification"
    service: ClassVar[str] = ""
    """the service's name, for people"""
    hints: ClassVar[Mapping[int, str]] = {}
    """how to fix a refusal, by status code"""
    proof: ClassVar[ResponseCheck] = ResponseCheck()
    """what the response to an accepted message looks like"""

    notify_on: NotifyOn = "failure_or_error"
    timeout_seconds: float | None = Field(default=30.0, gt=0, allow_inf_nan=False)
    """How long one request may take."""
    retry_count: int = Field(default=3, ge=0, le=100)
    """The number of retries for a request that was certainly not accepted: no connection, 429, 503."""
    at_least_once: bool = False
    """Whether a message that may have arrived (no response, or another 5xx) is retried, and so may arrive twice."""
    include_examples: bool = False
    """Whether failing rows are shown. They contain values of the data; columns marked pii are masked."""
    report_url: Template | None = Field(default=None, validate_default=False)
    """The report's URL, for a link; a template such as https://example.com/{run_id}. Default: the page that update_docs published."""

    if TYPE_CHECKING:
        config: Options | None = None  # taken by the constructor, see `_configured`; not an option

    @model_validator(mode="before")
    @classmethod
    def _configured(cls, given: Any) -> Any:
        """The options of `config`, overridden by those given besides it."""
        if not isinstance(given, Mapping) or "config" not in given:
            return given
        options, config = dict(given), given["config"]
        del options["config"]
        if config is None:
            return options
        if not isinstance(config, Options) or not issubclass(cls, config.of):
            raise ValueError(  # noqa: TRY004 pydantic reports ValueErrors
                f"config holds the options of a {cls.__name__} in one object of their class, "
                f"not a {type(config).__name__}; give the options themselves"
            )
        shared = {
            option: getattr(config, option)
            for option, field in type(config).model_fields.items()
            if option in config.model_fields_set and not {option, *aliases(option, field)} & set(options)
        }
        return shared | options

    @property
    def service_name(self) -> str:
        """The service's name in its results."""
        return self.service

    @property
    def response_check(self) -> ResponseCheck:
        """What confirms that its message was accepted."""
        return self.proof

    @property
    def deadline(self) -> float | None:
        return None  # each request has its own

    def check(self) -> Iterator[str]:
        for option in type(self).model_fields:
            if option.rpartition("_")[2] in ("url", "proxy"):
                value = getattr(self, option)
                url = value.get_secret_value() if isinstance(value, SecretStr) else value
                if url and "{" not in url and (why := check_url(url)):
                    yield f"{option}: {why}"

    # --- the message ---------------------------------------------------------------------------------------------

    def message(
        self, result: CheckpointResult, run: ActionContext, note: str = "", escape: Callable[[str], str] | None = None
    ) -> Message:
        """The message about the run, with a note that is a template; `escape` is for the values in the note."""
        shared = self._shared_message(result, run)
        link = self._report_link(result, shared)
        message = replace(
            shared, link="" if check_url(link) else link
        )  # most services refuse a whole message for a bad link
        return (
            replace(message, note=render_text(note, messages.template_values(result, message), escape))
            if note
            else message
        )

    def sanitized_for(self, result: CheckpointResult, run: ActionContext) -> tuple[Self, list[str]]:
        """A template that cannot be rendered is replaced by the default, and an invalid link is left out: neither costs the message."""
        shared = self._shared_message(result, run)
        values, changed, notes = messages.template_values(result, shared), dict[str, Any](), list[str]()
        for option, info in type(self).model_fields.items():
            kept, errors = without_failing(getattr(self, option), is_template(info), values)
            if errors:
                changed[option] = kept or info.get_default(call_default_factory=True)
                notes.append(f"{option}: {self.redact_and_truncate(errors[0], 300)}; the default was sent")
        made = self.model_copy(update=changed) if changed else self
        link = made._report_link(result, shared)  # noqa: SLF001 our own
        if link and (why := check_url(link)):
            notes.append(f'a link was left out: "{self.redact_and_truncate(link, 100)}": {why}')
            made = made.model_copy(update={"report_url": None})
        return made, notes

    def _shared_message(self, result: CheckpointResult, run: ActionContext) -> Message:
        """The message about the run, as all channels share it: without link and note."""
        for cached, examples, message in run.message_cache:
            if cached is result and examples == self.include_examples:
                return message
        message = messages.build(result, run.previous, examples=self.include_examples)
        run.message_cache.append((result, self.include_examples, message))
        return message

    def _report_link(self, result: CheckpointResult, shared: Message) -> str:
        """The report's URL, valid or not."""
        if self.report_url:
            return render_link(self.report_url, messages.template_values(result, shared))
        return wording.page(result)

    # --- sending ----------------------------------------------------------------------------------------------------

    def post(self, url: str | SecretStr, body: Any, *, run: ActionContext, **options: Any) -> Flow[Response]:
        """Sends a message as JSON and returns the response, which confirms that it was accepted."""
        options = {"confirmed_by": self.response_check} | options
        headers = {"Content-Type": "application/json"} | options.pop("headers", {})
        return (yield from self.request("POST", url, encode_json(body), run=run, headers=headers, **options))

    def request(
        self,
        method: str,
        url: str | SecretStr,
        content: bytes = b"",
        *,
        run: ActionContext,
        headers: Mapping[str, str] | None = None,
        is_success: Callable[[int], bool] = lambda status: 200 <= status < 300,
        verify: bool = True,
        proxy: str | None = None,
        longest: int = LONGEST,
        confirmed_by: ResponseCheck | None = None,
        repeatable: bool | None = None,
    ) -> Flow[Response]:
        """Sends a request and returns the response.

        Raises TransientDeliveryError or PermanentDeliveryError for a refusal, PermanentDeliveryError for a response that
        `confirmed_by` does not match, and the network errors of `truthound.io.flow.http`. `repeatable`: whether it may be
        retried though it may have been accepted; default: `at_least_once`.
        """
        address = url.get_secret_value() if isinstance(url, SecretStr) else url
        if why := check_url(address):
            raise ActionError(f"the URL for {self.service_name} cannot be used: {why}")
        again = self.at_least_once if repeatable is None else repeatable
        request = Request(
            method, address, headers or {}, content, self.timeout_seconds or 3600.0, verify, proxy, longest, again
        )
        response = yield from http(request)
        if not is_success(response.status):
            raise self.error_from_response(request, response, run.clock())
        if confirmed_by and (why := confirmed_by.mismatch(response)):
            raise self.unconfirmed_delivery(request, response, why)
        return response

    def unconfirmed_delivery(self, request: Request, response: Response, why: str) -> ActionError:
        """The error for a response whose status is success and whose body does not confirm delivery."""
        kind = response.headers.get("content-type", "").partition(";")[0] or "no content type"
        excerpt = self.redact_and_truncate(" ".join(response.text.split()), 100)
        line = f"{self.service_name} ({request.where}) answered {response.status}, but that does not confirm delivery: {why}; this is"
        details: dict[str, Any] = {
            "status_code": response.status,
            "response": self.redact_and_truncate(response.text, 1000),
        }
        return PermanentDeliveryError(
            f"{line} {escape_terminal(kind)}: {excerpt}" if excerpt else f"{line} empty", **details
        )

    def error_from_response(self, request: Request, response: Response, now: datetime) -> ActionError:
        """The error for a response whose status is not success."""
        status = response.status
        reason = self.redact_and_truncate(" ".join(self.reason(response).split()), 300)
        line = f"{self.service_name} ({request.where}) answered {status}" + (f": {reason}" if reason else "")
        details: dict[str, Any] = {"status_code": status, "response": self.redact_and_truncate(response.text, 1000)}
        uncertain = status >= 500 and status not in NOT_ACCEPTED | PERMANENT_SERVER_ERRORS
        if status in NOT_ACCEPTED or (uncertain and request.may_repeat):
            error = TransientDeliveryError(line, uncertain=uncertain and not request.is_safe, **details)
            error.after = self.retry_after(response, now)
            if error.after:
                error.details["retry_after"] = error.after
            return error
        if 300 <= status < 400:
            target = host(urljoin(request.url, response.headers.get("location", "")))
            line += f"; it redirects to {target}, which is not followed: give the final URL"
        elif hint := self.hints.get(status):
            line += f"; {hint}"
        return PermanentDeliveryError(line, uncertain=uncertain, **details)

    def reason(self, response: Response) -> str:
        """The error message in the response."""
        found = response.json()
        if isinstance(found, dict):
            for key in ("message", "error", "description", "detail", "errors"):
                if reason := found.get(key):
                    return reason if isinstance(reason, str) else json.dumps(reason)
        kind = response.headers.get("content-type", "")
        return "" if "html" in kind else response.text

    def retry_after(self, response: Response, now: datetime) -> float:
        """Seconds that the service asks to wait before a retry."""
        return parse_retry_after(response.headers.get("retry-after", ""), now)


def success(message: str, answer: Response | None = None, **details: Any) -> ActionResult:
    """The result of a delivered message."""
    more = {"status_code": answer.status} if answer else {}
    return ActionResult(ActionStatus.SUCCESS, message=message, details=more | details)


def summarize_sent(message: Message) -> str:
    """A summary of what was sent: `3 issues, shortened`."""
    return plural(message.issue_count, "issue") + (", shortened" if message.truncated else "")


__all__ = ["Channel", "success", "summarize_sent"]
