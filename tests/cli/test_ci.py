import json
import os

import pytest
import yaml

GITHUB = {
    "GITHUB_ACTIONS": "true", "GITHUB_REF": "refs/pull/7/merge", "GITHUB_HEAD_REF": "fix", "GITHUB_BASE_REF": "main",
    "GITHUB_REPOSITORY": "octocat/hello-world", "GITHUB_ACTOR": "octo\x1b[31mcat\u202e",
}  # fmt: skip


@pytest.fixture
def environment(monkeypatch):
    """Only these variables, and those that a process needs."""

    def put(variables):
        for name in [
            n for n in os.environ if n not in {"PATH", "HOME", "PYTHONPATH", "PYTEST_CURRENT_TEST", "SYSTEMROOT"}
        ]:
            monkeypatch.delenv(name)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return put


def test_detect_shows_all_fields(cli, environment):
    environment(GITHUB)
    code, out, err = cli("ci", "detect")
    assert (code, err) == (0, "")
    first, *rest = out.splitlines()
    assert first == "GitHub Actions"
    shown = {line.split(maxsplit=1)[0]: line.split(maxsplit=1)[1] for line in rest}
    assert shown["platform"] == "github"
    assert (shown["is_pr"], shown["pr_number"], shown["pr_target_branch"]) == ("true", "7", "main")
    assert shown["actor"] == "octo[31mcat\\u202e"
    assert shown["tag"] == "not known"


@pytest.mark.parametrize(("kind", "load"), [("json", json.loads), ("yaml", yaml.safe_load)])
def test_detect_for_programs(cli, environment, kind, load):
    environment(GITHUB)
    code, out, _ = cli("ci", "detect", "--format", kind)
    found = load(out)
    assert code == 0
    assert (found["platform"], found["is_ci"], found["branch"], found["pr_number"]) == ("github", True, "fix", 7)
    assert found["tag"] == ""
    assert len(found) == 17


def test_detect_outside_of_ci_is_no_failure(cli, environment, folder):
    environment({})
    code, out, _ = cli("ci", "detect")
    assert (code, out.splitlines()[0]) == (0, "No CI system")
    code, out, err = cli("ci", "detect", "--format", "json", "-o", "found.json")
    assert (code, out, err) == (0, "", "wrote found.json\n")
    assert json.loads((folder / "found.json").read_text())["platform"] == "local"


def test_detect_refuses_a_format_it_does_not_have(cli):
    code, out, err = cli("ci", "detect", "--format", "jsn")
    assert (code, out) == (2, "")
    assert 'did you mean "json"?' in err
