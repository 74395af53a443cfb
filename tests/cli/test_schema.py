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
    assert lines[0].startswith("users: schema learned, in ")
    assert '  - column "email"' in lines
    assert '  + column "mail": string' in lines
    assert cli(*run)[0] == 0
    assert "  nothing changed\n" in cli("schema", "update", "users")[1]


def test_update_of_what_learns_nothing(cli, learning):
    code, out, err = cli("schema", "update", "fixed")
    assert (code, out) == (2, "")
    assert 'checkpoint "fixed" does not have auto_schema' in err
    code, _, err = cli("schema", "update", "usres")
    assert code == 2
    assert 'did you mean "users"?' in err
    (learning / "truthound.yaml").write_text(
        LEARNING.replace("true", "false").replace("  auto_schema: false\n", "  validators: ['null']\n")
    )
    code, _, err = cli("schema", "update")
    assert code == 2
    assert "no checkpoint has auto_schema: true" in err


PRIVATE = """checkpoints:
- name: users
  data_source: users.csv
  auto_schema: true
  pii: [user_id, email, city, age]
  validators:
  - range
  - allowed_values
  actions:
  - type: store_result
    store_path: results
"""


def test_no_output_and_no_file_holds_values_of_pii_columns(cli, learning):
    rows = [f"{8800770000 + n},qz{n}@x.org,{9661234500 + n % 30},{('Qzlo', 'Qzme')[n % 2]}" for n in range(60)]
    planted = ("880077", "8,800,77", "qz", "966123", "9,661,23", "Qz")
    said = []

    def tell(*args):
        code, out, err = cli(*args)
        said.append(out + err)
        return code

    (learning / "users.csv").write_text("user_id,email,age,city\n" + "\n".join(rows) + "\n")
    assert (
        tell("schema", "infer", "users.csv", *(w for c in ("user_id", "email", "city", "age") for w in ("--pii", c)))
        == 0
    )
    assert cli("checkpoint", "run", "users")[0] == 0  # learned in the clear
    (learning / "truthound.yaml").write_text(PRIVATE)
    tell("checkpoint", "run", "users", "--dry-run")
    (learning / "users.csv").write_text("user_id,email,age,city\n" + "\n".join([*rows, "-1,?,-5,?"]) + "\n")
    for form in ("console", "json", "yaml", "markdown"):
        tell("checkpoint", "run", "users", "--format", form)
        tell("checkpoint", "run", "users", "--format", form, "-o", f"out.{form}", "--verbose")
        tell("checkpoint", "history", "users", "--format", form)
    tell("schema", "update", "users")
    tell("checkpoint", "run", "users", "--verbose")
    (learning / "users.csv").unlink()
    files = [p for p in learning.rglob("*") if p.is_file()]
    assert len(files) > 10
    said += [p.read_text() for p in files]
    assert [(s, text) for text in said for s in planted if s in text] == []


def test_pii_is_a_column(cli, project):
    assert cli("schema", "infer", "users.csv", "--pii", "emial")[0] == 2


def test_a_dry_run_shows_the_checks_of_a_run(cli, learning):
    code, out, _ = cli("checkpoint", "run", "users", "--dry-run")
    assert code == 0
    assert "none is learned yet" in out
    result = cli("checkpoint", "run", "users")[1]
    count = result[result.index(" +  ") :].split()[1]
    out = cli("checkpoint", "run", "users", "--dry-run")[1]
    assert f"{count} checks" in out
    assert "not null, as learned" in out


def test_drift_names_the_command_that_accepts_it(cli, learning):
    run = ("checkpoint", "run", "users", "-c", "truthound.yaml")
    assert "schema update" not in cli(*run)[1]
    (learning / "users.csv").write_text("user_id,age\nx,3\n")
    assert "truthound schema update users -c truthound.yaml" in cli(*run)[1]


def test_a_dry_run_of_a_baseline(cli, learning):
    rules = "  validators:\n  - distribution: {columns: age, baseline: true}\n"
    (learning / "truthound.yaml").write_text(LEARNING.replace("  auto_schema: true\n", rules))
    assert cli("checkpoint", "run", "users", "--dry-run")[0] == 0
    assert not (learning / ".truthound").exists()
