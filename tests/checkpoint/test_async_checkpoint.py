"""Checkpoints on asyncio."""

import asyncio
import importlib
import re
import threading
from types import SimpleNamespace
from typing import Any

import pytest

from helpers.loopback import Answer, serving
from truthound.checkpoint import AsyncCheckpoint, Checkpoint, async_actions, run_checkpoints_async
from truthound.checkpoint.actions import CustomAction, SlackNotification, StoreValidationResult, UpdateDataDocs
from truthound.checkpoint.actions.base import Action
from truthound.checkpoint.actions.registry import ACTIONS, action_class
from truthound.checkpoint.async_base import ConcurrentStrategy, PipelineStrategy, SequentialStrategy, Stage
from truthound.errors import ConfigError
from truthound.results import ActionResult, ActionStatus

DATA = {"id": [1, 2, 2], "age": [30, None, 200]}


class Meeting(Action):
    """Is done once so many of its kind are at work together; alone it waits for nobody."""

    expected: int = 1
    log: Any

    async def execute(self, result, run=None):
        self.log.append(f"{self.name} in")
        while sum(x.endswith(" in") for x in self.log) < self.expected:  # noqa: ASYNC110 others fill it
            await asyncio.sleep(0)
        self.log.append(f"{self.name} out")
        return ActionResult(ActionStatus.SUCCESS, details={"seen": len(result.action_results)})


def meetings(count, together):
    log = []
    return [Meeting(name=str(i), expected=together, log=log) for i in range(count)], log


def made(**options):
    return AsyncCheckpoint(**({"name": "users", "data_source": DATA, "validators": ["null"]} | options))


def test_a_run_is_awaited_and_gives_what_a_run_gives():
    awaited = asyncio.run(made().run_async({"batch": 7}))
    plain = made().run({"batch": 7})
    assert awaited.status == plain.status == "warning"
    assert awaited.metadata["batch"] == 7
    assert awaited.validation_result.outcomes == plain.validation_result.outcomes


def test_inside_a_running_loop_a_plain_run_works_too():
    async def notebook():
        return made(actions=[CustomAction(callback=lambda r: None)]).run()

    assert asyncio.run(notebook()).action_results[0].status == "success"


def test_concurrent_actions_are_at_work_together_and_keep_their_order():
    actions, _ = meetings(5, together=5)
    result = asyncio.run(made(actions=actions, execution_strategy="concurrent").run_async())
    assert [a.action_name for a in result.action_results] == ["0", "1", "2", "3", "4"]


def test_no_more_are_at_work_than_allowed():
    actions, log = meetings(6, together=1)
    asyncio.run(made(actions=actions, max_concurrent_actions=2).run_async())
    at_work = most = 0
    for entry in log:
        at_work += 1 if entry.endswith("in") else -1
        most = max(most, at_work)
    assert most <= 2


def test_sequential_actions_see_those_before_them():
    actions, _ = meetings(3, together=1)
    result = asyncio.run(made(actions=actions, execution_strategy="sequential").run_async())
    assert [a.details["seen"] for a in result.action_results] == [0, 1, 2]


def test_a_pipelines_stages_follow_one_another():
    actions, log = meetings(3, together=1)
    strategy = PipelineStrategy(stages=[[2, 0], [1]])
    result = asyncio.run(made(actions=actions, execution_strategy=strategy).run_async())
    assert [a.details["seen"] for a in result.action_results] == [0, 2, 0]
    assert log[-2:] == ["1 in", "1 out"]


def test_the_stages_of_each_strategy():
    actions = [SlackNotification(), StoreValidationResult(), CustomAction(callback=print)]
    assert SequentialStrategy().stages(actions, 5) == [Stage((0,)), Stage((1,)), Stage((2,))]
    assert ConcurrentStrategy().stages(actions, 5) == [Stage((0, 1, 2), 5)]
    assert ConcurrentStrategy(max_concurrency=10).stages(actions, 5) == [Stage((0, 1, 2), 10)]
    assert PipelineStrategy().stages(actions, 5) == [Stage((1,), 5), Stage((0, 2), 5)]
    assert PipelineStrategy(stages=[[2]]).stages(actions, 5) == [Stage((2,), 5), Stage((0, 1), 5)]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: PipelineStrategy(stages=[[0], [0]]), "action 0 is in two stages"),
        (lambda: PipelineStrategy(stages=[[-1]]), "-1 is not the position of an action"),
        (lambda: ConcurrentStrategy(max_concurrency=0), "at least one"),
        (lambda: made(execution_strategy="concurent"), 'did you mean "concurrent"'),
        (lambda: made(execution_strategy=3), "a strategy is expected, not int"),
        (lambda: made(max_concurrent_actions=0), "at least one"),
        (lambda: made(max_concurrent_actions="5"), "max_concurrent_actions is '5'; a whole number"),
        (lambda: made(max_concurrent_actions=2.5), "max_concurrent_actions is 2.5; a whole number"),
        (lambda: made(max_concurrent_actions=None), "max_concurrent_actions is None"),
        (lambda: made(execution_strategy=ConcurrentStrategy), "a strategy is expected, not type"),
        (lambda: PipelineStrategy(stages=[0, 1]), r"lists of positions of actions are expected, not \[0, 1\]"),
        (lambda: made(on_complete=3), "on_complete: a function is expected"),
        (lambda: made(max_concurent=3), "max_concurent"),
    ],
)
def test_mistakes(make, said):
    with pytest.raises(ConfigError, match=said):
        make()


def test_a_stage_of_an_action_that_is_not_there_is_an_error_and_the_others_are_told():
    actions, log = meetings(1, together=1)
    result = asyncio.run(made(actions=actions, execution_strategy=PipelineStrategy(stages=[[0, 1]])).run_async())
    assert result.status == "error"
    assert "there is no action 1" in result.error
    assert log == ["0 in", "0 out"]


class Disordered:
    """A strategy of the user's own that goes wrong."""

    def __init__(self, *made):
        self.made = made

    def stages(self, actions, limit):
        return [Stage(*args) if isinstance(args, tuple) else args for args in self.made]


@pytest.mark.parametrize(
    ("made_by", "said"),
    [
        (Disordered(((0, 5),)), "each of the 2 actions once, the first is 0; it names [0, 5]"),
        (Disordered(((0,),)), "it names [0]"),
        (Disordered(((0, 0, 1),)), "it names [0, 0, 1]"),
        (Disordered(((0, 1), 0)), "limit is 0"),
        (Disordered(7), "Disordered gives no stages: int is not a Stage"),
        (Disordered((None,)), "Disordered gives no stages: TypeError: 'NoneType' object is not iterable"),
    ],
)
def test_a_strategy_that_goes_wrong_is_an_error_and_the_others_are_told(made_by, said):
    actions, log = meetings(2, together=1)
    for result in (
        made(actions=actions, execution_strategy=made_by).run(),
        asyncio.run(made(actions=actions, execution_strategy=made_by).run_async()),
    ):
        assert result.status == "error"
        assert said in result.error
    assert log == ["0 in", "0 out", "1 in", "1 out"] * 2


def test_a_run_without_data_is_an_error():
    result = asyncio.run(AsyncCheckpoint(name="monitored_check").run_async())
    assert result.status == "error"
    assert "no data_source was given" in result.error


def test_callbacks():
    seen = []

    async def on_complete(result):
        seen.append(("complete", result.status.value))

    def on_error(result):
        seen.append(("error", result.error))

    asyncio.run(made(on_complete=on_complete, on_error=on_error).run_async())
    asyncio.run(made(data_source="nowhere.csv", on_complete=on_complete, on_error=on_error).run_async())
    assert seen[0] == ("complete", "warning")
    assert seen[1][0] == "error"
    assert "nowhere.csv" in seen[1][1]
    assert seen[2] == ("complete", "error")


def test_a_callback_that_raises_loses_nothing():
    def on_complete(result):
        raise ValueError("metrics are down")

    result = asyncio.run(made(on_complete=on_complete).run_async())
    assert result.status == "warning"
    assert result.metadata["callback_errors"] == {"on_complete": "ValueError: metrics are down"}


def test_what_a_callback_raises_is_told_without_secrets():
    def on_complete(result):
        raise ValueError("postgres://me:hunter2@db refused https://hooks.example.com/T0/B0/XyZ12345")

    action = SlackNotification(webhook_url="https://hooks.example.com/T0/B0/XyZ12345", notify_on="error")
    result = asyncio.run(made(on_complete=on_complete, actions=[action]).run_async())
    said = result.metadata["callback_errors"]["on_complete"]
    assert said.startswith("ValueError: postgres://me:")
    assert "hunter2" not in said
    assert "XyZ12345" not in said


def test_many_checkpoints_at_once():
    together = [made(name=f"c{i}", actions=meetings(1, 1)[0]) for i in range(20)]
    plain = Checkpoint(name="plain", data_source=DATA, validators=["null"])
    broken = made(name="broken", data_source="nowhere.csv")
    results = asyncio.run(
        run_checkpoints_async([*together, plain, broken], max_concurrent=5, context={"batch_id": "b"})
    )
    assert [r.checkpoint_name for r in results] == [*(f"c{i}" for i in range(20)), "plain", "broken"]
    assert [r.status.value for r in results] == ["warning"] * 21 + ["error"]
    assert {r.metadata["batch_id"] for r in results} == {"b"}


@pytest.mark.parametrize(
    ("given", "most", "said"),
    [
        ([3], 1, "not int"),
        ([], 0, "at least one"),
        ([], "5", "max_concurrent is '5'"),
        ([], 2.5, "max_concurrent is 2.5"),
        (Checkpoint(name="one", data_source=DATA), 1, "a list of checkpoints is expected"),
    ],
)
def test_many_mistaken_ones(given, most, said):
    with pytest.raises(ConfigError, match=said):
        asyncio.run(run_checkpoints_async(given, max_concurrent=most))


def test_cancelling_leaves_no_task_connection_or_thread_behind():
    async def go(server):
        before = threading.active_count()
        action = SlackNotification(webhook_url=f"{server.url}/services/x", notify_on="always")
        task = asyncio.ensure_future(made(actions=[action, action]).run_async())
        while len(server.got) < 2:  # noqa: ASYNC110 another thread fills it
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        await asyncio.get_running_loop().shutdown_default_executor()
        return task.cancelled(), asyncio.all_tasks() == {asyncio.current_task()}, before

    with serving(Answer(hang=True)) as server:
        cancelled, alone, before = asyncio.run(go(server))
    assert cancelled
    assert alone
    assert not [t for t in threading.enumerate() if t.name.startswith("asyncio_")], before


@pytest.mark.parametrize("type_name", sorted(ACTIONS))
def test_every_action_has_an_async_face(type_name):
    cls = action_class(type_name)
    made_from_it = getattr(async_actions, f"Async{cls.__name__}")
    assert issubclass(made_from_it, cls)
    assert made_from_it is getattr(async_actions, f"Async{cls.__name__}")
    assert made_from_it.__module__ == "truthound.checkpoint.async_actions"
    assert asyncio.iscoroutinefunction(made_from_it.execute)


def test_an_async_action_is_awaited_and_may_be_in_any_checkpoint():
    with serving() as server:
        action = async_actions.AsyncSlackNotification(webhook_url=f"{server.url}/services/x", notify_on="always")
        result = made(actions=[action]).run()
        assert asyncio.run(action.execute(result)).status == "success"
        asyncio.run(made(actions=[action]).run_async())
    assert len(server.got) == 3
    assert result.action_results[0].action_name == "slack"


def test_names_that_are_not_there():
    assert "AsyncSlackNotification" in dir(async_actions)
    with pytest.raises(AttributeError, match="AsyncNothing"):
        importlib.import_module("truthound.checkpoint.async_actions").AsyncNothing  # noqa: B018


def test_a_context_that_is_no_mapping():
    with pytest.raises(ConfigError, match="context: a mapping is expected, not str"):
        asyncio.run(run_checkpoints_async([made()], context="batch"))


@pytest.mark.parametrize(
    ("cls", "option", "method"),
    [(StoreValidationResult, "store_path", "encode"), (UpdateDataDocs, "site_path", "_page")],
)
def test_long_results_are_written_beside_the_loop(tmp_path, monkeypatch, cls, option, method):
    threads = []
    whole = getattr(cls, method)

    def noted(*args):
        threads.append(threading.current_thread())
        return whole(*args)

    monkeypatch.setattr(cls, method, noted)
    result = asyncio.run(made(actions=[cls(**{option: str(tmp_path)})]).run_async())
    assert result.action_results[0].status == "success"
    assert threads
    assert threading.main_thread() not in threads


async def _waits_for_something_cancelled(result):
    future = asyncio.get_running_loop().create_future()
    future.cancel()
    await future


@pytest.mark.parametrize("kind", [Checkpoint, AsyncCheckpoint])
def test_what_somebody_else_cancelled_is_an_error_of_the_callback_alone(kind):
    faulty = CustomAction(callback=_waits_for_something_cancelled)
    result = kind("x", {"a": [1]}, ["null"], actions=[faulty]).run()
    assert result.action_results[0].message == "RuntimeError: what was waited for had been cancelled"


def test_what_somebody_else_cancelled_stops_no_other_checkpoint():
    faulty = AsyncCheckpoint("x", {"a": [1]}, ["null"], on_complete=_waits_for_something_cancelled)
    other = AsyncCheckpoint("y", {"a": [1]}, ["null"])
    results = asyncio.run(run_checkpoints_async([faulty, other], max_concurrent=1))
    assert [r.status.value for r in results] == ["success", "success"]
    assert "had been cancelled" in results[0].metadata["callback_errors"]["on_complete"]


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ([Stage((0.0,))], r"it names \[0\.0\]"),
        ([Stage((False,))], r"it names \[False\]"),
        ([Stage(("0",))], r"it names \['0'\]"),
        ([SimpleNamespace(actions=(0,), limit=1)], "SimpleNamespace is not a Stage"),
    ],
)
def test_a_strategy_that_gives_something_else_is_told(made, said):
    strategy = SimpleNamespace(stages=lambda actions, limit: made)
    told = []
    checkpoint = AsyncCheckpoint(
        "x", {"a": [1]}, ["null"], actions=[CustomAction(callback=told.append)], execution_strategy=strategy
    )
    result = checkpoint.run()
    assert result.status.value == "error"
    assert re.search(said, result.error)
    assert len(told) == 1


def test_a_context_and_a_list_of_another_type():
    checkpoint = AsyncCheckpoint("x", {"a": [1]}, ["null"])
    with pytest.raises(ConfigError, match="context: a mapping is expected, not list"):
        checkpoint.run(context=[("a", 1)])
    with pytest.raises(ConfigError, match="checkpoints: a list of checkpoints is expected, not int"):
        asyncio.run(run_checkpoints_async(5))


class _SpeechlessError(Exception):
    def __str__(self):
        raise RuntimeError("no words")


def test_an_error_that_cannot_say_what_it_is_costs_no_run():
    def fails(result):
        raise _SpeechlessError

    checkpoint = AsyncCheckpoint("x", {"a": [1]}, ["null"], actions=[CustomAction(callback=fails)], on_complete=fails)
    result = checkpoint.run()
    assert result.action_results[0].message == "_SpeechlessError"
    assert result.metadata["callback_errors"] == {"on_complete": "_SpeechlessError"}


def test_a_validators_function_whose_error_cannot_say_what_it_is():
    def fails(frame):
        raise _SpeechlessError

    outcome = Checkpoint("x", {"a": [1]}, [fails]).run().validation_result.outcomes[0]
    assert "_SpeechlessError" in outcome.error
