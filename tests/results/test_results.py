"""Results keep what happened, and survive the way through JSON and back."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
)  # fmt: skip

cells = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=20)
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=4,
)
outcomes = st.builds(
    CheckOutcome,
    id=st.text(max_size=5), validator=st.text(max_size=5), columns=st.lists(st.text(max_size=5), max_size=2).map(tuple),
    status=st.sampled_from(CheckStatus), severity=st.one_of(st.none(), st.sampled_from(Severity)),
    failed=st.one_of(st.none(), st.integers(0, 9)), total=st.one_of(st.none(), st.integers(9, 20)), observed=cells,
    examples=st.lists(st.builds(Example, st.one_of(st.none(), st.integers(1, 9)), st.dictionaries(st.text(max_size=3), cells, max_size=3)), max_size=2).map(tuple),
    top_values=st.lists(st.tuples(cells, st.integers(1, 9)), max_size=2).map(tuple), hidden=st.booleans(),
)  # fmt: skip
times = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)).map(lambda d: d.replace(tzinfo=UTC))
runs = st.builds(
    CheckpointResult,
    run_id=st.text(max_size=5), checkpoint_name=st.text(max_size=5), run_time=times, status=st.sampled_from(CheckpointStatus),
    validation_result=st.one_of(st.none(), st.builds(ValidationResult, source=st.text(max_size=5), outcomes=st.lists(outcomes, max_size=3).map(tuple))),
    action_results=st.lists(st.builds(ActionResult, status=st.sampled_from(ActionStatus), started_at=st.one_of(st.none(), times)), max_size=2).map(tuple),
    duration_ms=st.floats(0, 1e6), error=st.one_of(st.none(), st.text(max_size=5)), metadata=st.dictionaries(st.text(max_size=5), cells, max_size=2),
)  # fmt: skip


@given(runs)
def test_to_dict_and_back(result):
    document = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert CheckpointResult.from_dict(document) == result
    assert CheckpointResult.from_dict(document).to_dict() == document


def outcome(status, severity=None, **more):
    return CheckOutcome("x", "null", ("a",), status, severity, **more)


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ([], "error"), (["skipped"], "error"), (["passed", "skipped"], "success"), (["passed", "warned"], "warning"), (["warned", "error"], "error"),
        (["error", "failed"], "failure"),
    ],
)  # fmt: skip
def test_what_is_known_to_be_wrong_comes_first(statuses, expected):
    result = ValidationResult("s", tuple(outcome(CheckStatus(s)) for s in statuses))
    assert result.status == expected
    assert result.status.value == expected


def test_hidden_issues_are_counted_but_do_not_count():
    result = ValidationResult(
        "s", (outcome(CheckStatus.WARNED, Severity.LOW, hidden=True), outcome(CheckStatus.PASSED))
    )
    assert (result.status, result.issues, result.success) == ("success", (), True)
    stats = result.statistics
    assert (stats.total_checks, stats.hidden, stats.total_issues, stats.pass_rate) == (2, 1, 0, 1.0)


def test_pass_rate_is_a_ratio():
    result = ValidationResult(
        "s",
        (
            outcome(CheckStatus.FAILED),
            outcome(CheckStatus.PASSED),
            outcome(CheckStatus.SKIPPED),
            outcome(CheckStatus.PASSED),
        ),
    )
    assert result.statistics.pass_rate == pytest.approx(2 / 3)


def test_issues_are_worst_first():
    found = ValidationResult(
        "s",
        (
            outcome(CheckStatus.WARNED, Severity.LOW, failed=9, total=10), outcome(CheckStatus.FAILED, Severity.CRITICAL, failed=1, total=10),
            outcome(CheckStatus.FAILED, Severity.CRITICAL, failed=5, total=10),
        ),
    ).issues  # fmt: skip
    assert [(o.severity, o.failed) for o in found] == [("critical", 5), ("critical", 1), ("low", 9)]


def test_statuses_are_words():
    assert ActionResult(status="compensated").status is ActionStatus.COMPENSATED
    with pytest.raises(ValueError, match="done"):
        ActionResult(status="done")


def test_the_summary_is_harmless_and_says_what_is_wrong():
    bad = CheckOutcome("x", "null", ("na\x1b[1mme",), CheckStatus.FAILED, Severity.HIGH, 1, 10**6, expected="not null")
    broken = CheckOutcome(
        "y", "range", ("prise",), CheckStatus.ERROR, Severity.CRITICAL, error='column not found: did you mean "price"?'
    )
    told = ActionResult("error", action_name="slack", message="403")
    result = CheckpointResult(
        "run1",
        "users",
        datetime(2024, 1, 1, tzinfo=UTC),
        "failure",
        ValidationResult("u.csv", (bad, broken), 10**6),
        (told,),
        210.0,
    )
    assert result.summary() == (
        "users: failure · run run1\n"
        "u.csv (1,000,000 rows): failure: 1 failed, 1 errored\n"
        '  error prise: range: column not found: did you mean "price"?\n'
        "  high na\\x1b[1mme: not null: 1 row (<0.01%)\n"
        "  action slack: error: 403\n"
        "  0.21 s"
    )
