import json
import shlex

import pytest

from truthound.checkpoint.ci import generate_github_workflow, generate_gitlab_ci
from truthound.checkpoint.ci.options import Pipeline

ONE = "checkpoints:\n- name: users\n  data_source: users.csv\n  validators: [duplicate]\n"


@pytest.fixture
def one(folder):
    (folder / "truthound.yaml").write_text(ONE)
    return folder


def test_the_only_checkpoint_is_taken(cli, one):
    code, out, err = cli("ci", "init", "github")
    assert (code, out) == (0, "")
    assert err.splitlines()[0] == "wrote .github/workflows/data-quality.yml"
    assert (one / ".github/workflows/data-quality.yml").read_text("utf-8") == generate_github_workflow("users")
    assert cli("ci", "init", "github", "users", "--strict")[0] == 0  # what was written here may be written anew
    assert "--strict" in (one / ".github/workflows/data-quality.yml").read_text("utf-8")


def test_all_options_are_passed_on(cli, project):
    code, out, err = cli(
        "ci", "init", "GitLab CI", "cities", "--config", "truthound.yaml", "--schedule", "0 6 * * 1-5", "--python-version", "3.13",
        "--notify-slack", "--strict", "--path", "data/**", "--path", "truthound.yaml", "--branch", "main", "--no-cache",
        "--secret", "A", "--secret", "B", "--extra", "sql", "--truthound-version", "1.2.0", "-o", "ci/quality.yml",
    )  # fmt: skip
    assert (code, out) == (0, "")
    assert "next: set in Settings > CI/CD > Variables" in err
    assert "A, B, SLACK_WEBHOOK_URL" in err
    assert (project / "ci/quality.yml").read_text("utf-8") == generate_gitlab_ci(
        "cities", schedule="0 6 * * 1-5", python_version="3.13", notify_slack=True, strict=True, paths=("data/**", "truthound.yaml"),
        branches=("main",), cache=False, secrets=("A", "B"), extras=("sql",), version="1.2.0",
    )  # fmt: skip


def test_print_writes_no_file(cli, one):
    code, out, err = cli("ci", "init", "github", "--print")
    assert (code, out, err) == (0, generate_github_workflow("users"), "")
    assert [p.name for p in one.iterdir()] == ["truthound.yaml"]
    code, _, err = cli("ci", "init", "github", "--print", "--force")
    assert code == 2
    assert "writes no file" in err


def test_which_checkpoint(cli, project):
    code, _, err = cli("ci", "init", "github")
    assert (code, err) == (2, "error: name a checkpoint; there are: users, cities\n")
    code, _, err = cli("ci", "init", "github", "usres", "--print")
    assert code == 0
    assert err == 'warning: no checkpoint "usres" in truthound.yaml; did you mean "users"?\n'


def test_without_a_configuration(cli, folder):
    code, _, err = cli("ci", "init", "github")
    assert code == 2
    assert "no truthound.yaml here; name the checkpoint" in err
    code, _, err = cli("ci", "init", "github", "users")
    assert code == 0
    assert err.startswith("warning: no truthound.yaml here yet")


def test_a_wrong_configuration_is_a_warning_where_the_name_is_known(cli, folder):
    (folder / "truthound.yaml").write_text("checkpoints:\n- nam: users\n")
    code, _, err = cli("ci", "init", "github", "users")
    assert code == 0
    assert err.startswith("warning: truthound.yaml:2:")
    assert cli("ci", "init", "github")[0] == 2


def test_nothing_is_lost(cli, one):
    (one / "Jenkinsfile").write_text("mine")
    code, _, err = cli("ci", "init", "jenkins")
    assert code == 2
    assert "not from truthound" in err
    assert (one / "Jenkinsfile").read_text() == "mine"
    assert cli("ci", "init", "jenkins", "--force")[0] == 0
    with (one / "Jenkinsfile").open("a") as file:
        file.write("// mine\n")
    code, _, err = cli("ci", "init", "jenkins")
    assert code == 2
    assert "was edited" in err


def test_a_folder_within_a_repository(cli, one, monkeypatch):
    (one / ".git").mkdir()
    assert "warning" not in cli("ci", "init", "github")[2]
    (one / "sub").mkdir()
    monkeypatch.chdir(one / "sub")
    code, _, err = cli("ci", "init", "github", "users", "-c", "../truthound.yaml")
    assert code == 0
    assert f"warning: it is read at the top of the repository only, which is {one}" in err
    assert "warning" not in cli("ci", "init", "github", "users", "-c", "../truthound.yaml", "-o", "x.yml")[2]


@pytest.mark.parametrize("absolute", [True, False])
def test_the_configuration_as_the_pipeline_sees_it(cli, one, monkeypatch, tmp_path, absolute):
    (one / ".git").mkdir()
    (one / "docs").mkdir()
    monkeypatch.chdir(one / "docs")
    config = str(one / "truthound.yaml") if absolute else "../truthound.yaml"
    assert "run users --config truthound.yaml\n" in cli("ci", "init", "github", "-c", config, "--print")[1]
    code, out, err = cli("ci", "init", "github", "users", "-c", "../../truthound.yaml", "--print")
    assert (code, "run users --config ../../truthound.yaml\n" in out) == (0, True)
    assert f"warning: ../../truthound.yaml is not within {one}" in err


@pytest.mark.parametrize("name", ["-rf", "it's ${{ x }} $(touch pwned)", "<< größe >>", "--help"])
def test_the_generated_command_runs_the_checkpoint(cli, folder, name):
    (folder / "users.csv").write_text("id\n1\n2\n")
    (folder / "truthound.yaml").write_text(ONE.replace("name: users", f"name: {json.dumps(name)}".replace("${", "$${")))
    words = shlex.split(Pipeline(name, strict=True).run)
    code, out, err = cli(*words[1:], "--quiet") if "--" not in words else cli(*words[1:3], "--quiet", *words[3:])
    assert (code, err) == (0, "")
    assert name in out


def test_mistakes(cli, one):
    code, _, err = cli("ci", "init", "gitlb")
    assert code == 2
    assert 'did you mean "gitlab"' in err
    code, _, err = cli("ci", "init", "github", "--schedule", "daily", "--python-version", "3", "--extra", "sqll")
    assert code == 2
    assert len(err.splitlines()) == 3
    assert not (one / ".github").exists()
