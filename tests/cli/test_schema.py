import pytest

from truthound.schema import Schema

LEARNING = """checkpoints:
- name: users
  data_source: users.csv
  auto_schema: true
- name: fixed
  data_source: users.csv
  validators: ['null']
"""


def test_infer(cli, project):
    code, out, err = cli("schema", "infer", "users.csv")
    assert (code, err) == (0, "")
    assert "user_id:" in out
    assert "# " in out
    assert cli("schema", "infer", "users.csv", "-o", "schema.yaml") == (0, "", "wrote schema.yaml\n")
    assert (project / "schema.yaml").read_text() == out
    assert list(Schema.load("schema.yaml").columns) == ["user_id", "email", "age", "city"]


def test_infer_from_what_is_not_there(cli):
    code, out, err = cli("schema", "infer", "none.csv")
    assert (code, out) == (3, "")
    assert "none.csv" in err


@pytest.fixture
def learning(project):
    (project / "truthound.yaml").write_text(LEARNING)
    return project


def test_drift_is_shown_and_accepted(cli, learning):
    run = ("checkpoint", "run", "users", "--strict")
    assert cli(*run)[0] == 0
    (learning / "users.csv").write_text("user_id,mail,age\n1,a@x.org,31\n2,b@x.org,45\n")
    code, out, _ = cli(*run)
    assert code == 1
    assert "email" in out
    code, out, err = cli("schema", "update")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].startswith("users: learned, in ")
    assert '  - column "email"' in lines
    assert '  + column "mail": string' in lines
    assert cli(*run)[0] == 0
    assert "  nothing changed\n" in cli("schema", "update", "users")[1]


def test_update_of_what_learns_nothing(cli, learning):
    code, out, err = cli("schema", "update", "fixed")
    assert (code, out) == (2, "")
    assert 'checkpoint "fixed" has no auto_schema' in err
    code, _, err = cli("schema", "update", "usres")
    assert code == 2
    assert 'did you mean "users"?' in err
    (learning / "truthound.yaml").write_text(
        LEARNING.replace("true", "false").replace("  auto_schema: false\n", "  validators: ['null']\n")
    )
    code, _, err = cli("schema", "update")
    assert code == 2
    assert "no checkpoint has auto_schema: true" in err
