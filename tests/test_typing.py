"""Type checkers refuse mistakes in options, and accept what the documentation shows."""

import importlib.util
import inspect
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import truthound
from helpers.support import need
from truthound.checkpoint.actions import ACTIONS, OpsGenieAction, TeamsNotification, action_class
from truthound.checkpoint.actions import opsgenie_factories as opsgenie
from truthound.checkpoint.actions import teams_factories as teams
from truthound.checkpoint.config.models import CheckpointConfig, CheckpointOptions
from truthound.validators import Validator, registry

SAMPLES = Path(__file__).parent / "typing"
PACKAGE = Path(truthound.__file__).parent.parent


def _public(cls: type) -> str:
    """The module that users import a class from."""
    return "truthound.validators" if issubclass(cls, Validator) else "truthound.checkpoint.actions"


def _each_class() -> str:
    """For each validator and action a good call and a bad one."""
    classes = [*map(registry.validator_class, registry.TABLE), *map(action_class, ACTIONS)]
    lines = ['"""Every validator and every action."""', ""]
    lines += [f"from {_public(c)} import {c.__name__}" for c in classes]
    for c in classes:
        lines += [f'{c.__name__}(name="a")', f'{c.__name__}(nmae="a")  # refused', f"{c.__name__}(name=3)  # refused"]
    return "\n".join([*lines, ""])


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    folder = tmp_path_factory.mktemp("typing")
    for path in SAMPLES.glob("*.py"):
        shutil.copy(path, folder)
    (folder / "each.py").write_text(_each_class())
    return folder


def _expected(samples: Path) -> set[tuple[str, int]]:
    lines = [(p.name, i, line) for p in samples.glob("*.py") for i, line in enumerate(p.read_text().split("\n"), 1)]
    return {(name, i) for name, i, line in lines if line.endswith("  # refused")}


@pytest.mark.slow
def test_mypy_without_plugins(samples):
    need(importlib.util.find_spec("mypy") is not None, "mypy is not installed")
    command = [sys.executable, "-m", "mypy", "--config-file=", "--strict", "--follow-imports=silent", "."]
    path = {} if "site-packages" in PACKAGE.parts else {"MYPYPATH": str(PACKAGE)}
    done = subprocess.run(command, cwd=samples, env=path, capture_output=True, text=True, check=False)
    refused = {
        (m[1], int(m[2])): m[3] for m in re.finditer(r"^(\w+\.py):(\d+): error: (.*)", done.stdout, re.MULTILINE)
    }
    assert set(refused) == _expected(samples), done.stdout + done.stderr


@pytest.mark.slow
def test_pyright(samples):
    need(importlib.util.find_spec("basedpyright") is not None, "basedpyright is not installed")
    config = {"typeCheckingMode": "standard", "include": ["."], "extraPaths": [str(PACKAGE)]}
    (samples / "pyrightconfig.json").write_text(json.dumps(config))
    command = [sys.executable, "-m", "basedpyright", "--pythonpath", sys.executable, "--project", ".", "--outputjson"]
    done = subprocess.run(command, cwd=samples, capture_output=True, text=True, check=False)
    found = [d for d in json.loads(done.stdout)["generalDiagnostics"] if d["severity"] == "error"]
    refused = {(Path(d["file"]).name, d["range"]["start"]["line"] + 1): d["message"] for d in found}
    assert set(refused) == _expected(samples), json.dumps(found, indent=1)


def test_the_options_that_checkers_know_are_those_that_are_taken():
    by_position = {"name", "data_source", "validators"}
    assert set(CheckpointOptions.__annotations__) == set(CheckpointConfig.model_fields) - by_position


@pytest.mark.parametrize(
    ("function", "options", "action"),
    [
        (teams.create_teams_notification, teams.TeamsOptions, TeamsNotification),
        (teams.create_failure_alert, teams.FailureAlertOptions, TeamsNotification),
        (opsgenie.create_opsgenie_action, opsgenie.OpsGenieOptions, OpsGenieAction),
        (opsgenie.create_team_alert, opsgenie.OpsGenieOptions, OpsGenieAction),
        (opsgenie.create_critical_alert, opsgenie.CriticalAlertOptions, OpsGenieAction),
    ],
)
def test_a_factory_takes_all_options_of_its_action(function, options, action):
    own = set(inspect.signature(function).parameters) - {"options", "team"}
    assert own | options.__required_keys__ | options.__optional_keys__ == {*action.model_fields, "config"}
