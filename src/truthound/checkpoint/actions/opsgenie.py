"""Opsgenie, and Jira Service Management, which takes over its API: https://docs.opsgenie.com/docs/alert-api."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal, Self
from urllib.parse import quote

from pydantic import AfterValidator, AliasChoices, Field, model_validator

from truthound._internal.escape import escape_alert as escape
from truthound._internal.options import Converted, Secret, option
from truthound._internal.text import plural, shorten
from truthound.checkpoint.actions.channel import success, summarize_sent
from truthound.checkpoint.actions.channel_options import Url, config_of
from truthound.checkpoint.actions.context import ActionContext
from truthound.checkpoint.actions.incident import IncidentChannel, KeyTemplate, map_severity, summary_line
from truthound.checkpoint.actions.opsgenie_models import (
    AlertPriority,
    PriorityGiven,
    Responder,
    RespondersGiven,
    ResponderType,
)
from truthound.checkpoint.actions.response import ResponseCheck
from truthound.errors import ActionError, PermanentDeliveryError, RetryableError
from truthound.io import http_client
from truthound.io.flow import Flow, Sleep
from truthound.reporters.message import Message, fit_to_limits, lines
from truthound.results import ActionResult, CheckpointResult, Severity, SeverityName

_HOSTS = {"us": "https://api.opsgenie.com", "eu": "https://api.eu.opsgenie.com"}
_JSM = "https://api.atlassian.com/jsm/ops/integration"
_MESSAGE, _ALIAS, _DESCRIPTION, _DETAILS, _SOURCE, _ENTITY = 130, 512, 15_000, 8000, 100, 512
_TAGS, _TAG, _RESPONDERS, _CUSTOM_DETAILS = 20, 50, 50, 6000
_OUTCOME_DELAYS = (0.5, 1.0, 2.0, 4.0)
"""seconds before each request for the outcome"""
_NOTHING_OPEN_REASONS = ("not exist", "already closed", "not found")
_PRIORITIES: Mapping[Severity, AlertPriority] = {
    Severity.CRITICAL: AlertPriority.P1,
    Severity.HIGH: AlertPriority.P2,
    Severity.MEDIUM: AlertPriority.P3,
    Severity.LOW: AlertPriority.P4,
}


def _check_viewers(viewers: tuple[Responder, ...]) -> tuple[Responder, ...]:
    for viewer in viewers:
        if viewer.type not in (ResponderType.TEAM, ResponderType.USER):
            raise ValueError(f"an alert is visible to teams and users, not to a {viewer.type.value}")
    return viewers


def _check_details(details: dict[str, str]) -> dict[str, str]:
    if (size := sum(len(k) + len(v) for k, v in details.items())) > _CUSTOM_DETAILS:
        raise ValueError(f"they are {size:,} characters; at most {_CUSTOM_DETAILS:,} can be sent with an alert")
    return details


Tag = Annotated[str, Field(min_length=1, max_length=_TAG)]
Text = Annotated[str, Field(coerce_numbers_to_str=True)]


class OpsGenieAction(IncidentChannel):
    """Opens an alert in Opsgenie or Jira Service Management when a run fails, and closes it when one passes."""

    type: ClassVar[str] = "opsgenie"
    service: ClassVar[str] = "Opsgenie"
    resolve_option: ClassVar[str] = "auto_resolve_on_success"
    key_option: ClassVar[str] = "alias_template"
    max_key: ClassVar[int] = _ALIAS
    variables: ClassVar[Mapping[str, tuple[str, ...]]] = {"api_key": ("OPSGENIE_API_KEY",)}
    hints: ClassVar[Mapping[int, str]] = {
        401: "check api_key, platform and region: a key is known in one place only",
        403: "the integration may not create alerts or is switched off; check platform and region as well",
        422: "check responders and the other options",
    }
    proof: ClassVar[ResponseCheck] = ResponseCheck(frozenset({202}), has={"requestId": ...})

    api_key: Secret = option(default=None)
    """The key of an API integration. Default: OPSGENIE_API_KEY."""
    region: Literal["us", "eu"] = "us"
    """The region of the Opsgenie account; Jira Service Management has one host for all."""
    platform: Literal["opsgenie", "jsm"] = "opsgenie"
    """Opsgenie, whose API ends on 5 April 2027, or Jira Service Management, which accepts the same alerts."""
    api_url: Url | None = None
    """Another host: the part of the URL before `/v2/alerts`."""
    auto_resolve_on_success: bool = Field(
        default=True, validation_alias=AliasChoices("auto_resolve_on_success", "close_on_success")
    )
    """Whether a run that passes closes the alert, whatever notify_on says."""
    priority: Converted[AlertPriority, PriorityGiven] = option(default=AlertPriority.P3)
    """The priority of every alert, if given. Otherwise the worst issue decides (see auto_priority), and this is used where no
    issue has a severity."""
    auto_priority: Converted[
        bool | dict[Severity, AlertPriority] | None, bool | Mapping[Severity | SeverityName, PriorityGiven] | None
    ] = option(default=None)
    """Whether the worst issue decides (critical: P1, high: P2, medium: P3, low: P4), or another mapping. Default: true, unless
    priority is given."""
    responders: Converted[tuple[Responder, ...], RespondersGiven] = option(default=(), max_length=_RESPONDERS)
    """Who is alerted."""
    escalation_policy: str | None = Field(default=None, min_length=1)
    """The name of an escalation that is alerted too."""
    visible_to: Converted[Annotated[tuple[Responder, ...], AfterValidator(_check_viewers)], RespondersGiven] = option(
        default=(), max_length=_RESPONDERS
    )
    """Teams and users who see the alert and are not notified."""
    tags: Converted[tuple[Tag, ...], list[str] | tuple[str, ...]] = option(default=(), max_length=_TAGS)
    """The alert's tags, at most 20 of 50 characters."""
    custom_details: Converted[
        Annotated[dict[str, Text], AfterValidator(_check_details)], Mapping[str, str | int | float]
    ] = option(default_factory=dict, validation_alias=AliasChoices("custom_details", "details"))
    """Further details: names and texts."""
    alias_template: KeyTemplate = None
    """The alert's alias: runs with the same alias share an alert. May contain {checkpoint_name}, {source}, tags and metadata.
    Default: the checkpoint and its data."""
    source: str = "Truthound"
    """The sender's name."""
    entity: str | None = None
    """The subject of the alert. Default: the name of the data."""
    wait_for_outcome: bool = True
    """Whether the action waits some seconds for the outcome: Opsgenie accepts a request first, and processes it later."""

    @model_validator(mode="after")
    def _check_host_and_responders(self) -> Self:
        if "region" in self.model_fields_set:
            for name, used in (("api_url", self.api_url), ("platform", self.platform == "jsm")):
                if used:
                    raise ValueError(f"region is the region of an Opsgenie account; with {name} it has no effect")
        if len(self.responders) + bool(self.escalation_policy) > _RESPONDERS:
            raise ValueError(f"responders and escalation_policy: at most {_RESPONDERS} in all")
        return self

    @property
    def service_name(self) -> str:
        return "Jira Service Management" if self.platform == "jsm" else self.service

    # --- delivery -------------------------------------------------------------------------------------------------

    def open_incident(
        self, result: CheckpointResult, message: Message, key: str, run: ActionContext
    ) -> Flow[ActionResult]:
        body = self.payload(message, key)
        response = yield from self._send("", body, run)
        outcome = yield from self._outcome(response, run)
        if reason := _failure(outcome):
            raise self._not_processed("open", reason, response, key)
        omitted = [name for name in self.custom_details if name not in body.get("details", {})]
        note = ""
        if omitted:
            note = f"; {plural(len(omitted), 'detail')} left out: {self.service_name} takes {_DETAILS:,} characters"
        sent = "opened the alert" if outcome else "accepted the alert"
        return self._success(f"{sent}: {summarize_sent(message)}{note}", response, outcome, key)

    def close_incidents(self, keys: Sequence[str], run: ActionContext) -> Flow[ActionResult]:
        body = {"source": shorten(self.source, _SOURCE), "note": "All checks passed."}
        own, *others = (f"/{quote(key, safe='')}/close?identifierType=alias" for key in keys)
        for path in others:
            yield from self._send(path, body, run)
        response = yield from self._send(own, body, run)
        outcome = yield from self._outcome(response, run)
        reason = _failure(outcome)
        if any(text in reason.lower() for text in _NOTHING_OPEN_REASONS):
            return self._success("had no open alert", response, {}, keys[0])
        if reason:
            raise self._not_processed("close", reason, response, keys[0])
        return self._success(
            "closed the alert" if outcome else "accepted to close the alert", response, outcome, keys[0]
        )

    def _send(self, path: str, body: dict[str, Any], run: ActionContext) -> Flow[http_client.Response]:
        return (yield from self.post(self._alerts_url() + path, body, run=run, headers=self._headers()))

    def _outcome(self, response: http_client.Response, run: ActionContext) -> Flow[dict[str, Any]]:
        """The outcome of an accepted request; empty where it is not known in time. The request is not sent again."""
        request = _request_id(response).get("request_id")
        for seconds in _OUTCOME_DELAYS if request and self.wait_for_outcome else ():
            yield Sleep(seconds)
            url = f"{self._alerts_url()}/requests/{quote(str(request), safe='')}"
            try:
                status = yield from self.request(
                    "GET", url, run=run, headers=self._headers(), is_success=lambda status: status in (200, 202, 404)
                )
            except (ActionError, RetryableError):
                return {}
            body = status.json()
            data = body.get("data", body) if isinstance(body, dict) else None  # Jira's other APIs do not wrap it
            if status.status == 200 and isinstance(data, dict) and {"isSuccess", "success"} & set(data):
                return data
        return {}

    def _success(
        self, text: str, response: http_client.Response, outcome: Mapping[str, Any], alias: str
    ) -> ActionResult:
        alert = {"alert_id": outcome["alertId"]} if outcome.get("alertId") else {}
        return success(f"{self.service_name} {text}", response, alias=alias, **_request_id(response), **alert)

    def _not_processed(self, verb: str, reason: str, response: http_client.Response, alias: str) -> ActionError:
        return PermanentDeliveryError(
            f"{self.service_name} did not {verb} the alert: {self.redact_and_truncate(reason, 300)}",
            alias=alias,
            **_request_id(response),
        )

    def _alerts_url(self) -> str:
        if self.api_url:
            return f"{self.api_url.rstrip('/').removesuffix('/v2/alerts')}/v2/alerts"
        return f"{_JSM if self.platform == 'jsm' else _HOSTS[self.region]}/v2/alerts"

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"GenieKey {self.api_key.get_secret_value() if self.api_key else ''}"}

    # --- the alert ------------------------------------------------------------------------------------------------

    def payload(self, message: Message, alias: str) -> dict[str, Any]:
        """The alert, within Opsgenie's limits."""
        return fit_to_limits(message, lambda m: self._render(m, alias), lambda p: len(p["description"]) <= _DESCRIPTION)

    def _render(self, message: Message, alias: str) -> dict[str, Any]:
        responders = list(self.responders)
        if self.escalation_policy:
            responders.append(Responder(type=ResponderType.ESCALATION, name=self.escalation_policy))
        given = "priority" in self.model_fields_set
        alert: dict[str, Any] = {
            "message": summary_line(message, escape, _MESSAGE),
            "alias": alias,
            "description": "\n".join(map(escape, lines(message))),
            "responders": [responder.to_dict() for responder in responders],
            "visibleTo": [responder.to_dict() for responder in self.visible_to],
            "tags": [shorten(tag, _TAG) for tag in self.tags],
            "details": self._details(message),
            "entity": shorten(self.entity or escape(message.source), _ENTITY),
            "source": shorten(self.source, _SOURCE),
            "priority": map_severity(message, self.auto_priority, _PRIORITIES, self.priority, given=given).value,
        }
        return {k: v for k, v in alert.items() if v}

    def _details(self, message: Message) -> dict[str, str]:
        """As many details as fit, custom_details first."""
        report = [("Report", message.link)] if message.link else []
        facts = [(escape(name), escape(value)) for name, value in message.facts]
        details: dict[str, str] = {}
        room = _DETAILS
        for name, value in (*self.custom_details.items(), *report, *facts):
            if name not in details and (size := len(name) + len(value)) <= room:
                details[name] = value
                room -= size
        return details


OpsGenieConfig = config_of(OpsGenieAction, "OpsGenieConfig")


def _request_id(response: http_client.Response) -> dict[str, Any]:
    body = response.json()
    request = body.get("requestId") if isinstance(body, dict) else None
    return {"request_id": str(request)} if request else {}


def _failure(outcome: Mapping[str, Any]) -> str:
    """Why an accepted request was not processed; empty where it was, or where the outcome is not known."""
    if outcome.get("isSuccess", outcome.get("success")) is not False:
        return ""
    return str(outcome.get("status") or "no reason is given")


__all__ = ["OpsGenieAction", "OpsGenieConfig"]
