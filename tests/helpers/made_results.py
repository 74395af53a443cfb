"""Results made by hand, as the engine would make them."""

from dataclasses import replace
from datetime import UTC, datetime

from truthound._internal.redaction import MASK
from truthound.results import (
    ActionResult,
    ActionStatus,
    CheckOutcome,
    CheckpointResult,
    CheckpointStatus,
    CheckStatus,
    Example,
    Severity,
    ValidationResult,
)


def outcome(validator, column, status=CheckStatus.PASSED, **more):
    columns = (column,) if isinstance(column, str) else tuple(column)
    return CheckOutcome(
        id=f"{validator}:{','.join(columns)}", validator=validator, columns=columns, status=status, **more
    )


EMAIL = outcome(
    "null", "email", CheckStatus.FAILED, severity=Severity.CRITICAL, failed=93, total=5000, expected="not null",
    examples=tuple(Example(n, {"user_id": n - 1, "email": None, "age": 30}) for n in (34, 54, 61)),
)  # fmt: skip
UNIQUE = outcome(
    "unique", "user_id", CheckStatus.FAILED, severity=Severity.HIGH, failed=4, total=5000, expected="unique",
    examples=(
        Example(8, {"user_id": 7}), Example(2002, {"user_id": 7}), Example(101, {"user_id": 100}), Example(102, {"user_id": 100}),
    ),
)  # fmt: skip
AGE = outcome(
    "range", "age", CheckStatus.WARNED, severity=Severity.MEDIUM, failed=33, total=5000, expected="between 0 and 120",
    top_values=((212, 13), (999, 13), (-3, 7)),
)  # fmt: skip
PRISE = outcome(
    "range", "prise", CheckStatus.ERROR, severity=Severity.CRITICAL, error='column not found: did you mean "price"?',
    location="truthound.yaml:31",
)  # fmt: skip
PASSED = tuple(
    outcome("blank", c, expected="not blank", failed=0, total=5000) for c in ("name", "city", "email", "country")
)
SKIPPED = outcome("regex", "name", CheckStatus.SKIPPED, message="nothing configured")


def validation(*outcomes, **more):
    return ValidationResult(
        "users.csv",
        outcomes or (EMAIL, UNIQUE, AGE, PRISE, *PASSED),
        row_count=5000,
        column_count=6,
        key_columns=("user_id",),
        **more,
    )


def run(*outcomes, number=7, **more):
    checked = validation(*outcomes)
    made = CheckpointResult(
        run_id=f"2026112{number}-013907", checkpoint_name="users", run_time=datetime(2026, 11, 20 + number, 1, 39, 7, tzinfo=UTC),
        status=checked.status, validation_result=checked, duration_ms=210.0,
    )  # fmt: skip
    return replace(made, **more)


def earlier(email=93, unique=0, age=33, number=1):
    """A run before, with these counts of failing rows."""
    changed = []
    for one, failed in ((EMAIL, email), (UNIQUE, unique), (AGE, age)):
        status = one.status if failed else CheckStatus.PASSED
        changed.append(replace(one, failed=failed, status=status, examples=()))
    return run(*changed, *PASSED, number=number)


HISTORY = [earlier(email=e, number=i) for i, e in enumerate((20, 20, 20, 20, 20, 45), 1)]
ACTIONS = (
    ActionResult(ActionStatus.SUCCESS, "store", "store_result", "results/20261127-013907.json"),
    ActionResult(ActionStatus.SKIPPED, "quarantine", "quarantine", "not on success"),
    ActionResult(ActionStatus.FAILURE, "slack", "slack", "403 invalid_token (check SLACK_WEBHOOK_URL)"),
)
FAILING = run(action_results=ACTIONS)
CLEAN = run(*PASSED, SKIPPED)
UNREADABLE = CheckpointResult(
    "20261127-013907", "users", datetime(2026, 11, 27, tzinfo=UTC), CheckpointStatus.ERROR,
    error="users.csv: no such file; the folder has users.parquet",
)  # fmt: skip
EVIL = "\x1b[31m[red]a\nb\u202e|<b>*_`"
HOSTILE = replace(
    run(
        outcome(
            EVIL, EVIL, CheckStatus.FAILED, severity=Severity.HIGH, failed=1, total=100_000, expected=EVIL, name=EVIL, description=EVIL,
            where=EVIL, location=EVIL, top_values=((EVIL, 2),),
            examples=(Example(1, {EVIL: EVIL, "masked": MASK, "none": None, "empty": "", "null": "null"}),),
        ),
        outcome("x", EVIL, CheckStatus.ERROR, error=EVIL, location=EVIL),
        outcome("x", EVIL, CheckStatus.SKIPPED, message=EVIL),
    ),
    checkpoint_name=EVIL, run_id=EVIL, error=EVIL, action_results=(ActionResult(ActionStatus.FAILURE, EVIL, "x", EVIL),),
)  # fmt: skip


def failed_result(**more):
    """A run that failed, as `users` did."""
    return run(**more)


def passed_result(**more):
    """A run in which all held."""
    return run(*PASSED, **more)
