from dataclasses import replace

import pytest

from helpers.made_results import AGE, CLEAN, EMAIL, FAILING, PASSED, PRISE, UNREADABLE, run
from truthound.errors import ActionError, ConfigError, RetryableError, SourceError, StoreError, ValidatorError
from truthound.reporters.exit_codes import Exit, exit_of, exit_of_error, worst
from truthound.results import ActionResult, ActionStatus

LOST = (ActionResult(ActionStatus.FAILURE, "slack"),)
SENT = (ActionResult(ActionStatus.SUCCESS, "slack"), ActionResult(ActionStatus.SKIPPED, "mail"))


@pytest.mark.parametrize(
    ("result", "code", "strict"),
    [
        (CLEAN, 0, 0),
        (run(AGE, *PASSED), 0, 1),
        (run(EMAIL), 1, 1),
        (FAILING, 1, 1),
        (UNREADABLE, 3, 3),
        (run(PRISE, *PASSED), 3, 1),
        (run(replace(EMAIL, hidden=True), *PASSED), 0, 1),
        (replace(CLEAN, action_results=LOST), 4, 4),
        (replace(CLEAN, action_results=SENT), 0, 0),
        (replace(run(AGE), action_results=LOST), 4, 1),
        (replace(run(EMAIL), action_results=LOST), 1, 1),
        (replace(UNREADABLE, action_results=LOST), 3, 3),
        (replace(CLEAN, status="error", error="the action was not delivered", action_results=LOST), 3, 3),
    ],
)
def test_exit_code_of_a_run(result, code, strict):
    assert exit_of(result) == code
    assert exit_of(result, strict=True) == strict


def test_worst_of_several():
    assert worst([Exit.OK, Exit.UNDELIVERED]) == 4
    assert worst([Exit.UNDELIVERED, Exit.FAILURE]) == 1
    assert worst([Exit.FAILURE, Exit.ERROR]) == 3
    assert worst([Exit.ERROR, Exit.USAGE, Exit.FAILURE]) == 2
    assert worst([]) == 0


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError("x"), 2),
        (SourceError("x"), 3),
        (StoreError("x"), 3),
        (ValidatorError("x"), 3),
        (ActionError("x"), 4),
        (RetryableError("x"), 4),
    ],
)
def test_exit_code_of_an_error(error, code):
    assert exit_of_error(error) == code
