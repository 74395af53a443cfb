"""Checkpoints: their options, and what a run comes to."""

import asyncio
import json
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta, timezone
from typing import ClassVar

import polars as pl
import pytest

import truthound
from truthound.checkpoint import Checkpoint, CheckpointConfig
from truthound.checkpoint.actions import CustomAction, StoreValidationResult, load_results
from truthound.checkpoint.actions.base import Action, ActionResult, ActionStatus
from truthound.checkpoint.checkpoint import CheckpointStatus
from truthound.errors import ActionError, ConfigError
from truthound.io import flow
from truthound.results import CheckpointResult, Severity
from truthound.validators import Null, Range

DATA = {"id": [1, 2, 3, 4], "age": [10, None, 30, 200]}
NOON = datetime(2024, 5, 6, 12, 30, 15, tzinfo=UTC)


class Clock:
    """A clock that moves a second with each look at it."""

    def __init__(self, start=NOON):
        self.time = start

    def __call__(self):
        self.time += timedelta(seconds=1)
        return self.time


class Note(Action):
    """Notes what it was called with."""

    type: ClassVar[str] = "note"
    seen: list = []  # noqa: RUF012 pydantic copies it
    answer: str = "success"

    def deliver(self, result, run):
        self.seen.append((result, run))
        if self.answer == "raise":
            raise ActionError("the line is busy")
        yield flow.Sleep(0)
        return ActionResult(ActionStatus(self.answer), message="noted")


class Interrupt(Action):
    def deliver(self, result, run):
        raise KeyboardInterrupt


def note(**options):
    action = Note(**options)
    action.__dict__["seen"] = []
    return action


def made(validators=("null",), actions=(), **options):
    return Checkpoint(
        **{"name": "users", "data_source": DATA, "validators": list(validators), "actions": list(actions)} | options
    )


# --- options ----------------------------------------------------------------------------------------------------------


def test_the_documents_config():
    config = CheckpointConfig(
        name="production_validation",
        data_source="s3://bucket/data.parquet",
        validators=["null", "duplicate", "range"],
        min_severity="medium",
        schema="schema.yaml",
        auto_schema=False,
        run_name_template="%Y%m%d_%H%M%S",
        tags={"env": "production", "team": "data-platform"},
        metadata={"owner": "data-team@company.com"},
        fail_on_critical=True,
        fail_on_high=False,
        timeout_seconds=3600,
        sample_size=100000,
    )
    checkpoint = Checkpoint(config=config)
    assert checkpoint.name == "production_validation"
    assert checkpoint.config is config
    assert config.schema == "schema.yaml"
    assert [r.type for r in config.rules] == ["null", "duplicate", "range"]


def test_all_mistakes_at_once():
    with pytest.raises(ConfigError) as caught:
        Checkpoint(
            name="", data_source=None, validators=["nul", {"range": {"min_valu": 1}}], fail_on_hihg=True, examples=1001,
            actions=[{"type": "store_rsult"}, {"type": "store_result", "pth": "x"}, 5],
        )  # fmt: skip
    assert set(caught.value.problems) == {
        'Checkpoint: fail_on_hihg: unknown key; did you mean "fail_on_high"?',
        "Checkpoint: name: string should have at least 1 character",
        'Checkpoint: data_source: "data_source" is required',
        "Checkpoint: examples: input should be less than or equal to 1000",
        'Checkpoint: actions.0.type: no action of type "store_rsult"; did you mean "store_result"?',
        "Checkpoint: actions.1.pth: unknown key",
        "Checkpoint: actions.2: an action, or a mapping with its type, is expected, not int",
        'Checkpoint: validators[0]: unknown validator "nul"; did you mean "null"?',
        'Checkpoint: validators[1].range.min_valu: unknown key; did you mean "min_value"?',
    }


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"validators": "null"}, "validators: a list is expected"),
        ({"validators": {"null": {}}}, "validators: a list is expected"),
        ({"validators": 5}, "validators: a list is expected"),
        ({"actions": "store_result"}, "actions: a list is expected"),
        ({"actions": ["store_result"]}, "write type: store_result"),
        ({"actions": [{"store_path": "x"}]}, '"type" is required'),
        ({"actions": [{"type": "custom", 5: 1}]}, "the key 5 is not text"),
        ({"data_source": ""}, "data_source: the data source is empty"),
        ({"data_source": True}, "data_source: data_source is a bool"),
        ({"data_source": {"pth": "a.csv"}}, 'data_source.pth: unknown key; did you mean "path"?'),
        ({"data_source": {"format": "csv"}}, "data_source.path: is missing"),
        ({"data_source": "postgers://u:hunter2@h/d"}, "is not a data source"),
        ({"name": " "}, "a name has at least one letter"),
        ({"name": "a\nb"}, "no control characters"),
        ({"name": "x" * 201}, "at most 200 characters"),
        ({"severity_thresholds": {"high": "20"}}, "a percentage (5%) or a ratio"),
        ({"severity_thresholds": {"medium": 0.5, "high": "20%"}}, "a higher severity needs a higher ratio"),
        ({"run_name_template": " "}, "strftime"),
        ({"sample_size": 0}, "greater than or equal to 1"),
        ({"timeout_seconds": 0}, "greater than 0"),
        ({"min_severity": "hihg"}, 'did you mean "high"?'),
        ({"config": {"name": "x"}}, "config: a CheckpointConfig is expected, not dict"),
        ({"schema_": "x"}, 'did you mean "schema"?'),
    ],
)
def test_mistakes_in_options(options, said):
    with pytest.raises(ConfigError) as caught:
        Checkpoint(**{"name": "x", "data_source": DATA} | options)
    assert said in str(caught.value)


def test_the_callers_config_stays_as_it_is():
    config = CheckpointConfig(name="a", data_source="a.csv", validators=["null"], tags={"x": "1"})
    other = Checkpoint(config=config, name="b", data_source="b.csv").add_action(note())
    assert (config.name, config.data_source, config.actions) == ("a", "a.csv", ())
    assert (other.name, other.config.data_source, other.config.tags, len(other.actions)) == (
        "b",
        "b.csv",
        {"x": "1"},
        1,
    )
    assert other.config.rules == config.rules


def test_other_options_are_checked_as_well():
    config = CheckpointConfig(name="a", data_source="a.csv")
    with pytest.raises(ConfigError, match='Checkpoint: exmples: unknown key; did you mean "examples"'):
        Checkpoint(config=config, exmples=3)


def test_rules_keep_their_places_when_other_options_change():
    config = CheckpointConfig(name="a", data_source="a.csv", validators=["null"])
    config._rules = (config.rules[0].located_at("truthound.yaml:7"),)
    assert Checkpoint(config=config, data_source="b.csv").config.rules[0].location == "truthound.yaml:7"
    assert Checkpoint(config=config, validators=["null"]).config.rules[0].location is None


def test_passwords_and_data_are_not_in_the_repr():
    config = CheckpointConfig(name="a", data_source="postgresql://u:hunter2@host/db")
    assert "hunter2" not in repr(config) + repr(Checkpoint(config=config))
    assert "200" not in repr(CheckpointConfig(name="a", data_source=pl.DataFrame(DATA)))


@pytest.mark.parametrize("source", [DATA, pl.DataFrame(DATA), pl.DataFrame(DATA).lazy()])
def test_data_in_memory(source):
    assert made(data_source=source).run().validation_result.row_count == 4


def test_validators_three_ways():
    by_name = made(["range"], validator_config={"range": {"columns": {"age": {"max_value": 150}}}}).run()
    by_mapping = made([{"range": {"columns": ["age"], "max_value": 150}}]).run()
    by_object = made([Range("age", max_value=150)]).run()
    for result in (by_name, by_mapping, by_object):
        (issue,) = result.issues
        assert (issue.columns, issue.failed, issue.examples[0].row) == (("age",), 1, 4)


# --- a run ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("severity", "options", "status"),
    [
        ("critical", {}, "failure"),
        ("critical", {"fail_on_critical": False}, "warning"),
        ("high", {}, "warning"),
        ("high", {"fail_on_high": True}, "failure"),
        ("low", {}, "warning"),
        ("low", {"min_severity": "medium"}, "success"),
    ],
)
def test_status(severity, options, status):
    result = made([Null("age", severity=severity)], **options).run()
    assert result.status == status
    assert result.error is None


def test_thresholds_replace_their_defaults_one_by_one():
    (issue,) = made(["null"], severity_thresholds={"high": "24%"}).run().issues
    assert issue.severity is Severity.HIGH
    (issue,) = made(["null"], severity_thresholds={"critical": 0.2, "high": "20%"}).run().issues
    assert issue.severity is Severity.CRITICAL
    (issue,) = made(["null"], severity_thresholds={"high": "30%"}).run().issues
    assert issue.severity is Severity.MEDIUM


def test_the_result():
    result = made(tags={"env": "prod"}, metadata={"owner": "me"}, clock=Clock()).run(
        {"trigger": "cron", "tags": {"zone": "eu"}}
    )
    assert (result.checkpoint_name, result.status) == ("users", CheckpointStatus.WARNING)
    assert result.run_time == NOON + timedelta(seconds=1)
    assert result.run_id.startswith("users_20240506_123016_")
    assert result.duration_ms > 0
    assert result.metadata == {"owner": "me", "trigger": "cron", "tags": {"env": "prod", "zone": "eu"}}
    assert result.tags == {"env": "prod", "zone": "eu"}
    assert CheckpointResult.from_dict(json.loads(json.dumps(result.to_dict()))) == result
    assert "users: warning" in result.summary()


def test_run_ids_differ_and_are_safe():
    checkpoint = made(name="../../etc/pässwd $(rm)", run_name_template="%Y/%m/%d %H:%M", clock=lambda: NOON)
    ids = {checkpoint.run().run_id for _ in range(20)}
    assert len(ids) == 20
    assert all(part not in i for i in ids for part in ("/", " ", "$", "(", ":"))
    assert not any(i.startswith(".") for i in ids)


def test_times_are_utc_whatever_the_clock_says():
    east = NOON.astimezone(timezone(timedelta(hours=9)))
    result = made(clock=lambda: east).run()
    assert (result.run_time, result.run_time.utcoffset()) == (NOON, timedelta(0))


def test_a_clock_that_goes_back():
    times = iter([NOON, *[NOON - timedelta(hours=1)] * 50])
    assert made(clock=lambda: next(times)).run().duration_ms == 0


def test_nothing_asked_for_runs_what_fits(tmp_path):
    (tmp_path / "data.csv").write_text("a,b\n1, x\n1, x\n,y\n")
    result = Checkpoint(name="my_check", data_source="data.csv", base=tmp_path).run()
    assert {o.validator for o in result.issues} == {"null", "duplicate", "whitespace"}


def test_an_empty_list_is_not_the_default_set(tmp_path):
    with pytest.raises(ConfigError, match=r"Checkpoint: validators: an empty list checks nothing; name validators"):
        made([])
    schema = {"columns": {"id": {"type": "int64"}, "age": {"type": "int64"}}}
    result = made([], schema=schema).run()
    assert result.status is CheckpointStatus.SUCCESS
    assert {o.validator for o in result.validation_result.outcomes} <= {
        "schema",
        "column_type",
        "null",
        "column_exists",
    }


def test_a_schema_may_be_written_in_place():
    with pytest.raises(ConfigError, match=r'schema\.columns\.id\.type: "intt" is not a known type'):
        made(schema={"columns": {"id": {"type": "intt"}}})
    with pytest.raises(ConfigError, match="schema: the path of a schema file is expected"):
        made(schema=5)


def test_whose_fault_it_is(tmp_path):
    def run(**options):
        result = Checkpoint("x", validators=["null"], base=tmp_path, **options).run()
        assert type(result).from_dict(result.to_dict()) == result
        return result.error_type

    assert run(data_source=DATA) is None
    assert run(data_source="nothing.csv") == "SourceError"
    assert run(data_source=DATA, schema="nothing.yaml") == "ConfigError"
    assert run(data_source=DATA, pii="nobody") == "ConfigError"
    assert run(data_source=DATA, primary_key="nobody") == "ConfigError"


@pytest.mark.parametrize("where", ["a = = 1", "a >", "SELECT 1"])
def test_a_filter_that_is_no_sql_is_a_mistake_at_once(where):
    with pytest.raises(ConfigError, match=r"data_source\.where: .* is not a SQL expression"):
        Checkpoint("x", {"path": "a.csv", "where": where})
    Checkpoint("x", {"path": "sqlite:///a.db", "table": "t", "where": where})  # its own kind of SQL


def test_when_every_check_is_skipped_nothing_was_checked():
    result = made(["range"]).run()
    assert result.status is CheckpointStatus.ERROR
    assert result.error.startswith("no check could be evaluated: all were skipped: nothing configured")


def test_a_check_that_cannot_be_made_is_an_error_with_its_reason():
    result = made([Null("agee"), "null"]).run()
    assert result.status is CheckpointStatus.ERROR
    assert result.error.startswith("1 check could not be evaluated; null:agee: column not found")
    assert len(result.issues) == 2


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"data_source": "nowhere.csv"}, "nowhere.csv"),
        ({"pii": ["agee"]}, '"agee"'),
        ({"schema": "nowhere.yaml"}, "nowhere.yaml"),
        ({"data_source": "postgresql://u:hunter2@127.0.0.1:1/db"}, "127.0.0.1"),
    ],
)
def test_a_run_that_cannot_be_made_tells_its_actions(options, said):
    told = note(notify_on="error")
    result = made(actions=[told], **options).run()
    assert result.status is CheckpointStatus.ERROR
    assert said in result.error
    assert "hunter2" not in result.error
    assert result.validation_result is None
    ((seen, run),) = told.seen
    assert seen.error == result.error
    assert run.split is None


def test_what_nobody_foresaw_is_an_error_too():
    class Surprise(Null):
        def bind(self, table):
            raise RuntimeError("surprise at postgresql://u:hunter2@h/d")

    result = made([Surprise()]).run()
    assert (result.status, result.error) == (CheckpointStatus.ERROR, "RuntimeError: surprise at postgresql://u:•••@h/d")


# --- actions ----------------------------------------------------------------------------------------------------------


def test_actions_run_in_order_and_see_those_before():
    first, second = note(name="first"), note(name="second")
    result = made(actions=[first, second]).run()
    assert [a.action_name for a in result.action_results] == ["first", "second"]
    assert first.seen[0][0].action_results == []
    assert [a.action_name for a in second.seen[0][0].action_results] == ["first"]
    assert second.seen[0][0].run_id == result.run_id


def test_a_callback_gets_the_result():
    seen = []
    result = made(actions=[CustomAction(callback=lambda r: seen.append(r.status) or {"processed": True})]).run()
    assert seen == [result.status]
    assert result.action_results[0].delivered


@pytest.mark.parametrize(("strict", "status"), [(True, "error"), (False, "warning")])
def test_an_action_that_fails(strict, status):
    broken, after = note(name="broken", answer="raise", fail_checkpoint_on_error=strict), note()
    result = made(actions=[broken, after]).run()
    assert result.status == status
    assert result.error == ('the action "broken" was not delivered: the line is busy' if strict else None)
    assert [a.status for a in result.action_results] == ["failure", "success"]
    assert after.seen[0][0].status == status


def test_an_action_that_is_skipped_is_no_failure():
    result = made(actions=[note(notify_on="error", fail_checkpoint_on_error=True)]).run()
    assert (result.status, result.action_results[0].status) == ("warning", "skipped")


def test_an_interrupt_is_not_swallowed():
    with pytest.raises(KeyboardInterrupt):
        made(actions=[Interrupt()]).run()


def test_actions_may_split_the_data():
    told = note()
    made([Null("age")], actions=[told]).run()
    split = told.seen[0][1].split()
    assert split.good.collect().height + split.bad.collect().height == 4
    assert split.bad.collect()["id"].to_list() == [2]


def test_actions_know_the_status_of_the_run_before(tmp_path):
    told = note()
    store = StoreValidationResult(store_path="results")
    checkpoint = made(actions=[told, store], base=tmp_path, clock=Clock())
    checkpoint.run()
    Checkpoint(
        config=checkpoint.config, data_source={"id": [1], "age": [1]}, base=tmp_path, clock=checkpoint.clock
    ).run()
    checkpoint.run()
    assert [run.previous and run.previous.status for _, run in told.seen] == [
        None,
        CheckpointStatus.WARNING,
        CheckpointStatus.SUCCESS,
    ]
    assert len(load_results(tmp_path / "results", "users")) == 3


@pytest.mark.parametrize("partition_by", [None, "status"])
def test_what_is_stored_is_the_final_result(tmp_path, partition_by):
    store = {"type": "store_result", "store_path": "results", "partition_by": partition_by}
    before, after = note(name="before"), note(name="after", answer="raise", fail_checkpoint_on_error=True)
    result = made(actions=[before, store, after], base=tmp_path).run()
    assert result.status is CheckpointStatus.ERROR
    assert [a.action_name for a in result.action_results] == ["before", "store_result", "after"]
    assert "store_result" not in [a.action_name for a in after.seen[0][0].action_results]
    (stored,) = load_results(tmp_path / "results")
    assert (stored.run_id, stored.status, stored.error) == (result.run_id, result.status, result.error)
    assert stored.validation_result == result.validation_result
    assert stored.action_results == [result.action_results[0], result.action_results[2]]
    assert len([p for p in (tmp_path / "results").rglob("*") if p.is_file()]) == 1


def test_whether_it_is_stored_depends_on_the_final_status(tmp_path):
    stores = [{"type": "store_result", "store_path": on, "notify_on": on} for on in ("error", "not_success", "success")]
    after = note(answer="raise", fail_checkpoint_on_error=True)
    result = made(actions=[*stores, after], base=tmp_path).run()
    assert [a.status for a in result.action_results] == ["success", "success", "skipped", "failure"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["error", "not_success"]


def test_a_store_that_fails_the_run_is_told_of_by_another(tmp_path):
    (tmp_path / "file").write_text("")
    kept = StoreValidationResult(name="kept", store_path="kept")
    lost = StoreValidationResult(name="lost", store_path="file/x", fail_checkpoint_on_error=True)
    result = made(actions=[kept, lost], base=tmp_path).run()
    assert [a.action_name for a in result.action_results] == ["kept", "lost"]
    (stored,) = load_results(tmp_path / "kept")
    assert (stored.status, stored.error) == (CheckpointStatus.ERROR, result.error)


def test_the_final_result_is_stored_on_asyncio_too(tmp_path):
    actions = [StoreValidationResult(store_path="."), note(answer="raise", fail_checkpoint_on_error=True)]
    result = asyncio.run(flow.arun(made(actions=actions, base=tmp_path).flow()))
    assert [s.status for s in load_results(tmp_path)] == [result.status] == [CheckpointStatus.ERROR]


def test_a_broken_store_does_not_keep_a_checkpoint_from_running(tmp_path):
    (tmp_path / "results").write_text("a file, not a folder")
    result = made(actions=[StoreValidationResult(store_path=str(tmp_path / "results"))]).run()
    assert result.status is CheckpointStatus.WARNING
    assert not result.action_results[0].delivered


def test_the_flow_runs_on_asyncio():
    told = note()
    result = asyncio.run(flow.arun(made(actions=[told]).flow({"by": "asyncio"})))
    assert (result.status, result.metadata["by"], len(told.seen)) == (CheckpointStatus.WARNING, "asyncio", 1)


def test_threads_may_share_a_checkpoint():
    checkpoint, results = made(), []
    threads = [threading.Thread(target=lambda: results.append(checkpoint.run())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({r.run_id for r in results}) == 4
    assert all(r.issues == results[0].issues for r in results)


# --- the package's face -----------------------------------------------------------------------------------------------


def test_every_public_name_is_there():
    for module in (truthound, truthound.checkpoint):
        assert module.__all__ == sorted(module.__all__)
        assert all(getattr(module, name) is not None for name in module.__all__)
        assert dir(module) == module.__all__
        with pytest.raises(AttributeError, match="nonsense"):
            module.nonsense  # noqa: B018
    assert truthound.check(DATA, ["null"]).issues


def test_importing_is_cheap():
    code = "import sys; before = set(sys.modules); import truthound; print(*sorted(set(sys.modules) - before))"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert set(loaded) <= {
        "__future__",
        "truthound",
        "truthound._internal",
        "truthound._version",
        "truthound._internal.lazy",
    }
    code = (
        "import sys, truthound.checkpoint.checkpoint, truthound.checkpoint.registry; assert 'polars' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_run_before_is_known_without_a_store_too():
    told = note()
    checkpoint = made(actions=[told], clock=Clock())
    first, _ = checkpoint.run(), checkpoint.run()
    assert [run.previous for _, run in told.seen] == [None, first]


def test_on_change_and_recovered():
    data = {"id": [1, None]}
    changed, well = note(notify_on="on_change"), note(notify_on="recovered")
    checkpoint = made(data_source=data, validators=["null"], actions=[changed, well], clock=Clock(), fail_on="low")
    for ids in ([1, None], [None, None], [1, 2], [1, 3], [None, 2]):
        data["id"][:] = ids
        checkpoint.run()
    assert [r.status.value for r, _ in changed.seen] == ["failure", "success", "failure"]
    assert [r.status.value for r, _ in well.seen] == ["success"]


def test_a_change_that_nobody_was_told_of_is_due_again():
    data, answers = {"id": [1, None]}, [False, True, True, False]
    told = []

    def callback(result):
        told.append(result.status.value)
        if not answers.pop(0):
            raise RuntimeError("nobody there")

    changed = CustomAction(callback=callback, notify_on="on_change")
    checkpoint = made(data_source=data, validators=["null"], actions=[changed], clock=Clock(), fail_on="low")
    results = [checkpoint.run() for _ in range(3)]
    assert told == ["failure", "failure"]
    assert [r.action_results[0].status.value for r in results] == ["error", "success", "skipped"]
    data["id"][:] = [1, 2]
    checkpoint.run()
    data["id"][:] = [1, None]  # told of the next change, not twice of the last one
    answers[:] = [False]
    checkpoint.run()
    assert told == ["failure", "failure", "success", "failure"]


def test_an_action_that_failed_is_no_change_of_the_data():
    data, answers = {"id": [1, 2]}, []

    def callback(result):
        if answers.pop(0):
            raise RuntimeError("nobody there")

    faulty = CustomAction(callback=callback, fail_checkpoint_on_error=True)
    changed, well = note(notify_on="on_change"), note(notify_on="recovered")
    actions = [changed, faulty, well]
    checkpoint = made(data_source=data, validators=["null"], actions=actions, clock=Clock(), fail_on="low")
    statuses = []
    for ids, fails in (([1, 2], True), ([1, 3], False), ([1, None], True), ([2, None], False), ([1, 2], True)):
        data["id"][:], answers[:] = ids, [fails]
        statuses.append(checkpoint.run().status.value)
    assert statuses == ["error", "success", "error", "failure", "error"]
    assert [r.issues != () for r, _ in changed.seen] == [True, False]
    assert [r.issues != () for r, _ in well.seen] == [False]


def test_a_store_that_skips_runs_does_not_know_the_run_before(tmp_path):
    some = {"type": "store_result", "store_path": str(tmp_path), "notify_on": "failure"}
    with pytest.raises(ConfigError, match=r"actions\.1\.notify_on: on_change looks at the run before"):
        made(actions=[some, {"type": "custom", "callback": print, "notify_on": "on_change"}])
    made(actions=[some, {"type": "custom", "callback": print, "notify_on": "failure"}])
    every = some | {"notify_on": "always", "store_path": str(tmp_path / "all")}
    made(actions=[some, every, {"type": "custom", "callback": print, "notify_on": "recovered"}])
