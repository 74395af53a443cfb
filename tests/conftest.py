"""What holds for every test."""

import sys

import pytest
from hypothesis import settings

from truthound.ci.platforms import DETECTED_BY
from truthound.io.flow import threads

settings.register_profile(
    "unhurried", deadline=None, derandomize=True, database=None
)  # the same on every machine, however busy
settings.load_profile("unhurried")


@pytest.fixture(autouse=True)
def _outside_of_any_ci(monkeypatch):
    """What is tested does not depend on where the tests run."""
    for name in {mark.partition("=")[0] for marks in DETECTED_BY.values() for mark in marks}:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("TRUTHOUND_CI", raising=False)


@pytest.fixture
def hurried(monkeypatch):
    """Nothing waits before it tries again."""
    monkeypatch.setattr(threads.StopSignal, "pause", lambda self, seconds: None)


@pytest.fixture
def site_packages(tmp_path, monkeypatch):
    """A folder on the path for packages (`th_*`) that a test installs with `helpers.plugin_packages`."""
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.startswith("th_"):
            del sys.modules[name]
