"""What goes wrong is told: on standard error whatever the format, and with what to do about it."""

import json

import pytest
import yaml

from truthound import profiling
from truthound.reporters.terminal import Look
from truthound.results import CheckOutcome, CheckStatus

CLOSED = "http://127.0.0.1:9/hook"


def acting(project, *actions, validators=({"row_count": {"min_value": 1}},)):
    config = {"name": "acts", "data_source": "users.csv", "validators": list(validators), "actions": list(actions)}
    (project / "truthound.yaml").write_text(yaml.safe_dump({"checkpoints": [config]}))


def closing(out):
    """The closing advice, on one line."""
    return " ".join(out[out.index(" next ") :].split())


WEBHOOK = {"type": "webhook", "url": CLOSED, "retry_count": 0, "notify_on": "always"}
BROKEN = {"type": "custom", "name": "notify", "shell_command": "sh -c 'exit 3'"}


@pytest.mark.parametrize(
    ("actions", "options", "advice"),
    [
        ([WEBHOOK], [], "next truthound action test acts"),
        ([WEBHOOK], ["-c", "truthound.yaml"], "next truthound action test acts -c truthound.yaml"),
        ([BROKEN], [], "next after fixing notify: truthound checkpoint run acts"),
        ([BROKEN], ["-d", "u 2.csv"], "next after fixing notify: truthound checkpoint run acts --data 'u 2.csv'"),
        ([], ["--webhook", CLOSED], "next truthound action test webhook --set url=URL"),
        ([], ["--slack", CLOSED], "next truthound action test slack --set webhook_url=URL"),
    ],
)
@pytest.mark.usefixtures("hurried")
def test_the_last_line_says_what_to_do_about_a_failed_action(cli, project, actions, options, advice):
    (project / "u 2.csv").write_bytes((project / "users.csv").read_bytes())
    acting(project, *actions, validators=[{"null": {"columns": "email", "severity": "critical"}}])
    code, out, _ = cli("checkpoint", "run", "acts", *options)
    assert code == 1
    assert closing(out).startswith(advice)


@pytest.mark.parametrize("kind", ["json", "yaml", "markdown"])
@pytest.mark.parametrize("output", [[], ["-o", "out.txt"]])
def test_errors_are_on_standard_error_whatever_the_format(cli, project, kind, output):
    acting(project, BROKEN, validators=[{"null": {"columns": "nope"}}, {"range": {"columns": "gone", "min_value": 1}}])
    code, out, err = cli("checkpoint", "run", "acts", "--format", kind, *output)
    assert code == 3
    told = [line for line in err.splitlines() if line.startswith("error: ")]
    assert len(told) == 3
    assert told[0].startswith("error: acts: null:nope could not be evaluated: ")
    assert told[1].startswith("error: acts: range:gone could not be evaluated: ")
    assert told[2] == "error: acts: notify was not delivered: sh ended with exit code 3"
    document = (project / "out.txt").read_text() if output else out
    assert bool(out) is not bool(output)
    if kind == "json":
        assert json.loads(document)["checkpoint_name"] == "acts"
    (project / "users.csv").unlink()
    err = cli("checkpoint", "run", "acts", "--format", kind, *output)[2]
    assert "error: acts: users.csv does not exist" in err


@pytest.mark.parametrize("options", [[], ["--ci", "off"]])
def test_annotations_do_not_mix_with_a_document(cli, project, monkeypatch, options):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    acting(project, *[{"type": "github"}][: not options], validators=[{"null": {"columns": "email"}}])
    for more in ([], ["--format", "json"], ["--format", "json", "-o", "-"], ["-o", "report.txt"]):
        _, out, err = cli("checkpoint", "run", "acts", *options, *more)
        assert [line for line in out.splitlines() if line.startswith("::")] == []
        assert any(line.startswith("::") for line in err.splitlines()) is ("off" not in options)
        if "json" in more:
            assert json.loads(out)["checkpoint_name"] == "acts"


@pytest.mark.parametrize("kind", ["console", "json", "yaml", "markdown"])
@pytest.mark.parametrize("output", [[], ["-o", "out.txt"]])
def test_a_first_look_looks_once(cli, project, monkeypatch, kind, output):
    seen = []
    profile = profiling.profile
    monkeypatch.setattr(profiling, "profile", lambda source: seen.append(source) or profile(source))
    cli("check", "users.csv", "--format", kind, *output)
    assert seen == ["users.csv"]


@pytest.mark.parametrize(
    ("status", "failed", "ratio"),
    [("passed", 0, 0.0), ("failed", 1, 0.5), ("failed", None, 1.0), ("error", None, None), ("skipped", None, None)],
)
def test_what_was_not_checked_has_no_ratio(status, failed, ratio):
    outcome = CheckOutcome("null:a", "null", ("a",), CheckStatus(status), failed=failed, total=2)
    assert outcome.ratio == outcome.to_dict()["ratio"] == ratio


def test_bars_leave_a_gap_for_what_is_not_known():
    assert Look(colour=True).spark([0.5, None, 1.0]) == "▄ ▇"
    assert Look(colour=True).spark([None, None]) == ""


def test_a_trend_over_a_run_that_could_not_check(cli, project, monkeypatch):
    """A check that could not be evaluated in one run is no bar in the history of the others."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    acting(project, {"type": "store_result", "store_path": "kept"}, validators=[{"null": {"columns": "email"}}])
    whole = (project / "users.csv").read_text()
    for text in (whole, whole.replace("email", "mail"), whole):
        (project / "users.csv").write_text(text)
        shown = cli("checkpoint", "run", "acts")[1]
    assert "▇ ▇" in shown
    assert "▇ ▇" in cli("checkpoint", "history", "acts")[1]
    for kind in ("json", "markdown"):
        assert cli("checkpoint", "history", "acts", "--format", kind)[0] == 0


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (
            {"primary_key": ["usr_id"]},
            'column "usr_id" of primary_key or pii is not in the data; did you mean "user_id"?',
        ),
        ({"pii": ["phone"]}, 'column "phone" of primary_key or pii is not in the data'),
    ],
)
def test_a_plan_misses_the_columns_that_a_run_would(cli, project, option, said):
    config = {"name": "acts", "data_source": "users.csv", "validators": ["null"]} | option
    (project / "truthound.yaml").write_text(yaml.safe_dump({"checkpoints": [config]}))
    for command in (["--dry-run"], ["-q"]):
        code, out, err = cli("checkpoint", "run", "acts", *command)
        assert code == 2
        assert said in err
        assert "DRY RUN" not in out


@pytest.mark.parametrize("rule", [{"null": {"columns": "nope"}}, {"null": {"columns": "email", "where": "nope > 1"}}])
def test_a_plan_misses_the_columns_of_checks(cli, project, rule):
    acting(project, validators=[rule])
    code, out, _ = cli("checkpoint", "run", "acts", "--dry-run")
    assert code == 3
    assert "1 error" in out
