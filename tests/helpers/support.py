"""Helpers of many tests."""

import os

import pytest


def need(ok: bool, reason: str) -> None:
    """Skips a test whose surroundings are missing; with TRUTHOUND_REQUIRE_ALL=1 it fails instead."""
    if ok:
        return
    if os.environ.get("TRUTHOUND_REQUIRE_ALL") == "1":
        pytest.fail(reason)
    pytest.skip(reason)
