import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from truthound.checkpoint.actions.store import load_results
from truthound.results import CheckpointResult

RUN = ("checkpoint", "run")
AD_HOC = (*RUN, "quick", "--data", "users.csv", "--validators", "null,duplicate")


def results(out):
    data = json.loads(out)
    return [CheckpointResult.from_dict(r) for r in (data if isinstance(data, list) else [data])]


def configured(project, **changes):
    """Rewrites the project's configuration; values are Python's."""
    file = project / "truthound.yaml"
    document = yaml.safe_load(file.read_text())
    document["checkpoints"][0] |= changes
    file.write_text(yaml.safe_dump(document))


def test_a_failing_run(cli, project):
    code, out, err = cli(*RUN, "users")
    assert (code, err) == (1, "")
    lines = out.splitlines()
    assert lines[0].startswith("users  users.csv - 5 rows x 4 columns - run users_")
    assert lines[2:8] == [
        " x  critical  email    not null           1 (20.00%)",
        "              row 2  user_id=2  email=null",
        " !  high      user_id  unique             2 (40.00%)",
        "              row 3, 4  user_id=3",
        " !  medium    age      between 0 and 120  2 (40.00%)  values -3x1  212x1",
        "              row 3  user_id=3  age=212",
    ]
    assert " actions   + store_result: stored in results/users_" in out
    assert " FAILED    1 failed, 2 warned - " in out
    assert out.rstrip().splitlines()[-1].startswith(" next      truthound checkpoint history users")
    assert out.isascii()


def test_the_second_run_knows_the_first(cli, project):
    cli(*RUN, "users")
    data = project / "users.csv"
    data.write_text(
        data.read_text().replace(",31,", ",931,").replace("4,d@x.org", "4,d@x.org").replace("2,,", "2,b@x.org,")
    )
    out = cli(*RUN, "users")[1]
    assert "worse, was 2" in out
    assert "1 passed, 1 fixed: email not null" in out
    assert [r.status.value for r in load_results(project / "results", "users")] == ["warning", "failure"]


def test_ad_hoc_without_a_file(cli, project):
    (project / "truthound.yaml").unlink()
    code, out, _ = cli(*AD_HOC)
    assert code == 0
    assert out.startswith("quick  users.csv")
    assert "email" in out
    assert "truthound checkpoint init --data users.csv" in out
    assert "not blank" in cli(*RUN, "quick", "--data", "users.csv", "-v", "blank", "--verbose")[1]


def test_ad_hoc_beside_a_file_that_does_not_know_the_name(cli, project):
    assert cli(*AD_HOC)[0] == 0
    code, _, err = cli(*AD_HOC, "-c", "truthound.yaml")
    assert code == 2
    assert 'no checkpoint "quick" in truthound.yaml; its checkpoints: users, cities' in err


def test_options_change_what_is_configured(cli, project):
    (project / "other.csv").write_text("user_id,email,age\n1,a@x.org,5\n")
    code, out, _ = cli(
        *RUN, "users", "-c", "truthound.yaml", "-d", "other.csv", "-v", "null", "--store", "kept", "--format", "json"
    )
    (result,) = results(out)
    assert code == 0
    assert result.validation_result.row_count == 1
    assert {o.validator for o in result.validation_result.outcomes} == {"null"}
    assert (
        [r.run_id for r in load_results(project / "kept")]
        == [r.run_id for r in load_results(project / "results")]
        == [result.run_id]
    )
    assert [a.action_name for a in result.action_results] == ["store_result", "store_result"]


def test_paths_of_the_command_line_start_here_and_the_files_there(cli, project, monkeypatch):
    (project / "here").mkdir()
    (project / "here" / "small.csv").write_text("user_id,email,age\n1,a@x.org,5\n")
    monkeypatch.chdir(project / "here")
    assert cli(*RUN, "cities", "-c", "../truthound.yaml")[0] == 0
    code, out, _ = cli(
        *RUN, "users", "-c", "../truthound.yaml", "-d", "small.csv", "--store", "kept", "--format", "json"
    )
    assert code == 0
    assert results(out)[0].validation_result.row_count == 1
    assert len(load_results("kept")) == 1
    assert len(load_results("../results")) == 1


def test_all_and_several(cli, project):
    code, out, _ = cli(*RUN, "--all")
    assert code == 1
    assert out.index("users  users.csv") < out.index("cities  users.csv")
    assert out.endswith("\n 2 checkpoints, exit 1\n")
    assert [r.checkpoint_name for r in results(cli(*RUN, "cities", "users", "cities", "--format", "json")[1])] == [
        "cities",
        "users",
    ]
    assert isinstance(json.loads(cli(*RUN, "cities", "--format", "json")[1]), dict)
    configured(project, name="only")
    assert isinstance(json.loads(cli(*RUN, "--all", "--tag", "team=geo", "--format", "json")[1]), list)


def test_a_name_is_needed_where_there_are_several(cli, project):
    code, out, err = cli(*RUN)
    assert (code, out) == (2, "")
    assert "name a checkpoint, or give --all; the checkpoints: users, cities" in err
    code, _, err = cli(*RUN, "users", "--all")
    assert code == 2
    assert "not both" in err


def test_unknown_names_are_told_at_once(cli, project):
    code, out, err = cli(*RUN, "usres", "citeis")
    assert (code, out) == (2, "")
    assert err == (
        'error: no checkpoint "usres" in truthound.yaml; did you mean "users"?\n'
        'error: no checkpoint "citeis" in truthound.yaml; did you mean "cities"?\n'
    )


def test_tags_choose(cli, project):
    assert [r.checkpoint_name for r in results(cli(*RUN, "--tag", "team=geo", "--format", "json")[1])] == ["cities"]
    (result,) = results(cli(*RUN, "--tag", "contact", "--format", "json")[1])
    assert result.checkpoint_name == "users"
    assert [o.validator for o in result.validation_result.outcomes] == ["null"]
    code, out, err = cli(*RUN, "--tag", "team=geo", "--tag", "contact")
    assert (code, out) == (2, "")
    assert "no checkpoint and no check has the tag team=geo and contact" in err
    assert cli(*AD_HOC, "--tag", "x")[0] == 2


def test_a_mistake_that_only_the_run_shows_is_a_mistake_all_the_same(cli, project):
    configured(project, pii=["nobody"])
    code, out, _ = cli(*RUN, "users")
    assert code == 2
    assert 'column "nobody" of primary_key or pii is not in the data' in out


def test_strict(cli, project):
    assert cli(*AD_HOC)[0] == 0
    code, out, _ = cli(*AD_HOC, "--strict")
    assert code == 1
    assert "exit 1 (--strict)" in out
    configured(
        project, validators=[{"range": {"columns": "age", "max_value": 120, "severity": "low"}}], min_severity="high"
    )
    assert cli(*RUN, "users")[0] == 0
    assert cli(*RUN, "users", "--strict")[0] == 1


@pytest.mark.parametrize(("severity", "code"), [("low", 1), ("medium", 1), ("high", 1), ("critical", 0), ("HIGH", 1)])
def test_fail_on(cli, project, severity, code):
    configured(project, validators=[{"unique": {"columns": "user_id", "severity": "high"}}])
    got, out, _ = cli(*RUN, "users", "--fail-on", severity, "--format", "json")
    assert got == code
    assert results(out)[0].status == ("failure" if code else "warning")


def test_limit_keeps_and_shows_so_many_rows(cli, project):
    lines = [f"{n},x@x.org,500,Oslo" for n in range(100)]
    (project / "users.csv").write_text("user_id,email,age,city\n" + "\n".join(lines))
    out = cli(*RUN, "users")[1]
    assert out.count("age=500") == 2
    assert "... 98 more" in out
    assert "truthound checkpoint run users --limit 50" in out
    many = cli(*RUN, "users", "--limit", "50")[1]
    assert many.count("age=500") == 50
    assert "--limit" not in many
    assert "row 1 " not in cli(*RUN, "users", "--limit", "0")[1]
    assert len(results(cli(*RUN, "users", "--limit", "3", "--format", "json")[1])[0].issues[0].examples) == 3


def test_data_that_are_not_there(cli, project):
    (project / "users.csv").unlink()
    code, out, err = cli(*RUN, "users")
    assert (code, err) == (3, "")
    assert "users.csv" in out
    assert " ERROR     nothing was checked - " in out
    assert " next      truthound checkpoint run users --data FILE" in out
    assert len(load_results(project / "results")) == 1  # actions run


def test_a_misspelled_column(cli, project):
    configured(project, validators=["null", {"range": {"columns": "agee", "min_value": 0}}], fail_on_critical=False)
    code, out, _ = cli(*RUN, "users")
    assert code == 3
    assert 'column not found: did you mean "age"?' in out
    assert "truthound.yaml:" in out
    assert "truthound profile users.csv" in out
    assert "email" in out  # the others run on
    assert cli(*RUN, "users", "--strict")[0] == 1


def test_an_action_that_is_not_delivered(cli, project):
    lost = [{"type": "custom", "shell_command": f"{sys.executable} -c 'raise SystemExit(9)'"}]
    configured(project, validators=["column_count"] and [{"column_exists": {"columns": "age"}}], actions=lost)
    code, out, _ = cli(*RUN, "users")
    assert code == 4
    assert " actions   x custom: " in out
    assert "exit 4" in out
    configured(project, validators=[{"null": {"columns": "email", "severity": "critical"}}])
    assert cli(*RUN, "users")[0] == 1


def test_a_checkpoint_that_cannot_run_does_not_stop_the_next(cli, project):
    configured(project, data_source="none.csv")
    code, out, _ = cli(*RUN, "--all")
    assert code == 3
    assert "cities  users.csv" in out


@pytest.mark.parametrize("name", ["json", "yaml", "markdown", "console"])
def test_output_takes_every_format(cli, project, name):
    code, out, err = cli(*RUN, "users", "--format", name, "--output", "out/r.txt")
    written = (project / "out" / "r.txt").read_text()
    assert (code, out) == (1, "")
    first, verdict = err.splitlines()
    assert first == "wrote out/r.txt"
    assert verdict.startswith("users  FAILED    1 failed, 2 warned")
    assert "users" in written
    if name == "json":
        assert CheckpointResult.from_dict(json.loads(written)).status == "failure"
    assert cli(*RUN, "users", "--format", name, "--output", "out/r.txt", "--quiet")[2] == "wrote out/r.txt\n"


def test_output_that_cannot_be_written(cli, project):
    code, out, err = cli(*RUN, "users", "-o", project)
    assert (code, out) == (3, "")
    assert "cannot be written" in err


def test_quiet_is_a_line(cli, project):
    code, out, err = cli(*RUN, "--all", "-q")
    assert (code, err) == (1, "")
    assert [line.split()[:2] for line in out.splitlines()] == [["users", "FAILED"], ["cities", "PASSED"]]


def test_verbose_lists_everything(cli, project):
    out = cli(*RUN, "cities", "--verbose")[1]
    assert "lists them" not in out
    assert "city" in out


def test_a_dry_run_does_nothing(cli, project):
    code, out, err = cli(*RUN, "users", "--dry-run")
    assert (code, err) == (0, "")
    assert "range   age      between 0 and 120" in out
    assert "store_result (always)" in out
    assert "DRY RUN   3 checks - nothing was evaluated or delivered" in out
    assert not (project / "results").exists()
    configured(project, validators=[{"range": {"columns": "agee", "min_value": 0}}])
    code, out, _ = cli(*RUN, "users", "--dry-run")
    assert code == 3
    assert 'did you mean "age"?' in out
    assert cli(*RUN, "users", "--dry-run", "--format", "json")[0] == 2
    (project / "users.csv").unlink()
    code, out, err = cli(*RUN, "users", "--dry-run")
    assert (code, out) == (3, "")
    assert "users.csv" in err


def test_hostile_data(cli, folder):
    (folder / "evil.csv").write_text('id,"\x1b[31m[red]"\n1,"\x1b]0;owned\x07\u202e[bold]"\n2,\n', encoding="utf-8")
    for form in ("console", "markdown"):
        out = cli(*RUN, "x", "--data", "evil.csv", "-v", "null", "--format", form)[1]
        assert "\x1b" not in out
        assert "\x07" not in out
        assert "\u202e" not in out
        assert r"\x1b[31m[red]" in out.replace("\\\\", "\\").replace(r"\[", "[").replace(r"\]", "]")


def test_two_processes_at_once(project):
    command = [sys.executable, "-m", "truthound", *RUN, "users", "--format", "json", "--output", "same.json"]
    several = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(2)]
    assert [p.communicate(timeout=60) and p.returncode for p in several] == [1, 1]
    assert CheckpointResult.from_dict(json.loads(Path("same.json").read_text())).status == "failure"
    assert len(load_results(project / "results")) == 2


def test_what_to_run_next_can_be_run(cli, project):
    """Every command of a `next` line, whatever the options were, is one that works."""
    lines = [f"{n},,500,Oslo" for n in range(100)]
    (project / "my users.csv").write_text("user_id,email,age,city\n" + "\n".join(lines))
    runs = [
        ("users",),
        ("users", "-c", "truthound.yaml", "--store", "my store"),
        ("users", "-d", "my users.csv", "-v", "null,range"),
        ("quick", "-d", "my users.csv", "-v", "null", "--store", "my store"),
    ]
    seen = set()
    for args in runs:
        out = cli(*RUN, *args)[1]
        steps = " ".join(out[out.index(" next ") + 10 :].split()).split(" - ")
        for step in steps:
            for command in step.replace(" truthound ", "\ntruthound ").splitlines():
                words = shlex.split(command)
                seen.add(" ".join(words[1:3]))
                if words[2] == "init":
                    words += ["-o", "new.yaml"]
                assert cli(*words[1:])[0] in {0, 1}, command
                Path("new.yaml").unlink(missing_ok=True)
    assert seen == {"checkpoint run", "checkpoint history", "checkpoint init"}


def test_a_condition_that_needs_the_run_before_is_warned_of(cli, project):
    config = "checkpoints:\n- {name: x, data_source: users.csv, validators: ['null'], actions: [{type: custom, shell_command: 'true', notify_on: on_change}]}\n"
    (project / "x.yaml").write_text(config)
    code, _, err = cli("checkpoint", "validate", "x.yaml")
    assert code == 0
    assert "notify_on: on_change needs a store_result action" in err
