"""Opsgenie, and Jira Service Management, which takes over its API: https://docs.opsgenie.com/docs/alert-api."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal, Self, Unpack
from urllib.parse import quote

from pydantic import AfterValidator, AliasChoices, Field, model_validator

from truthound._internal.escape import escape_alert as escape
from truthound._internal.options import Converted, Model, Secret, option
from truthound._internal.text import plural, shorten
from truthound.checkpoint.actions.channel import ChannelOptions, ResponseCheck, Url, config_of, success, summarize_sent
from truthound.checkpoint.actions.conditions import NotifyOn
from truthound.checkpoint.actions.context import ActionContext
from truthound.checkpoint.actions.incident import NOTHING_OPEN, IncidentChannel, KeyTemplate, keys, map_severity
from truthound.errors import ActionError, ConfigError, PermanentDeliveryError, RetryableError
from truthound.io import http_client
from truthound.io.flow import Flow, Sleep
from truthound.reporters.message import Message, fit_to_limits, lines
from truthound.results import ActionResult, ActionStatus, CheckpointResult, CheckpointStatus, Severity, SeverityName

_HOSTS = {"us": "https://api.opsgenie.com", "eu": "https://api.eu.opsgenie.com"}
_JSM = "https://api.atlassian.com/jsm/ops/integration"
_MESSAGE, _ALIAS, _DESCRIPTION, _DETAILS, _SOURCE, _ENTITY = 130, 512, 15_000, 8000, 100, 512
_TAGS, _TAG, _RESPONDERS, _OWN = 20, 50, 50, 6000
_WAITS = (0.5, 1.0, 2.0, 4.0)
"""seconds before each look at what became of a request"""
_NOTHING_OPEN = ("not exist", "already closed", "not found")


class AlertPriority(StrEnum):
    """How urgent an alert is; P1 is the most."""

    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"
    P5 = "P5"


_PRIORITIES: Mapping[Severity, AlertPriority] = {
    Severity.CRITICAL: AlertPriority.P1,
    Severity.HIGH: AlertPriority.P2,
    Severity.MEDIUM: AlertPriority.P3,
    Severity.LOW: AlertPriority.P4,
}


class ResponderType(StrEnum):
    """Who a responder is."""

    TEAM = "team"
    USER = "user"
    ESCALATION = "escalation"
    SCHEDULE = "schedule"


class Responder(Model):
    """Who is alerted, or may see an alert: by id; or a user by username, others by name."""

    type: Converted[ResponderType, ResponderType | Literal["team", "user", "escalation", "schedule"]] = option(
        default=ResponderType.TEAM
    )
    """`team`, `user`, `escalation` or `schedule`."""
    id: str | None = Field(default=None, min_length=1)
    """Its id in Opsgenie."""
    name: str | None = Field(default=None, min_length=1)
    """The name of a team, an escalation or a schedule."""
    username: str | None = Field(default=None, min_length=1)
    """A user's mail address."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        known = "username" if self.type is ResponderType.USER else "name"
        given = [k for k in ("id", "name", "username") if getattr(self, k) is not None]
        if given not in (["id"], [known]):
            raise ValueError(f"a {self.type.value} is given by {known} or by id: one of them, and nothing else")
        return self

    def to_dict(self) -> dict[str, str]:
        """As the API has it."""
        told = {"id": self.id, "name": self.name, "username": self.username}
        return {"type": self.type.value} | {k: v for k, v in told.items() if v is not None}


def _viewers(listed: tuple[Responder, ...]) -> tuple[Responder, ...]:
    for one in listed:
        if one.type not in (ResponderType.TEAM, ResponderType.USER):
            raise ValueError(f"an alert is visible to teams and users, not to a {one.type.value}")
    return listed


def _details(given: dict[str, str]) -> dict[str, str]:
    if (size := sum(len(k) + len(v) for k, v in given.items())) > _OWN:
        raise ValueError(f"they are {size:,} characters; at most {_OWN:,} can be sent with an alert")
    return given


PriorityGiven = AlertPriority | Literal["P1", "P2", "P3", "P4", "P5"]
RespondersGiven = Sequence[Responder | Mapping[str, str]]
Tag = Annotated[str, Field(min_length=1, max_length=_TAG)]
Text = Annotated[str, Field(coerce_numbers_to_str=True)]


class OpsGenieAction(IncidentChannel):
    """Opens an alert in Opsgenie or Jira Service Management when a run fails, and closes it when one passes."""

    type: ClassVar[str] = "opsgenie"
    service: ClassVar[str] = "Opsgenie"
    resolve_option: ClassVar[str] = "auto_resolve_on_success"
    variables: ClassVar[Mapping[str, tuple[str, ...]]] = {"api_key": ("OPSGENIE_API_KEY",)}
    hints: ClassVar[Mapping[int, str]] = {
        401: "check api_key, platform and region: a key is known in one place only",
        403: "the integration may not create alerts or is switched off; check platform and region as well",
        422: "check responders and the other options",
    }
    proof: ClassVar[ResponseCheck] = ResponseCheck(frozenset({202}), has={"requestId": ...})

    api_key: Secret = option(default=None)
    """The key of an API integration; OPSGENIE_API_KEY, if not given."""
    region: Literal["us", "eu"] = "us"
    """Where the Opsgenie account lives; Jira Service Management has one host for all."""
    platform: Literal["opsgenie", "jsm"] = "opsgenie"
    """Opsgenie, whose API ends on 5 April 2027, or Jira Service Management, which takes the same alerts."""
    api_url: Url | None = None
    """Another host: what comes before `/v2/alerts`."""
    auto_resolve_on_success: bool = Field(
        default=True, validation_alias=AliasChoices("auto_resolve_on_success", "close_on_success")
    )
    """Whether a run that passes closes the alert, whatever notify_on says."""
    priority: Converted[AlertPriority, PriorityGiven] = option(default=AlertPriority.P3)
    """How urgent it is: given, it is always that; otherwise it holds where the issues say nothing (see auto_priority)."""
    auto_priority: Converted[
        bool | dict[Severity, AlertPriority] | None, bool | Mapping[Severity | SeverityName, PriorityGiven] | None
    ] = option(default=None)
    """Whether the worst issue decides (critical: P1, high: P2, medium: P3, low: P4), or a mapping of your own; so it
    is, if priority is not given."""
    responders: Converted[tuple[Responder, ...], RespondersGiven] = option(default=(), max_length=_RESPONDERS)
    """Who is alerted."""
    escalation_policy: str | None = Field(default=None, min_length=1)
    """The name of an escalation, one more responder."""
    visible_to: Converted[Annotated[tuple[Responder, ...], AfterValidator(_viewers)], RespondersGiven] = option(
        default=(), max_length=_RESPONDERS
    )
    """Teams and users who see it and are not alerted."""
    tags: Converted[tuple[Tag, ...], list[str] | tuple[str, ...]] = option(default=(), max_length=_TAGS)
    """The alert's tags, at most 20 of 50 characters."""
    custom_details: Converted[Annotated[dict[str, Text], AfterValidator(_details)], Mapping[str, str | int | float]] = (
        option(default_factory=dict, validation_alias=AliasChoices("custom_details", "details"))
    )
    """Further details of yours: names and texts."""
    alias_template: KeyTemplate = None
    """What makes it the same alert: may hold {checkpoint_name}, {source}, tags and metadata; the checkpoint and its
    data, if not given."""
    source: str = "Truthound"
    """Who says it."""
    entity: str | None = None
    """What it is about; the data's name, if not given."""
    wait_for_outcome: bool = True
    """Whether it looks for some seconds at what became of the request; it is only accepted when it is sent."""

    @model_validator(mode="after")
    def _placed(self) -> Self:
        if "region" in self.model_fields_set:
            for option, counts in (("api_url", self.api_url), ("platform", self.platform == "jsm")):
                if counts:
                    raise ValueError(
                        f"region says where an Opsgenie account lives; with {option} it counts for nothing"
                    )
        if len(self.responders) + bool(self.escalation_policy) > _RESPONDERS:
            raise ValueError(f"responders and escalation_policy: at most {_RESPONDERS} in all")
        return self

    @property
    def service_name(self) -> str:
        return "Jira Service Management" if self.platform == "jsm" else self.service

    def deliver(self, result: CheckpointResult, run: ActionContext) -> Flow[ActionResult]:
        message = self.message(result, run)
        known = keys(self.alias_template, result, message, _ALIAS)
        if result.status is CheckpointStatus.SUCCESS:
            return (yield from self._close(known, run))
        body = self.payload(message, known[0])
        answer = yield from self._send("", body, run)
        outcome = yield from self._outcome(answer, run)
        if why := _refused(outcome):
            raise PermanentDeliveryError(
                f"{self.service_name} did not open the alert: {self.redact_and_truncate(why, 300)}",
                alias=known[0],
                **_told(answer),
            )
        left = [name for name in self.custom_details if name not in body.get("details", {})]
        more = (
            f"; {plural(len(left), 'detail')} left out: {self.service_name} takes {_DETAILS:,} characters"
            if left
            else ""
        )
        said = "opened the alert" if outcome else "accepted the alert"
        return self._done(f"{said}: {summarize_sent(message)}{more}", answer, outcome, known[0])

    def _close(self, known: list[str], run: ActionContext) -> Flow[ActionResult]:
        """Closes what is open, and looks at what became of the run's own alert; another was opened by a run without data."""
        if self.already_resolved(self.alias_template, known, run, _ALIAS):
            return ActionResult(ActionStatus.SKIPPED, message=NOTHING_OPEN)
        body = {"source": shorten(self.source, _SOURCE), "note": "All checks passed."}
        own, *others = (f"/{quote(alias, safe='')}/close?identifierType=alias" for alias in known)
        for path in others:
            yield from self._send(path, body, run)
        answer = yield from self._send(own, body, run)
        outcome = yield from self._outcome(answer, run)
        if not (why := _refused(outcome)):
            return self._done(
                "closed the alert" if outcome else "accepted to close the alert", answer, outcome, known[0]
            )
        if any(one in why.lower() for one in _NOTHING_OPEN):
            return self._done("had no open alert", answer, {}, known[0])
        raise PermanentDeliveryError(
            f"{self.service_name} did not close the alert: {self.redact_and_truncate(why, 300)}",
            alias=known[0],
            **_told(answer),
        )

    def _done(self, said: str, answer: http_client.Response, outcome: Mapping[str, Any], alias: str) -> ActionResult:
        details = {"alias": alias} | _told(answer) | ({"alert_id": i} if (i := outcome.get("alertId")) else {})
        return success(f"{self.service_name} {said}", answer, **details)

    def _send(self, path: str, body: dict[str, Any], run: ActionContext) -> Flow[http_client.Response]:
        return (yield from self.post(self._base() + path, body, run=run, headers=self._headers()))

    def _outcome(self, answer: http_client.Response, run: ActionContext) -> Flow[dict[str, Any]]:
        """What became of a request; empty where that is not known in time. It was accepted, so it is not sent again."""
        request = _told(answer).get("request_id")
        for seconds in _WAITS if request and self.wait_for_outcome else ():
            yield Sleep(seconds)
            url = f"{self._base()}/requests/{quote(str(request), safe='')}"
            try:
                looked = yield from self.request(
                    "GET", url, run=run, headers=self._headers(), good=lambda status: status in (200, 202, 404)
                )
            except (ActionError, RetryableError):
                return {}
            found = looked.json()
            data = found.get("data", found) if isinstance(found, dict) else None  # Jira's other APIs do not wrap it
            if looked.status == 200 and isinstance(data, dict) and {"isSuccess", "success"} & set(data):
                return data
        return {}

    def _base(self) -> str:
        if self.api_url:
            return f"{self.api_url.rstrip('/').removesuffix('/v2/alerts')}/v2/alerts"
        return f"{_JSM if self.platform == 'jsm' else _HOSTS[self.region]}/v2/alerts"

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"GenieKey {self.api_key.get_secret_value() if self.api_key else ''}"}

    def payload(self, message: Message, alias: str) -> dict[str, Any]:
        """The alert, within Opsgenie's limits."""
        return fit_to_limits(message, lambda m: self._render(m, alias), lambda p: len(p["description"]) <= _DESCRIPTION)

    def _render(self, message: Message, alias: str) -> dict[str, Any]:
        worst = message.error or (message.findings[0].line if message.findings else "")
        more = f" (and {message.issue_count - 1:,} more)" if message.issue_count > 1 else ""
        line = escape(": ".join(filter(None, (message.headline, worst))))
        escalation = [Responder(type=ResponderType.ESCALATION, name=n) for n in filter(None, [self.escalation_policy])]
        made: dict[str, Any] = {
            "message": shorten(line, _MESSAGE - len(more)) + more,
            "alias": alias,
            "description": "\n".join(map(escape, lines(message))),
            "responders": [r.to_dict() for r in (*self.responders, *escalation)],
            "visibleTo": [r.to_dict() for r in self.visible_to],
            "tags": [shorten(t, _TAG) for t in self.tags],
            "details": self._shown(message),
            "entity": shorten(self.entity or escape(message.source), _ENTITY),
            "source": shorten(self.source, _SOURCE),
            "priority": map_severity(
                message, self.auto_priority, _PRIORITIES, self.priority, given="priority" in self.model_fields_set
            ).value,
        }
        return {k: v for k, v in made.items() if v}

    def _shown(self, message: Message) -> dict[str, str]:
        """Details as far as there is room for them, the user's own first."""
        report = [("Report", message.link)] if message.link else []
        facts = [(escape(name), escape(said)) for name, said in message.facts]
        made: dict[str, str] = {}
        room = _DETAILS
        for name, said in (*self.custom_details.items(), *report, *facts):
            if name not in made and (size := len(name) + len(said)) <= room:
                made[name] = said
                room -= size
        return made


OpsGenieConfig = config_of(OpsGenieAction, "OpsGenieConfig")


class CriticalAlertOptions(ChannelOptions, total=False):
    """What `create_critical_alert` takes by name beside its parameters, for type checkers."""

    notify_on: NotifyOn
    region: Literal["us", "eu"]
    platform: Literal["opsgenie", "jsm"]
    api_url: str | None
    auto_resolve_on_success: bool
    priority: PriorityGiven
    auto_priority: bool | Mapping[Severity | SeverityName, PriorityGiven] | None
    responders: RespondersGiven
    visible_to: RespondersGiven
    tags: list[str] | tuple[str, ...]
    custom_details: Mapping[str, str | int | float]
    alias_template: str | None
    source: str
    entity: str | None
    wait_for_outcome: bool


class OpsGenieOptions(CriticalAlertOptions, total=False):
    """What `create_opsgenie_action` takes by name beside the key, for type checkers."""

    escalation_policy: str | None


def create_opsgenie_action(api_key: str | None = None, **options: Unpack[OpsGenieOptions]) -> OpsGenieAction:
    """An action; `OpsGenieAction` with the key as its first argument."""
    return OpsGenieAction(api_key=api_key, **options)


def create_critical_alert(
    api_key: str | None = None,
    team: str | None = None,
    escalation_policy: str | None = None,
    **options: Unpack[CriticalAlertOptions],
) -> OpsGenieAction:
    """Alerts of priority P1 for a team, an escalation, or both."""
    options.setdefault("priority", AlertPriority.P1)
    options["responders"] = (*_teams([team] if team else []), *options.get("responders", ()))
    return OpsGenieAction(api_key=api_key, escalation_policy=escalation_policy, **options)


def create_team_alert(
    api_key: str | None = None, team: str | Iterable[str] = (), **options: Unpack[OpsGenieOptions]
) -> OpsGenieAction:
    """Alerts for a team, or for several."""
    names = [team] if isinstance(team, str) else list(team)
    if not any(names):
        raise ConfigError("create_team_alert: team is not given: the name of the team to alert, or several")
    options["responders"] = (*_teams(names), *options.get("responders", ()))
    return OpsGenieAction(api_key=api_key, **options)


def _teams(names: Iterable[str]) -> Iterator[Responder]:
    return (Responder(type=ResponderType.TEAM, name=name) for name in names)


def _told(answer: http_client.Response) -> dict[str, Any]:
    found = answer.json()
    request = found.get("requestId") if isinstance(found, dict) else None
    return {"request_id": str(request)} if request else {}


def _refused(outcome: Mapping[str, Any]) -> str:
    """Why a request that was accepted came to nothing; empty where it did not, or nothing is known."""
    if outcome.get("isSuccess", outcome.get("success")) is not False:
        return ""
    return str(outcome.get("status") or "no reason is given")


__all__ = [
    "AlertPriority", "OpsGenieAction", "OpsGenieConfig", "Responder", "ResponderType", "create_critical_alert",
    "create_opsgenie_action", "create_team_alert",
]  # fmt: skip
