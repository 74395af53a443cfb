"""PagerDuty, through its Events API v2: https://developer.pagerduty.com/docs/events-api-v2-overview."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, AliasChoices, Field

from truthound._internal.escape import escape_terminal
from truthound._internal.options import Converted, Model, Secret, option
from truthound._internal.text import shorten, to_json_value
from truthound.checkpoint.actions.channel import ResponseCheck, Template, Url, encoded, linked, success, summarize_sent
from truthound.checkpoint.actions.context import ActionContext
from truthound.checkpoint.actions.incident import NOTHING_OPEN, IncidentChannel, KeyTemplate, keys, map_severity
from truthound.io import http_client
from truthound.io.flow import Flow
from truthound.reporters import message as messages
from truthound.reporters.message import Message, fit_to_limits
from truthound.results import ActionResult, ActionStatus, CheckpointResult, CheckpointStatus, Severity, SeverityName

API = "https://events.pagerduty.com/v2/enqueue"
Urgency = Literal["critical", "error", "warning", "info"]
_LIMIT, _SUMMARY, _KEY, _NAME, _LINK, _LINKS = 512 * 1024, 1024, 255, 255, 2000, 20
_OWN = _LIMIT // 2
"""bytes of details of the user's own, so that there is room for ours"""
_TOO_LARGE = f"; custom_details left out: PagerDuty takes {_LIMIT // 1024} KB"
_URGENCIES: Mapping[Severity, Urgency] = {
    Severity.CRITICAL: "critical",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "info",
}


class Link(Model):
    """A link of an incident."""

    href: Template
    """Where it leads; may hold {run_id} and the like."""
    text: str = ""
    """What it is called."""


def _details(given: dict[str, Any]) -> dict[str, Any]:
    if (size := len(encoded(to_json_value(given)))) > _OWN:
        raise ValueError(f"they are {size:,} bytes; at most {_OWN:,} can be sent with an event")
    return given


class PagerDutyAction(IncidentChannel):
    """Opens an incident in PagerDuty when a run fails, and resolves it when one passes."""

    type: ClassVar[str] = "pagerduty"
    service: ClassVar[str] = "PagerDuty"
    resolve_option: ClassVar[str] = "resolve_on_success"
    variables: ClassVar[Mapping[str, tuple[str, ...]]] = {"routing_key": ("PAGERDUTY_ROUTING_KEY",)}
    hints: ClassVar[Mapping[int, str]] = {
        400: "check routing_key: it is the integration key of an Events API v2 integration",
        413: "the event is too large: give fewer custom_details",
    }
    proof: ClassVar[ResponseCheck] = ResponseCheck(frozenset({202}), has={"status": "success"})

    routing_key: Secret = option(default=None, validation_alias=AliasChoices("routing_key", "service_key"))
    """The integration key of a service's Events API v2 integration; PAGERDUTY_ROUTING_KEY, if not given."""
    resolve_on_success: bool = True
    """Whether a run that passes resolves the incident, whatever notify_on says."""
    severity: Urgency = "error"
    """How bad it is: given, it is always that; otherwise it holds where the issues say nothing (see auto_severity)."""
    auto_severity: Converted[
        bool | dict[Severity, Urgency] | None, bool | Mapping[Severity | SeverityName, Urgency] | None
    ] = option(default=None)
    """Whether the worst issue decides (critical: critical, high: error, medium: warning, low: info), or a mapping of
    your own; so it is, if severity is not given."""
    component: Annotated[str | None, Field(max_length=_NAME)] = None
    """What is broken, such as `warehouse`."""
    group: Annotated[str | None, Field(max_length=_NAME)] = None
    """What it belongs to, such as `data-platform`."""
    class_type: Annotated[str | None, Field(max_length=_NAME)] = None
    """What kind of event it is, such as `data quality`."""
    custom_details: Annotated[dict[str, Any], AfterValidator(_details)] = Field(default_factory=dict)
    """Further details of yours, shown with the incident."""
    dedup_key_template: KeyTemplate = None
    """What makes it the same incident: may hold {checkpoint_name}, {source}, tags and metadata; the checkpoint and its
    data, if not given."""
    client: Annotated[str, Field(max_length=_NAME)] = "Truthound"
    """Who says it."""
    client_url: Template | None = None
    """Where the incident's "View in ..." leads; the report, if not given."""
    links: Converted[tuple[Link, ...], Sequence[Link | Mapping[str, str]]] = option(default=(), max_length=_LINKS)
    """Further links, each with href and text."""
    api_url: Url = API
    """Where events are sent: a relay, or https://events.eu.pagerduty.com/v2/enqueue."""

    def check(self) -> Iterator[str]:
        yield from super().check()
        key = self.routing_key.get_secret_value() if self.routing_key else ""
        if self.api_url == API and key and (len(key) != 32 or not key.isalnum()):
            yield f"routing_key: an integration key of PagerDuty has 32 letters and digits, this has {len(key)} characters"

    def reason(self, answer: http_client.Response) -> str:
        found = answer.json()
        errors = found.get("errors") if isinstance(found, dict) else None
        said = super().reason(answer)
        return f"{said}: {'; '.join(map(str, errors))}" if isinstance(errors, list) and errors else said

    def deliver(self, result: CheckpointResult, run: ActionContext) -> Flow[ActionResult]:
        message = self.message(result, run)
        known = keys(self.dedup_key_template, result, message, _KEY)
        if result.status is not CheckpointStatus.SUCCESS:
            event = self.payload(result, message, known[0])
            answer = yield from self.post(self.api_url, event, run=run)
            left = "" if self.custom_details.keys() <= event["payload"]["custom_details"].keys() else _TOO_LARGE
            return success(f"triggered in PagerDuty: {summarize_sent(message)}{left}", answer, dedup_key=known[0])
        if self.already_resolved(self.dedup_key_template, known, run, _KEY):
            return ActionResult(ActionStatus.SKIPPED, message=NOTHING_OPEN)
        own, *others = known
        for key in others:
            yield from self.post(self.api_url, self._event("resolve", key), run=run)
        answer = yield from self.post(self.api_url, self._event("resolve", own), run=run)
        return success("resolved in PagerDuty, if it was open", answer, dedup_key=own)

    def payload(self, result: CheckpointResult, message: Message, key: str) -> dict[str, Any]:
        """The event that opens the incident, within PagerDuty's limits."""
        values = messages.template_values(result, message)
        links = [(message.link, "Report"), *((linked(link.href, values), link.text) for link in self.links)]
        view = linked(self.client_url, values) if self.client_url else message.link
        around = self._event("trigger", key) | {
            "client": shorten(self.client, _NAME),
            "client_url": view if _usable(view) else "",
            "links": [{"href": href, "text": shorten(text or href, _NAME)} for href, text in links if _usable(href)],
        }
        around = {k: v for k, v in around.items() if v}
        made = fit_to_limits(message, lambda m: around | {"payload": self._payload(m, self.custom_details)}, _fits)
        if _fits(made):
            return made
        return fit_to_limits(
            message, lambda m: around | {"payload": self._payload(m, {})}, _fits
        )  # variables made them larger

    def _event(self, event: str, key: str) -> dict[str, Any]:
        secret = self.routing_key.get_secret_value() if self.routing_key else ""
        return {"routing_key": secret, "event_action": event, "dedup_key": key}

    def _payload(self, message: Message, details: dict[str, Any]) -> dict[str, Any]:
        given = "severity" in self.model_fields_set
        worst = message.error or (message.findings[0].line if message.findings else "")
        more = f" (and {message.issue_count - 1:,} more)" if message.issue_count > 1 else ""
        line = ": ".join(filter(None, (message.headline, worst)))
        own = {"component": self.component, "group": self.group, "class": self.class_type}
        return {
            "summary": shorten(escape_terminal(line), _SUMMARY - len(more)) + more,
            "source": shorten(escape_terminal(message.source or message.checkpoint), _NAME) or "truthound",
            "severity": map_severity(message, self.auto_severity, _URGENCIES, self.severity, given=given),
            "timestamp": message.run_time.isoformat(),
            "custom_details": _shown(message) | to_json_value(details),
        } | {k: shorten(v, _NAME) for k, v in own.items() if v}


def _fits(event: dict[str, Any]) -> bool:
    return len(encoded(event)) <= _LIMIT


def _usable(href: str) -> bool:
    """Whether it is a link: an event with another may be refused as a whole."""
    return len(href) <= _LINK and not http_client.check_url(href)


def _shown(message: Message) -> dict[str, Any]:
    """The message as details: names and texts."""
    issues = [escape_terminal(f"{f.severity}: {f.line}") for f in message.findings]
    issues += [message.omitted_line] if message.omitted_line else []
    listed: dict[str, Any] = {
        "Status": message.verdict,
        "Error": escape_terminal(message.error),
        "Issues": issues,
        "Examples": [escape_terminal(f"{f.subject}: {e}") for f in message.findings for e in f.examples],
        **{escape_terminal(name): escape_terminal(said) for name, said in message.facts},
        "Fixed": list(map(escape_terminal, message.fixed)),
        "Not delivered": list(map(escape_terminal, message.undelivered)),
    }
    return {k: v for k, v in listed.items() if v}


__all__ = ["API", "Link", "PagerDutyAction"]
