from helpers.made_results import FAILING, earlier
from truthound.reporters.check_view import check_view, issue_views
from truthound.results import CheckOutcome, CheckStatus, Example, Severity, ValidationResult


def test_a_failed_check_is_worded_with_its_rows():
    rows = (Example(3, {"note": "x", "email": None, "id": 7}),)
    outcome = CheckOutcome(
        "null:email", "null", ("email",), CheckStatus.FAILED, Severity.CRITICAL, failed=93, total=5000,
        expected="not null", examples=rows,
    )  # fmt: skip
    view = check_view(outcome, ValidationResult("t", (outcome,), key_columns=("id",)))
    assert view.line == "critical: email: not null: 93 (1.86%)"
    assert view.columns == ("id", "email", "note")
    assert view.more_rows == 92


def test_what_is_wrong_with_a_run_as_a_whole_has_no_subject():
    outcome = CheckOutcome("(run)", "checkpoint", (), CheckStatus.ERROR, error="no such file")
    assert check_view(outcome).line == "error: no such file"


def test_the_issues_of_a_run_are_compared_with_the_run_before():
    views = issue_views(FAILING, earlier())
    assert [v.severity for v in views] == sorted(
        (v.severity for v in views), key=["critical", "high", "medium", "low", "error"].index
    )
    assert "NEW" in {v.change for v in views}
