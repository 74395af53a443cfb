import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from helpers.hostile import TEXTS, many_issues
from helpers.loopback import Answer, serving
from helpers.made_results import FAILING, HISTORY, UNREADABLE, passed_result
from truthound._internal.escape import escape_discord
from truthound.checkpoint.actions import ActionContext, ActionStatus, DiscordConfig, DiscordNotification
from truthound.checkpoint.delivery import run_stages
from truthound.errors import ConfigError

GOLDEN = Path(__file__).parent / "golden" / "discord.json"
URL = "https://discord.com/api/webhooks/1/x"


@pytest.fixture(autouse=True)
def _direct(monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "DISCORD_WEBHOOK_URL"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def sent(result=FAILING, answers=(), previous=None, query="", **options):
    with serving(*answers) as server:
        action = DiscordNotification(webhook_url=f"{server.url}/api/webhooks/1/x{query}", notify_on="always", **options)
        outcome = action.execute(result, ActionContext(previous=previous))
    return server.got[-1], outcome


def payload(result=FAILING, **options):
    return sent(result, **options)[0].json


def units(said):
    return len(said.encode("utf-16-le", "replace")) // 2


def within_limits(body):
    (embed,) = body["embeds"]
    assert units(body.get("content", "")) <= 2000
    assert units(embed["title"]) <= 256
    assert units(embed["description"]) <= 4096
    assert len(embed["fields"]) <= 25
    assert all(0 < units(f["name"].strip()) <= 256 for f in embed["fields"])
    assert all(0 < units(f["value"].strip()) <= 1024 for f in embed["fields"])
    assert units(embed["footer"]["text"]) <= 2048
    texts = [embed["title"], embed["description"], embed["footer"]["text"]]
    return sum(map(units, [*texts, *(f[k] for f in embed["fields"] for k in ("name", "value"))])) <= 6000


def test_what_is_sent():
    request, outcome = sent(previous=HISTORY[-1], include_mentions=["@here"], report_url="https://example.com/{run_id}")
    assert outcome.status is ActionStatus.SUCCESS, outcome
    assert (outcome.message, outcome.details["message_id"]) == ("posted to Discord: 4 issues", "m1")
    assert request.path == "/api/webhooks/1/x?wait=true"
    if os.environ.get("TRUTHOUND_WRITE_GOLDEN") == "1":
        GOLDEN.write_text(json.dumps(request.json, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    assert request.json == json.loads(GOLDEN.read_text(encoding="utf-8"))


def test_a_thread_of_the_url_stays():
    assert sent(query="?thread_id=9")[0].path.endswith("?thread_id=9&wait=true")


def test_the_documents_blocks():
    block = """
from truthound.checkpoint.actions import DiscordNotification, DiscordConfig

action = DiscordNotification(
    webhook_url="https://discord.com/api/webhooks/...",
    notify_on="failure",
    username="Truthound Bot",
    avatar_url="https://example.com/logo.png",
    embed_color=0xFF0000,  # Red for errors
    include_mentions=["@here"],
)
basic = action

# With custom embed
action = DiscordNotification(
    webhook_url="...",
    embed_title="Data Quality Alert",
    embed_description="Validation failed for users.csv",
    embed_fields=[
        {"name": "Issues", "value": "150", "inline": True},
        {"name": "Severity", "value": "High", "inline": True},
    ],
)
"""
    scope = {}
    exec(block, scope)
    basic = scope["basic"]
    body = basic.payload(FAILING, basic.message(FAILING, ActionContext()))
    assert (body["username"], body["avatar_url"]) == ("Truthound Bot", "https://example.com/logo.png")
    assert (body["content"], body["embeds"][0]["color"]) == ("@here", 0xFF0000)
    custom = scope["action"].payload(FAILING, scope["action"].message(FAILING, ActionContext()))["embeds"][0]
    assert (custom["title"], custom["description"]) == ("Data Quality Alert", "Validation failed for users.csv")
    assert custom["fields"] == [
        {"name": "Issues", "value": "150", "inline": True},
        {"name": "Severity", "value": "High", "inline": True},
    ]


def test_only_who_is_asked_for_is_mentioned():
    body = payload()
    assert "content" not in body
    assert body["allowed_mentions"] == {"parse": [], "users": [], "roles": []}
    body = payload(include_mentions=["<@!11111>", "22222", "<@&33333>"], mention_role_ids=[33333, 44444], mention_user_ids=["55555"])  # fmt: skip
    assert body["content"] == "<@11111> <@22222> <@&33333> <@55555> <@&44444>"
    assert body["allowed_mentions"] == {"parse": [], "users": ["11111", "22222", "55555"], "roles": ["33333", "44444"]}
    assert payload(include_mentions=["@everyone"])["allowed_mentions"]["parse"] == ["everyone"]
    fine = payload(passed_result(), include_mentions=["@everyone"])
    assert "content" not in fine
    assert fine["allowed_mentions"]["parse"] == []


def test_colours_show_the_status():
    colors = {payload(r)["embeds"][0]["color"] for r in (FAILING, passed_result())}
    assert len(colors) == 2
    assert payload(embed_color="#00ff00")["embeds"][0]["color"] == 0x00FF00
    assert payload(embed_color=0)["embeds"][0]["color"] == 0


def test_the_error_of_a_run_is_shown():
    assert "the folder has users.parquet" in payload(UNREADABLE)["embeds"][0]["description"]


def test_custom_texts():
    body = payload(
        custom_message="**{checkpoint_name}**\n{summary}",
        thread_name="{checkpoint_name} {status}",
        embed_fields=[{"name": "{verdict}", "value": "{previous_status}"}],
    )
    assert body["content"].startswith("**users**\nusers: FAILED\nData: users.csv\n")
    assert "user\\_id: unique" in body["content"]
    assert body["thread_name"] == "users failure"
    assert body["embeds"][0]["fields"] == [{"name": "FAILED", "value": "\N{EN DASH}", "inline": False}]


@pytest.mark.parametrize("hostile", TEXTS)
def test_text_stays_text(hostile):
    made = escape_discord(hostile)
    bare = made.replace("\\", "")
    assert "@everyone" not in bare
    assert "@here" not in bare
    for mark in "`*_~|<>[]":
        assert all(made[i - 1] == "\\" for i, c in enumerate(made) if c == mark)


def test_links_emoji_and_lists_stay_text():
    assert escape_discord("https://e.example :tada: 12:30 a-b") == r"https\://e.example \:tada: 12:30 a-b"
    assert escape_discord("- a") == r"\- a"


@pytest.mark.parametrize("count", [1, 30, 1000])
def test_within_limits(count):
    fields = [{"name": "{checkpoint_name}", "value": "{summary}"}] * 25
    for options in ({}, {"custom_message": "{summary}"}, {"embed_fields": fields}, {"embed_description": "{summary}"}):
        request, outcome = sent(many_issues(count), include_examples=True, **options)
        assert outcome.status is ActionStatus.SUCCESS
        assert within_limits(request.json)
        assert request.json["embeds"][0]["title"]


def test_custom_texts_are_truncated_to_discords_limits():
    emoji = "\N{GRINNING FACE}"
    texts = {"embed_title": emoji * 256, "embed_description": emoji * 2500, "custom_message": emoji * 2000}
    body = payload(**texts)
    assert within_limits(body)
    assert body["embeds"][0]["title"] == f"{emoji * 127}\u2026"
    assert (
        payload(replace(FAILING, checkpoint_name="*" * 300), embed_title="{checkpoint_name}")["embeds"][0]["title"]
        == "\\*" * 127 + "\u2026"
    )


def test_fields_that_do_not_fit_are_reported():
    fields = [{"name": "{checkpoint_name}", "value": "{{ 'x' * 1000 }}"}] * 25
    request, outcome = sent(embed_fields=fields)
    left = 25 - len(request.json["embeds"][0]["fields"])
    assert left
    assert outcome.message.endswith(f"; {left} fields left out: Discord takes 6,000 characters")


def test_a_blank_tag_is_not_a_field():
    tags = {"metadata": {"tags": {"team": "crm", "blank": "  ", "none": ""}}}
    names = [f["name"] for f in payload(replace(FAILING, **tags))["embeds"][0]["fields"]]
    assert "Tag team" in names
    assert not {"Tag blank", "Tag none"} & set(names)


def test_invalid_values_of_variables_are_left_out(monkeypatch):
    monkeypatch.setenv("ONCALL", "bob")
    monkeypatch.setenv("BOT", "Discord bot")
    options = {"include_mentions": ["${ONCALL}", "@here"], "mention_role_ids": ["${ONCALL}"], "username": "${BOT}"}
    request, outcome = sent(**options)
    assert request.json["content"] == "@here"
    assert "username" not in request.json
    assert outcome.message == "posted to Discord: 4 issues; 2 mentions left out"
    assert outcome.details["not_mentioned"] == ["bob", "<@&bob>"]
    problems = DiscordNotification(webhook_url=URL, **options).problems(dict(os.environ))
    assert [p.partition(":")[0] for p in problems] == ["include_mentions", "mention_role_ids", "username"]


def test_it_waits_as_long_as_discord_says():
    from truthound.io import flow

    waits = []
    with serving(Answer(429, {"message": "slow", "retry_after": 2.75}, {"Retry-After": "60"}), Answer()) as server:
        action = DiscordNotification(webhook_url=server.url, retry_delay_seconds=0)
        flow.run(run_stages(action, FAILING, ActionContext()), sleep=waits.append)
    assert waits == [2.75]


def test_the_environments_webhook(monkeypatch):
    with serving() as server:
        monkeypatch.setenv("DISCORD_WEBHOOK_URL", f"{server.url}/hook")
        assert DiscordNotification().execute(FAILING).status is ActionStatus.SUCCESS
    assert "DISCORD_WEBHOOK_URL" in DiscordNotification().problems({})[0]


def test_a_config_for_several():
    config = DiscordConfig(webhook_url=URL, username="Bot", embed_fields=[{"name": "a", "value": "b"}])
    made = DiscordNotification(config=config, notify_on="always")
    assert (made.username, made.notify_on, made.embed_fields[0].value) == ("Bot", "always", "b")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"include_mentions": ["@bob"]}, "mentions nobody in Discord"),
        ({"mention_role_ids": ["admins"]}, "mention_role_ids"),
        ({"username": "Discord Bot"}, 'no webhook post under a name with "discord"'),
        ({"username": "x" * 81}, "at most 80"),
        ({"embed_color": 0x1000000}, "embed_color"),
        ({"embed_color": "red"}, "embed_color"),
        ({"embed_title": "x" * 257}, "string should have at most 256 characters"),
        (
            {"embed_fields": [{"name": "", "value": "1"}]},
            "embed_fields.0.name: string should have at least 1 character",
        ),
        ({"embed_fields": [{"name": "a", "value": "b"}] * 26}, "at most 25"),
        ({"embed_fields": [{"name": "a", "value": "b" * 1000}] * 7}, "Discord takes 6,000"),
        ({"embed_fields": [{"name": "a", "value": "b", "inlin": True}]}, 'did you mean "inline"'),
        ({"embed_title": "{checkpont_name}"}, 'did you mean "checkpoint_name"'),
        ({"mention_user_ids": [str(10**19 + i) for i in range(50)]}, "mention a role instead"),
        ({"avatar_url": "ftp://x"}, "https://"),
    ],
)
def test_mistakes(options, said):
    with pytest.raises(ConfigError) as error:
        DiscordNotification(webhook_url=URL, **options)
    assert said in str(error.value)


def test_mentions_of_the_environment(monkeypatch):
    monkeypatch.setenv("ONCALL", "bob")
    action = DiscordNotification(webhook_url=URL, include_mentions=["${ONCALL}"])
    assert "mentions nobody" in action.problems(dict(os.environ))[0]
