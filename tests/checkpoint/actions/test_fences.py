"""A name or a value with backticks opens no block of code, in which the rest of a message would be shown."""

import re
from dataclasses import replace

import pytest

from helpers import made_results
from helpers.loopback import serving
from helpers.made_results import outcome
from truthound.checkpoint import actions
from truthound.results import CheckpointResult, CheckStatus, Example

FENCED = "a```b``c````d"
CHATS = {
    "slack": lambda url, **o: actions.SlackNotification(webhook_url=url, **o),
    "discord": lambda url, **o: actions.DiscordNotification(webhook_url=f"{url}/api/webhooks/1/x", **o),
    "teams": lambda url, **o: actions.TeamsNotification(webhook_url=url, connector_type="workflows", **o),
    "telegram": lambda url, **o: actions.TelegramNotification(api_url=url, bot_token="1:a", chat_id="1", **o),
    "mattermost": lambda url, **o: actions.MattermostNotification(url=url, **o),
    "google_chat": lambda url, **o: actions.GoogleChatNotification(url=f"{url}/v1/spaces", **o),
    "github": lambda url, **o: actions.GitHubAction(
        api_url=url, token="t", repository="o/r", pr_number=1, set_commit_status=False, comment_on_pr=True, **o
    ),
}


def fenced() -> CheckpointResult:
    found = outcome(
        "range", FENCED, CheckStatus.FAILED, failed=1, total=2, expected=FENCED, observed=FENCED,
        examples=(Example(1, {FENCED: FENCED}),), where=FENCED, description=FENCED,
    )  # fmt: skip
    return replace(
        made_results.run(found),
        checkpoint_name=FENCED,
        error=FENCED,
        metadata={"tags": {FENCED: FENCED}, FENCED: FENCED},
    )


@pytest.mark.parametrize("chat", CHATS)
def test_a_name_with_backticks_stays_text(chat):
    with serving() as server:
        done = CHATS[chat](server.url, include_examples=True, retry_count=0).execute(fenced())
    assert done.status == "success", done
    body = server.got[-1].body.decode().replace("\\\\", "\\")
    assert body.count("`") > 10
    plain = re.sub(r"\\`|<summary>.*?</summary>", "", body)  # escaped, or within HTML, it is text
    if chat != "telegram":  # whose HTML knows no such mark
        assert "```" not in plain.partition('"fallbackText"')[0]  # in there no marks are read
