"""Reports on narrow terminals and for long names, and errors that are printed whatever the output."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from rich.cells import cell_len


def failing_action(project):
    config = yaml.safe_load((project / "truthound.yaml").read_text())
    config["checkpoints"][1]["actions"] = [{"type": "custom", "name": "notify", "shell_command": "sh -c 'exit 3'"}]
    config["checkpoints"][1]["validators"] = [{"row_count": {"min_value": 1}}]
    (project / "truthound.yaml").write_text(yaml.safe_dump(config))


def test_an_action_that_was_not_delivered_is_told(cli, project):
    failing_action(project)
    code, out, _ = cli("checkpoint", "run", "cities")
    assert code == 4
    assert "PASSED    NOT DELIVERED: notify - 1 passed" in out


@pytest.mark.parametrize("options", [["-q"], ["-o", "out.txt"], ["-q", "--format", "json", "-o", "out.json"]])
def test_reasons_are_told_even_where_the_report_is_not_seen(cli, project, options):
    failing_action(project)
    code, _, err = cli("checkpoint", "run", "cities", *options)
    assert code == 4
    assert "error: cities: notify was not delivered: sh ended with exit code 3" in err
    (project / "users.csv").unlink()
    code, _, err = cli("checkpoint", "run", "cities", *options)
    assert code == 3
    assert "error: cities: users.csv does not exist" in err


def test_a_full_disk_is_no_bug(project):
    with Path("/dev/full").open("w") as full:
        made = subprocess.run(
            [sys.executable, "-m", "truthound", "check", "users.csv"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )  # fmt: skip
    assert made.returncode == 3
    assert made.stderr == "error: cannot write to standard output: No space left on device\n"


def test_checks_that_were_not_evaluated_have_no_ratio(cli, project):
    made = json.loads(cli("check", "users.csv", "-v", "null", "--format", "json")[1])
    assert {type(o["ratio"]) for o in made["validation_result"]["outcomes"]} == {float}
    config = "checkpoints: [{name: x, data_source: users.csv, validators: ['null': {columns: nope}, range]}]"
    (project / "x.yaml").write_text(config)
    made = json.loads(cli("checkpoint", "run", "x", "-c", "x.yaml", "--format", "json")[1])
    assert {o["status"]: o["ratio"] for o in made["validation_result"]["outcomes"]} == {"error": None, "skipped": None}


@pytest.mark.parametrize("kind", ["json", "yaml", "markdown"])
def test_checkpoints_as_data(cli, project, kind):
    out = cli("checkpoint", "list", "--format", kind)[1]
    if kind == "markdown":
        assert "| users | users.csv | null, unique, range | store\\_result | team=crm, env=test |" in out
    else:
        found = yaml.safe_load(out)
        assert [c["name"] for c in found] == ["users", "cities"]
        assert found[0]["validators"] == ["null", "unique", "range"]
        assert found[0]["tags"] == {"team": "crm", "env": "test"}


@pytest.mark.parametrize("columns", [40, 60, 80])
@pytest.mark.parametrize(
    "command", [["--help"], ["profile", "users.csv"], ["check", "users.csv"], ["checkpoint", "history", "users"]]
)
def test_nothing_is_wider_than_the_terminal(project, columns, command):
    environment = os.environ | {"COLUMNS": str(columns)}
    run = [sys.executable, "-m", "truthound"]
    subprocess.run([*run, "checkpoint", "run", "users", "-q"], env=environment, check=False, capture_output=True)
    out = subprocess.run([*run, *command], env=environment, check=False, capture_output=True, text=True).stdout
    assert out
    assert max(map(len, out.splitlines())) <= columns


def test_numbers_are_never_cut(cli, project, monkeypatch):
    rows = "\n".join(f"{i},{'' if i % 3 else 'x' * 60}" for i in range(12345))
    (project / "wide.csv").write_text("a_rather_long_name_of_a_column,another_long_name_of_a_column\n" + rows + "\n")
    for columns in (30, 40, 50, 60):
        monkeypatch.setenv("COLUMNS", str(columns))
        out = cli("profile", "wide.csv")[1]
        assert "8,230 (66.67%)" in out
        assert "12,345" in out


LONG = "customers_of_the_northern_region_" + "y" * 30


@pytest.fixture
def long(project):
    """Names and paths that no terminal has room for."""
    folder = project / "a_rather_long_folder_name_for_data" / "and_another_one_below_it"
    folder.mkdir(parents=True)
    rows = "".join(f"{'' if i % 3 else 'x' * 80},{i},{i * 1234567}\n" for i in range(1234))
    (folder / f"{LONG}.csv").write_text(f"{LONG}_column,id,amount\n{rows}")
    path = str((folder / f"{LONG}.csv").relative_to(project))
    rules = [{"null": {"columns": f"{LONG}_column"}}, {"range": {"columns": "amount", "max_value": 10}}, {"null": {"columns": "no"}}]  # fmt: skip
    actions = [{"type": "store_result", "store_path": "results_" * 9}, {"type": "custom", "name": f"tell_{LONG}", "shell_command": "false"}]  # fmt: skip
    config = {"name": LONG, "data_source": path, "auto_schema": True, "validators": rules, "actions": actions}
    (project / "truthound.yaml").write_text(yaml.safe_dump({"checkpoints": [config]}))
    return path


@pytest.mark.parametrize("symbols", ["0", "1"])
@pytest.mark.parametrize("columns", [40, 60, 80])
def test_long_names_fit_and_numbers_stay_whole(cli, long, monkeypatch, columns, symbols):
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("FORCE_COLOR", symbols)
    commands = {
        ("checkpoint", "run", LONG): ("1,234 rows", "1,233 (99.92%)", "amount=1234567", "1,231 more"),
        ("checkpoint", "run", LONG, "--dry-run"): ("1 error", "nothing was evaluated"),
        ("checkpoint", "run", LONG, "-q"): ("NOT DELIVERED",),
        ("check", long): ("1,234 rows", "822 (66.61%)", "1522221111"),
        ("profile", long): ("1,234 rows", "822 (66.61%)"),
        ("checkpoint", "list"): ("store_result",),
        ("checkpoint", "validate"): ("2 actions",),
        ("checkpoint", "history", LONG): ("2 runs", "1,233 (99.92%)"),
        ("schema", "update"): ("learned, in",),
        ("action", "list"): ("store_result",),
    }
    for command, numbers in commands.items():
        if "validate" in command:  # the column that is not there is a mistake to it
            file = Path("truthound.yaml")
            file.write_text(file.read_text().replace("columns: 'no'", "columns: id"))
        out = re.sub(r"\x1b\[[0-9;]*m", "", cli(*command)[1])
        assert max(cell_len(line) for line in out.splitlines()) <= columns, command
        told = " ".join(out.split())
        for number in numbers:
            assert number in told, (command, number, out)
