"""The actions by their names in YAML: those of this package, and those of installed packages.

To add an action, write its class and add its row to `ACTIONS`; for type checkers, add its import to `actions/__init__.py`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from truthound._internal import plugins
from truthound._internal.text import did_you_mean
from truthound.errors import ConfigError

if TYPE_CHECKING:
    from truthound.checkpoint.actions.base import Action

GROUP = "truthound.actions"
ACTIONS: dict[str, str] = {
    "store_result": "truthound.checkpoint.actions.store:StoreValidationResult",
    "update_docs": "truthound.checkpoint.actions.data_docs:UpdateDataDocs",
    "quarantine": "truthound.checkpoint.actions.quarantine:QuarantineAction",
    "email": "truthound.checkpoint.actions.email:EmailNotification",
    "slack": "truthound.checkpoint.actions.slack:SlackNotification",
    "discord": "truthound.checkpoint.actions.discord:DiscordNotification",
    "telegram": "truthound.checkpoint.actions.telegram:TelegramNotification",
    "telegram_photo": "truthound.checkpoint.actions.telegram_photo:TelegramNotificationWithPhoto",
    "github": "truthound.checkpoint.actions.github:GitHubAction",
    "apprise": "truthound.checkpoint.actions.apprise:AppriseAction",
    "mattermost": "truthound.checkpoint.actions.chats:MattermostNotification",
    "google_chat": "truthound.checkpoint.actions.chats:GoogleChatNotification",
    "webhook": "truthound.checkpoint.actions.webhook:WebhookAction",
    "pagerduty": "truthound.checkpoint.actions.pagerduty:PagerDutyAction",
    "teams": "truthound.checkpoint.actions.teams:TeamsNotification",
    "opsgenie": "truthound.checkpoint.actions.opsgenie:OpsGenieAction",
    "custom": "truthound.checkpoint.actions.custom:CustomAction",
}


def action_types() -> list[str]:
    """Every name that `action_class` knows."""
    return [*ACTIONS, *(name for name in plugins.names(GROUP) if name not in ACTIONS)]


def action_class(type_name: str) -> type[Action]:
    """The class of a name in YAML; raises ConfigError, with a suggestion, where there is none."""
    from truthound.checkpoint.actions.base import Action

    if type_name in ACTIONS:
        module, _, name = ACTIONS[type_name].partition(":")
        found = getattr(importlib.import_module(module), name)
    else:
        found = plugins.load(GROUP, type_name)
        if found is None:
            known = action_types()
            hint = did_you_mean(type_name, known) or f"; there are {', '.join(known)}"
            raise ConfigError(f'no action of type "{type_name}"{hint}')
    if not (isinstance(found, type) and issubclass(found, Action)):
        raise ConfigError(
            f'the action "{type_name}" is {found!r}, not a subclass of truthound.checkpoint.actions.Action'
        )
    return found
