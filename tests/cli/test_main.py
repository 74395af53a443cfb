import json
import os
import signal
import subprocess
import sys
import time

import pytest

import truthound.cli.main as cli_main
from truthound._version import __version__

SCRIPT = "import sys; from truthound.cli.main import main; code = main(sys.argv[1:]); {after}; sys.exit(code)"


def python(*args, after="None", **more):
    return subprocess.run(
        [sys.executable, "-c", SCRIPT.format(after=after), *args], capture_output=True, text=True, check=False, **more
    )


def test_version(cli):
    assert cli("--version") == (0, f"truthound {__version__}\n", "")


@pytest.mark.parametrize("args", [["--help"], ["checkpoint", "run", "-h"], ["check", "--help"]])
def test_help_documents_the_exit_codes(cli, args):
    code, out, _ = cli(*args)
    assert code == 0
    for line in (
        "0  success, possibly with warnings",
        "1  failure; with --strict, any issue",
        "2  invalid arguments",
        "3  the data could not be read",
        "4  an action",
    ):
        assert line in out


COMMANDS = [
    "check", "profile", "schema infer", "schema update", "config schema", "checkpoint init", "checkpoint run", "checkpoint list",
    "checkpoint validate", "checkpoint history", "ci detect", "ci init",
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_and_refuses_what_it_does_not_know(cli, command):
    assert cli(*command.split(), "--help")[0] == 0
    code, out, err = cli(*command.split(), "--frobnicate")
    assert (code, out) == (2, "")
    assert "No such option: --frobnicate" in err


def test_a_misspelled_command_gets_a_suggestion(cli):
    code, _, err = cli("chekc")
    assert code == 2
    assert "Did you mean 'check'?" in err


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--format", "jsn"], 'did you mean "json"?'),
        (["--fail-on", "hihg"], 'did you mean "high"?'),
        (["--limit", "-1"], "from 0 to 1000"),
        (["--limit", "many"], "should be a valid integer"),
        (["--validators", ","], "at least one name"),
    ],
)
def test_a_wrong_value_is_a_usage_error(cli, args, said):
    code, out, err = cli("checkpoint", "run", "x", "--data", "x.csv", *args)
    assert (code, out) == (2, "")
    assert said in err


@pytest.mark.parametrize("args", [["--help"], ["checkpoint", "list"], ["config", "schema"]])
def test_what_needs_no_data_loads_no_engine(project, args):
    done = python(*args, after="print('polars' in sys.modules or 'pandas' in sys.modules, file=sys.stderr)")
    assert (done.returncode, done.stderr) == (0, "False\n")


def test_help_loads_nothing_heavy():
    heavy = ("polars", "pydantic", "httpx2", "jinja2", "rich.console", "yaml", "truthound.checkpoint.actions.base")
    done = python("--help", after=f"print([m for m in {heavy} if m in sys.modules], file=sys.stderr)")
    assert (done.returncode, done.stderr) == (0, "[]\n")


def test_an_error_is_a_line_and_a_traceback_only_when_asked_for(cli, monkeypatch):
    code, out, err = cli("checkpoint", "list")
    assert (code, out) == (2, "")
    assert err.startswith("error: no truthound.yaml here; write one with: truthound checkpoint init")
    assert "Traceback" not in err
    monkeypatch.setenv("TRUTHOUND_DEBUG", "1")
    with pytest.raises(cli_main.ConfigError, match=r"no truthound\.yaml"):
        cli_main.main(["checkpoint", "list"])


def test_a_bug_is_a_line_too(cli, project, monkeypatch):
    monkeypatch.setattr("truthound.checkpoint.config.loader.load_checkpoints", lambda path: 1 / 0)
    code, out, err = cli("checkpoint", "list")
    assert (code, out) == (3, "")
    assert (
        err
        == "error: unexpected ZeroDivisionError: division by zero; this is a bug, TRUTHOUND_DEBUG=1 shows the traceback\n"
    )


def test_a_file_name_cannot_write_to_the_terminal(cli):
    code, _, err = cli("checkpoint", "validate", "\x1b[31mx")
    assert code == 2
    assert "\x1b" not in err


def test_an_interrupt_says_so(folder):
    waiting = "import sys, time; import truthound.cli.main as m; m.checkpoint.app; import truthound.cli.selection as r; r.load = lambda p: time.sleep(60)"
    code = f"{waiting}; print('ready', flush=True); sys.exit(m.main(['checkpoint', 'run', 'x']))"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (130, "", "interrupted\n")


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_an_interrupt_ends_a_command_without_a_time_limit_too(folder):
    (folder / "d.csv").write_text("a\n1\n")
    command = {"type": "custom", "shell_command": "echo $$; exec sleep 600", "shell": True, "capture_output": False}
    config = {"name": "x", "data_source": "d.csv", "validators": ["null"], "actions": [command]}
    (folder / "truthound.yaml").write_text(json.dumps({"checkpoints": [config]}))
    run = [sys.executable, "-m", "truthound", "checkpoint", "run", "x"]
    process = subprocess.Popen(run, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    started = int(process.stderr.readline())
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, "interrupted\n")
    with pytest.raises(ProcessLookupError):
        os.kill(started, 0)
