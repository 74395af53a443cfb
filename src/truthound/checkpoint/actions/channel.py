"""What every action over HTTP shares: the message about the run, sending it, and what an answer means."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, ParamSpec, Self, TypedDict, cast
from urllib.parse import quote, urljoin

from markupsafe import Markup
from pydantic import AfterValidator, Field, SecretStr, create_model, model_validator
from pydantic.fields import FieldInfo

from truthound._internal import templates
from truthound._internal.escape import escape_terminal
from truthound._internal.options import Converted, Model, aliases
from truthound._internal.text import join_words, plural
from truthound.checkpoint.actions.base import Action
from truthound.checkpoint.actions.conditions import NotifyOn
from truthound.checkpoint.actions.context import ActionContext
from truthound.checkpoint.actions.option_values import nested_types
from truthound.errors import ActionError, ConfigError, PermanentDeliveryError, TransientDeliveryError
from truthound.io import http_client
from truthound.io.flow import Flow, http
from truthound.reporters import message as messages
from truthound.reporters import wording
from truthound.reporters.message import Message
from truthound.results import ActionResult, ActionStatus, CheckpointResult

_ENDLESS = 1e9  # seconds, some 30 years: an answer that names such a time does not mean it
NOT_TAKEN = frozenset({408, 425, 429, 503})
"""statuses that may pass, and say that the request was not acted on"""
_FINAL = frozenset({501, 505})
"""statuses above 499 that will not pass"""


def _url(value: Any) -> Any:
    """A URL to send to. What is no URL at all (a placeholder) is told of when it is checked or run."""
    told = value.get_secret_value() if isinstance(value, SecretStr) else value
    if told and "://" in told and "${" not in told and (why := http_client.check_url(told)):
        raise ValueError(why)
    return value


def _template(value: str | None) -> str | None:
    return templates.check(value) if value else value


IS_TEMPLATE = "template"
"""marks an option, among its annotations, as a text with places for the run's facts"""


SecretUrl = Converted[Annotated[SecretStr, AfterValidator(_url)] | None, SecretStr | str | None]
"""a URL that whoever knows it can send to"""
Url = Annotated[str, AfterValidator(_url)]
Template = Annotated[str, AfterValidator(_template), IS_TEMPLATE]
"""a text of the user's own with places for the run's facts, see `truthound._internal.templates`"""


@dataclass(frozen=True, slots=True)
class ResponseCheck:
    """What an answer has when the other side took the message: a page of some other server may say 200 too."""

    statuses: frozenset[int] = frozenset(range(200, 300))
    body: str | None = None
    """its whole text"""
    has: Mapping[str, Any] = field(default_factory=dict)
    """keys of its JSON with their values; `...` for any"""
    bare: int | None = None
    """a status that needs no body"""

    def mismatch(self, answer: http_client.Response) -> str:
        """Why this answer, which is no refusal, proves nothing; or an empty text."""
        if answer.status == self.bare:
            return ""
        if answer.status not in self.statuses:
            return f"a message that is taken is answered {join_words(tuple(map(str, sorted(self.statuses))), 'or')}"
        if self.body is not None and answer.text.strip() != self.body:
            return f'a message that is taken is answered "{self.body}"'
        found = answer.json() if self.has else None
        for key, value in self.has.items():
            told = found.get(key) if isinstance(found, dict) else None
            if told in (None, "") if value is ... else told != value or type(told) is not type(value):
                wanted = f'"{key}"' if value is ... else f'"{key}": {json.dumps(value)}'
                return f"a message that is taken is answered with JSON that has {wanted}"
        return ""

    def example(self, usual: Mapping[str, Any]) -> http_client.Response:
        """An answer that proves it, with more that an answer may have."""
        made = (
            self.body
            if self.body is not None
            else json.dumps({**usual, **{k: v for k, v in self.has.items() if v is not ...}})
        )
        return http_client.Response(min(self.statuses), {"content-type": "application/json"}, made.encode())


P = ParamSpec("P")


class Options(Model):
    """A channel's options in one object, for several channels to share: `SlackNotification(config=..., notify_on="always")`."""

    of: ClassVar[type[Action]]
    """the channel whose options these are"""


def config_of(channel: Callable[P, Action], name: str) -> Callable[P, Options]:
    """The class of a channel's options; `name` is what the channel's module calls it."""
    action = cast("type[Action]", channel)
    fields: dict[str, Any] = {option: (field.annotation, field) for option, field in action.model_fields.items()}
    doc = f'Options of `{action.__name__}` in one object: `{action.__name__}(config=..., notify_on="always")`.'
    made = create_model(name, __base__=Options, __module__=action.__module__, __doc__=doc, **fields)
    made.of = action
    return made


class ChannelOptions(TypedDict, total=False):
    """What every channel takes by name beside `notify_on`, for type checkers."""

    config: Options | None
    name: str
    enabled: bool
    timeout_seconds: float | None
    retry_count: int
    retry_delay_seconds: float
    fail_checkpoint_on_error: bool
    metadata: Mapping[str, Any]
    at_least_once: bool
    include_examples: bool
    report_url: str | None


class Channel(Action):
    """An action that tells people or a service about a run over HTTP."""

    action_type: ClassVar[str] = "notification"
    service: ClassVar[str] = ""
    """the other side's name, for people"""
    hints: ClassVar[Mapping[int, str]] = {}
    """what to do about a status code"""
    proof: ClassVar[ResponseCheck] = ResponseCheck()
    """what the answer to a message has"""

    notify_on: NotifyOn = "failure_or_error"
    timeout_seconds: float | None = Field(default=30.0, gt=0, allow_inf_nan=False)
    """How long one request may take."""
    retry_count: int = Field(default=3, ge=0, le=100)
    """How often a request that was certainly not taken is sent again: no connection, 429, 503."""
    at_least_once: bool = False
    """Whether a message that may have arrived (no answer, or another 5xx) is sent again, and so may come twice."""
    include_examples: bool = False
    """Whether failing rows are shown. They hold values of the data; columns marked pii are masked."""
    report_url: Template | None = Field(default=None, validate_default=False)
    """Where the report is, for a link; may hold {run_id} and the like. Not given: the page that update_docs published."""

    if TYPE_CHECKING:
        config: Options | None = None  # taken by the constructor, see `_configured`; no option of its own

    @model_validator(mode="before")
    @classmethod
    def _configured(cls, given: Any) -> Any:
        """The options of `config`, with those given beside it in their place."""
        if not isinstance(given, Mapping) or "config" not in given:
            return given
        options, config = dict(given), given["config"]
        del options["config"]
        if config is None:
            return options
        if not isinstance(config, Options) or not issubclass(cls, config.of):
            raise ValueError(  # noqa: TRY004 pydantic makes a mistake of it
                f"config is for the options of a {cls.__name__} in one object of their class; "
                f"this is a {type(config).__name__}: give the options themselves"
            )
        shared = {
            option: getattr(config, option)
            for option, field in type(config).model_fields.items()
            if option in config.model_fields_set and not {option, *aliases(option, field)} & set(options)
        }
        return shared | options

    @property
    def service_name(self) -> str:
        """What its results call the other side."""
        return self.service

    @property
    def response_check(self) -> ResponseCheck:
        """What the answer to its message must have."""
        return self.proof

    @property
    def deadline(self) -> float | None:
        return None  # each request has it

    def check(self) -> Iterator[str]:
        for option in type(self).model_fields:
            if option.rpartition("_")[2] in ("url", "proxy"):
                value = getattr(self, option)
                told = value.get_secret_value() if isinstance(value, SecretStr) else value
                if told and "{" not in told and (why := http_client.check_url(told)):
                    yield f"{option}: {why}"

    # --- the message ---------------------------------------------------------------------------------------------

    def message(
        self, result: CheckpointResult, run: ActionContext, note: str = "", escape: Callable[[str], str] | None = None
    ) -> Message:
        """What there is to tell, with a note that is a template; `escape` is for the values in the note."""
        bare = self._bare(result, run)
        told = replace(bare, link=self._link(result, bare))
        return replace(told, note=filled(note, messages.template_values(result, told), escape)) if note else told

    def sanitized_for(self, result: CheckpointResult, run: ActionContext) -> tuple[Self, list[str]]:
        """A template that fails gives way to ours, and a link that is none is left out: neither costs the message."""
        bare = self._bare(result, run)
        values, changed, notes = messages.template_values(result, bare), dict[str, Any](), list[str]()
        for option, info in type(self).model_fields.items():
            kept, failed = _sound(getattr(self, option), _is_template(info), values)
            if failed:
                changed[option] = kept or info.get_default(call_default_factory=True)
                notes.append(f"{option}: {self.redact_and_truncate(failed[0], 300)}; what we say without it was sent")
        made = self.model_copy(update=changed) if changed else self
        link = made.address(result, bare)
        if link and (why := http_client.check_url(link)):
            notes.append(f'a link was left out: "{self.redact_and_truncate(link, 100)}" cannot be one: {why}')
            made = made.model_copy(update={"report_url": None})
        return made, notes

    def _bare(self, result: CheckpointResult, run: ActionContext) -> Message:
        """What there is to tell, without what is this channel's own."""
        key = id(result), self.include_examples
        if key not in run.message_cache:  # with the result, so that nothing else can have its id
            run.message_cache[key] = result, messages.build(result, run.previous, examples=self.include_examples)
        made: Message = run.message_cache[key][1]
        return made

    def _link(self, result: CheckpointResult, bare: Message) -> str:
        link = self.address(result, bare)
        return (
            "" if http_client.check_url(link) else link
        )  # most services refuse a whole message for a link that is none

    def address(self, result: CheckpointResult, bare: Message) -> str:
        """Where the report is, as it was told."""
        if self.report_url:
            return linked(self.report_url, messages.template_values(result, bare))
        return wording.page(result)

    # --- sending ----------------------------------------------------------------------------------------------------

    def post(
        self, url: str | SecretStr, body: Any, *, run: ActionContext, **options: Any
    ) -> Flow[http_client.Response]:
        """Sends a message as JSON and gives the answer, which proves that it was taken."""
        options = {"proof": self.response_check} | options
        headers = {"Content-Type": "application/json"} | options.pop("headers", {})
        return (yield from self.request("POST", url, encoded(body), run=run, headers=headers, **options))

    def request(
        self,
        method: str,
        url: str | SecretStr,
        content: bytes = b"",
        *,
        run: ActionContext,
        headers: Mapping[str, str] | None = None,
        good: Callable[[int], bool] = lambda status: 200 <= status < 300,
        verify: bool = True,
        proxy: str | None = None,
        longest: int = http_client.LONGEST,
        proof: ResponseCheck | None = None,
        repeatable: bool | None = None,
    ) -> Flow[http_client.Response]:
        """Sends a request and gives the answer; raises TransientDeliveryError (may pass) or PermanentDeliveryError for one that says no, and
        PermanentDeliveryError for one that lacks what `proof` wants.

        `repeatable`: it may be sent again when it may have been taken; as `at_least_once` says, if not given. What the
        network does to it is raised as `truthound.io.flow.http` says.
        """
        told = url.get_secret_value() if isinstance(url, SecretStr) else url
        if why := http_client.check_url(told):
            raise ActionError(f"the URL for {self.service_name} cannot be used: {why}")
        again = self.at_least_once if repeatable is None else repeatable
        asked = http_client.Request(
            method, told, headers or {}, content, self.timeout_seconds or 3600.0, verify, proxy, longest, again
        )
        answer = yield from http(asked)
        if not good(answer.status):
            raise self.error_from_response(asked, answer, run.clock())
        if proof and (why := proof.mismatch(answer)):
            raise self.unconfirmed_delivery(asked, answer, why)
        return answer

    def unconfirmed_delivery(self, asked: http_client.Request, answer: http_client.Response, why: str) -> ActionError:
        """The error that an answer stands for which is a yes by its status only."""
        kind = answer.headers.get("content-type", "").partition(";")[0] or "no content type"
        came = self.redact_and_truncate(" ".join(answer.text.split()), 100)
        line = f"{self.service_name} ({asked.where}) answered {answer.status}, but that is no proof of delivery: {why}; this is"
        details: dict[str, Any] = {
            "status_code": answer.status,
            "response": self.redact_and_truncate(answer.text, 1000),
        }
        return PermanentDeliveryError(f"{line} {escape_terminal(kind)}: {came}" if came else f"{line} empty", **details)

    def error_from_response(
        self, asked: http_client.Request, answer: http_client.Response, now: datetime
    ) -> ActionError:
        """The error that an answer stands for."""
        status = answer.status
        said = self.redact_and_truncate(" ".join(self.reason(answer).split()), 300)
        line = f"{self.service_name} ({asked.where}) answered {status}" + (f": {said}" if said else "")
        details: dict[str, Any] = {"status_code": status, "response": self.redact_and_truncate(answer.text, 1000)}
        unsure = status >= 500 and status not in NOT_TAKEN | _FINAL
        if status in NOT_TAKEN or (unsure and asked.may_repeat):
            error = TransientDeliveryError(line, **details)
            error.uncertain = unsure and not asked.is_safe
            error.after = self.retry_after(answer, now)
            if error.after:
                error.details["retry_after"] = error.after
            return error
        if 300 <= status < 400:
            target = http_client.host(urljoin(asked.url, answer.headers.get("location", "")))
            line += f"; it redirects to {target}, which is not followed: give the final URL"
        elif hint := self.hints.get(status):
            line += f"; {hint}"
        return PermanentDeliveryError(line, uncertain=unsure, **details)

    def reason(self, answer: http_client.Response) -> str:
        """What the answer says went wrong."""
        found = answer.json()
        if isinstance(found, dict):
            for key in ("message", "error", "description", "detail", "errors"):
                if found.get(key):
                    told = found[key]
                    return told if isinstance(told, str) else json.dumps(told)
        kind = answer.headers.get("content-type", "")
        return "" if "html" in kind else answer.text

    def retry_after(self, answer: http_client.Response, now: datetime) -> float:
        """Seconds that the other side asks to wait: a number of them, or a date."""
        return seconds_until(answer.headers.get("retry-after", ""), now)


def _is_template(info: FieldInfo) -> bool:
    """Whether an option is a template of the user's own."""
    marks = [*info.metadata, *nested_types(info.annotation)]
    return any(m is IS_TEMPLATE for m in marks)


def _sound(value: Any, is_template: bool, values: Mapping[str, Any]) -> tuple[Any, list[str]]:
    """An option's value without the templates in it that fail, and why they do."""
    match value:
        case str() if is_template:
            why = failing(value, values)
            return (None, [why]) if why else (value, [])
        case Model():
            whys = [w for option, info in type(value).model_fields.items()
                    for w in _sound(getattr(value, option), _is_template(info), values)[1]]  # fmt: skip
            return (None, whys) if whys else (value, [])
        case tuple():
            found = [_sound(one, is_template, values) for one in value]
            return tuple(one for one, whys in found if not whys), [w for _, whys in found for w in whys]
        case _:
            return value, []


def failing(template: str, values: Mapping[str, Any]) -> str:
    """Why a template cannot be filled in with these values, or an empty text."""
    try:
        templates.render(template, values)
    except ConfigError as error:
        return str(error)
    return ""


def filled(template: str, values: Mapping[str, Any], escape: Callable[[str], str] | None = None) -> str:
    """The template's text, each value escaped line by line, so that it keeps its lines."""
    return templates.render(template, values, escape and _by_line(escape))


@lru_cache(maxsize=32)
def _by_line(escape: Callable[[str], str]) -> Callable[[str], str]:
    return lambda value: "\n".join(map(escape, value.split("\n")))


def linked(template: str, values: Mapping[str, Any]) -> str:
    """A link with its places filled in: what is in a value stays within its place, but for the report's own link."""
    whole = Markup(values["report_url"])  # noqa: S704 it is no HTML; it is not quoted again
    return templates.render(template, {**values, "report_url": whole}, _quoted)


def seconds(asked: object) -> float:
    """Seconds to wait as an answer's JSON names them; 0 where that is no number, or none that can be meant."""
    if isinstance(asked, bool) or not isinstance(asked, int | float):
        return 0.0
    return float(asked) if 0 < asked < _ENDLESS else 0.0


def seconds_until(told: str, now: datetime) -> float:
    """Retry-After in seconds; 0 where it says nothing."""
    told = told.strip()
    if told.replace(".", "", 1).isdigit() and told.isascii():
        return seconds(float(told))
    try:
        moment = parsedate_to_datetime(told)
        return seconds((moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds())
    except (ValueError, TypeError, IndexError, OverflowError):
        return 0.0


def encoded(body: Any) -> bytes:
    """JSON as it is sent: UTF-8, null for a number that JSON cannot hold, no half of a surrogate pair."""
    try:
        made = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except ValueError:
        made = json.dumps(_finite(body), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return made.encode("utf-8", "replace")


def _finite(value: Any) -> Any:
    match value:
        case float():
            return value if math.isfinite(value) else None
        case Mapping():
            return {k: _finite(v) for k, v in value.items()}
        case list() | tuple():
            return [_finite(v) for v in value]
        case _:
            return value


def success(message: str, answer: http_client.Response | None = None, **details: Any) -> ActionResult:
    """The result of what was delivered."""
    more = {"status_code": answer.status} if answer else {}
    return ActionResult(ActionStatus.SUCCESS, message=message, details=more | details)


def summarize_sent(message: Message) -> str:
    """What was sent, in a few words: `3 issues, shortened`."""
    return plural(message.issue_count, "issue") + (", shortened" if message.truncated else "")


def _quoted(value: str) -> str:
    return quote(value, safe="", errors="replace")


__all__ = [
    "IS_TEMPLATE",
    "NOT_TAKEN",
    "Channel",
    "ChannelOptions",
    "Options",
    "ResponseCheck",
    "SecretUrl",
    "Template",
    "Url",
    "config_of",
    "encoded",
    "failing",
    "filled",
    "linked",
    "seconds",
    "seconds_until",
    "success",
    "summarize_sent",
]  # fmt: skip
