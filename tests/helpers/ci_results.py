"""Runs for the formats of CI systems, and their golden files."""

import os
from dataclasses import replace
from pathlib import Path

from helpers.hostile import many_issues
from helpers.made_results import (
    AGE,
    CLEAN,
    EMAIL,
    FAILING,
    HOSTILE,
    PASSED,
    PRISE,
    SKIPPED,
    UNREADABLE,
    run,
    validation,
)
from truthound.results import CheckpointStatus, Example

GOLDEN = Path(__file__).parents[1] / "reporters" / "golden"
SCHEMAS = Path(__file__).parents[1] / "reporters" / "schemas"
PLACED = replace(
    run(EMAIL, AGE),
    metadata={"tags": {"team": "data"}},
    validation_result=validation(
        replace(
            EMAIL,
            name="mail",
            description="we write to them",
            location="conf/truthound.yaml:12:5",
            examples=(Example(34, {"user_id": 33, "email": None}, 36), Example(54, {"user_id": 53, "email": None}, 57)),
        ),
        replace(AGE, location="conf/truthound.yaml:14"),
        PRISE,
        PASSED[0],
        SKIPPED,
        file="data/my users.csv",
    ),
)
"""a run that knows where its issues are"""
SMALL = replace(
    PLACED,
    validation_result=validation(
        replace(PLACED.validation_result.outcomes[0], name=None, description=None), PASSED[0], file="data/users.csv"
    ),
)
NOTHING = replace(run(SKIPPED), status=CheckpointStatus.ERROR)
"""no check ran"""
MANY = many_issues(300)
ALL = [FAILING, PLACED, CLEAN, UNREADABLE, NOTHING, HOSTILE, MANY]
IDS = ["failing", "placed", "clean", "unreadable", "nothing", "hostile", "many"]


def golden(name: str, text: str) -> None:
    """Compares with the file; with TRUTHOUND_WRITE_GOLDEN=1 it is written first."""
    path = GOLDEN / name
    if os.environ.get("TRUTHOUND_WRITE_GOLDEN") == "1":
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
