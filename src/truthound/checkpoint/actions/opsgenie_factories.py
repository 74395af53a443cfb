"""Functions that make an Opsgenie action."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, Unpack

from truthound.checkpoint.actions.channel_options import ChannelOptions
from truthound.checkpoint.actions.notify_on import NotifyOn
from truthound.checkpoint.actions.opsgenie import OpsGenieAction
from truthound.checkpoint.actions.opsgenie_models import (
    AlertPriority,
    PriorityGiven,
    Responder,
    RespondersGiven,
    ResponderType,
)
from truthound.errors import ConfigError
from truthound.results import Severity, SeverityName


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
