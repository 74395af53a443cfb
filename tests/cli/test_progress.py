import os
import pty
import subprocess
import sys

CODE = """
import sys
from truthound.cli import progress
progress.DELAY = {delay}
with progress.Progress("us\\x1bers: checking", no_color={no_color}, quiet={quiet}):
    sys.stdin.read()
"""


def on_a_terminal(delay, until=b"", no_color=False, quiet=False):
    """What is shown while work goes on until `until` is seen."""
    master, slave = pty.openpty()
    code = CODE.format(delay=delay, no_color=no_color, quiet=quiet)
    env = {**os.environ, "TERM": "xterm", "COLUMNS": "40", "PYTHONIOENCODING": "utf-8"}
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stderr=slave, env=env)
    os.close(slave)
    shown = b""
    while True:
        if until in shown:
            process.stdin.close()
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
    shown = on_a_terminal(0, b"checking")
    assert "⠋ us\\x1bers: checking" in shown
    assert "0:00:00" in shown
    assert shown.endswith("\x1b[2K")


def test_plain_without_colour():
    shown = on_a_terminal(0, b"checking", no_color=True)
    assert "- us\\x1bers: checking 0:00:00" in shown
    assert "\x1b[33m" not in shown


def test_short_or_quiet_work_is_not_shown():
    assert on_a_terminal(3600) == ""
    assert on_a_terminal(0, quiet=True) == ""


def test_nothing_where_there_is_no_terminal():
    code = CODE.format(delay=0, no_color=False, quiet=False)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, input=b"")
    assert done.stderr == b""
