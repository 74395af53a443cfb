import math

import polars as pl
import pytest

from helpers.checking import failing, one, outcomes
from truthound.errors import ConfigError
from truthound.results import CheckStatus, Severity
from truthound.validators import Blank, Completeness, Nan, Null

NAN = math.nan


def test_null_looks_at_every_column_and_finds_the_rows():
    found = outcomes({"a": [1, None, 3, None], "b": ["x", "y", "z", ""]}, Null())
    assert [(o.columns, o.failed, o.total, o.status) for o in found] == [
        (("a",), 2, 4, CheckStatus.WARNED),
        (("b",), 0, 4, CheckStatus.PASSED),
    ]
    assert [e.row for e in found[0].examples] == [2, 4]
    assert found[0].severity is Severity.HIGH  # half of the rows is over 20 % and not over 50 %


def test_null_is_not_nan_nor_infinity_nor_empty():
    assert failing({"f": [NAN, math.inf, None, 0.0]}, Null()) == [3]
    assert failing({"s": ["", " ", None]}, Null()) == [3]


@pytest.mark.parametrize(
    "column",
    [
        pl.Series("c", [[1], None, []]),
        pl.Series("c", [{"a": None}, None, {"a": 1}]),
        pl.Series("c", ["x", None, "y"], dtype=pl.Categorical),
        pl.Series("c", [b"x", None, b""]),
        pl.Series("c", [1, None, 2], dtype=pl.Decimal(10, 2)),
    ],
)
def test_null_in_any_type(column):
    assert failing(pl.DataFrame([column]), Null()) == [2]


def test_a_column_of_nothing_but_nulls():
    for dtype in (pl.Null, pl.Int64, pl.String, pl.Float64):
        table = pl.DataFrame({"n": pl.Series([None, None], dtype=dtype)})
        outcome = one(table, Null())
        assert (outcome.failed, outcome.severity) == (2, Severity.CRITICAL)


def test_an_empty_table_has_no_failing_rows():
    table = pl.DataFrame(schema={"a": pl.Float64, "s": pl.String})
    for outcome in outcomes(table, Null(), Nan(), Blank(), Completeness(min_value=0.9)):
        assert (outcome.status, outcome.failed, outcome.total) == (CheckStatus.PASSED, 0, 0)


def test_null_with_a_filter_and_tolerance():
    table = {"a": [None, None, 1, None], "k": [1, 1, 1, 2]}
    assert failing(table, Null("a", where="k = 2")) == [4]
    assert one(table, Null("a", where="k = 1", max_fail=2)).status is CheckStatus.PASSED
    assert one(table, Null("a", where="k = 1", max_fail="50%")).status is not CheckStatus.PASSED
    assert one({"a": [None] + [1] * 9}, Null("a", mostly=0.9)).status is CheckStatus.PASSED


def test_nan_looks_at_floats_only():
    found = outcomes({"f": [1.0, NAN, None, -math.inf], "i": [1, 2, 3, 4]}, Nan())
    assert [(o.columns, o.failed) for o in found] == [(("f",), 1)]
    skipped = one({"i": [1]}, Nan())
    assert skipped.status is CheckStatus.SKIPPED
    assert "float" in skipped.message
    assert "needs a float column" in str(one({"i": [1]}, Nan("i")).error)


def test_blank():
    texts = ["a", "", " \t\r\n", "\u00a0\u3000", None, " a "]
    assert failing({"s": texts}, Blank()) == [2, 3, 4]
    assert failing(pl.DataFrame({"s": pl.Series(["", "x"], dtype=pl.Categorical)}), Blank()) == [1]


@pytest.mark.parametrize(
    ("least", "passes"), [(0.75, True), ("75%", True), (0.76, False), (1, False), (0, True), ("100 %", False)]
)
def test_completeness(least, passes):
    outcome = one({"a": [1, 2, None, 4]}, Completeness("a", min_value=least))
    assert (outcome.status is CheckStatus.PASSED) is passes
    assert (outcome.failed, outcome.total, outcome.observed) == (1, 4, 0.75)


def test_completeness_names_its_limit():
    assert Completeness("a", threshold=0.9) == Completeness("a", min_value=0.9)
    assert one({"a": [1]}, Completeness()).message == "nothing configured: give min_value, mostly or max_fail"
    assert one({"a": [1, None]}, Completeness("a", mostly=0.5)).status is CheckStatus.PASSED
    assert one({"a": [None] * 3 + [1] * 27}, Completeness("a", min_value=0.9)).allowed == 3


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "Completeness: give min_value, mostly or max_fail"),
        ({"min_value": 95}, "Completeness: min_value: 95 is neither a ratio from 0 to 1 nor a percentage (95%)"),
        ({"min_value": True}, "Completeness: min_value: True is neither a ratio from 0 to 1 nor a percentage (95%)"),
        (
            {"min_value": "many"},
            "Completeness: min_value: 'many' is neither a ratio from 0 to 1 nor a percentage (95%)",
        ),
        (
            {"min_value": 0.5, "threshold": 0.6},
            "Completeness: threshold: given twice, under two names of the same option",
        ),
        ({"min_value": 0.5, "mostly": 0.6}, "Completeness: give one of min_value, mostly and max_fail"),
    ],
)
def test_completeness_mistakes(options, said):
    with pytest.raises(ConfigError) as caught:
        Completeness("a", **options)
    assert caught.value.problems == (said,)
