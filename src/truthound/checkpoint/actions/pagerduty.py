"""PagerDuty, through its Events API v2: https://developer.pagerduty.com/docs/events-api-v2-overview."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, AliasChoices, Field, SecretStr

from truthound import message as messages
from truthound import wire
from truthound.checkpoint.actions.base import Run
from truthound.checkpoint.actions.channel import Template, Url, encoded, linked, success, told
from truthound.checkpoint.actions.incident import SETTLED, IncidentChannel, KeyTemplate, graded, keys
from truthound.flow import Flow
from truthound.message import Message, fitted
from truthound.models import Model
from truthound.results import ActionResult, ActionStatus, CheckpointResult, CheckpointStatus, Severity
from truthound.text import plain, shorten, terminal

API = "https://events.pagerduty.com/v2/enqueue"
Urgency = Literal["critical", "error", "warning", "info"]
_LIMIT, _SUMMARY, _KEY, _NAME = 512 * 1024, 1024, 255, 255
_OWN = _LIMIT // 2
"""bytes of details of the user's own, so that there is room for ours"""
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
    if (size := len(encoded(plain(given)))) > _OWN:
        raise ValueError(f"they are {size:,} bytes; at most {_OWN:,} can be sent with an event")
    return given


class PagerDutyAction(IncidentChannel):
    """Opens an incident in PagerDuty when a run fails, and resolves it when one passes."""

    type: ClassVar[str] = "pagerduty"
    service: ClassVar[str] = "PagerDuty"
    closing: ClassVar[str] = "resolve_on_success"
    variables: ClassVar[Mapping[str, tuple[str, ...]]] = {"routing_key": ("PAGERDUTY_ROUTING_KEY",)}
    hints: ClassVar[Mapping[int, str]] = {
        400: "check routing_key: it is the integration key of an Events API v2 integration",
        413: "the event is too large: give fewer custom_details",
    }

    routing_key: SecretStr | None = Field(default=None, validation_alias=AliasChoices("routing_key", "service_key"))
    """The integration key of a service's Events API v2 integration; PAGERDUTY_ROUTING_KEY, if not given."""
    resolve_on_success: bool = True
    """Whether a run that passes resolves the incident, whatever notify_on says."""
    severity: Urgency = "error"
    """How bad it is: given, it is always that; otherwise it holds where the issues say nothing (see auto_severity)."""
    auto_severity: bool | dict[Severity, Urgency] | None = None
    """Whether the worst issue decides (critical: critical, high: error, medium: warning, low: info), or a mapping of
    your own; so it is, if severity is not given."""
    component: str | None = None
    """What is broken, such as `warehouse`."""
    group: str | None = None
    """What it belongs to, such as `data-platform`."""
    class_type: str | None = None
    """What kind of event it is, such as `data quality`."""
    custom_details: Annotated[dict[str, Any], AfterValidator(_details)] = Field(default_factory=dict)
    """Further details of yours, shown with the incident."""
    dedup_key_template: KeyTemplate = None
    """What makes it the same incident: may hold {checkpoint_name}, {source}, tags and metadata; the checkpoint and its
    data, if not given."""
    client: str = "Truthound"
    """Who says it."""
    client_url: Template | None = None
    """Where the incident's "View in ..." leads; the report, if not given."""
    links: tuple[Link, ...] = ()
    """Further links, each with href and text."""
    api_url: Url = API
    """Where events are sent: a relay, or https://events.eu.pagerduty.com/v2/enqueue."""

    def check(self) -> Iterator[str]:
        yield from super().check()
        key = self.routing_key.get_secret_value() if self.routing_key else ""
        if self.api_url == API and key and (len(key) != 32 or not key.isalnum()):
            yield f"routing_key: an integration key of PagerDuty has 32 letters and digits, this has {len(key)} characters"

    def reason(self, answer: wire.Response) -> str:
        found = answer.json()
        errors = found.get("errors") if isinstance(found, dict) else None
        said = super().reason(answer)
        return f"{said}: {'; '.join(map(str, errors))}" if isinstance(errors, list) and errors else said

    def flow(self, result: CheckpointResult, run: Run) -> Flow[ActionResult]:
        message = self.message(result, run)
        known = keys(self.dedup_key_template, result, message, _KEY)
        if result.status is not CheckpointStatus.SUCCESS:
            answer = yield from self.post(self.api_url, self.payload(result, message, known[0]), run=run)
            return success(f"triggered in PagerDuty: {told(message)}", answer, dedup_key=known[0])
        if self.settled(self.dedup_key_template, known, run, _KEY):
            return ActionResult(ActionStatus.SKIPPED, message=SETTLED)
        *others, own = reversed(known)
        for key in others:
            yield from self.post(self.api_url, self._event("resolve", key), run=run)
        answer = yield from self.post(self.api_url, self._event("resolve", own), run=run)
        return success("resolved in PagerDuty, if it was open", answer, dedup_key=known[0])

    def payload(self, result: CheckpointResult, message: Message, key: str) -> dict[str, Any]:
        """The event that opens the incident, within PagerDuty's limits."""
        values = messages.values(result, message)
        links = [{"href": message.link, "text": "Report"}] if message.link else []
        for link in self.links:
            href = linked(link.href, values)
            links.append({"href": href, "text": link.text or href})
        view = linked(self.client_url, values) if self.client_url else message.link
        around = self._event("trigger", key) | {"client": self.client, "client_url": view, "links": links}
        around = {k: v for k, v in around.items() if v}
        return fitted(message, lambda m: around | {"payload": self._payload(m)}, lambda p: len(encoded(p)) <= _LIMIT)

    def _event(self, event: str, key: str) -> dict[str, Any]:
        secret = self.routing_key.get_secret_value() if self.routing_key else ""
        return {"routing_key": secret, "event_action": event, "dedup_key": key}

    def _payload(self, message: Message) -> dict[str, Any]:
        given = "severity" in self.model_fields_set
        worst = message.error or (message.findings[0].line if message.findings else "")
        more = f" (and {message.issue_count - 1:,} more)" if message.issue_count > 1 else ""
        line = ": ".join(filter(None, (message.headline, worst)))
        own = {"component": self.component, "group": self.group, "class": self.class_type}
        return {
            "summary": shorten(terminal(line), _SUMMARY - len(more)) + more,
            "source": shorten(terminal(message.source or message.checkpoint), _NAME) or "truthound",
            "severity": graded(message, self.auto_severity, _URGENCIES, self.severity, given=given),
            "timestamp": message.run_time.isoformat(),
            "custom_details": _shown(message) | plain(self.custom_details),
        } | {k: v for k, v in own.items() if v}


def _shown(message: Message) -> dict[str, Any]:
    """The message as details: names and texts."""
    issues = [terminal(f"{f.severity}: {f.line}") for f in message.findings]
    issues += [message.more] if message.more else []
    listed: dict[str, Any] = {
        "Status": message.verdict,
        "Error": terminal(message.error),
        "Issues": issues,
        "Examples": [terminal(f"{f.subject}: {e}") for f in message.findings for e in f.examples],
        **{terminal(name): terminal(said) for name, said in message.facts},
        "Fixed": list(map(terminal, message.fixed)),
        "Not delivered": list(map(terminal, message.undelivered)),
    }
    return {k: v for k, v in listed.items() if v}


__all__ = ["API", "Link", "PagerDutyAction"]
