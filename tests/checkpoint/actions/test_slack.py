"""Slack's messages."""

import json
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest

from helpers.hostile import TEXTS, many_issues
from helpers.made_results import ACTIONS, FAILING, HISTORY, UNREADABLE, passed_result
from truthound.checkpoint.actions import SlackNotification
from truthound.checkpoint.actions.context import ActionContext
from truthound.checkpoint.delivery import run_stages
from truthound.errors import ConfigError
from truthound.io import flow
from truthound.io.http_client import Response

GOLDEN = Path(__file__).parent / "golden" / "slack.json"


def payload(result=FAILING, previous=None, **options):
    action = SlackNotification(webhook_url="https://hooks.slack.com/services/T/B/x", **options)
    return action.payload(action.message(result, ActionContext(previous=previous), options.get("custom_message") or ""))


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


def delivered(action, result=FAILING):
    """What is sent, and what came of it."""
    sent = []

    def send(request):
        sent.append(json.loads(request.content))
        return Response(200, {}, b"ok")

    outcome = flow.run(run_stages(action, result, ActionContext()), send=send)
    return sent[0], outcome


def test_an_invalid_mention_is_left_out(monkeypatch):
    monkeypatch.setenv("ONCALL", "bob")
    monkeypatch.setenv("LEAD", "U12345")
    action = SlackNotification(webhook_url="https://hooks.slack.com/x", mention_on_failure=["${ONCALL}", "${LEAD}"])
    assert action.problems({"ONCALL": "bob", "LEAD": "U12345"}) == [
        'mention_on_failure: "bob" mentions nobody in Slack: give a member id (U12345), a group id (S12345), @here or @channel'
    ]
    body, outcome = delivered(action)
    assert body["blocks"][1]["text"]["text"] == "<@U12345>"
    assert outcome.message == "posted to Slack: 4 issues; 1 mention left out"
    assert outcome.details["not_mentioned"] == ["bob"]
    assert (
        "not_mentioned" not in delivered(action.model_copy(update={"notify_on": "always"}), passed_result())[1].details
    )


def test_mentions_are_bounded():
    with pytest.raises(ConfigError, match="at most 50"):
        SlackNotification(mention_on_failure=[f"U{i:05}" for i in range(51)])
    longest = [f"S{i:020}" for i in range(50)]
    body, outcome = delivered(SlackNotification(webhook_url="https://hooks.slack.com/x", mention_on_failure=longest))
    assert len(body["blocks"][1]["text"]["text"]) <= 1500
    left = outcome.details["not_mentioned"]
    assert len(left) + body["blocks"][1]["text"]["text"].count("<!subteam") == 50


@pytest.mark.parametrize("name", ["\u202e" * 24, "&" * 400, "😀" * 400, "x" * 10_000])
def test_a_long_name_leaves_the_verdict_and_the_issues(name):
    blocks = payload(replace(FAILING, checkpoint_name=name))["blocks"]
    title = blocks[0]["text"]["text"]
    assert title.endswith("…: FAILED")
    assert len(title) <= 150
    assert not re.search(r"&\w*…", title)
    assert "not null" in blocks[1]["text"]["text"]


def test_an_invalid_link_has_no_button():
    assert "actions" not in {b["type"] for b in payload(report_url="reports/{run_id}.html")["blocks"]}
