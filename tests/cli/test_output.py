import io
import os
import subprocess
import sys

import pytest

from truthound.cli import output
from truthound.errors import StoreError


class Terminal(io.TextIOWrapper):
    def __init__(self, encoding="utf-8", tty=True):
        super().__init__(io.BytesIO(), encoding=encoding)
        self.tty = tty

    def isatty(self):
        return self.tty


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch):
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("env", "stream", "no_color", "fancy"),
    [
        ({}, Terminal(), False, True),
        ({}, Terminal(), True, False),
        ({}, Terminal(tty=False), False, False),
        ({}, Terminal("latin-1"), False, False),
        ({}, Terminal("ascii"), False, False),
        ({"NO_COLOR": "1"}, Terminal(), False, False),
        ({"NO_COLOR": ""}, Terminal(), False, True),
        ({"TERM": "dumb"}, Terminal(), False, False),
        ({"FORCE_COLOR": "1"}, Terminal(tty=False), False, True),
        ({"FORCE_COLOR": "0"}, Terminal(tty=False), False, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, Terminal(), False, False),
        ({"FORCE_COLOR": "1"}, Terminal(), True, False),
        ({"FORCE_COLOR": "1"}, Terminal("ascii"), False, False),
    ],
)
def test_when_colour_is_welcome(monkeypatch, env, stream, no_color, fancy):
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert output.wants_symbols(stream, no_color=no_color) is fancy


def test_the_width(monkeypatch):
    assert output.width(Terminal(tty=False)) == 120
    monkeypatch.setenv("COLUMNS", "77")
    assert output.width(Terminal()) == 77
    monkeypatch.setenv("COLUMNS", "wide")
    assert output.width(Terminal(tty=False)) == 120


def test_a_file_is_written_whole(tmp_path, capfd):
    target = tmp_path / "deep" / "out.json"
    output.write_document("ä\n", target)
    output.write_document("ö\n", target)
    assert target.read_bytes() == "ö\n".encode()
    assert [p.name for p in target.parent.iterdir()] == ["out.json"]
    assert capfd.readouterr() == ("", f"wrote {target}\nwrote {target}\n")


def test_a_link_is_followed(tmp_path):
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_text("old")
    link.symlink_to(real)
    output.write_bytes(link, b"new")
    assert link.is_symlink()
    assert real.read_text() == "new"


def test_what_cannot_be_written_is_told(tmp_path):
    with pytest.raises(StoreError, match="cannot be written: Is a directory"):
        output.write_bytes(tmp_path, b"x")
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="file"):
        output.write_bytes(tmp_path / "file" / "below", b"x")


def test_a_device_is_written_to(capfd):
    output.write_document("x\n", output.Path("/dev/stdout"))
    assert capfd.readouterr().out == "x\n"
    output.write_document("y\n", output.Path("-"))
    assert capfd.readouterr().out == "y\n"


def test_programs_get_utf8_whatever_the_locale():
    code = "from truthound.cli.output import emit; emit('ä\\udc80\\n')"
    env = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=True)
    assert done.stdout == b"\xc3\xa4\\udc80\n"


def test_a_reader_that_goes_away_is_no_error():
    code = "from truthound.cli.output import emit\nfor _ in range(100): emit('x' * 10_000 + '\\n')\nraise SystemExit(7)"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.read(10)
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() == 7
