"""Checkpoints as plain values, and back."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
import yaml

from truthound.checkpoint import Checkpoint, CheckpointConfig
from truthound.checkpoint.actions import Action, CustomAction, QuarantineAction, StoreValidationResult
from truthound.checkpoint.config import load_checkpoints, load_config
from truthound.errors import ConfigError
from truthound.schema import Schema
from truthound.validators import Function, Null, Range
from truthound.validators.base import Validator

GOOD = sorted((Path(__file__).parent / "good").glob("*.yaml"))
ENV = {"DATA_PATH": "data/users.csv", "RESULTS_PATH": "out"}


def every_row(frame):
    return pl.lit(value=True)


def full(**options):
    return CheckpointConfig(
        **{
            "name": "a",
            "data_source": {"path": "x.csv", "options": {"separator": ";"}},
            "validators": [
                "null",
                {"range": {"columns": {"age": {"min_value": 0}}}},
                {"unique": [{"columns": "id"}, {"columns": ["a", "b"]}]},
                Null("id", "${X}", max_fail={"high": 5, "critical": "1%"}, tags="t"),
                Null,
                Range("n", max_value=1.5),
            ],
            "validator_config": {"null": {"severity": "low"}},
            "min_severity": "medium",
            "severity_thresholds": {"high": "20%"},
            "schema": Schema.from_dict({"columns": {"id": {"type": "int64", "values": [1, 2]}}, "primary_key": ["id"]}),
            "tags": {"env": "p"},
            "metadata": {"deep": {"list": [1, None, 1.5, "$${A} ${B}"], "${K}": 1}},
            "pii": "email",
            "timeout_seconds": 60,
            "actions": [
                StoreValidationResult(store_path="out", retention_days=3),
                QuarantineAction(bad_path="bad-{run_id}.csv"),
                CustomAction(shell_command="run ${HOME}", environment={"TOKEN": "t"}),
            ],
        }
        | options
    )


def test_there_and_back():
    config = full()
    document = config.to_dict()
    assert CheckpointConfig.from_dict(document) == config
    assert json.loads(json.dumps(document)) == yaml.safe_load(yaml.safe_dump(document)) == document
    assert CheckpointConfig.from_dict(document).to_dict() == document
    assert CheckpointConfig.from_dict(document).with_options(seed=3).to_dict() == document | {"seed": 3}


def test_only_what_was_given_is_written():
    assert CheckpointConfig(name="a", data_source="x.csv").to_dict() == {"name": "a", "data_source": "x.csv"}
    document = full(seed=0, validators=[Null("id")], validator_config={}).to_dict()
    assert document["seed"] == 0
    assert document["validators"] == [{"type": "null", "columns": ["id"]}]
    assert document["actions"][0] == {"type": "store_result", "store_path": "out", "retention_days": 3}


def test_a_file_takes_it(tmp_path):
    config = full()
    (tmp_path / "truthound.yaml").write_text(yaml.safe_dump({"checkpoints": [config.to_dict()]}, sort_keys=False))
    (read,) = load_config(tmp_path / "truthound.yaml").checkpoints
    assert read == config
    assert read.to_dict() == config.to_dict()


@pytest.mark.parametrize("path", GOOD, ids=lambda p: p.stem)
def test_files_there_and_back(path):
    for checkpoint in load_checkpoints(path, ENV):
        document = json.loads(json.dumps(checkpoint.to_dict()))
        again = CheckpointConfig.from_dict(document, ENV)
        assert again == checkpoint.config
        assert again.to_dict() == document


def test_variables_stay_as_they_were_written(tmp_path):
    text = """checkpoints:
- name: a
  data_source: postgresql://u:${DB_PASSWORD}@h/d#t
  sample_size: ${N:-5}
  actions:
  - {type: store_result, store_path: "${OUT}/$${x}", retry_count: "${N:-2}"}
  - {type: custom, shell_command: "run ${TOKEN}", environment: {API_KEY: "${API_KEY}"}}
"""
    (tmp_path / "truthound.yaml").write_text(text)
    env = {"DB_PASSWORD": "hunter2", "OUT": "o", "API_KEY": "s3cr3t-key"}
    (checkpoint,) = load_checkpoints(tmp_path / "truthound.yaml", env)
    document = checkpoint.to_dict()
    assert document == yaml.safe_load(text)["checkpoints"][0]
    again = CheckpointConfig.from_dict(document, env)
    assert again == checkpoint.config
    assert (again.sample_size, again.actions[0].store_path, again.actions[0].retry_count) == (5, "o/${x}", 2)
    assert "s3cr3t-key" not in repr(again)
    with pytest.raises(ConfigError) as caught:
        CheckpointConfig.from_dict(document, {})
    assert [p.split()[2] for p in caught.value.problems] == ["DB_PASSWORD", "OUT", "API_KEY"]


def test_a_checkpoint_runs_the_same_after_it(tmp_path):
    (tmp_path / "x.csv").write_text("id\n1\n\n3\n")
    before = Checkpoint(
        "a", "x.csv", [Null("id")], base=tmp_path, actions=[{"type": "store_result", "store_path": "o"}]
    )
    after = Checkpoint.from_dict(before.to_dict(), base=tmp_path)
    one, other = before.run(), after.run()
    assert one.validation_result.outcomes == other.validation_result.outcomes
    assert one.status == other.status
    assert len(list((tmp_path / "o").iterdir())) == 2


class Own(Validator):
    type = "null"


class Elsewhere(Action):
    type = "elsewhere"


def test_what_cannot_be_written_is_told_at_once():
    config = full(
        data_source=pl.DataFrame({"a": [1]}),
        validators=[Own(), lambda frame: frame],
        actions=[CustomAction(callback=print), Elsewhere()],
        validator_config={},
        metadata={"x": object()},
    )
    with pytest.raises(ConfigError) as caught:
        config.to_dict()
    found = dict(p.removeprefix("to_dict: ").split(": ", 1) for p in caught.value.problems)
    assert set(found) == {
        "data_source",
        "validators.0",
        "validators.1.function",
        "metadata.x",
        "actions.0.callback",
        "actions.1",
    }
    assert found["data_source"].startswith(
        "a DataFrame cannot be written down; give what a file can hold, such as a path"
    )
    assert "cannot be imported by others; define it at the top of a module" in found["validators.1.function"]
    assert found["actions.1"].startswith('the class Elsewhere is not what "elsewhere" means in a file')


def test_functions_become_their_places():
    config = full(validators=[every_row, Function(every_row, name="every")], validator_config={})
    document = config.to_dict()
    place = f"{__name__}:every_row"
    assert document["validators"] == [
        {"type": "function", "function": place},
        {"type": "function", "function": place, "name": "every"},
    ]
    assert CheckpointConfig.from_dict(document).to_dict() == document


def test_paths_become_text(tmp_path):
    config = CheckpointConfig(name="a", data_source=tmp_path / "x.csv", schema=Path("s.yaml"))
    assert config.to_dict() == {"name": "a", "data_source": f"{tmp_path}/x.csv", "schema": "s.yaml"}


def test_dates_and_exact_numbers_become_what_a_file_has():
    config = full(
        validators=[Range("d", min_value=date(2024, 1, 1)), Range("n", min_value=Decimal("0.5"))], validator_config={}
    )
    assert [v["min_value"] for v in config.to_dict()["validators"]] == ["2024-01-01", 0.5]


def test_mistakes_are_told_as_ever():
    with pytest.raises(ConfigError, match='sample_siz: unknown key; did you mean "sample_size"'):
        CheckpointConfig.from_dict({"name": "a", "data_source": "x.csv", "sample_siz": 1})
    with pytest.raises(ConfigError, match=r"actions\.0\.type: no action of type"):
        Checkpoint.from_dict({"name": "a", "data_source": "x.csv", "actions": [{"type": "stor_result"}]})
    with pytest.raises(ConfigError, match=r"actions: a list is expected"):
        Checkpoint.from_dict({"name": "a", "data_source": "x.csv", "actions": "store_result"})
