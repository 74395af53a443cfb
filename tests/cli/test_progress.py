import os
import pty
import subprocess
import sys
import time

CODE = """
import sys, time
from truthound.cli import progress
progress.PATIENCE = 0.1
with progress.Progress("us\\x1bers: checking", no_color={no_color}, quiet={quiet}):
    time.sleep({seconds})
"""


def on_a_terminal(seconds, no_color=False, quiet=False):
    master, slave = pty.openpty()
    code = CODE.format(seconds=seconds, no_color=no_color, quiet=quiet)
    env = {**os.environ, "TERM": "xterm", "COLUMNS": "40", "PYTHONIOENCODING": "utf-8"}
    process = subprocess.Popen([sys.executable, "-c", code], stderr=slave, env=env)
    os.close(slave)
    shown = b""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            part = os.read(master, 1000)
        except OSError:  # the other side is closed
            break
        if not part:
            break
        shown += part
    os.close(master)
    assert process.wait() == 0
    return shown.decode()


def test_long_work_is_shown_and_wiped():
    shown = on_a_terminal(0.4)
    assert "⠋ us\\x1bers: checking  0 s" in shown
    assert shown.split("\r")[-2].strip() == ""
    assert shown.endswith("\r")


def test_plain_without_colour():
    assert "| us\\x1bers: checking  0 s" in on_a_terminal(0.4, no_color=True)


def test_short_or_quiet_work_is_not_shown():
    assert on_a_terminal(0.0) == ""
    assert on_a_terminal(0.4, quiet=True) == ""


def test_nothing_where_there_is_no_terminal():
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(seconds=0.3, no_color=False, quiet=False)], capture_output=True, check=True
    )
    assert done.stderr == b""
