from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from helpers.checking import failing, one, outcomes
from truthound.errors import ConfigError
from truthound.validators import AggregateMatch, Compare, ForeignKey, FunctionalDependency, RowCountMatch
from truthound.validators.reference import equal_within, source_name

NAN, INF = float("nan"), float("inf")


# --- foreign key ---------------------------------------------------------------------------------------------------


def test_foreign_key():
    found = one({"k": [1, 2, None, 4]}, ForeignKey("k", reference={"k": [1, 2, 3]}))
    assert (found.failed, found.total, found.severity, [e.row for e in found.examples]) == (1, 4, "high", [4])
    assert found.expected == "in the reference (k)"


def test_foreign_key_of_several_columns_taken_together():
    here = {"a": [1, 1, None, 2], "b": ["x", "y", "y", None]}
    assert failing(
        here, ForeignKey("a", "b", reference={"c": [1, 2], "d": ["x", "y"]}, reference_columns=["c", "d"])
    ) == [2]


def test_foreign_key_by_glob():
    frame = {"k_1": [1, 1, 2], "k_2": [1, 2, 9], "c": [0, 0, 0]}
    assert failing(frame, ForeignKey("k_*", reference={"k_1": [1, 1], "k_2": [1, 2]})) == [3]


def test_foreign_key_into_itself():
    frame = pl.DataFrame({"id": [1, 2, 3], "boss": [None, 1, 9]})
    assert failing(frame, ForeignKey("boss", reference=frame, reference_columns="id")) == [3]


def test_foreign_key_into_nothing():
    assert failing({"k": [1, None]}, ForeignKey("k", reference=pl.DataFrame({"k": []}, schema={"k": pl.Int64}))) == [1]


def test_foreign_key_each_column_its_own_reference():
    rule = ForeignKey(
        columns={"a": {"reference": {"a": [1]}}, "b": {"reference": {"x": [2]}, "reference_columns": ["x"]}}
    )
    assert [o.failed for o in outcomes({"a": [1], "b": [1]}, rule)] == [0, 1]


def test_foreign_key_column_missing_in_the_reference():
    found = one({"k": [1]}, ForeignKey("k", reference={"key": [1]}))
    assert found.status == "error"
    assert '"k" is not in the reference' in found.error


# --- counts and aggregates -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("here", "there", "tolerance", "ok"),
    [(3, 3, 0, True), (3, 4, 0, False), (3, 4, 1, True), (98, 100, "2%", True), (97, 100, "2%", False), (0, 0, "2%", True), (1, 0, "2%", False), (97, 100, 0.03, True)],
)  # fmt: skip
def test_row_count_match(here, there, tolerance, ok):
    found = one({"a": list(range(here))}, RowCountMatch(reference={"b": list(range(there))}, tolerance=tolerance))
    assert found.status == ("passed" if ok else "warned")
    assert found.observed == {"rows": here, "reference": there, "difference": here - there}


def test_row_count_match_of_some_rows():
    assert one({"a": [1, 2, 3]}, RowCountMatch(reference={"a": [1, 1]}, where="a > 1")).status == "passed"


@pytest.mark.parametrize("function", ["sum", "mean", "min", "max", "count", "distinct", "std", "var", "median"])
def test_aggregate_match(function):
    frame = {"a": [0.1, 0.2, 0.3, None, 0.3]}
    assert one(frame, AggregateMatch("a", function=function, reference={"a": frame["a"][::-1]})).status == "passed"
    assert (
        one(frame, AggregateMatch("a", function=function, reference={"a": [1.0, 5.0, 9.0, 10.0, 12.0]})).status
        == "warned"
    )


@pytest.mark.parametrize(
    ("here", "there", "function", "tolerance", "ok"),
    [
        ([Decimal("0.10")], [Decimal("0.11")], "sum", 0.01, True),
        ([Decimal("0.10")], [Decimal("0.11")], "sum", 0.009, False),
        ([100], [101], "sum", "1%", True),
        ([100], [102], "sum", "1%", False),
        ([2**62] * 3, [2**62] * 3, "sum", 0, True),
        ([2**62], [2**62 + 1], "sum", 0, False),
        ([NAN], [NAN], "max", 0, False),
        ([None], [None], "sum", 0, True),
        ([None], [1], "sum", 5, False),
        (["a", "b"], ["b", "c"], "max", 0, False),
        (["a", "b"], ["b", "c"], "distinct", 0, True),
        ([date(2024, 1, 1)], [date(2024, 1, 1)], "max", 0, True),
    ],
)
def test_aggregates_of_all_kinds(here, there, function, tolerance, ok):
    frame = pl.DataFrame({"a": here}, schema={"a": pl.Int64} if here == [None] else None)
    other = pl.DataFrame({"b": there}, schema={"b": pl.Int64} if there == [None] else None)
    found = one(
        frame, AggregateMatch("a", function=function, reference=other, reference_columns="b", tolerance=tolerance)
    )
    assert found.error is None
    assert found.status == ("passed" if ok else "warned"), found.message


def test_aggregates_that_do_not_compare():
    found = one({"a": ["x"]}, AggregateMatch("a", function="max", reference={"a": [1]}))
    assert "of different types" in found.error
    assert (
        "sum needs a numeric column"
        in one({"a": ["x"]}, AggregateMatch("a", function="sum", reference={"a": [1]})).error
    )
    assert (
        "tolerance is for numbers"
        in one({"a": ["x"]}, AggregateMatch("a", function="max", tolerance=1, reference={"a": ["x"]})).error
    )


def test_aggregate_match_by_glob():
    frame = {"x1": [1], "x2": [2], "y": [3]}
    assert [o.columns for o in outcomes(frame, AggregateMatch("x*", function="sum", reference=frame))] == [
        ("x1",),
        ("x2",),
    ]


def test_rounding_is_only_where_it_is_given():
    assert equal_within(0.1 + 0.2, 0.3, 0.0, 1e-9)
    assert not equal_within(0.1 + 0.2, 0.3, 0.0)
    assert not equal_within(float("inf"), 1.0, 5.0, 1e-9)
    assert equal_within(float("inf"), float("inf"), 0.0)


# --- secrets and mistakes ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("data/planes.csv", "planes.csv"), (Path("/x/planes.parquet"), "planes.parquet"), ("postgresql://me:hunter2@db/test", "postgresql://db/test"),
        ("s3://bucket/a.parquet?token=hunter2", "s3://bucket/a.parquet"), ({"url": "mysql://u:hunter2@h/d", "table": "planes"}, "planes"),
        ({"path": "a/b.csv"}, "b.csv"), ({"query": "select 'hunter2'"}, "the reference"), (pl.DataFrame(), "the reference"),
        ("postgresql://me:p@ss/hunter2@db/test", "postgresql://db/test"),
    ],
)  # fmt: skip
def test_sources_are_named_without_secrets(source, name):
    assert source_name(source) == name


def test_a_reference_is_not_in_a_repr():
    for rule in (ForeignKey("a", reference="mysql://u:hunter2@h/d"), RowCountMatch(reference="mysql://u:hunter2@h/d")):
        assert "hunter2" not in repr(rule)


@pytest.mark.parametrize(
    ("made", "problem"),
    [
        (lambda: Compare("a"), "give two columns"),
        (lambda: Compare("a", "b", "c"), "give two columns"),
        (lambda: Compare("a", "b", operator="~"), "operator"),
        (lambda: Compare("a", "b", tolerance=-1), "tolerance"),
        (lambda: Compare("a", "b", tolerance=NAN), "tolerance"),
        (lambda: Compare("a", "b", tolerance="soon"), "neither a difference of numbers"),
        (lambda: FunctionalDependency("a"), "determines: .*required"),
        (lambda: FunctionalDependency("a", determines=["a"]), "settles itself"),
        (lambda: ForeignKey("a"), "reference: .*required"),
        (lambda: ForeignKey(reference="x.csv"), "columns: .*required"),
        (lambda: ForeignKey("a", reference=""), "reference: give a data source"),
        (lambda: ForeignKey("a", reference=None), "reference: give a data source"),
        (
            lambda: ForeignKey("a", "b", reference="x.csv", reference_columns=["x", "x"]),
            'reference_columns: "x" is listed twice',
        ),
        (lambda: ForeignKey("a", "b", reference="x.csv", reference_columns="a"), "they go in pairs"),
        (lambda: ForeignKey(columns={"a": {}}), "columns.a.reference: .*required"),
        (lambda: RowCountMatch(tolerance=1), "reference: .*required"),
        (lambda: RowCountMatch(reference="x.csv", tolerance="some"), "tolerance"),
        (lambda: RowCountMatch("a", reference="x.csv"), "columns: row_count_match does not support this option"),
        (lambda: AggregateMatch("a", reference="x.csv"), "function: .*required"),
        (lambda: AggregateMatch("a", function="avg", reference="x.csv"), "function"),
        (lambda: AggregateMatch("a", function="sum", reference="x.csv", tolerance="-1%"), "tolerance"),
        (lambda: AggregateMatch("a*", function="sum", reference="x.csv", reference_columns="b"), "name each"),
    ],
)
def test_mistakes(made, problem):
    with pytest.raises(ConfigError, match=problem):
        made()


@pytest.mark.parametrize(
    ("function", "here", "there", "tolerance", "same"),
    [
        ("sum", [9_999_999_000.0, 1000.0], [9_999_999_000.0, 1000.0, 5.0], 0, False),
        ("sum", [9_999_999_000.0, 1000.0], [9_999_999_000.0, 1000.0, 5.0], 5, True),
        ("mean", [10_000_000_000.0], [10_000_000_005.0], 0, False),
        ("mean", [10_000_000_000.0], [10_000_000_005.0], "0.0000001%", True),
        ("sum", [0.1] * 10, [1.0], 0, True),
        ("sum", [2**53], [2.0**53], 0, True),
        ("sum", [2**53 + 1], [2.0**53], 0, False),
        ("sum", [Decimal("0.1")], [0.1], 0, True),
        ("sum", [Decimal("12345678901234567890.12")], [Decimal("12345678901234567890.13")], 0, False),
        ("std", [1.0, 2.0, 4.0], [4.0, 1.0, 2.0], 0, True),
        ("std", [1.0, 2.0, 4.0], [1.0, 2.0, 4.00000001], 0, False),
    ],
)
def test_an_aggregate_has_the_tolerance_that_is_given_and_no_other(function, here, there, tolerance, same):
    rule = AggregateMatch("x", function=function, reference={"x": there}, tolerance=tolerance)
    assert (one({"x": here}, rule).status == "passed") is same


def test_values_that_look_the_same_are_told_with_all_their_digits():
    rule = AggregateMatch("x", function="sum", reference={"x": [1234567.125]})
    assert one({"x": [1234567.25]}, rule).message.startswith("sum is 1234567.25 here, 1234567.125 in")


def test_the_newest_moments_of_two_zones_and_units_are_equal():
    there = pl.Series([datetime(2024, 1, 1, tzinfo=UTC)]).cast(pl.Datetime("ns", "UTC"))
    here = there.cast(pl.Datetime("ms", "UTC")).dt.convert_time_zone("Asia/Beirut")
    rule = AggregateMatch("t", function="max", reference=pl.DataFrame({"t": there}))
    assert one(pl.DataFrame({"t": here}), rule).status == "passed"
    assert one(pl.DataFrame({"t": here.dt.offset_by("1ms")}), rule).status == "warned"
    assert "different types" in one({"t": [datetime(2024, 1, 1)]}, rule).error


def test_keys_of_several_columns_match_across_types():
    there = pl.DataFrame({"n": pl.Series([Decimal("1.5000")], dtype=pl.Decimal(38, 4)), "d": [datetime(2024, 1, 1)]})
    rule = ForeignKey(columns=("n", "d"), reference=there)
    here = {"n": [1.5, 1.5, 1.25], "d": [date(2024, 1, 1), date(2024, 1, 2), date(2024, 1, 1)]}
    assert failing(here, rule) == [2, 3]
