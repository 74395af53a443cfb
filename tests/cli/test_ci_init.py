import json
import shlex

import pytest
import yaml

from truthound.checkpoint.ci import generate_github_workflow, generate_gitlab_ci
from truthound.ci.pipelines.spec import Pipeline

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
    assert (code, err) == (2, "error: name a checkpoint, or give --all; the checkpoints: users, cities\n")
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
    assert "was not written by truthound" in err
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
    assert f"warning: CI systems read it only at the top of the repository, which is {one}" in err
    assert "warning" not in cli("ci", "init", "github", "users", "-c", "../truthound.yaml", "-o", "x.yml")[2]


def test_the_configuration_is_named_as_the_pipeline_finds_it(cli, one, monkeypatch, tmp_path_factory):
    (one / ".git").mkdir()
    (one / "sub").mkdir()
    (one / "sub" / "own.yaml").write_text(ONE)
    monkeypatch.chdir(one / "sub")
    for given, seen in (
        ("../truthound.yaml", "truthound.yaml"), (one / "truthound.yaml", "truthound.yaml"), ("own.yaml", "sub/own.yaml"),
        (one / "later.yaml", "later.yaml"),
    ):  # fmt: skip
        assert f"--config {seen}\n" in cli("ci", "init", "github", "users", "-c", given, "--print")[1]
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "truthound.yaml"
    elsewhere.write_text(ONE)
    _, out, err = cli("ci", "init", "github", "users", "-c", elsewhere, "--print")
    assert f"--config {elsewhere}\n" in out
    assert "is not in the repository" in err


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


ACTING = """checkpoints:
- name: users
  data_source: users.csv
  validators: ['null']
  actions:
  - {type: github, comment_on_pr: true, token: "${GITHUB_TOKEN}"}
- name: cities
  data_source: users.csv
  validators: ['null']
  actions:
  - {type: github, set_commit_status: true}
  - {type: slack, webhook_url: "${SLACK_WEBHOOK_URL}"}
"""


def job(text):
    return yaml.safe_load(text.replace("\non:\n", '\n"on":\n'))["jobs"]["data-quality"]


def test_the_token_that_the_checkpoints_actions_need(cli, folder, monkeypatch):
    for name in ("GITHUB_TOKEN", "SLACK_WEBHOOK_URL"):
        monkeypatch.delenv(name, raising=False)
    (folder / "truthound.yaml").write_text(ACTING)
    code, out, err = cli("ci", "init", "github", "users", "--print")
    assert (code, err) == (0, "")
    assert job(out)["permissions"] == {"contents": "read", "pull-requests": "write"}
    assert job(out)["steps"][3]["env"] == {"GITHUB_TOKEN": "${{ github.token }}"}
    code, out, err = cli("ci", "init", "github", "--all", "--print")
    assert (code, err) == (0, "")
    assert job(out)["permissions"] == {"contents": "read", "pull-requests": "write", "statuses": "write"}
    assert job(out)["steps"][3]["run"] == "truthound checkpoint run --all --config truthound.yaml"
    assert cli("ci", "init", "gitlab", "--all", "--print")[0] == 0
    code, _, err = cli("ci", "init", "github", "--print")
    assert (code, "or give --all; the checkpoints: users, cities" in err) == (2, True)
    assert "not both" in cli("ci", "init", "github", "users", "--all")[2]


def test_the_main_branch_is_what_the_remote_says(cli, one):
    (one / ".git/refs/remotes/origin").mkdir(parents=True)
    assert "      - master\n" in cli("ci", "init", "github", "--print")[1]
    (one / ".git/refs/remotes/origin/HEAD").write_text("ref: refs/remotes/origin/trunk\n")
    out = cli("ci", "init", "github", "--print", "--comment", "--sarif")[1]
    assert "    branches:\n      - trunk\n" in out
    assert "--comment --sarif truthound.sarif" in out
    code, _, err = cli("ci", "init", "gitlab", "--print", "--comment")
    assert (code, "comment: available for GitHub Actions only, not for GitLab CI" in err) == (2, True)
