"""Slack's messages."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from hostile import TEXTS, many_issues
from made_results import ACTIONS, FAILING, HISTORY, UNREADABLE, passed_result
from truthound.checkpoint.actions import SlackNotification
from truthound.checkpoint.actions.base import Run
from truthound.errors import ConfigError

GOLDEN = Path(__file__).parent / "golden" / "slack.json"


def payload(result=FAILING, previous=None, **options):
    action = SlackNotification(webhook_url="https://hooks.slack.com/services/T/B/x", **options)
    return action.payload(action.message(result, Run(previous=previous), options.get("custom_message") or ""))


def test_golden():
    failing = replace(FAILING, action_results=list(ACTIONS), metadata={"tags": {"team": "crm"}})
    made = payload(failing, HISTORY[-1], include_examples=True, mention_on_failure=["U12345", "@here"], channel="#dq",
                   custom_message="{checkpoint_name} on {source}", report_url="https://dq.example.com/{run_id}")  # fmt: skip
    if os.environ.get("TRUTHOUND_WRITE_GOLDEN") == "1":
        GOLDEN.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    assert made == json.loads(GOLDEN.read_text(encoding="utf-8"))


@pytest.mark.parametrize("count", [0, 1, 20, 50, 400])
@pytest.mark.parametrize("examples", [False, True])
def test_limits(count, examples):
    made = payload(many_issues(count), include_examples=examples, custom_message="x" * 5000)
    blocks = made["blocks"]
    assert len(blocks) <= 50
    assert len(json.dumps(blocks, ensure_ascii=False)) <= 12_000
    for block in blocks:
        text = block.get("text", {}).get("text", "")
        assert len(text) <= (150 if block["type"] == "header" else 3000)
        assert block["type"] != "section" or text
    if count > 20:
        assert "more_" in json.dumps(made)


@pytest.mark.parametrize("text", TEXTS)
def test_names_notify_nobody(text):
    said = json.dumps(payload(replace(FAILING, checkpoint_name=text)), ensure_ascii=False)
    for mention in ("<!", "<@", "<#", "<http"):
        assert mention not in said


def test_mentions_are_for_runs_that_failed():
    mentions = ["U12345", "@U67890", "S12345", "@here", "@channel", "<@U11111>"]
    said = json.dumps(payload(mention_on_failure=mentions))
    for one in ("<@U12345>", "<@U67890>", "<!subteam^S12345>", "<!here>", "<!channel>", "<@U11111>"):
        assert one in said
    assert "<@" not in json.dumps(payload(passed_result(), mention_on_failure=mentions))
    assert "<@U12345>" in json.dumps(payload(UNREADABLE, mention_on_failure=mentions))
    with pytest.raises(ConfigError, match='"bob" mentions nobody'):
        SlackNotification(mention_on_failure=["bob"])


def test_details_may_be_left_out():
    said = json.dumps(payload(include_details=False))
    assert "not null" not in said
    assert "2 failed" in said
