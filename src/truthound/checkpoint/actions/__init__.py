"""What may be done with a run's result. Each name is loaded when it is first asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from truthound.lazy import lazily

if TYPE_CHECKING:
    from truthound.checkpoint.actions.apprise import AppriseAction as AppriseAction
    from truthound.checkpoint.actions.base import Action as Action
    from truthound.checkpoint.actions.base import ActionResult as ActionResult
    from truthound.checkpoint.actions.base import ActionStatus as ActionStatus
    from truthound.checkpoint.actions.base import Run as Run
    from truthound.checkpoint.actions.custom import CustomAction as CustomAction
    from truthound.checkpoint.actions.discord import DiscordConfig as DiscordConfig
    from truthound.checkpoint.actions.discord import DiscordNotification as DiscordNotification
    from truthound.checkpoint.actions.github import GitHubAction as GitHubAction
    from truthound.checkpoint.actions.quarantine import QuarantineAction as QuarantineAction
    from truthound.checkpoint.actions.registry import ACTIONS as ACTIONS
    from truthound.checkpoint.actions.registry import action_class as action_class
    from truthound.checkpoint.actions.slack import SlackNotification as SlackNotification
    from truthound.checkpoint.actions.store import StoreValidationResult as StoreValidationResult
    from truthound.checkpoint.actions.store import load_results as load_results
    from truthound.checkpoint.actions.telegram import TelegramConfig as TelegramConfig
    from truthound.checkpoint.actions.telegram import TelegramNotification as TelegramNotification
    from truthound.checkpoint.actions.telegram import TelegramNotificationWithPhoto as TelegramNotificationWithPhoto
    from truthound.checkpoint.actions.webhook import WebhookAction as WebhookAction

_HOMES = {
    "ACTIONS": ".registry",
    "Action": ".base",
    "ActionResult": ".base",
    "ActionStatus": ".base",
    "AppriseAction": ".apprise",
    "CustomAction": ".custom",
    "DiscordConfig": ".discord",
    "DiscordNotification": ".discord",
    "GitHubAction": ".github",
    "QuarantineAction": ".quarantine",
    "Run": ".base",
    "SlackNotification": ".slack",
    "StoreValidationResult": ".store",
    "TelegramNotificationWithPhoto": ".telegram",
    "TelegramNotification": ".telegram",
    "TelegramConfig": ".telegram",
    "WebhookAction": ".webhook",
    "action_class": ".registry",
    "load_results": ".store",
}
__all__ = sorted(_HOMES)  # noqa: PLE0605 the table is the list
__getattr__, __dir__ = lazily(__name__, _HOMES)
