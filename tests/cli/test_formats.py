"""The formats of CI systems, from the command line."""

import json
from pathlib import Path

import pytest
from junitparser import JUnitXml

CONFIG = """checkpoints:
- name: users
  data_source: data/users.csv
  validators:
  - 'null'
  - range:
      columns: {aeg: {min_value: 3}}
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("data").mkdir()
    Path("data/users.csv").write_text('id,email\n1,"a\nb"\n2,\n')
    Path("truthound.yaml").write_text(CONFIG)
    return tmp_path


@pytest.mark.parametrize("absolute", [False, True])
@pytest.mark.parametrize("kind", ["sarif", "codequality"])
def test_issues_are_shown_at_lines_of_the_repository(cli, project, kind, absolute):
    config = project / "truthound.yaml" if absolute else "truthound.yaml"
    code, out, _ = cli("checkpoint", "run", "users", "-c", str(config), "--format", kind)
    assert code == 3
    if kind == "sarif":
        places = [r["locations"][0]["physicalLocation"] for r in json.loads(out)["runs"][0]["results"]]
        found = [(p["artifactLocation"]["uri"], p["region"]["startLine"]) for p in places]
    else:
        found = [(i["location"]["path"], i["location"]["lines"]["begin"]) for i in json.loads(out)]
    assert found == [("truthound.yaml", 6), ("data/users.csv", 4)]


def test_a_report_is_written_to_a_file(cli, project):
    code, out, said = cli("checkpoint", "run", "users", "--format", "junit", "-o", "report.xml")
    assert (code, out) == (3, "")
    assert "wrote report.xml" in said
    (suite,) = JUnitXml.fromfile("report.xml")
    assert [c.name for c in suite] == ["null: id", "null: email", "range: aeg"]


def test_a_first_look_in_a_format_of_programs(cli, project):
    assert cli("check", "data/users.csv", "-v", "null", "--format", "tap")[1].startswith("TAP version 14\n1..2\nok 1")
    text = cli("check", "data/users.csv", "data/users.csv", "-v", "null", "--format", "junit")[1]
    assert [s.name for s in JUnitXml.fromstring(text.encode())] == ["users", "users (2)"]


@pytest.mark.parametrize("command", [["profile", "data/users.csv"], ["checkpoint", "list"]])
def test_what_is_no_run_has_no_such_format(cli, project, command):
    code, out, said = cli(*command, "--format", "junit")
    assert (code, out) == (2, "")
    assert '"junit" is not one of console, json, yaml, markdown' in said
