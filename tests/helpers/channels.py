"""The channels over HTTP, each sending to a server of a test's own."""

from collections.abc import Callable

from truthound.checkpoint import actions
from truthound.checkpoint.actions.base import Action

SECRET = "s3cr3tT0kenValue0123456789"

# name -> an action that sends to this URL; SECRET is what must never be seen
CHANNELS: dict[str, Callable[..., Action]] = {
    "sendgrid": lambda url, **o: actions.EmailNotification(
        provider="sendgrid",
        api_key=SECRET,
        api_url=url,
        from_address="dq@example.com",
        to_addresses="a@example.com",
        **o,
    ),
    "slack": lambda url, **o: actions.SlackNotification(webhook_url=f"{url}/services/T0/B0/{SECRET}", **o),
    "discord": lambda url, **o: actions.DiscordNotification(webhook_url=f"{url}/api/webhooks/1/{SECRET}", **o),
    "telegram": lambda url, **o: actions.TelegramNotification(
        bot_token=f"123456:{SECRET}", chat_id="-100123", api_url=url, **o
    ),
    "telegram_photo": lambda url, **o: actions.TelegramNotificationWithPhoto(
        bot_token=f"123456:{SECRET}", chat_id="-100123", api_url=url, photo_url="https://example.com/a.png", **o
    ),
    "github": lambda url, **o: actions.GitHubAction(
        token=SECRET,
        repository="o/r",
        sha="a" * 40,
        api_url=url,
        set_commit_status=True,
        comment_on_pr=False,
        set_summary=False,
        set_output=False,
        annotations=False,
        **o,
    ),
    "mattermost": lambda url, **o: actions.MattermostNotification(url=f"{url}/hooks/{SECRET}", **o),
    "google_chat": lambda url, **o: actions.GoogleChatNotification(url=f"{url}/v1/messages?key=k&token={SECRET}", **o),
    "webhook": lambda url, **o: actions.WebhookAction(url=f"{url}/in/{SECRET}", **o),
    "teams": lambda url, **o: actions.TeamsNotification(
        webhook_url=f"{url}/workflows/x?api-version=1&sig={SECRET}", **o
    ),
    "opsgenie": lambda url, **o: actions.OpsGenieAction(api_key=SECRET, api_url=url, **o),
    "pagerduty": lambda url, **o: actions.PagerDutyAction(routing_key=SECRET, api_url=f"{url}/v2/enqueue", **o),
}
