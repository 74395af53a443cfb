"""No command writes over its inputs, and files that users edit are overwritten with --force only."""

import os
from pathlib import Path

import pytest
import yaml

from truthound.cli.overwrite_guard import ensure_not_input


def contents(folder):
    """Every file's content; of a link that of its target."""
    return {str(p): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture
def inputs(project):
    """The project with data in folders, links to all of it, a schema and a reference."""
    for place in ("scan", "hive/day=1", "hive/day=2"):
        (project / place).mkdir(parents=True)
        (project / place / "part.csv").write_text("id\n1\n")
    targets = {"l-users": "users.csv", "l-scan": "scan/part.csv", "l-hive": "hive/day=2/part.csv", "l-folder": "scan"}
    for name, target in targets.items():
        (project / name).symlink_to(target)
    os.link(project / "users.csv", project / "hard")
    (project / "known.csv").write_text("user_id\n1\n")
    (project / "schema.yaml").write_text("columns: {user_id: {type: int64}}\n")
    kept = {
        "name": "kept",
        "data_source": "users.csv",
        "schema": "schema.yaml",
        "validators": [{"foreign_key": {"columns": "user_id", "reference": "known.csv", "reference_columns": "user_id"}}],
        "actions": [{"type": "quarantine", "bad_path": "bad.csv"}],
    }  # fmt: skip
    (project / "kept.yaml").write_text(yaml.safe_dump({"checkpoints": [kept]}))
    return project


INIT = "checkpoint init --force --data"


@pytest.mark.parametrize(
    "command",
    [
        f"{INIT} users.csv -o users.csv",
        f"{INIT} users.csv -o scan/../users.csv",
        f"{INIT} users.csv -o l-users",
        f"{INIT} l-users -o users.csv",
        f"{INIT} users.csv -o hard",
        f"{INIT} l-folder/part.csv -o scan/part.csv",
        f"{INIT} scan -o l-folder/new.csv",
        "schema infer users.csv --force -o users.csv",
        "schema infer users.csv --force -o truthound.yaml",
        "profile users.csv -o ./users.csv",
        "profile users.csv -o truthound.yaml",
        "check *.csv -o more.csv",
        "check scan -o l-scan",
        "check scan/*.csv -o l-scan",
        "check scan -o l-folder/new.csv",
        "check hive -o l-hive",
        "check hive/*/*.csv -o l-hive",
        "check users.csv -o truthound.yaml",
        "config schema -o truthound.yaml",
        "checkpoint run cities -o truthound.yaml",
        "checkpoint run cities --sarif truthound.yaml",
        "checkpoint run kept -c kept.yaml -o kept.yaml",
        "checkpoint run kept -c kept.yaml -o truthound.yaml",
        "checkpoint run kept -c kept.yaml -o schema.yaml",
        "checkpoint run kept -c kept.yaml -o known.csv",
        "checkpoint run kept -c kept.yaml -o bad.csv",
        "checkpoint list -o truthound.yaml",
        "checkpoint list -c kept.yaml -o kept.yaml",
        "checkpoint history users -o truthound.yaml",
    ],
)
def test_inputs_and_configurations_are_not_overwritten(cli, inputs, command):
    before = contents(inputs)
    code, out, err = cli(*command.split())
    assert (code, out) == (2, "")
    assert err.endswith("would overwrite an input or the configuration file; write to another file\n")
    assert contents(inputs) == before


@pytest.mark.parametrize("name", ["orders.csv", "orders.parquet", "orders.csv.gz", "orders.xlsx", "orders.duckdb"])
@pytest.mark.parametrize(
    "command",
    ["check users.csv -o", "checkpoint run cities --sarif", "profile users.csv -o", "checkpoint init --force -o"],
)
def test_files_of_data_are_not_overwritten(cli, inputs, name, command):
    (inputs / name).write_text("mine")
    code, out, err = cli(*command.split(), name)
    assert (code, out) == (2, "")
    assert "would overwrite a file of data" in err
    assert (inputs / name).read_text() == "mine"


def test_history_does_not_overwrite_a_stored_run(cli, inputs):
    assert cli("checkpoint", "run", "users")[0] == 1
    (stored,) = (inputs / "results").iterdir()
    before = contents(inputs)
    assert cli("checkpoint", "history", "users", "-o", f"results/{stored.name}")[0] == 2
    assert contents(inputs) == before


@pytest.mark.parametrize("command", [f"{INIT} users.csv -o new.yaml", "schema infer users.csv --force -o new.yaml"])
def test_an_existing_file_needs_force(cli, inputs, command):
    (inputs / "new.yaml").write_text("mine")
    code, out, err = cli(*command.replace("--force ", "").split())
    assert (code, out) == (2, "")
    assert "new.yaml exists; --force overwrites it" in err
    assert (inputs / "new.yaml").read_text() == "mine"
    assert cli(*command.split())[0] == 0
    assert "mine" not in (inputs / "new.yaml").read_text()


@pytest.mark.parametrize(
    "command",
    [
        f"{INIT} users.csv -o truthound.yaml",
        "check users.csv -o scan/report.txt",
        "check scan/*.csv -o scan/report.json --format json",
        "profile users.csv -o report.json --format json",
        "config schema -o truthound.schema.json",
    ],
)
def test_a_report_replaces_the_earlier_one(cli, inputs, command):
    for _ in range(2):
        assert cli(*command.split())[0] in {0, 1}


@pytest.mark.parametrize("path", [None, Path("-"), Path("/dev/stdout"), Path(os.devnull), Path("new.csv")])
def test_streams_devices_and_new_files_are_accepted(folder, path):
    ensure_not_input(path, ("users.csv", None))
