import json
import os
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest

from helpers.hostile import many_issues
from helpers.loopback import Answer, serving
from helpers.made_results import CLEAN, FAILING, UNREADABLE, earlier
from truthound.checkpoint.actions import (
    ActionContext,
    ActionResult,
    ActionStatus,
    AlertPriority,
    OpsGenieAction,
    OpsGenieConfig,
    Responder,
    ResponderType,
    create_critical_alert,
    create_opsgenie_action,
    create_team_alert,
)
from truthound.checkpoint.actions.incident import NOTHING_OPEN
from truthound.checkpoint.delivery import run_stages
from truthound.errors import ConfigError
from truthound.io import flow
from truthound.results import CheckpointStatus

GOLDEN = Path(__file__).parent / "golden" / "opsgenie.json"
KEY = "s3cr3t-key-0123456789"
ACCEPTED = Answer(202, {"result": "Request will be processed", "took": 0.3, "requestId": "r/1"})
PENDING = Answer(404, {"message": "Request not found. It might not be processed, yet."})
DONE = Answer(200, {"data": {"success": True, "isSuccess": True, "status": "Created alert", "alertId": "a1"}})
ABSENT = Answer(200, {"data": {"success": False, "isSuccess": False, "status": "Alert does not exist"}})


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "OPSGENIE_API_KEY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def sent(result=FAILING, *script, context=None, **options):
    """The requests that an action with these options sends, what came of it, and how long it waited."""
    waits = []
    with serving(*(script or (ACCEPTED, DONE))) as server:
        action = OpsGenieAction(**({"api_key": KEY, "api_url": server.url} | options))
        outcome = flow.run(run_stages(action, result, context or ActionContext()), sleep=waits.append)
    return server.got, outcome, waits


def alert(*args, **options):
    return sent(*args, **options)[0][0].json


def test_the_alert():
    got, outcome, waits = sent(
        FAILING, context=ActionContext(previous=earlier(email=20)), include_examples=True, tags=["data-quality", "production"],
        responders=[Responder(type="team", name="data-platform"), {"type": "user", "username": "oncall@company.com"}],
        visible_to=[Responder(type="team", name="engineering")], escalation_policy="night", custom_details={"runbook": "x", "n": 3},
        report_url="https://example.com/{run_id}",
    )  # fmt: skip
    if os.environ.get("TRUTHOUND_WRITE_GOLDEN"):
        GOLDEN.write_text(json.dumps(got[0].json, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    assert got[0].json == json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert [(s.method, s.path) for s in got] == [("POST", "/v2/alerts"), ("GET", "/v2/alerts/requests/r%2F1")]
    assert {s.headers["authorization"] for s in got} == {f"GenieKey {KEY}"}
    assert outcome.message == "Opsgenie opened the alert: 4 issues"
    assert (outcome.details["alert_id"], outcome.details["request_id"], waits) == ("a1", "r/1", [0.5])


def test_the_documents_blocks():
    action = OpsGenieAction(
        api_key="${OPSGENIE_API_KEY}",
        notify_on="failure",
        priority=AlertPriority.P1,
        tags=["data-quality", "production"],
    )
    assert action.resolve({"OPSGENIE_API_KEY": KEY}).api_key.get_secret_value() == KEY
    action = OpsGenieAction(
        api_key="...",
        responders=[
            Responder(type=ResponderType.TEAM, name="data-platform"),
            Responder(type=ResponderType.USER, username="oncall@company.com"),
        ],
        visible_to=[Responder(type=ResponderType.TEAM, name="engineering")],
        auto_resolve_on_success=True,
    )
    assert len(action.responders) == 2
    action = create_critical_alert(api_key="...", team="data-platform", escalation_policy="data-quality-escalation")
    assert (action.priority, action.responders[0].name) == (AlertPriority.P1, "data-platform")
    assert action.escalation_policy == "data-quality-escalation"
    assert [r.name for r in create_team_alert("...", ["a", "b"], tags=["t"]).responders] == ["a", "b"]
    for nobody in ((), "", [""]):
        with pytest.raises(ConfigError, match="team is not given"):
            create_team_alert("...", nobody)
    assert create_team_alert("...", "a").responders[0].type is ResponderType.TEAM
    assert create_opsgenie_action("...", region="eu") == OpsGenieAction(
        config=OpsGenieConfig(api_key="...", region="eu")
    )


def test_a_success_closes_it_whatever_the_condition_is():
    odd = {"checkpoint_name": "a/b c?é"}
    opened = alert(replace(FAILING, **odd))["alias"]
    for condition in ("failure", "failure_or_error", "always"):
        got, outcome, _ = sent(replace(CLEAN, **odd), ACCEPTED, ACCEPTED, DONE, notify_on=condition)
        path, _, query = got[1].path.partition("?")
        assert unquote(path) == f"/v2/alerts/{opened}/close"
        assert path.count("/") == 4
        assert query == "identifierType=alias"
        assert outcome.message == "Opsgenie closed the alert"
    _, outcome, _ = sent(CLEAN, close_on_success=False, notify_on="always")
    assert outcome.status is ActionStatus.SKIPPED


def test_a_success_closes_the_alert_of_a_run_without_data():
    opened = alert(UNREADABLE)["alias"]
    closed = [unquote(s.path) for s in sent(CLEAN, ACCEPTED, ACCEPTED, DONE)[0] if s.method == "POST"]
    assert f"/v2/alerts/{opened}/close?identifierType=alias" in closed


def test_nothing_to_close_is_fine():
    _, outcome, _ = sent(CLEAN, ACCEPTED, ACCEPTED, ABSENT)
    assert (outcome.status, outcome.message) == (ActionStatus.SUCCESS, "Opsgenie had no open alert")
    denied = Answer(200, {"data": {"isSuccess": False, "status": "You may not close it"}})
    _, outcome, _ = sent(CLEAN, ACCEPTED, ACCEPTED, denied)
    assert outcome.message == "Opsgenie did not close the alert: You may not close it"


def test_a_success_waits_for_one_outcome_only():
    got, outcome, waits = sent(CLEAN, ACCEPTED, ACCEPTED, PENDING)
    assert [s.method for s in got] == ["POST", "POST", *["GET"] * 4]
    assert sum(waits) == 7.5
    assert outcome.message == "Opsgenie accepted to close the alert"


OTHER = replace(CLEAN, validation_result=replace(CLEAN.validation_result, source="orders.csv"))


@pytest.mark.parametrize(
    ("previous", "closes"),
    [
        (None, True),
        (FAILING, True),
        (UNREADABLE, True),
        (replace(FAILING, status=CheckpointStatus.WARNING), True),
        (OTHER, True),
        (CLEAN, False),
        (replace(CLEAN, action_results=[ActionResult(ActionStatus.SUCCESS, "opsgenie")]), False),
        (
            replace(CLEAN, action_results=[ActionResult(ActionStatus.SKIPPED, "opsgenie", "incident", NOTHING_OPEN)]),
            False,
        ),
        (replace(CLEAN, action_results=[ActionResult(ActionStatus.FAILURE, "opsgenie")]), True),
        (replace(CLEAN, action_results=[ActionResult(ActionStatus.SKIPPED, "opsgenie", message="not enabled")]), True),
    ],
)
def test_after_a_success_nothing_is_closed_again(previous, closes):
    got, outcome, _ = sent(CLEAN, ACCEPTED, ACCEPTED, DONE, context=ActionContext(previous=previous))
    assert bool(got) is closes
    if not closes:
        assert (outcome.status, outcome.message) == (ActionStatus.SKIPPED, NOTHING_OPEN)


def test_jira_service_management_is_called_by_its_name():
    assert sent(FAILING, platform="jsm")[1].message == "Jira Service Management opened the alert: 4 issues"
    _, outcome, _ = sent(FAILING, Answer(404), platform="jsm")
    assert outcome.message.startswith("Jira Service Management (localhost")
    assert "Opsgenie" not in outcome.message


def test_the_outcome_is_waited_for_a_few_seconds():
    got, outcome, waits = sent(FAILING, ACCEPTED, PENDING, PENDING, DONE)
    assert (len(got), waits, outcome.details["alert_id"]) == (4, [0.5, 1.0, 2.0], "a1")
    got, outcome, waits = sent(FAILING, ACCEPTED, PENDING)
    assert (len(got), sum(waits)) == (5, 7.5)
    assert (outcome.status, outcome.message) == (ActionStatus.SUCCESS, "Opsgenie accepted the alert: 4 issues")
    got, outcome, _ = sent(FAILING, ACCEPTED, Answer(503))  # it is accepted: not sent again
    assert (len(got), outcome.status) == (2, ActionStatus.SUCCESS)
    assert len(sent(FAILING, wait_for_outcome=False)[0]) == 1


def test_an_outcome_that_is_not_wrapped():
    bare = Answer(200, {"isSuccess": True, "status": "Created alert", "alertId": "a2"})
    assert sent(FAILING, ACCEPTED, bare)[1].details["alert_id"] == "a2"
    got, outcome, _ = sent(FAILING, ACCEPTED, Answer(200, {"result": "Request will be processed"}))
    assert (len(got), outcome.message) == (5, "Opsgenie accepted the alert: 4 issues")


def test_variables_in_responders():
    action = OpsGenieAction(api_key=KEY, responders=[Responder(name="${TEAM}")], visible_to=[{"name": "${OTHER:-all}"}])
    assert "TEAM is not set" in action.problems({})[0]
    ready = action.resolve({"TEAM": "data"})
    assert [r.to_dict() for r in (*ready.responders, *ready.visible_to)] == [
        {"type": "team", "name": "data"},
        {"type": "team", "name": "all"},
    ]


def test_an_alert_that_was_accepted_and_then_refused():
    no = Answer(200, {"data": {"success": False, "isSuccess": False, "status": "Unknown team"}})
    got, outcome, _ = sent(FAILING, ACCEPTED, no)
    assert (outcome.status, len(got)) == (ActionStatus.FAILURE, 2)
    assert outcome.message == "Opsgenie did not open the alert: Unknown team"


@pytest.mark.parametrize(
    ("options", "url"),
    [
        ({}, "https://api.opsgenie.com/v2/alerts"),
        ({"region": "eu"}, "https://api.eu.opsgenie.com/v2/alerts"),
        ({"platform": "jsm"}, "https://api.atlassian.com/jsm/ops/integration/v2/alerts"),
        ({"api_url": "https://relay.example.com/og/"}, "https://relay.example.com/og/v2/alerts"),
        ({"api_url": "https://api.atlassian.com/jsm/ops/integration/v2/alerts"}, "https://api.atlassian.com/jsm/ops/integration/v2/alerts"),
    ],
)  # fmt: skip
def test_the_hosts(options, url):
    work = OpsGenieAction(api_key=KEY, **options).deliver(FAILING, ActionContext())
    asked = next(work)
    assert next(asked.flow).request.url == url
    work.close()


@pytest.mark.parametrize(
    ("options", "priority"),
    [
        ({}, "P1"),
        ({"priority": "P5"}, "P5"),
        ({"priority": "P5", "auto_priority": True}, "P1"),
        ({"auto_priority": False}, "P3"),
        ({"auto_priority": {"critical": "P2"}}, "P2"),
    ],
)
def test_the_priority(options, priority):
    assert alert(**options)["priority"] == priority


def test_everything_is_within_the_limits():
    (first, *_), outcome, _ = sent(
        replace(many_issues(1000), checkpoint_name="n" * 600), include_examples=True, tags=["t" * 50] * 20, custom_details={"k": "v" * 5999}, entity="e" * 600, source="s" * 200,
    )  # fmt: skip
    body = first.json
    assert outcome.status is ActionStatus.SUCCESS
    assert [len(body[k]) for k in ("message", "alias", "entity", "source", "tags")] == [130, 512, 512, 100, 20]
    assert len(body["description"]) <= 15_000
    assert sum(len(k) + len(v) for k, v in body["details"].items()) <= 8000
    assert all(isinstance(v, str) for v in body["details"].values())
    assert body["message"].endswith("(and 999 more)")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"tags": ["t" * 51]}, "at most 50"),
        ({"tags": ["t"] * 21}, "at most 20"),
        ({"custom_details": {"k": "v" * 6000}}, "6,001 characters; at most 6,000"),
        ({"priority": "P0"}, "P1"),
        ({"responders": [{"type": "team"}]}, "a team is given by name or by id"),
        ({"responders": [{"type": "user", "name": "x"}]}, "a user is given by username or by id"),
        ({"visible_to": [{"type": "schedule", "name": "x"}]}, "visible to teams and users"),
        ({"alias_template": "{run_id}"}, "may differ when the incident is to be closed"),
        ({"platform": "jsm", "region": "eu"}, "with platform it has no effect"),
        ({"api_url": "https://example.com", "region": "us"}, "with api_url it has no effect"),
        ({"responders": [{"name": "x"}] * 50, "escalation_policy": "night"}, "at most 50 in all"),
        ({"auto_resolve_on_success": True, "close_on_success": True}, "two names"),
    ],
)
def test_mistakes(options, said):
    with pytest.raises(ConfigError, match=said):
        OpsGenieAction(**options)


def test_the_key_comes_from_the_environment(monkeypatch):
    assert "OPSGENIE_API_KEY" in OpsGenieAction().problems({})[0]
    monkeypatch.setenv("OPSGENIE_API_KEY", KEY)
    got, outcome, _ = sent(FAILING, Answer(401, {"message": f"Key {KEY} is not valid"}), api_key=None)
    assert got[0].headers["authorization"] == f"GenieKey {KEY}"
    assert "check api_key, platform and region" in outcome.message
    assert KEY not in repr(outcome)
