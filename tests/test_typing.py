"""Type checkers accept what the documentation shows."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.support import need

ROOT = Path(__file__).parent.parent


@pytest.mark.slow
def test_validators_are_made_by_position():
    need(importlib.util.find_spec("mypy") is not None, "mypy is not installed")
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--no-incremental",
        "--cache-dir",
        "/dev/null",
        "tests/typing/made_by_position.py",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
