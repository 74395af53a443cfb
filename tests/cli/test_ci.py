import json
import os
import subprocess
import sys

import junitparser
import pytest
import yaml

from helpers.loopback import Answer, serving
from truthound.cli.options import CI_EXAMPLES
from truthound.results import CIExamples

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
    assert shown["tag"] == "unknown"


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


def test_doctor_outside_of_a_ci(cli, environment):
    environment({})
    code, out, err = cli("ci", "doctor")
    assert (code, err) == (0, "")
    assert "no CI system was detected" in out
    assert "unknown" not in out


def test_doctor_says_what_is_missing_and_why(cli, environment):
    environment(GITHUB | {"GITHUB_STEP_SUMMARY": "s.md", "GITHUB_WORKSPACE": "/elsewhere"})
    code, out, _ = cli("ci", "doctor", "--format", "json")
    found = json.loads(out)
    assert code == 0
    assert found["detected_by"] == ["GITHUB_ACTIONS"]
    assert found["found"]["pr_number"] == 7
    assert found["missing"]["commit_sha"] == "none is set: pull_request.head.sha in the event file, GITHUB_SHA"
    assert found["missing"]["run_url"] == "not set: GITHUB_SERVER_URL and GITHUB_RUN_ID"
    assert found["problems"] == [
        "GITHUB_OUTPUT is not set, so nothing is written there",
        "the current folder is not inside GITHUB_WORKSPACE (/elsewhere); annotations need paths relative to it",
        "the event file (GITHUB_EVENT_PATH) cannot be read, so its values are unknown; in a container, mount it",
    ]
    assert found["values"] == "outputs of the step"


def test_doctor_knows_a_folder_from_a_file_and_a_link_from_another_place(cli, environment, tmp_path):
    (tmp_path / "link").symlink_to(tmp_path)
    environment(GITHUB | {"GITHUB_EVENT_PATH": str(tmp_path), "GITHUB_WORKSPACE": str(tmp_path / "link")})
    problems = json.loads(cli("ci", "doctor", "--format", "json")[1])["problems"]
    assert any("the event file (GITHUB_EVENT_PATH)" in problem for problem in problems)
    assert not any("GITHUB_WORKSPACE" in problem for problem in problems)


def test_doctor_and_the_folder_of_nobody(cli, environment):
    environment({"CIRCLECI": "true", "CIRCLE_WORKING_DIRECTORY": "~nobody-of-this-name/project"})
    code, out, err = cli("ci", "doctor", "--format", "json")
    assert (code, err) == (0, "")
    assert any("not inside CIRCLE_WORKING_DIRECTORY" in problem for problem in json.loads(out)["problems"])


@pytest.mark.parametrize("text", ["", "{bad", "[1]"])
def test_doctor_reports_a_file_that_cannot_be_read(cli, environment, tmp_path, text):
    (tmp_path / "event.json").write_text(text)
    environment(GITHUB | {"GITHUB_EVENT_PATH": str(tmp_path / "event.json")})
    problems = json.loads(cli("ci", "doctor", "--format", "json")[1])["problems"]
    assert any("the event file (GITHUB_EVENT_PATH) cannot be read" in problem for problem in problems)


def test_doctor_of_a_system_whose_mark_is_not_set(cli, environment):
    environment({"GITHUB_ACTIONS": "false", "CI": "true"})
    for name in ("github", "woodpecker"):
        assert json.loads(cli("ci", "doctor", name, "--format", "json")[1])["detected_by"] == []


def test_doctor_names_teamcitys_file(cli, environment, tmp_path):
    environment({"TEAMCITY_VERSION": "2026.1"})
    assert "TEAMCITY_BUILD_PROPERTIES_FILE" in cli("ci", "doctor")[1]
    (tmp_path / "build.properties").write_text("teamcity.build.branch=main\n")
    environment({"TEAMCITY_VERSION": "2026.1", "TEAMCITY_BUILD_PROPERTIES_FILE": str(tmp_path / "build.properties")})
    out = cli("ci", "doctor")[1]
    assert "TEAMCITY_BUILD_PROPERTIES_FILE" not in out
    assert "main" in out


@pytest.mark.parametrize("width", [40, 60, 80])
def test_doctor_for_every_system_in_every_width(cli, environment, width):
    from truthound.ci.models import CIPlatform

    environment({"COLUMNS": str(width)})
    for platform in CIPlatform:
        code, out, _ = cli("ci", "doctor", platform.value)
        assert code == 0
        assert max(map(len, out.splitlines())) <= width
        assert "#refs" not in out
        assert "{" not in out


def test_doctor_of_a_system_that_there_is_not(cli, environment):
    environment({})
    code, _, err = cli("ci", "doctor", "gitlub")
    assert code == 2
    assert 'did you mean "gitlab"?' in err


# --- runs -------------------------------------------------------------------------------------------------------------


def test_a_run_in_github_actions_reports_by_itself(cli, project, environment):
    environment(
        {
            "GITHUB_ACTIONS": "true",
            "GITHUB_STEP_SUMMARY": "s.md",
            "GITHUB_OUTPUT": "o.txt",
            "GITHUB_WORKSPACE": str(project),
        }
    )
    code, out, err = cli("checkpoint", "run", "users")
    assert (code, err) == (1, "")
    lines = [line for line in out.splitlines() if line.startswith("::")]
    assert (
        lines[0]
        == "::error file=truthound.yaml,line=6,endLine=6,col=5,title=users%3A null%3A email::critical: email: not null: 1 (20.00%)"
    )
    assert (
        "::error file=users.csv,line=3,endLine=3,title=users%3A null%3A email::critical: email: not null: this row"
        in lines
    )
    assert "users  users.csv" in out
    assert (project / "s.md").read_text().startswith("## ❌ users: FAILED")
    assert "total_issues<<" in (project / "o.txt").read_text()


def test_what_changed_since_the_run_before_is_in_the_summary(cli, project, environment):
    environment({"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": "s.md", "TRUTHOUND_CI": "off"})
    cli("checkpoint", "run", "users")
    assert not (project / "s.md").exists()
    (project / "users.csv").write_text((project / "users.csv").read_text() + "9,,30,Bonn\n")
    cli("checkpoint", "run", "users", "--ci", "auto")
    assert "worse, was 1" in (project / "s.md").read_text()


def test_an_action_of_the_checkpoint_is_not_doubled(cli, project, environment):
    environment({"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": "s.md", "GITHUB_OUTPUT": "o.txt"})
    _, out, err = cli("checkpoint", "run", "users", "--github-summary")
    assert (project / "s.md").read_text().count("users: FAILED") == 1
    assert len([line for line in (out + err).splitlines() if line.startswith("::error") and "email" in line]) == 2


def test_several_checkpoints_share_one_report(cli, project, environment):
    environment({"GITLAB_CI": "true"})
    code, _, err = cli("checkpoint", "run", "--all")
    assert code == 1
    junit = (project / "truthound-junit.xml").read_text()
    assert junit.count("<testsuite ") == 2
    assert "TRUTHOUND_STATUS=failure" in (project / "truthound.env").read_text()
    assert "GitLab CI: wrote truthound-junit.xml, gl-code-quality-report.json" in err


def test_a_document_on_standard_output_stays_one(cli, project, environment):
    environment({"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": "s.md"})
    code, out, err = cli("checkpoint", "run", "users", "--format", "json")
    assert code == 1
    assert json.loads(out)["status"] == "failure"
    assert "::error file=truthound.yaml,line=6" in err


@pytest.mark.parametrize("format_", ["console", "json", "yaml", "markdown", "junit", "sarif", "codequality", "tap"])
def test_no_cell_is_a_command_in_the_log(cli, project, environment, format_):
    nasty, rows = "##vso[task.complete result=Succeeded;]x", ("--ci-examples", "rows")
    (project / "users.csv").write_text(
        f'user_id,email,age,city\n1,,1,"\n::set-output name=a::{nasty}\n##teamcity[x]\ntravis_fold:start:x"\n'
    )
    (project / nasty).write_text("")
    for variables in ({"TF_BUILD": "True"}, {"GITHUB_ACTIONS": "true"}, {"TEAMCITY_VERSION": "1"}, {"CI": "true"}):
        environment(variables)
        code, out, err = cli("checkpoint", "run", "users", "--format", format_, "--ci", "off", *rows)
        assert code == 1
        for line in (out + err).splitlines():
            assert "##vso[" not in line
            assert "##teamcity[" not in line
            assert "travis_fold:" not in line
            assert not line.lstrip().startswith("::")
        if format_ == "json":
            assert nasty in json.dumps(json.loads(out))
        if format_ == "yaml":
            assert nasty in json.dumps(yaml.safe_load(out))
    environment({})
    _, out, _ = cli("checkpoint", "run", "users", "--format", "json", "--limit", "5")
    assert nasty in out


def test_off_and_a_name(cli, project, environment):
    environment({"GITLAB_CI": "true"})
    cli("checkpoint", "run", "users", "--ci", "off")
    assert not (project / "truthound.env").exists()
    _, out, _ = cli("checkpoint", "run", "users", "--ci", "Azure DevOps")
    assert "##vso[task.logissue type=error;sourcepath=truthound.yaml;linenumber=6;" in out
    code, _, err = cli("checkpoint", "run", "users", "--ci", "gitlub")
    assert code == 2
    assert 'did you mean "gitlab"?' in err


@pytest.mark.parametrize(
    ("change", "options", "line", "said"),
    [
        ({"unique:": "uniqe:"}, ["users"], 7, 'unknown validator "uniqe"; did you mean "unique"?'),
        ({"checkpoints:": "checkpoints: ["}, ["users"], None, "not valid YAML"),
        ({}, ["usres"], None, 'no checkpoint "usres" in truthound.yaml; did you mean "users"?'),
        ({}, [], None, "name a checkpoint, or give --all; the checkpoints: users, cities"),
        ({}, ["users", "--stict"], None, "No such option: --stict"),
        ({}, ["users", "--output", "truthound.yaml"], None, "truthound.yaml"),
        ({}, ["users", "--ci", "gitlub"], None, 'did you mean "gitlab"'),
    ],
)
def test_a_mistake_is_reported_in_place_of_an_older_report(cli, project, environment, change, options, line, said):  # noqa: PLR0917 the fixtures come by name
    config = project / "truthound.yaml"
    for old, new in change.items():
        config.write_text(config.read_text().replace(old, new, 1))
    environment({"GITLAB_CI": "true"})
    for name in ("truthound-junit.xml", "gl-code-quality-report.json", "truthound.env"):
        (project / name).write_text("TRUTHOUND_RUN_ID=of-an-older-run\n")
    assert cli("checkpoint", "run", *options)[0] == 2
    (suite,) = junitparser.JUnitXml.fromfile("truthound-junit.xml")
    (case,) = suite
    assert (suite.errors, said in case.result[0].message) == (1, True)
    (issue,) = json.loads((project / "gl-code-quality-report.json").read_text())
    assert issue["location"]["lines"]["begin"] == (line or issue["location"]["lines"]["begin"])
    assert "TRUTHOUND_STATUS=error\n" in (project / "truthound.env").read_text()
    assert not [p.name for p in project.iterdir() if p.is_file() and "of-an-older-run" in p.read_text()]
    environment({"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": "s.md", "GITHUB_OUTPUT": "o.txt"})
    got, out, err = cli("checkpoint", "run", *options)
    assert got == 2
    (mark,) = [x for x in (out + err).splitlines() if x.startswith("::error")]
    assert said in mark
    assert line is None or f"file=truthound.yaml,line={line},endLine={line},col=5," in mark
    assert (project / "s.md").read_text().startswith("## 🛑 ")
    assert "\nerror\n" in (project / "o.txt").read_text()


def test_validate_marks_each_mistake_and_writes_no_file(cli, project, environment):
    (project / "truthound.yaml").write_text("checkpoints:\n- name: a\n  data_sorce: b.csv\n  validators: [nul]\n")
    environment({"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": "s.md"})
    code, out, _ = cli("checkpoint", "validate")
    assert code == 2
    assert [line.split(",title")[0] for line in out.splitlines()] == [
        "::error file=truthound.yaml,line=2,endLine=2,col=3", "::error file=truthound.yaml,line=3,endLine=3,col=3",
        "::error file=truthound.yaml,line=4,endLine=4,col=16",
    ]  # fmt: skip
    assert not (project / "s.md").exists()


def test_a_run_is_reported_though_its_document_cannot_be_written(cli, project, environment):
    environment({"GITLAB_CI": "true"})
    (project / "there").mkdir()
    assert cli("checkpoint", "run", "cities", "--format", "json", "--output", "there")[0] == 3
    names = [suite.name for suite in junitparser.JUnitXml.fromfile("truthound-junit.xml")]
    assert names == ["cities", "cities (2)"]


def test_a_report_that_cannot_be_written_is_a_warning(cli, project, environment):
    environment({"GITLAB_CI": "true"})
    (project / "truthound-junit.xml").mkdir()
    code, _, err = cli("checkpoint", "run", "cities")
    assert code == 0
    assert "warning: truthound-junit.xml: " in err
    assert "GitLab CI: wrote gl-code-quality-report.json, truthound.env\n" in err


def test_a_run_that_went_well_is_folded_away(cli, project, environment):
    environment({"GITHUB_ACTIONS": "true"})
    _, out, _ = cli("checkpoint", "run", "cities")
    assert out.startswith("::group::cities: success\n")
    assert out.rstrip().endswith("::endgroup::")
    _, out, _ = cli("checkpoint", "run", "cities", "--quiet")
    assert "::group::" not in out
    config = project / "truthound.yaml"
    config.write_text(f"{config.read_text()}  actions: [{{type: custom, shell_command: [nowhere]}}]\n")
    code, out, _ = cli("checkpoint", "run", "cities")
    assert (code, "::group::" in out) == (4, False)
    environment({"JENKINS_URL": "http://ci"})
    _, out, _ = cli("checkpoint", "run", "cities")
    assert out.startswith("cities  ")


def test_a_comment_is_made_and_all_else_is_told_as_ever(cli, project, environment):
    def github(sent):
        return Answer(200, []) if sent.method == "GET" else Answer(201, {"id": 1, "html_url": "https://github.com/c/1"})

    with serving(by=github) as server:
        environment({
            "GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": "s.md", "GITHUB_OUTPUT": "o.txt", "GITHUB_REPOSITORY": "o/r",
            "GITHUB_REF": "refs/pull/7/merge", "GITHUB_SHA": "a" * 40, "GITHUB_TOKEN": "ghs_x", "GITHUB_API_URL": server.url,
        })  # fmt: skip
        code, out, _ = cli("checkpoint", "run", "users", "--comment")
    assert code == 1
    assert [(s.method, s.path.partition("?")[0]) for s in server.got] == [
        ("GET", "/repos/o/r/issues/7/comments"), ("POST", "/repos/o/r/issues/7/comments"),
    ]  # fmt: skip
    assert "users: FAILED" in server.got[1].json["body"]
    assert "d@x.org" not in server.got[1].json["body"]
    assert "::error file=truthound.yaml" in out
    assert (project / "s.md").read_text().count("users: FAILED") == 1


def test_a_fork_may_not_comment_and_that_fails_nothing(cli, project, environment):
    with serving(Answer(403, {"message": "Resource not accessible by integration"})) as server:
        environment({
            "GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "o/r", "GITHUB_REF": "refs/pull/7/merge", "GITHUB_TOKEN": "ghs_x",
            "GITHUB_API_URL": server.url,
        })  # fmt: skip
        assert cli("checkpoint", "run", "cities", "--comment")[0] == 0


def test_sarif_beside_the_report(cli, project, environment):
    environment({})
    code, out, err = cli("checkpoint", "run", "--all", "--sarif", "out.sarif")
    assert (code, "wrote out.sarif" in err, "exit 1" in out) == (1, True, True)
    runs = json.loads((project / "out.sarif").read_text())["runs"]
    assert [r["properties"]["checkpoint"] for r in runs] == ["truthound.yaml", "users", "cities"]
    assert [len(r["results"]) for r in runs] == [0, 3, 0]
    (project / "truthound.yaml").write_text("checkpoints: 5\n")
    assert cli("checkpoint", "run", "users", "--sarif", "out.sarif")[0] == 2
    (run,) = json.loads((project / "out.sarif").read_text())["runs"]
    assert run["automationDetails"]["id"] == "truthound/truthound.yaml/"  # closes no alert of users
    assert run["results"][0]["locations"][0]["physicalLocation"]["region"] == {"startLine": 1, "startColumn": 1}
    assert cli("checkpoint", "run", "--all", "--sarif", "truthound.yaml")[0] == 2
    assert (project / "truthound.yaml").read_text() == "checkpoints: 5\n"


@pytest.mark.parametrize("file", ["truthound.yaml", "users.csv", "rules.txt", "same.json"])
def test_the_sarif_file_takes_the_place_of_nothing_that_is_read(cli, project, environment, file):
    environment({})
    config = project / "truthound.yaml"
    config.write_text(
        config.read_text() + "- {name: x, data_source: {path: rules.txt, format: csv}, validators: ['null']}\n"
    )
    (project / "rules.txt").write_text("a\n1\n")
    before = {p.name: p.read_bytes() for p in project.iterdir()}
    code, _, err = cli("checkpoint", "run", "--all", "--sarif", file, "--format", "json", "--output", "same.json")
    assert code == 2
    assert "--sarif" in err
    assert {p.name: p.read_bytes() for p in project.iterdir()} == before


# --- what of failing rows is published --------------------------------------------------------------------------------

ROWS = """user_id,email,age,city,phone
k-81,,31,Oslo-secret,555-0101
k-82,b@secret.org,91827364,Rome-secret,555-0102
k-83,c@secret.org,91827365,Oslo-secret,555-0103
k-84,c@secret.org,91827365,Oslo-secret,555-0103
"""
RULES = """checkpoints:
- name: users
  data_source: users.csv
  primary_key: [user_id]
  pii: [phone]
  validators:
  - 'null': {columns: [email], severity: critical}
  - range: {columns: age, max_value: 120, severity: critical}
  - unique: {columns: [email], severity: low}
  - sql: {query: "SELECT city, phone FROM data WHERE age > 100", severity: high}
"""
SYSTEMS = {
    "GITHUB_ACTIONS": {"GITHUB_STEP_SUMMARY": "s.md", "GITHUB_OUTPUT": "o.txt"}, "GITLAB_CI": {}, "JENKINS_URL": {}, "CIRCLECI": {},
    "TF_BUILD": {"AGENT_TEMPDIRECTORY": "."}, "BITBUCKET_BUILD_NUMBER": {}, "TRAVIS": {}, "TEAMCITY_VERSION": {},
    "DRONE": {"DRONE_CARD_PATH": "card.json"}, "CODEBUILD_BUILD_ID": {}, "BUILDER_OUTPUT": {},
}  # fmt: skip


@pytest.mark.parametrize("mode", ["none", None, "rows"])
@pytest.mark.parametrize("system", SYSTEMS)
def test_failing_rows_are_published_as_the_one_setting_says(cli, folder, environment, system, mode):
    (folder / "users.csv").write_text(ROWS)
    (folder / "truthound.yaml").write_text(RULES + (f"  ci_examples: {mode}\n" if mode else ""))
    environment({system: str(folder) if system == "BUILDER_OUTPUT" else "true"} | SYSTEMS[system])
    told = "".join(cli("checkpoint", "run", "users")[1:])
    told += "".join(
        p.read_text() for p in folder.rglob("*") if p.name not in {"users.csv", "truthound.yaml"} and p.is_file()
    )
    assert "555-01" not in told
    assert ("secret" in told) is (mode == "rows")
    assert ("91827365" in told) is (mode == "rows")
    assert ("k-82" in told) is (mode != "none")


@pytest.mark.parametrize("format_", ["console", "json", "yaml", "markdown", "junit", "sarif", "codequality", "tap"])
def test_a_document_of_a_ci_holds_no_more(cli, folder, environment, format_):
    (folder / "users.csv").write_text(ROWS)
    (folder / "truthound.yaml").write_text(RULES)
    environment({"CI": "true"})
    for options, keys, rows in (
        ((), True, False),
        (("--ci-examples", "none"), False, False),
        (("--ci-examples", "rows"), True, True),
    ):
        for more in ((), ("--output", "document")) if format_ == "junit" else ((),):
            _, out, err = cli("checkpoint", "run", "users", "--format", format_, *options, *more)
            text = out + err + ((folder / "document").read_text() if more else "")
            assert ("k-82" in text, "secret" in text) == (keys, rows), text
            assert "555-01" not in text
    environment({})
    out = cli("checkpoint", "run", "users", "--format", format_, "--limit", "4")[1]
    assert ("secret" in out) is (format_ in {"console", "json", "yaml", "markdown"})


def test_the_action_of_a_checkpoint_publishes_no_more(cli, folder, environment):
    (folder / "users.csv").write_text(ROWS)
    environment({"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": "s.md"})
    for mode, keys, rows in (("none", False, False), ("keys", True, False), ("rows", True, True)):
        (folder / "s.md").write_text("")
        (folder / "truthound.yaml").write_text(RULES + f"  ci_examples: {mode}\n  actions: [{{type: github}}]\n")
        told = "".join(cli("checkpoint", "run", "users")[1:]) + (folder / "s.md").read_text()
        assert ("k-82" in told, "secret" in told, "555-01" in told) == (keys, rows, False)
        assert (folder / "s.md").read_text()


def test_a_mode_there_is_not(cli, project):
    assert tuple(CIExamples) == CI_EXAMPLES
    code, _, err = cli("checkpoint", "run", "users", "--ci-examples", "key")
    assert (code, 'did you mean "keys"' in err) == (2, True)


# --- the pipelines of the reference document --------------------------------------------------------------------------

DAILY = """checkpoints:
- name: daily_data_validation
  data_source: users.csv
  validators: [{'null': {columns: [email], severity: critical}}]
  actions:
  - type: store_result
  - type: update_docs
  - {type: slack, webhook_url: "${SLACK_WEBHOOK}", notify_on: error}
"""
PIPELINES = {
    "github": ({"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": "s.md"}, "--github-summary --strict", ["s.md", "truthound_results"]),
    "gitlab": ({"GITLAB_CI": "true"}, "", ["truthound_results", "truthound_docs", "truthound.env"]),
    "jenkins": (
        {"JENKINS_URL": "http://ci"}, "--format json --output truthound-result.json", ["truthound-result.json", "truthound-junit.xml"]
    ),
    "circleci": ({"CIRCLECI": "true"}, "--format json", ["test-results/truthound", "artifacts"]),
    "azure": ({"TF_BUILD": "True"}, "--format json", ["truthound_results"]),
    "strict": ({}, "--strict", ["truthound_results"]),
}  # fmt: skip


@pytest.mark.parametrize("name", PIPELINES)
def test_the_reference_document_s_pipelines(cli, project, environment, name):
    variables, options, published = PIPELINES[name]
    environment({"SLACK_WEBHOOK": "https://hooks.slack.com/services/T/B/x"} | variables)
    (project / "truthound.yaml").write_text(DAILY)
    code, out, _ = cli("checkpoint", "run", "daily_data_validation", "--config", "truthound.yaml", *options.split())
    assert code == 1
    assert [p for p in published if not (project / p).exists()] == []
    if options == "--format json":
        assert json.loads(out)["status"] == "failure"


def test_a_reader_that_went_away_ends_nothing(project, environment):
    environment({"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": "s.md", "GITHUB_OUTPUT": "o.txt"})
    program = [sys.executable, "-m", "truthound", "checkpoint", "run", "cities"]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        told = process.stderr.read()
        assert process.wait() == 0
    assert told == b""
    assert (project / "s.md").exists()


def test_doctor_where_there_is_no_folder(cli, environment, folder):
    environment({"CIRCLECI": "true", "BASH_ENV": "env", "CIRCLE_WORKING_DIRECTORY": "~nobody-of-that-name/project"})
    assert "not inside CIRCLE_WORKING_DIRECTORY" in cli("ci", "doctor")[1]
    (folder / "gone").mkdir()
    os.chdir(folder / "gone")
    (folder / "gone").rmdir()
    code, out, _ = cli("ci", "doctor", "travis")
    os.chdir(folder)
    assert (code, out.splitlines()[0]) == (0, "Travis CI")
