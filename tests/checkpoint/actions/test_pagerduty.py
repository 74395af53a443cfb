import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from helpers.hostile import many_issues
from helpers.loopback import Answer, serving
from helpers.made_results import CLEAN, FAILING, UNREADABLE, earlier, run, validation
from truthound.checkpoint.actions import ActionContext, ActionResult, ActionStatus, PagerDutyAction
from truthound.checkpoint.actions.incident import NOTHING_OPEN
from truthound.errors import ConfigError
from truthound.results import CheckpointStatus

GOLDEN = Path(__file__).parent / "golden" / "pagerduty.json"
KEY = "0123456789abcdef0123456789abcdef"
OK = Answer(202, {"status": "success", "message": "Event processed", "dedup_key": "d"})
NAMED = replace(FAILING, checkpoint_name="n" * 400)


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "PAGERDUTY_ROUTING_KEY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def sent(result=FAILING, context=None, **options):
    """The events that an action with these options sends, and what came of it."""
    with serving(OK) as server:
        action = PagerDutyAction(**({"routing_key": KEY, "api_url": f"{server.url}/v2/enqueue"} | options))
        outcome = action.execute(result, context)
    return [s.json for s in server.got], outcome


def test_the_event():
    (event,), outcome = sent(
        FAILING, ActionContext(previous=earlier(email=20)), include_examples=True, component="warehouse", group="data",
        class_type="quality", custom_details={"runbook": "https://example.com/r"}, report_url="https://example.com/{run_id}",
        links=[{"href": "https://example.com/{checkpoint_name}", "text": "Dashboard"}],
    )  # fmt: skip
    if os.environ.get("TRUTHOUND_WRITE_GOLDEN"):
        GOLDEN.write_text(json.dumps(event, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    assert event == json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert outcome.status is ActionStatus.SUCCESS
    assert outcome.action_type == "incident"
    assert outcome.details["dedup_key"] == event["dedup_key"] == "truthound:users:users.csv"
    assert outcome.message == "triggered in PagerDuty: 4 issues"


def test_a_success_resolves_whatever_the_condition_is():
    for condition in ("failure", "failure_or_error", "always", "on_change"):
        events, outcome = sent(CLEAN, notify_on=condition)
        assert events[-1] == {
            "routing_key": KEY,
            "event_action": "resolve",
            "dedup_key": sent(FAILING)[0][0]["dedup_key"],
        }
        assert outcome.message == "resolved in PagerDuty, if it was open"


def test_a_success_resolves_the_incident_of_a_run_without_data():
    opened = sent(UNREADABLE)[0][0]
    assert opened["payload"]["summary"] == "users: ERROR: users.csv: no such file; the folder has users.parquet"
    assert opened["dedup_key"] in [e["dedup_key"] for e in sent(CLEAN)[0]]


def test_after_a_success_nothing_is_resolved_again():
    events, outcome = sent(CLEAN, ActionContext(previous=CLEAN))
    assert (events, outcome.status, outcome.message) == ([], ActionStatus.SKIPPED, NOTHING_OPEN)
    undelivered = replace(CLEAN, action_results=[ActionResult(ActionStatus.FAILURE, "pagerduty")])
    for previous in (None, FAILING, UNREADABLE, undelivered):
        assert [e["event_action"] for e in sent(CLEAN, ActionContext(previous=previous))[0]] == ["resolve"] * 2


@pytest.mark.parametrize("condition", ["failure", "always", "recovered", "success"])
def test_a_success_opens_nothing(condition):
    events, outcome = sent(CLEAN, notify_on=condition, resolve_on_success=False)
    assert (events, outcome.status) == ([], ActionStatus.SKIPPED)
    assert outcome.message == "the status is success, and resolve_on_success is false"


def test_other_conditions_hold():
    assert sent(UNREADABLE, notify_on="failure")[1].status is ActionStatus.SKIPPED
    warned = replace(FAILING, status=CheckpointStatus.WARNING)
    assert sent(warned)[1].status is ActionStatus.SKIPPED
    assert sent(warned, notify_on="not_success")[0][0]["event_action"] == "trigger"


def test_the_key_is_the_same_in_each_run_and_in_each_process():
    keys = {sent(r)[0][0]["dedup_key"] for r in (FAILING, run(number=3, duration_ms=9.0), earlier())}
    assert len(keys) == 1
    (long,) = {sent(r)[0][0]["dedup_key"] for r in (NAMED, replace(NAMED, run_id="x"))}
    assert len(long) == 255
    assert long != sent(replace(NAMED, checkpoint_name="n" * 399 + "m"))[0][0]["dedup_key"]
    code = "from truthound.checkpoint.actions.incident import shorten_key; print(shorten_key('truthound:' + 'n' * 400 + ':users.csv', 255))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert told == long


def test_links_hold_values_in_their_place_and_variables(monkeypatch):
    monkeypatch.setenv("WIKI", "https://wiki.example.com")
    (event,), _ = sent(
        replace(FAILING, checkpoint_name="a b/\ud800"), report_url="https://example.com/{checkpoint_name}?x=1",
        links=[{"href": "${WIKI}/{checkpoint_name}", "text": "${WIKI}"}, {"href": "{report_url}", "text": "again"}],
    )  # fmt: skip
    report = "https://example.com/a%20b%2F%3F?x=1"
    assert event["links"] == [
        {"href": report, "text": "Report"},
        {"href": "https://wiki.example.com/a%20b%2F%3F", "text": "https://wiki.example.com"},
        {"href": report, "text": "again"},
    ]
    assert event["client_url"] == report


def test_other_data_are_another_incident():
    other = replace(FAILING, validation_result=replace(validation(), source="orders.csv"))
    assert sent(other)[0][0]["dedup_key"] != sent(FAILING)[0][0]["dedup_key"]


def test_a_key_of_your_own():
    tagged = {"metadata": {"tags": {"env": "prod"}}}
    failing, clean = replace(FAILING, **tagged), replace(CLEAN, **tagged)
    template = "{{ tags.env }}/{checkpoint_name}"
    assert sent(failing, dedup_key_template=template)[0][0]["dedup_key"] == "prod/users"
    assert [e["dedup_key"] for e in sent(clean, dedup_key_template=template)[0]] == ["prod/users"]
    assert sent(failing, dedup_key_template="{{ source * 100 }}")[0][0]["dedup_key"].startswith("users.csvusers.csv")
    for wrong in ("{run_id}", "{{ status }}", "{checkpoint_name}{{ run_time }}"):
        with pytest.raises(ConfigError, match=r"dedup_key_template: .* may differ when the incident is to be closed"):
            PagerDutyAction(dedup_key_template=wrong)
    with pytest.raises(ConfigError, match='did you mean "checkpoint_name"'):
        PagerDutyAction(dedup_key_template="{checkpoint_nam}")


@pytest.mark.parametrize(
    ("options", "urgency"),
    [
        ({}, "critical"),
        ({"severity": "warning"}, "warning"),
        ({"severity": "warning", "auto_severity": True}, "critical"),
        ({"auto_severity": False}, "error"),
        ({"auto_severity": {"critical": "error"}}, "error"),
        ({"auto_severity": {"high": "info"}}, "critical"),
    ],
)
def test_the_severity(options, urgency):
    assert sent(**options)[0][0]["payload"]["severity"] == urgency
    assert sent(UNREADABLE)[0][0]["payload"]["severity"] == "error"


def test_the_key_comes_from_the_environment_under_either_name(monkeypatch):
    action = PagerDutyAction(notify_on="failure_or_error")
    assert "PAGERDUTY_ROUTING_KEY" in action.problems({})[0]
    assert action.problems({"PAGERDUTY_ROUTING_KEY": KEY}) == []
    assert "32 letters and digits" in action.problems({"PAGERDUTY_ROUTING_KEY": "short"})[0]
    assert PagerDutyAction(service_key=KEY) == PagerDutyAction(routing_key=KEY)
    monkeypatch.setenv("PAGERDUTY_ROUTING_KEY", KEY)
    assert sent(routing_key=None)[0][0]["routing_key"] == KEY
    with pytest.raises(ConfigError, match="two names"):
        PagerDutyAction(service_key=KEY, routing_key=KEY)


def test_everything_is_within_the_limits():
    (event,), outcome = sent(
        many_issues(1000), include_examples=True, custom_details={str(i): "x" * 900 for i in range(280)}
    )
    assert outcome.status is ActionStatus.SUCCESS
    assert len(json.dumps(event, ensure_ascii=False).encode("utf-8", "replace")) <= 512 * 1024
    assert len(event["payload"]["summary"]) <= 1024
    assert event["payload"]["summary"].endswith(" (and 999 more)")
    assert len(event["payload"]["source"]) <= 255
    assert len(event["dedup_key"]) == 255
    with pytest.raises(ConfigError, match="custom_details: they are"):
        PagerDutyAction(custom_details={str(i): "x" * 900 for i in range(300)})


def test_the_reason_of_a_refusal_is_shown():
    answer = Answer(
        400, {"status": "invalid event", "message": "Event object is invalid", "errors": ["bad routing_key"]}
    )
    with serving(answer) as server:
        outcome = PagerDutyAction(routing_key=KEY, api_url=server.url).execute(FAILING)
    assert outcome.status is ActionStatus.FAILURE
    assert "Event object is invalid: bad routing_key; check routing_key" in outcome.message
    assert KEY not in repr(outcome)
