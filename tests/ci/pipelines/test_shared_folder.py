"""What others take from this repository: the action for GitHub, the component for GitLab, the hooks of pre-commit."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from ruamel.yaml import YAML

from truthound.ci.pipelines.pins import PINS
from truthound.cli.main import main

ROOT = Path(__file__).parents[3]


def schema(name, *options):
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{name}", *map(str, options)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-1000:]


@pytest.fixture
def stands(tmp_path):
    """Runs a script with stand-ins that note their arguments; gives the exit code and the calls."""
    (tmp_path / "bin").mkdir()
    for name in ("pip", "truthound"):
        path = tmp_path / "bin" / name
        path.write_text(f"#!/bin/sh\nprintf '%s\\0' \"${{0##*/}}\" \"$@\" >> '{tmp_path}/notes'\n")
        path.chmod(0o755)

    def run(script, **variables):
        (tmp_path / "notes").write_bytes(b"")
        env = {"PATH": f"{tmp_path}/bin:/usr/bin:/bin"} | variables
        done = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", script], cwd=tmp_path, env=env, capture_output=True, check=False
        )
        assert not (tmp_path / "pwned").exists()
        return done.returncode, (tmp_path / "notes").read_bytes().decode().split("\0")[:-1]

    return run


# --- the action -------------------------------------------------------------------------------------------------------

ACTION = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
STEPS = {step.get("name"): step for step in ACTION["runs"]["steps"]}
HOSTILE = ["it's", '"', "$(touch pwned)", "`touch pwned`", "; touch pwned", "--strict", "a b", "*", "${{ x }}", "\\"]


def test_the_schema_takes_the_action():
    schema("github-actions", ROOT / "action.yml")


def test_inputs_reach_the_shell_as_variables_only():
    scripts = [step["run"] for step in STEPS.values() if "run" in step]
    assert scripts
    assert "${{" not in "".join(scripts)
    given = {value for step in STEPS.values() for value in step.get("env", {}).values()}
    given |= {value for step in STEPS.values() for value in step.get("with", {}).values()}
    assert given - {"truthound.sarif"} == {f"${{{{ inputs.{name} }}}}" for name in ACTION["inputs"]}


def test_the_action_gives_on_all_outputs():
    from helpers.made_results import FAILING
    from truthound.ci.report.step_values import step_values

    assert ACTION["outputs"].keys() == step_values([FAILING]).keys() | {"report_url"}
    assert all(o["value"] == f"${{{{ steps.check.outputs.{name} }}}}" for name, o in ACTION["outputs"].items())


def test_what_the_action_uses_is_pinned_as_in_generated_workflows():
    text = (ROOT / "action.yml").read_text("utf-8")
    used = re.findall(r"uses: (\S+)@(\S+) # (\S+)\n", text)
    assert len(used) == text.count("uses:")
    assert all(PINS[name] == (commit, version) for name, commit, version in used)


INPUTS = {"CHECKPOINT": "users", "CONFIG": "truthound.yaml", "STRICT": "false", "COMMENT": "false", "SARIF": "false", "EXAMPLES": "",
          "ARGS": ""}  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_the_action_runs_the_checkpoint(stands, text):
    run = STEPS["Check the data"]["run"]
    inputs = INPUTS | {"CHECKPOINT": text, "CONFIG": text}
    assert stands(run, **inputs) == (0, ["truthound", "checkpoint", "run", f"--config={text}", "--", text])


def test_the_actions_options(stands):
    run = STEPS["Check the data"]["run"]
    inputs = INPUTS | {
        "STRICT": "true",
        "ARGS": "--tag 'a b' --limit 5 $(touch pwned) *",
    }
    code, call = stands(run, **inputs)
    assert code == 0
    assert call == [
        "truthound", "checkpoint", "run", "--config=truthound.yaml", "--strict", "--tag", "a b", "--limit", "5", "$(touch", "pwned)", "*",
        "--", "users",
    ]  # fmt: skip
    assert stands(run, **inputs | {"STRICT": "yes"}) == (2, [])
    every = INPUTS | {"CHECKPOINT": "", "COMMENT": "true", "SARIF": "true", "EXAMPLES": "none"}
    assert stands(run, **every)[1][3:] == [
        "--config=truthound.yaml", "--comment", "--sarif=truthound.sarif", "--ci-examples=none", "--all",
    ]  # fmt: skip
    assert stands(run, **inputs | {"ARGS": "it's"})[1] == []  # half a quote is a mistake


def test_the_action_installs(stands):
    run = STEPS["Install truthound"]["run"]
    assert stands(run, EXTRAS="all", VERSION="") == (0, ["pip", "install", "truthound[all]"])
    assert stands(run, EXTRAS="", VERSION="1.2.0") == (0, ["pip", "install", "truthound==1.2.0"])
    assert stands(run, EXTRAS="$(touch pwned)", VERSION=";x")[1] == ["pip", "install", "truthound[$(touch pwned)]==;x"]


# --- the component ----------------------------------------------------------------------------------------------------

COMPONENT = (ROOT / "templates" / "data-quality.yml").read_text("utf-8")


def filled(job, inputs):
    """The component's job with its inputs put in, as GitLab does: within texts of the parsed document."""
    match job:
        case dict():
            return {filled(k, inputs): filled(v, inputs) for k, v in job.items()}
        case list():
            return [filled(v, inputs) for v in job]
        case str():
            return re.sub(r"\$\[\[ inputs\.([\w-]+) \]\]", lambda m: inputs[m[1]], job)
        case _:
            return job


def test_the_schema_takes_the_component(tmp_path):
    head, job = (YAML(typ="safe", pure=True).load(part) for part in COMPONENT.split("\n---\n"))
    inputs = {name: str(about.get("default", "")).lower() for name, about in head["spec"]["inputs"].items()}
    asked = set(re.findall(r"inputs\.([\w-]+)", COMPONENT.split("\n---\n")[1]))
    assert asked == set(inputs)
    for name, document in {"head": head, "job": filled(job, inputs)}.items():
        (tmp_path / f"{name}.yml").write_text(yaml.safe_dump(document))
    schema("gitlab-ci", "--data-transform", "gitlab-ci", tmp_path / "head.yml", tmp_path / "job.yml")


def test_each_default_of_the_component_fits_its_own_pattern():
    """GitLab gives the pattern to RE2 as it stands: slashes around it would be part of it."""
    inputs = YAML(typ="safe", pure=True).load(COMPONENT.split("\n---\n")[0])["spec"]["inputs"]
    patterns = {name: about["regex"] for name, about in inputs.items() if "regex" in about}
    assert patterns
    for name, pattern in patterns.items():
        assert re.search(pattern, inputs[name]["default"]), name
        assert not re.search(r"\\[1-9]|\(\?[=!<P]", pattern), "RE2 has no such thing"
        assert not re.search(pattern, "$(touch pwned)"), name
    assert re.search(patterns["version"], "1.2.0rc1")


def test_the_component_runs_every_checkpoint(stands):
    (job,) = YAML(typ="safe", pure=True).load(COMPONENT.split("\n---\n")[1]).values()
    variables = {"TRUTHOUND_CI_CHECKPOINT": "", "TRUTHOUND_CI_CONFIG": "a.yaml", "TRUTHOUND_CI_STRICT": "false"}
    assert stands(job["script"][1], **variables)[1] == ["truthound", "checkpoint", "run", "--config=a.yaml", "--all"]
    variables["TRUTHOUND_CI_EXAMPLES"] = "none"
    assert stands(job["script"][1], **variables)[1][3:] == ["--config=a.yaml", "--ci-examples=none", "--all"]


@pytest.mark.parametrize("text", HOSTILE)
def test_the_component_runs_the_checkpoint(stands, text):
    job = YAML(typ="safe", pure=True).load(COMPONENT.split("\n---\n")[1])
    inputs = {"checkpoint": text, "config": text, "stage": "test", "job-name": "quality", "python-version": "3.12", "version": "",
              "extras": "all", "strict": "true", "ci-examples": ""}  # fmt: skip
    made = filled(job, inputs)["quality"]
    assert made["script"] == job["$[[ inputs.job-name ]]"]["script"]  # no input is in it
    variables = {name: v["value"] if isinstance(v, dict) else v for name, v in made["variables"].items()}
    assert all(not v["expand"] for v in made["variables"].values() if isinstance(v, dict))
    code, calls = stands("\n".join(made["script"]), **variables)
    assert code == 0
    assert calls[:3] == ["pip", "install", "truthound[all]"]
    assert calls[3:] == ["truthound", "checkpoint", "run", f"--config={text}", "--strict", "--", text]


# --- the hooks --------------------------------------------------------------------------------------------------------

HOOKS = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))}


def test_hooks_have_what_pre_commit_wants():
    known = {"id", "name", "description", "entry", "language", "files", "require_serial"}
    for hook in HOOKS.values():
        assert {"id", "name", "entry", "language"} <= set(hook) <= known
        assert hook["language"] == "python"
    wanted = re.compile(HOOKS["truthound-validate"]["files"])
    assert all(wanted.search(f) for f in ("truthound.yaml", "checks/truthound.yml"))
    assert not wanted.search("nottruthound.yaml")
    data = re.compile(HOOKS["truthound-check"]["files"])
    assert all(data.search(f) for f in ("a.csv", "data/b.parquet", "c.ndjson.gz"))


def test_the_hooks_commands_take_files(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "users.csv").write_text("id\n1\n2\n")
    config = "checkpoints:\n- name: users\n  data_source: users.csv\n  validators: [duplicate]\n"
    (tmp_path / "a").mkdir()
    for name in ("truthound.yaml", "a/truthound.yml"):
        (tmp_path / name).write_text(config)
    entries = {name: hook["entry"].split()[1:] for name, hook in HOOKS.items()}
    assert main([*entries["truthound-validate"], "truthound.yaml", "a/truthound.yml"]) == 0
    assert main([*entries["truthound-check"], "users.csv", "users.csv"]) == 0
    (tmp_path / "a/truthound.yml").write_text(config.replace("duplicate", "duplicat"))
    assert main([*entries["truthound-validate"], "truthound.yaml", "a/truthound.yml"]) == 2
    assert 'did you mean "duplicate"' in capfd.readouterr().err
