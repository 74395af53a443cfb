import asyncio
import dataclasses
import errno
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest
from pydantic import Field, SecretStr

from truthound._internal.options import option_docs
from truthound.checkpoint.actions import Action, ActionContext, ActionResult, ActionStatus, action_class, option_values
from truthound.checkpoint.actions.notify_on import NOTIFY_ON
from truthound.checkpoint.actions.option_values import Resolution
from truthound.checkpoint.actions.registry import ACTIONS, action_types
from truthound.checkpoint.delivery import run_stages
from truthound.errors import ActionError, ConfigError, RetryableError, StoreError, TransientDeliveryError, is_transient
from truthound.io.flow import Sleep, arun, call, run
from truthound.results import CheckpointResult, CheckpointStatus

TIME = datetime(2024, 1, 15, 9, 30, tzinfo=UTC)


def result(status="success"):
    return CheckpointResult("run-1", "daily", TIME, status)


class Clock:
    """A second passes with each look at it."""

    def __init__(self):
        self.now = TIME

    def __call__(self):
        self.now += timedelta(seconds=1)
        return self.now


class Flowing(Action):
    type: ClassVar[str] = "flowing"
    action_type: ClassVar[str] = "testing"
    value: Any = None
    token: SecretStr = SecretStr("")

    def deliver(self, result, run):
        value = yield from call(lambda: self.value)
        return ActionResult("success", message=f"{value}", details={"value": value})


class Failing(Action):
    errors: list[Any] = Field(default_factory=list)

    def deliver(self, result, run):
        yield Sleep(0)
        if self.errors:
            raise self.errors.pop(0)
        return ActionResult("success")


def outcome(action, status="success", **options):
    """What it comes to, in a thread and on asyncio; sleeps are recorded, not slept."""
    slept = []
    made = run(run_stages(action, result(status), ActionContext(clock=Clock(), **options)), sleep=slept.append)
    return made, [s for s in slept if s]


def test_an_action_that_goes_well():
    made, _ = outcome(Flowing(value=1))
    assert made == ActionResult(
        "success",
        "flowing",
        "testing",
        "1",
        TIME + timedelta(seconds=1),
        TIME + timedelta(seconds=2),
        1000.0,
        {"value": 1, "attempts": 1},
    )


def test_execute_and_aexecute_are_the_same():
    action = Flowing(value=1)
    here, there = action.execute(result()), asyncio.run(action.aexecute(result()))
    same = {"started_at": None, "completed_at": None, "duration_ms": 0}
    assert dataclasses.replace(here, **same) == dataclasses.replace(there, **same)
    assert here.started_at.tzinfo is not None


EXPECTED = {
    "always": "success failure warning error",
    "success": "success",
    "failure": "failure",
    "error": "error",
    "failure_or_error": "failure error",
    "not_success": "failure warning error",
}


@pytest.mark.parametrize("condition", EXPECTED)
@pytest.mark.parametrize("status", list(CheckpointStatus))
def test_notify_on(condition, status):
    made, _ = outcome(Flowing(notify_on=condition), status)
    if status.value in EXPECTED[condition].split():
        assert made.status == "success"
    else:
        assert made.status is ActionStatus.SKIPPED
        assert made.message == f"notify_on is {condition}, the status is {status.value}"
        assert made.action_name == "flowing"
        assert made.delivered


def test_every_condition_is_tested():
    assert set(EXPECTED) == set(NOTIFY_ON)


def test_a_disabled_action_says_so_and_does_nothing():
    made, _ = outcome(Failing(enabled=False, errors=[ValueError()]))
    assert (made.status, made.message) == (ActionStatus.SKIPPED, "not enabled (enabled: false)")


@pytest.mark.parametrize(
    "error", [RetryableError("busy"), ConnectionError("reset"), TimeoutError(), OSError(errno.EHOSTUNREACH, "no route")]
)
def test_what_may_pass_is_tried_again(error):
    made, slept = outcome(Failing(errors=[error, error], retry_count=2, retry_delay_seconds=4))
    assert made.status is ActionStatus.SUCCESS
    assert made.details == {"attempts": 3}
    assert [3 <= slept[0] <= 4, 6 <= slept[1] <= 8, len(slept)] == [True, True, 2]


@pytest.mark.parametrize(
    "error",
    [
        ValueError("no"),
        PermissionError(errno.EACCES, "no"),
        FileNotFoundError(),
        OSError(errno.ENOSPC, "full"),
        ActionError("no"),
    ],
)
def test_what_will_not_pass_is_not_tried_again(error):
    made, slept = outcome(Failing(errors=[error], retry_count=5))
    assert not made.delivered
    assert made.details["attempts"] == 1
    assert slept == []


def test_a_wrapped_error_that_may_pass_is_tried_again():
    error = StoreError("cannot write")
    error.__cause__ = OSError(errno.ESTALE, "stale")
    assert is_transient(error)
    assert not is_transient(StoreError("no"))


def test_retries_end():
    made, slept = outcome(Failing(errors=[ConnectionError("reset")] * 9, retry_count=2))
    assert (made.status, made.message, made.details) == (ActionStatus.ERROR, "ConnectionError: reset", {"attempts": 3})
    assert len(slept) == 2


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (ActionError("not delivered"), "failure", "not delivered"),
        (TransientDeliveryError("HTTP 400", code=400), "failure", "HTTP 400"),
        (StoreError("cannot write"), "error", "cannot write"),
        (ZeroDivisionError("division by zero"), "error", "ZeroDivisionError: division by zero"),
        (KeyError("x"), "error", "KeyError: 'x'"),
        (ValueError(), "error", "ValueError"),
        (StopIteration("odd"), "error", "RuntimeError: generator raised StopIteration"),
    ],
)
def test_whatever_it_raises_the_run_goes_on(error, status, message):
    made, _ = outcome(Failing(errors=[error]))
    assert (made.status, made.message) == (status, message)
    assert made.duration_ms == 1000
    assert made.details.get("code") == getattr(error, "details", {}).get("code")


def test_an_interrupt_passes_through():
    with pytest.raises(KeyboardInterrupt):
        outcome(Failing(errors=[KeyboardInterrupt()]))


# --- subclasses as people write them ---------------------------------------------------------------------------------


class Plain(Action):
    url: str = "x"

    def execute(self, result):
        return ActionResult(status="success", message=f"{self.url} {result.checkpoint_name}")


class Async(Action):
    async def execute(self, result):
        await asyncio.sleep(0)
        return ActionResult(status="success", message="awaited")


class NoGenerator(Action):
    def deliver(self, result, run):
        return ActionResult(status="success", message="returned")


class Around(Flowing):
    def execute(self, result):
        made = super().execute(result)
        return ActionResult(status=made.status, message=f"<{made.message}>")


class Deeper(Around):
    def deliver(self, result, run):
        made = yield from super().deliver(result, run)
        return ActionResult(made.status, message=f"deeper {made.message}")


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (Plain(url="y"), "y daily"),
        (Async(), "awaited"),
        (NoGenerator(), "returned"),
        (Around(value=1), "<1>"),
        (Deeper(value=1), "deeper 1"),
    ],
)
def test_either_method_will_do(action, message):
    made, _ = outcome(action)
    assert (made.status, made.message, made.action_name) == (ActionStatus.SUCCESS, message, action.name)
    there = asyncio.run(arun(run_stages(action, result(), ActionContext())))
    assert there.message == message


def test_an_overridden_execute_is_guarded_too():
    class Broken(Action):
        def execute(self, result):
            raise ConnectionError("reset")

    made, slept = outcome(Broken(retry_count=1))
    assert (made.status, made.details["attempts"], len(slept)) == (ActionStatus.ERROR, 2, 1)
    assert outcome(Broken(notify_on="failure"))[0].status is ActionStatus.SKIPPED


def test_an_action_must_do_something_and_say_what_came_of_it():
    class Nothing(Action):
        pass

    class Silent(Action):
        def execute(self, result):
            return None

    assert outcome(Nothing())[0].message == "NotImplementedError: Nothing has neither deliver() nor execute()"
    made, _ = outcome(Silent())
    assert (made.status, made.message) == (
        ActionStatus.ERROR,
        "TypeError: Silent must return an ActionResult, not NoneType",
    )


def test_the_name_defaults_to_the_type():
    assert Flowing().name == "flowing"
    assert Plain().name == "Plain"
    assert Plain(name="mine").name == "mine"
    assert "name" not in Plain().model_fields_set


def test_unknown_and_impossible_options():
    with pytest.raises(ConfigError, match='notify_onn: unknown key; did you mean "notify_on"'):
        Flowing(notify_onn="always")
    for options in (
        {"retry_count": -1},
        {"timeout_seconds": 0},
        {"timeout_seconds": float("nan")},
        {"notify_on": "warning"},
        {"retry_delay_seconds": -1},
    ):
        with pytest.raises(ConfigError, match=next(iter(options))):
            Flowing(**options)


def test_metadata_is_kept_in_the_details():
    assert outcome(Flowing(metadata={"owner": "me"}))[0].details["metadata"] == {"owner": "me"}


def test_timeout_seconds_gives_up_a_hanging_action():
    release = threading.Event()

    class Hanging(Action):
        def execute(self, result):
            release.wait(30)
            return ActionResult("success")

    for made in (
        run(run_stages(Hanging(timeout_seconds=0.05, retry_count=3), result(), ActionContext())),
        asyncio.run(Hanging(timeout_seconds=0.05).aexecute(result())),
    ):
        assert (made.status, made.details["attempts"]) == (ActionStatus.ERROR, 1)
        assert made.message == (
            "not done within 0.05 s (timeout_seconds); it may have been delivered anyway, so it was not retried"
        )
        assert made.details["may_have_been_delivered"] is True
    release.set()


# --- the environment, and secrets ------------------------------------------------------------------------------------


def test_variables_are_filled_in_when_it_runs(monkeypatch):
    action = Flowing(value={"a": ["${TH_X}", "${TH_NOT:-d}"]}, name="n ${TH_X}")
    monkeypatch.setenv("TH_X", "1")
    made, _ = outcome(action)
    assert made.details["value"] == {"a": ["1", "d"]}
    assert action.value == {"a": ["${TH_X}", "${TH_NOT:-d}"]}


def test_a_variable_that_is_not_set_is_named(monkeypatch):
    monkeypatch.delenv("TH_X", raising=False)
    made, _ = outcome(Flowing(value="${TH_X}"))
    assert made.status is ActionStatus.ERROR
    assert made.message.startswith("environment variable TH_X is not set; set it, or give a default: ${TH_X:-...}")


def test_an_action_from_a_file_is_not_filled_in_again(monkeypatch):
    monkeypatch.setenv("TH_X", "1")
    assert outcome(Flowing(value="${TH_X}").with_resolution(Resolution()))[0].message == "${TH_X}"


def test_without_variables_the_action_itself_runs():
    seen = []

    class Own(Action):
        def execute(self, result):
            seen.append(self)
            return ActionResult("success")

    action = Own(metadata={"a": "$HOME"})
    outcome(action)
    assert seen[0] is action


def test_secrets_never_appear_in_a_result(monkeypatch):
    monkeypatch.setenv("TH_API_TOKEN", "t0ps3cret")
    action = Flowing(value="", token="${TH_API_TOKEN}")

    class Leaky(Flowing):
        def deliver(self, result, run):
            yield Sleep(0)
            token = self.token.get_secret_value()
            raise TransientDeliveryError(
                f"POST http://u:pw123@h/?token=abc {token}", body=[{token: token}], url=f"x/{token}"
            )

    for leaky in (Leaky(token="${TH_API_TOKEN}"), Leaky(token="t0ps3cret")):
        made, _ = outcome(leaky)
        text = str(made) + repr(leaky)
        assert made.status is ActionStatus.FAILURE
        assert "POST http://u:•••@h/?token=•••" in made.message
        assert not any(word in text for word in ("t0ps3cret", "pw123", "abc"))
    assert "t0ps3cret" not in repr(action)


def test_a_variable_with_a_telling_name_is_a_secret_wherever_it_is_used(monkeypatch):
    monkeypatch.setenv("TH_API_TOKEN", "t0ps3cret/ü")
    made, _ = outcome(Flowing(value=["x ${TH_API_TOKEN}"]))
    assert made.details["value"] == ["x •••"]


def test_details_are_json_values():
    made, _ = outcome(Flowing(value={1: (TIME, float("nan"), {"s"}, b"\0", object)}))
    assert made.details["value"] == {"1": [TIME.isoformat(), "NaN", ["s"], "0x00", "<class 'object'>"]}
    assert ActionResult.from_dict(made.to_dict()) == made


# --- names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ACTIONS)
def test_types_and_classes_agree(name):
    cls = action_class(name)
    assert cls.type == name
    assert name in action_types()
    schema = cls.model_json_schema()
    assert schema["additionalProperties"] is False
    assert set(schema["properties"]) <= set(option_docs(cls))


def test_an_unknown_type():
    with pytest.raises(ConfigError, match='no action of type "store_results"; did you mean "store_result"'):
        action_class("store_results")
    with pytest.raises(ConfigError, match="there are store_result, "):
        action_class("zzz")


def test_an_installed_action_is_found(tmp_path, monkeypatch):
    package = tmp_path / "th_plugin-1.0.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: th-plugin\nVersion: 1.0\n")
    (package / "entry_points.txt").write_text(
        "[truthound.actions]\nmine = th_plugin_module:Mine\nwrong = th_plugin_module:wrong\n"
    )
    (tmp_path / "th_plugin_module.py").write_text(
        "from truthound.checkpoint.actions import Action\nclass Mine(Action):\n    type = 'mine'\nwrong = 3\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    assert action_class("mine").__name__ == "Mine"
    assert "mine" in action_types()
    with pytest.raises(ConfigError, match='the action "wrong" is 3, not a subclass'):
        action_class("wrong")


def test_importing_actions_does_not_load_polars():
    code = "import sys; from truthound.checkpoint.actions import *; print('polars' in sys.modules, 'pandas' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_what_is_too_short_or_named_plainly_is_no_secret(monkeypatch):
    for name, value in {"AUTHOR": "else", "API_KEY": "e", "DB_PASSWORD": "hunter2"}.items():
        monkeypatch.setenv(name, value)
        assert (value in Flowing(value=f"${{{name}}}").secrets_to_redact) is (value == "hunter2")


def test_plain_values_are_not_asked_for_a_protocols_methods(monkeypatch):
    class Slow(type):
        def __instancecheck__(cls, value):
            raise AssertionError(value)

    monkeypatch.setattr(option_values, "TextContainer", Slow("Worded", (), {}))
    plain = {"name": "x", "count": 3, "share": 0.5, "on": True, "none": None, "list": ["y", (1, None)]}
    assert [told for told, _ in option_values.iter_text(plain)] == ["x", "y"]
