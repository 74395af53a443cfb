"""Actions, which store, publish or send the result of a run. Each name is loaded when it is first used; `registry.ACTIONS` lists the actions.

The files, a file of one channel beginning with the channel's name:

    every action    base, registry, context, notify_on, option_values (variables and secrets in options)
    every channel   channel (the base class), channel_options, response, message_template, mentions
    own endpoints   endpoint (their base class), payload_template, webhook_auth; webhook, chats (Mattermost, Google Chat)
    incidents       incident (their base class); pagerduty; opsgenie, opsgenie_models, opsgenie_factories
    messages        slack; discord; teams, teams_cards, teams_factories; telegram, telegram_markup, telegram_photo; apprise
    e-mail          email, email_message, email_transport, email_smtp, email_ses, email_sendgrid
    GitHub          github, github_api
    no message      store (results), data_docs, quarantine; custom, custom_output
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from truthound._internal.lazy import lazily
from truthound.checkpoint.actions.registry import ACTIONS

if TYPE_CHECKING:
    from truthound.checkpoint.actions.apprise import AppriseAction as AppriseAction
    from truthound.checkpoint.actions.base import Action as Action
    from truthound.checkpoint.actions.base import ActionResult as ActionResult
    from truthound.checkpoint.actions.base import ActionStatus as ActionStatus
    from truthound.checkpoint.actions.chats import GoogleChatNotification as GoogleChatNotification
    from truthound.checkpoint.actions.chats import MattermostNotification as MattermostNotification
    from truthound.checkpoint.actions.context import ActionContext as ActionContext
    from truthound.checkpoint.actions.custom import CustomAction as CustomAction
    from truthound.checkpoint.actions.data_docs import UpdateDataDocs as UpdateDataDocs
    from truthound.checkpoint.actions.discord import DiscordConfig as DiscordConfig
    from truthound.checkpoint.actions.discord import DiscordNotification as DiscordNotification
    from truthound.checkpoint.actions.email import EmailNotification as EmailNotification
    from truthound.checkpoint.actions.github import GitHubAction as GitHubAction
    from truthound.checkpoint.actions.opsgenie import OpsGenieAction as OpsGenieAction
    from truthound.checkpoint.actions.opsgenie import OpsGenieConfig as OpsGenieConfig
    from truthound.checkpoint.actions.opsgenie_factories import create_critical_alert as create_critical_alert
    from truthound.checkpoint.actions.opsgenie_factories import create_opsgenie_action as create_opsgenie_action
    from truthound.checkpoint.actions.opsgenie_factories import create_team_alert as create_team_alert
    from truthound.checkpoint.actions.opsgenie_models import AlertPriority as AlertPriority
    from truthound.checkpoint.actions.opsgenie_models import Responder as Responder
    from truthound.checkpoint.actions.opsgenie_models import ResponderType as ResponderType
    from truthound.checkpoint.actions.pagerduty import PagerDutyAction as PagerDutyAction
    from truthound.checkpoint.actions.quarantine import QuarantineAction as QuarantineAction
    from truthound.checkpoint.actions.registry import action_class as action_class
    from truthound.checkpoint.actions.slack import SlackNotification as SlackNotification
    from truthound.checkpoint.actions.store import StoreValidationResult as StoreValidationResult
    from truthound.checkpoint.actions.store import load_results as load_results
    from truthound.checkpoint.actions.teams import TeamsConfig as TeamsConfig
    from truthound.checkpoint.actions.teams import TeamsNotification as TeamsNotification
    from truthound.checkpoint.actions.teams_cards import AdaptiveCardBuilder as AdaptiveCardBuilder
    from truthound.checkpoint.actions.teams_cards import MessageTheme as MessageTheme
    from truthound.checkpoint.actions.teams_factories import create_failure_alert as create_failure_alert
    from truthound.checkpoint.actions.teams_factories import create_teams_notification as create_teams_notification
    from truthound.checkpoint.actions.telegram import TelegramConfig as TelegramConfig
    from truthound.checkpoint.actions.telegram import TelegramNotification as TelegramNotification
    from truthound.checkpoint.actions.telegram_photo import (
        TelegramNotificationWithPhoto as TelegramNotificationWithPhoto,
    )
    from truthound.checkpoint.actions.webhook import WebhookAction as WebhookAction

_OTHERS = {
    "ACTIONS": ".registry",
    "Action": ".base",
    "ActionContext": ".context",
    "ActionResult": ".base",
    "ActionStatus": ".base",
    "AdaptiveCardBuilder": ".teams_cards",
    "AlertPriority": ".opsgenie_models",
    "DiscordConfig": ".discord",
    "MessageTheme": ".teams_cards",
    "OpsGenieConfig": ".opsgenie",
    "Responder": ".opsgenie_models",
    "ResponderType": ".opsgenie_models",
    "TeamsConfig": ".teams",
    "TelegramConfig": ".telegram",
    "action_class": ".registry",
    "create_critical_alert": ".opsgenie_factories",
    "create_failure_alert": ".teams_factories",
    "create_opsgenie_action": ".opsgenie_factories",
    "create_team_alert": ".opsgenie_factories",
    "create_teams_notification": ".teams_factories",
    "load_results": ".store",
}
_HOMES = _OTHERS | {home.partition(":")[2]: home for home in ACTIONS.values()}
__all__ = sorted(_HOMES)  # noqa: PLE0605 the table is the list
__getattr__, __dir__ = lazily(__name__, _HOMES)
