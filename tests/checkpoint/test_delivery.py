"""Delivery is a list of stages: each passes the envelope on, or ends the delivery."""

from datetime import UTC, datetime

import pytest

from helpers.made_results import failed_result
from truthound.checkpoint import delivery
from truthound.checkpoint.actions import Action, ActionContext
from truthound.errors import ConfigError, TransientDeliveryError
from truthound.io.flow import call, run
from truthound.results import ActionResult, ActionStatus

START = datetime(2026, 1, 1, tzinfo=UTC)


class Counting(Action):
    def deliver(self, result, context):
        yield from call(lambda: None)
        return ActionResult(ActionStatus.SUCCESS, message="delivered")


def deliver(action):
    return run(delivery.run_stages(action, failed_result(), ActionContext(clock=lambda: START)), sleep=lambda _: None)


def test_the_order_of_the_stages():
    names = [stage.__name__ for stage in delivery.STAGES]
    assert names == ["condition", "resolve", "sanitize", "attempt"]


def test_a_further_stage_may_end_the_delivery_before_an_attempt(monkeypatch):
    def silence(envelope):
        yield from call(lambda: None)
        return ActionResult(ActionStatus.SKIPPED, message=f"silenced: {envelope.action.name}")

    condition, *others = delivery.STAGES
    monkeypatch.setattr(delivery, "STAGES", (condition, silence, *others))
    made = deliver(Counting(name="pager"))
    assert (made.status, made.message, made.details) == (ActionStatus.SKIPPED, "silenced: pager", {})
    assert (made.action_name, made.started_at) == ("pager", START)


def test_a_further_stage_may_pass_the_envelope_on(monkeypatch):
    seen = []
    monkeypatch.setattr(delivery, "STAGES", (lambda e: seen.append(e.result.status.value) or e, *delivery.STAGES))
    assert deliver(Counting()).message == "delivered"
    assert seen == ["failure"]


@pytest.mark.parametrize(
    ("error", "status", "attempts"),
    [
        (TransientDeliveryError("busy", code=1), ActionStatus.FAILURE, 3),
        (ConfigError(["one", "two"]), ActionStatus.ERROR, 1),
        (KeyError("x"), ActionStatus.ERROR, 1),
    ],
)
def test_an_error_is_recorded_with_its_attempts(error, status, attempts):
    class Broken(Action):
        def deliver(self, result, context):
            raise error

    made = deliver(Broken(retry_count=2, metadata={"owner": "me"}))
    assert (made.status, made.details["attempts"], made.details["metadata"]) == (status, attempts, {"owner": "me"})
