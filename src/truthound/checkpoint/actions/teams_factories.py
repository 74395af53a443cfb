"""Functions that make a Teams notification."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Unpack

from pydantic import SecretStr

from truthound.checkpoint.actions.channel_options import ChannelOptions
from truthound.checkpoint.actions.notify_on import NotifyOn
from truthound.checkpoint.actions.teams import TeamsNotification, ThemeGiven
from truthound.checkpoint.actions.teams_cards import AdaptiveCardBuilder, MessageTheme, Version


class FailureAlertOptions(ChannelOptions, total=False):
    """What `create_failure_alert` takes by name beside its parameters, for type checkers."""

    connector_type: Literal["auto", "workflows", "connector"]
    channel: str | None
    include_details: bool
    card_builder: AdaptiveCardBuilder | None
    mention_on_failure: bool | str | Sequence[str]
    proxy: SecretStr | str | None
    verify_ssl: bool
    card_version: Version | None
    custom_message: str | None


class TeamsOptions(FailureAlertOptions, total=False):
    """What `create_teams_notification` takes by name beside the URL, for type checkers."""

    notify_on: NotifyOn
    theme: ThemeGiven | None
    mention_users: str | Sequence[str]


def create_teams_notification(webhook_url: str | None = None, **options: Unpack[TeamsOptions]) -> TeamsNotification:
    """A notification; `TeamsNotification` with the URL as its first argument."""
    return TeamsNotification(webhook_url=webhook_url, **options)


def create_failure_alert(
    webhook_url: str | None = None,
    mention_users: Sequence[str] = (),
    notify_on: NotifyOn = "failure_or_error",
    theme: ThemeGiven = MessageTheme.CRITICAL,
    **options: Unpack[FailureAlertOptions],
) -> TeamsNotification:
    """A notification of runs that failed or could not run, which mentions these people."""
    return TeamsNotification(
        webhook_url=webhook_url, mention_users=tuple(mention_users), notify_on=notify_on, theme=theme, **options
    )
