import math
from types import SimpleNamespace

import polars as pl
import pytest

from helpers.checking import failing, one, outcomes
from truthound.engine.measures import Duplicates, Repeated
from truthound.errors import ConfigError
from truthound.results import CheckStatus, Severity
from truthound.schema import DataType
from truthound.validators import Cardinality, Duplicate, PrimaryKey, Table, Unique

ROWS = {"a": [1, 1, 2, None, None, 1], "b": ["x", "x", "y", "z", "z", None]}


def test_whole_rows_repeat_with_nulls_equal():
    outcome = one(ROWS, Duplicate())
    assert (outcome.columns, outcome.failed, outcome.total) == ((), 4, 6)
    assert outcome.observed == {"rows": 4, "extra": 2, "groups": 2}
    assert outcome.message == "4 rows in 2 groups, 2 beyond the first of each"
    assert sorted(e.row for e in outcome.examples) == [1, 2, 4, 5]


def test_a_key_with_a_null_does_not_repeat():
    assert failing(ROWS, Duplicate("a", "b")) == [1, 2]
    outcome = one(ROWS, Duplicate("a", "b", max_fail=2))
    assert outcome.status is CheckStatus.PASSED


def test_what_duplicate_asks_for():
    table = Table({"a": DataType("int64"), "b": DataType("string")})
    (whole,) = Duplicate().bind(table)
    (key,) = Duplicate("b", "a", where="a > 0").bind(table)
    assert Duplicates((), nulls=True) in whole.measures
    assert whole.failing == Repeated(("a", "b"), nulls=True)
    assert whole.severity is None
    assert (key.failing, key.severity, key.columns) == (Repeated(("b", "a")), Severity.HIGH, ("b", "a"))
    assert key.where is not None


def test_keys_by_glob_type_and_mapping():
    table = {"k_1": [1, 1], "k_2": [1, 1], "v": ["a", "b"]}
    assert one(table, Duplicate("k_*")).columns == ("k_1", "k_2")
    assert one(table, Duplicate("dtype:integer", "k_1")).columns == ("k_1", "k_2")
    assert [o.columns for o in outcomes(table, Duplicate(columns={"k_1": {}, "v": {"max_fail": 1}}))] == [
        ("k_1",),
        ("v",),
    ]
    assert [o.columns for o in outcomes(table, Unique("k_*", "k_1"))] == [("k_1",), ("k_2",)]
    wrong = one(table, Duplicate("k_1", "k_3"))
    assert wrong.status is CheckStatus.ERROR
    assert str(wrong.error).startswith('column not found: did you mean "k_')
    assert wrong.severity is Severity.CRITICAL


def test_duplicates_of_empty_and_single_tables():
    for rows in ([], [1]):
        assert one(pl.DataFrame({"a": rows}, schema={"a": pl.Int64}), Duplicate()).failed == 0
    assert one(pl.DataFrame(), Duplicate()).status is CheckStatus.SKIPPED


def test_unique_is_about_each_column():
    found = outcomes({"a": [1, 1, 2, None, None], "b": [1, 2, 3, 4, 5]}, Unique("a", "b"))
    assert [(o.columns, o.failed, o.status) for o in found] == [
        (("a",), 2, CheckStatus.FAILED),
        (("b",), 0, CheckStatus.PASSED),
    ]
    assert (found[0].judged, found[0].severity) == (3, Severity.CRITICAL)  # two of the three that have a value
    assert len(outcomes({"a": [1], "b": [1]}, Unique("*"))) == 2


def test_unique_of_floats_counts_nan_and_both_zeros_as_equal():
    assert one({"f": [math.nan, math.nan, 0.0, -0.0, 1.0]}, Unique("f")).failed == 4


@pytest.mark.parametrize(
    "column",
    [
        pl.Series("c", [[1], [1], [2], None]),
        pl.Series("c", [{"a": 1}, {"a": 1}, {"a": 2}, None]),
        pl.Series("c", ["x", "x", "y", None], dtype=pl.Categorical),
        pl.Series("c", ["1.10", "1.10", "2", None]).cast(pl.Decimal(10, 2)),
    ],
)
def test_unique_in_other_types(column):
    assert failing(pl.DataFrame([column]), Unique("c")) == [1, 2]


def test_unique_by_name_alone_asks_the_schema():
    assert one({"a": [1, 1]}, Unique()).status is CheckStatus.SKIPPED
    known = SimpleNamespace(columns={"a": SimpleNamespace(unique=True), "b": SimpleNamespace(unique=False)})
    assert one({"a": [1, 1], "b": [2, 2]}, Unique(), expected=known).columns == ("a",)


def test_primary_key_has_neither_nulls_nor_repeats():
    outcome = one(ROWS, PrimaryKey("a", "b"))
    assert (outcome.failed, outcome.severity) == (5, Severity.CRITICAL)
    assert outcome.observed == {"nulls": 3, "rows": 2, "extra": 1, "groups": 1}
    assert [e.row for e in outcome.examples] == [1, 2, 4, 5, 6]
    assert failing({"k": [1, None, 2]}, PrimaryKey("k")) == [2]
    assert failing({"k": [1, 2, 1]}, PrimaryKey("k")) == [1, 3]
    assert one({"k": [1, 2, 3]}, PrimaryKey("k")).status is CheckStatus.PASSED


def test_primary_key_by_name_alone_takes_the_known_key():
    assert one({"k": [1, 1]}, PrimaryKey(), keys=("k",)).failed == 2
    assert one({"k": [1, 1]}, PrimaryKey()).message == "nothing configured: give columns"
    assert one({"k": [1]}, PrimaryKey(), keys=("kk",)).status is CheckStatus.ERROR


def test_primary_key_with_a_filter():
    table = {"k": [1, 1, None, 2], "live": [True, False, False, True]}
    assert one(table, PrimaryKey("k", where="live")).status is CheckStatus.PASSED
    assert one(table, PrimaryKey("k", where="NOT live")).failed == 1


def test_cardinality():
    table = {"c": ["a", "b", "a", None]}
    assert one(table, Cardinality("c", min_value=2, max_value=2)).status is CheckStatus.PASSED
    outcome = one(table, Cardinality("c", min_value=3, max_ratio="50%"))
    assert outcome.status is CheckStatus.WARNED
    assert outcome.observed == pytest.approx({"distinct": 2, "ratio": 2 / 3})
    assert outcome.message == (
        "2 distinct values, 66.67% of the values; expected distinct values at least 3 and ratio of distinct values at most 0.5"
    )
    assert one(table, Cardinality()).status is CheckStatus.SKIPPED


def test_cardinality_without_values():
    empty = pl.DataFrame(schema={"c": pl.String})
    assert one(empty, Cardinality("c", max_value=5, min_ratio=0.5)).status is CheckStatus.PASSED
    assert one(empty, Cardinality("c", min_value=1)).status is CheckStatus.WARNED


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "Cardinality: give min_value, max_value, min_ratio or max_ratio"),
        ({"min_value": 3, "max_value": 2}, "Cardinality: min_value 3 is above max_value 2"),
        ({"min_ratio": 0.3, "max_ratio": 0.2}, "Cardinality: min_ratio 0.3 is above max_ratio 0.2"),
        (
            {"min_value": 3, "mostly": 0.9},
            "Cardinality: mostly: cardinality does not support this option; leave it out",
        ),
    ],
)
def test_cardinality_mistakes(options, said):
    with pytest.raises(ConfigError) as caught:
        Cardinality("c", **options)
    assert caught.value.problems == (said,)
