"""Nothing that is read, and nothing that cannot be got back, is written over; and what may be, is."""

import os
from pathlib import Path

import polars as pl
import pytest

from truthound.cli.overwrite_guard import overwrite_conflict


def held(folder):
    """Every file's content, a link's being where it leads."""
    return {str(p): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture
def crowded(project, cli):
    """A project with data in folders, links to all of it, a Delta table, a sheet and stored results."""
    for place in ("scan", "hive/day=1", "hive/day=2", "else"):
        (project / place).mkdir(parents=True)
        (project / place / "part.csv").write_text("id\n1\n")
    for name, target in {
        "l-users": "users.csv",
        "l-scan": "scan/part.csv",
        "l-hive": "hive/day=2/part.csv",
        "l-config": "truthound.yaml",
        "l-sheet": "sheet.xlsx",
        "l-folder": "scan",
    }.items():
        (project / name).symlink_to(target)
    os.link(project / "users.csv", project / "hard")
    frame = pl.DataFrame({"id": [1, 2]})
    pytest.importorskip("deltalake")
    frame.write_delta(project / "table")
    frame.write_excel(project / "sheet.xlsx")
    assert cli("checkpoint", "run", "users")[0] == 1
    (project / "stored").symlink_to(next((project / "results").iterdir()))
    (project / ".truthound").mkdir()
    (project / ".truthound" / "users.yaml").write_text("columns: {}\n")
    return project


INIT = "checkpoint init --force --data"


@pytest.mark.parametrize(
    "command",
    [
        f"{INIT} users.csv -o users.csv",
        f"{INIT} users.csv -o else/../users.csv",
        f"{INIT} users.csv -o l-users",
        f"{INIT} l-users -o users.csv",
        f"{INIT} users.csv -o hard",
        f"{INIT} l-folder/part.csv -o scan/part.csv",
        f"{INIT} scan -o l-folder/new.csv",
        f"{INIT} users.csv -o else/part.csv",  # other data
        f"{INIT} users.csv -o notes.txt",
        "schema infer users.csv --force -o else/part.csv",
        "schema infer users.csv --force -o rows.json",
        "schema infer users.csv --force -o truthound.yaml",
        "check scan -o l-scan",
        "check scan/*.csv -o l-scan",
        "check scan -o l-folder/new.csv",
        "check hive -o l-hive",
        "check hive/*/*.csv -o l-hive",
        "check table -o table/_delta_log/00000000000000000000.json",
        "check users.csv -o table/_delta_log/00000000000000000000.json",
        "check table -o table/new.parquet",
        "check users.csv -o table/report.txt",
        "check sheet.xlsx -o sheet.xlsx",
        "check sheet.xlsx -o l-sheet",
        "check users.csv -o sheet.xlsx",
        "check users.csv -o else/part.csv",
        "check users.csv -o stored",
        "check users.csv -o .truthound/users.yaml",
        "checkpoint run users -o stored",
        "checkpoint history users -o stored",
        "checkpoint list -o stored",
        "config schema -o stored",
        "check users.csv -o truthound.yaml",
        "check users.csv -o l-config",
        "config schema -o truthound.yaml",
        "profile users.csv -o truthound.yaml",
        "schema infer users.csv -o truthound.yaml",
        "checkpoint run users -o truthound.yaml",
        "checkpoint list -o truthound.yaml",
        "checkpoint history users -o truthound.yaml",
        "checkpoint list -c other.yaml -o truthound.yaml",
        "check users.csv -o other.yaml",
    ],
)
def test_what_is_read_or_cannot_be_got_back_stays(cli, crowded, command):
    (crowded / "other.yaml").write_text("checkpoints: [{name: other, data_source: users.csv}]\n")
    (crowded / "notes.txt").write_text("mine")
    (crowded / "rows.json").write_text("[]")
    before = held(crowded)
    code, out, err = cli(*command.split())
    assert (code, out) == (2, "")
    assert "would be overwritten" in err
    assert err.rstrip().endswith("write to another file")
    assert held(crowded) == before


@pytest.mark.parametrize(
    "command",
    [
        f"{INIT} users.csv -o truthound.yaml",
        f"{INIT} users.csv -o new.yaml",
        "schema infer users.csv --force -o schema.yaml",
        "check users.csv -o scan/report.txt",
        "check scan/*.csv -o scan/report.json --format json",
        "profile users.csv -o report.json --format json",
        "config schema -o truthound.schema.json",
    ],
)
def test_what_the_command_writes_itself_is_replaced(cli, crowded, command):
    for _ in range(2):
        assert cli(*command.split())[0] in {0, 1}


def test_a_packed_result_is_one_too(cli, project):
    text = (project / "truthound.yaml").read_text()
    (project / "truthound.yaml").write_text(
        text.replace("store_path: results", "store_path: results\n    compress: true")
    )
    cli("checkpoint", "run", "users")
    (stored,) = (project / "results").iterdir()
    assert "holds a stored result" in str(overwrite_conflict(stored))


def test_what_an_action_writes_is_no_place_for_the_report(cli, project):
    text = (project / "truthound.yaml").read_text().replace("- type: store_result\n    store_path: results", "- {type: quarantine, bad_path: bad.csv}")  # fmt: skip
    (project / "truthound.yaml").write_text(text)
    code, out, err = cli("checkpoint", "run", "users", "-o", "bad.csv")
    assert (code, out) == (2, "")
    assert "would be overwritten" in err


def test_streams_and_devices_are_no_files(folder):
    assert [
        overwrite_conflict(p) for p in (None, Path("-"), Path("/dev/stdout"), Path(os.devnull), Path("new.csv"))
    ] == [None] * 5
