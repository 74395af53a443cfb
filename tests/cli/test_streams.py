"""Streams that are closed, full or not read to the end; and nothing but our own words on the terminal."""

import logging
import subprocess
import sys
import warnings

import pytest

from truthound.cli import selection
from truthound.cli.main import main

COMMANDS = {
    "check users.csv": 0,
    "check none.csv": 3,
    "check --nope": 2,
    "--help": 0,
    "--version": 0,
    "check users.csv --format json": 0,
    "check users.csv -o out.txt": 0,
}


def told(project, command, redirected):
    """Exit code and the two streams of a command line in a shell."""
    line = f'exec "{sys.executable}" -m truthound {command} {redirected}'
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


CLOSED = (">&-", "2>&-", "2>/dev/full", ">&- 2>&-", "<&- >&- 2>&-")


@pytest.mark.parametrize(
    ("command", "redirected"),
    [("check users.csv -o out.txt", r) for r in CLOSED] + [(c, ">&- 2>&-") for c in COMMANDS if "-o" not in c],
)
def test_closed_streams_change_no_exit_code(project, command, redirected):
    code, out, err = told(project, command, redirected)
    assert code == COMMANDS[command]
    assert "Traceback" not in out + err
    assert "bug" not in out + err
    assert (out == "") or ">&-" not in redirected.replace("2>&-", "")
    assert (project / "users.csv").read_text().startswith("user_id,email")


@pytest.mark.parametrize(
    ("command", "redirected"), [*((c, ">/dev/full") for c in COMMANDS), ("check users.csv", ">/dev/full 2>/dev/full")]
)
def test_a_full_standard_output_is_an_error_where_it_is_needed(project, command, redirected):
    code, _, err = told(project, command, redirected)
    assert code == (COMMANDS[command] if "-o" in command or "--nope" in command else 3)
    if code == 3 and "2>" not in redirected:
        assert err == "error: cannot write to standard output: No space left on device\n"


def test_a_file_is_not_given_the_number_of_a_closed_stream(project):
    """What an action prints goes to standard error, which must not be the file that is being written."""
    text = (project / "truthound.yaml").read_text().replace(
        "- type: store_result\n    store_path: results", "- {type: custom, shell_command: echo printed}"
    )  # fmt: skip
    (project / "truthound.yaml").write_text(text)
    assert told(project, "checkpoint run users -o out.txt", ">&- 2>&-")[0] == 1
    assert "printed" not in (project / "out.txt").read_text()


@pytest.mark.parametrize("asked", [False, True])
def test_libraries_do_not_talk(cli, project, monkeypatch, asked):
    if asked:
        monkeypatch.setenv("TRUTHOUND_DEBUG", "1")
    load = selection.load

    def noisy(path):
        warnings.warn("a library's", FutureWarning, stacklevel=1)
        logging.getLogger("urllib3").warning("retrying")
        return load(path)

    monkeypatch.setattr(selection, "load", noisy)
    monkeypatch.setattr(logging.root, "handlers", [])
    if asked:
        with pytest.warns(FutureWarning):
            main(["checkpoint", "run", "cities"])
    else:
        err = cli("checkpoint", "run", "cities")[2]
        assert err == ""
