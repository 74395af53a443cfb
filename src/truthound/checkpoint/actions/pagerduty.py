"""PagerDuty, through its Events API v2: https://developer.pagerduty.com/docs/events-api-v2-overview."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, AliasChoices, Field

from truthound._internal.escape import escape_terminal
from truthound._internal.options import Converted, Model, Secret, option
from truthound._internal.text import shorten, to_json_value
from truthound.checkpoint.actions.channel import success, summarize_sent
from truthound.checkpoint.actions.channel_options import Url
from truthound.checkpoint.actions.context import ActionContext
from truthound.checkpoint.actions.incident import IncidentChannel, KeyTemplate, map_severity, summary_line
from truthound.checkpoint.actions.message_template import Template, render_link
from truthound.checkpoint.actions.response import ResponseCheck
from truthound.io import http_client
from truthound.io.flow import Flow
from truthound.io.request import encode_json
from truthound.reporters import message as messages
from truthound.reporters.message import Message, fit_to_limits
from truthound.results import ActionResult, CheckpointResult, Severity, SeverityName

API = "https://events.pagerduty.com/v2/enqueue"
Urgency = Literal["critical", "error", "warning", "info"]
_MAX_BYTES, _SUMMARY, _KEY, _NAME, _LINK, _LINKS = 512 * 1024, 1024, 255, 255, 2000, 20
_CUSTOM_BYTES = _MAX_BYTES // 2
"""bytes of custom_details; the rest is for the run's"""
_URGENCIES: Mapping[Severity, Urgency] = {
    Severity.CRITICAL: "critical",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "info",
}


class Link(Model):
    """A link of an incident."""

    href: Template
    """The URL; may contain {run_id} and other placeholders."""
    text: str = ""
    """Its label. Default: the URL."""


def _check_details(details: dict[str, Any]) -> dict[str, Any]:
    if (size := len(encode_json(to_json_value(details)))) > _CUSTOM_BYTES:
        raise ValueError(f"they are {size:,} bytes; at most {_CUSTOM_BYTES:,} can be sent with an event")
    return details


class PagerDutyAction(IncidentChannel):
    """Opens an incident in PagerDuty when a run fails, and resolves it when one passes."""

    type: ClassVar[str] = "pagerduty"
    service: ClassVar[str] = "PagerDuty"
    resolve_option: ClassVar[str] = "resolve_on_success"
    key_option: ClassVar[str] = "dedup_key_template"
    max_key: ClassVar[int] = _KEY
    variables: ClassVar[Mapping[str, tuple[str, ...]]] = {"routing_key": ("PAGERDUTY_ROUTING_KEY",)}
    hints: ClassVar[Mapping[int, str]] = {
        400: "check routing_key: it is the integration key of an Events API v2 integration",
        413: "the event is too large: give fewer custom_details",
    }
    proof: ClassVar[ResponseCheck] = ResponseCheck(frozenset({202}), has={"status": "success"})

    routing_key: Secret = option(default=None, validation_alias=AliasChoices("routing_key", "service_key"))
    """The integration key of a service's Events API v2 integration. Default: PAGERDUTY_ROUTING_KEY."""
    resolve_on_success: bool = True
    """Whether a run that passes resolves the incident, whatever notify_on says."""
    severity: Urgency = "error"
    """The severity of every incident, if given. Otherwise the worst issue decides (see auto_severity), and this is used where no
    issue has a severity."""
    auto_severity: Converted[
        bool | dict[Severity, Urgency] | None, bool | Mapping[Severity | SeverityName, Urgency] | None
    ] = option(default=None)
    """Whether the worst issue decides (critical: critical, high: error, medium: warning, low: info), or another mapping.
    Default: true, unless severity is given."""
    component: Annotated[str | None, Field(max_length=_NAME)] = None
    """The broken component, such as `warehouse`."""
    group: Annotated[str | None, Field(max_length=_NAME)] = None
    """The group of components, such as `data-platform`."""
    class_type: Annotated[str | None, Field(max_length=_NAME)] = None
    """The kind of event, such as `data quality`."""
    custom_details: Annotated[dict[str, Any], AfterValidator(_check_details)] = Field(default_factory=dict)
    """Further details, shown with the incident."""
    dedup_key_template: KeyTemplate = None
    """The incident's key: runs with the same key share an incident. May contain {checkpoint_name}, {source}, tags and metadata.
    Default: the checkpoint and its data."""
    client: Annotated[str, Field(max_length=_NAME)] = "Truthound"
    """The sender's name."""
    client_url: Template | None = None
    """The URL of the incident's "View in ..." link. Default: the report."""
    links: Converted[tuple[Link, ...], Sequence[Link | Mapping[str, str]]] = option(default=(), max_length=_LINKS)
    """Further links, each with href and text."""
    api_url: Url = API
    """The URL of the API: a relay, or https://events.eu.pagerduty.com/v2/enqueue."""

    def check(self) -> Iterator[str]:
        yield from super().check()
        key = self.routing_key.get_secret_value() if self.routing_key else ""
        if self.api_url == API and key and (len(key) != 32 or not key.isalnum()):
            yield f"routing_key: an integration key of PagerDuty has 32 letters and digits, this has {len(key)} characters"

    def reason(self, answer: http_client.Response) -> str:
        body = answer.json()
        errors = body.get("errors") if isinstance(body, dict) else None
        reason = super().reason(answer)
        return f"{reason}: {'; '.join(map(str, errors))}" if isinstance(errors, list) and errors else reason

    def open_incident(
        self, result: CheckpointResult, message: Message, key: str, run: ActionContext
    ) -> Flow[ActionResult]:
        event = self.payload(result, message, key)
        response = yield from self.post(self.api_url, event, run=run)
        complete = self.custom_details.keys() <= event["payload"]["custom_details"].keys()
        note = "" if complete else f"; custom_details left out: PagerDuty takes {_MAX_BYTES // 1024} KB"
        return success(f"triggered in PagerDuty: {summarize_sent(message)}{note}", response, dedup_key=key)

    def close_incidents(self, keys: Sequence[str], run: ActionContext) -> Flow[ActionResult]:
        own, *others = keys
        for key in others:
            yield from self.post(self.api_url, self._event("resolve", key), run=run)
        response = yield from self.post(self.api_url, self._event("resolve", own), run=run)
        return success("resolved in PagerDuty, if it was open", response, dedup_key=own)

    def payload(self, result: CheckpointResult, message: Message, key: str) -> dict[str, Any]:
        """The event that opens the incident, within PagerDuty's limits."""
        values = messages.template_values(result, message)
        links = [(message.link, "Report"), *((render_link(link.href, values), link.text) for link in self.links)]
        view = render_link(self.client_url, values) if self.client_url else message.link
        options = {
            "client": shorten(self.client, _NAME),
            "client_url": view if _is_url(view) else "",
            "links": [{"href": href, "text": shorten(text or href, _NAME)} for href, text in links if _is_url(href)],
        }
        envelope = {k: v for k, v in (self._event("trigger", key) | options).items() if v}

        def fitted(details: dict[str, Any]) -> dict[str, Any]:
            return fit_to_limits(message, lambda m: envelope | {"payload": self._payload(m, details)}, _fits)

        event = fitted(self.custom_details)
        return event if _fits(event) else fitted({})  # placeholders may have made custom_details too large

    def _event(self, event: str, key: str) -> dict[str, Any]:
        secret = self.routing_key.get_secret_value() if self.routing_key else ""
        return {"routing_key": secret, "event_action": event, "dedup_key": key}

    def _payload(self, message: Message, details: dict[str, Any]) -> dict[str, Any]:
        given = "severity" in self.model_fields_set
        options = {"component": self.component, "group": self.group, "class": self.class_type}
        return {
            "summary": summary_line(message, escape_terminal, _SUMMARY),
            "source": shorten(escape_terminal(message.source or message.checkpoint), _NAME) or "truthound",
            "severity": map_severity(message, self.auto_severity, _URGENCIES, self.severity, given=given),
            "timestamp": message.run_time.isoformat(),
            "custom_details": _run_details(message) | to_json_value(details),
        } | {k: shorten(v, _NAME) for k, v in options.items() if v}


def _fits(event: dict[str, Any]) -> bool:
    return len(encode_json(event)) <= _MAX_BYTES


def _is_url(href: str) -> bool:
    """Whether it is a valid URL: an event with an invalid one may be refused as a whole."""
    return len(href) <= _LINK and not http_client.check_url(href)


def _run_details(message: Message) -> dict[str, Any]:
    """The message as details: names and texts."""
    issues = [escape_terminal(f"{f.severity}: {f.line}") for f in message.findings]
    issues += [message.omitted_line] if message.omitted else []
    details: dict[str, Any] = {
        "Status": message.verdict,
        "Error": escape_terminal(message.error),
        "Issues": issues,
        "Examples": [escape_terminal(f"{f.subject}: {e}") for f in message.findings for e in f.examples],
        **{escape_terminal(name): escape_terminal(value) for name, value in message.facts},
        "Fixed": list(map(escape_terminal, message.fixed)),
        "Not delivered": list(map(escape_terminal, message.undelivered)),
    }
    return {k: v for k, v in details.items() if v}


__all__ = ["API", "Link", "PagerDutyAction"]
