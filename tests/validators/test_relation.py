from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from checking import failing, one, outcomes
from truthound.errors import ConfigError
from truthound.validators import AggregateMatch, Compare, ForeignKey, FunctionalDependency, RowCountMatch
from truthound.validators.relation import agree, named

NAN = float("nan")


# --- compare -------------------------------------------------------------------------------------------------------

LEFT, RIGHT = [1.0, 2.0, 3.0, None, NAN, 1.0], [1.0, 2.5, 1.0, 1.0, 1.0, NAN]


@pytest.mark.parametrize(
    ("operator", "tolerance", "rows"),
    [
        ("==", 0, [2, 3, 5, 6]), ("eq", 0.5, [3, 5, 6]), ("!=", 0, [1, 5, 6]), ("ne", 0, [1, 5, 6]), ("<", 0, [1, 3, 5, 6]), ("lt", 0.5, [3, 5, 6]),
        ("<=", 0, [3, 5, 6]), ("le", 2, [5, 6]), (">", 0, [1, 2, 5, 6]), ("gt", 1, [5, 6]), (">=", 0, [2, 5, 6]), ("gte", 0.5, [5, 6]), ("=", 2, [5, 6]),
    ],
)  # fmt: skip
def test_compare(operator, tolerance, rows):
    rule = Compare("a", "b", operator=operator, tolerance=tolerance)
    assert failing({"a": LEFT, "b": RIGHT}, rule) == rows


def test_compare_by_column_and_other():
    for rule in (
        Compare(column="a", other="b", operator="<"),
        Compare("a", other="b", operator="<"),
        Compare(columns={"a": {"other": "b", "operator": "<"}}),
    ):
        found = one({"a": [1, 3], "b": [2, 2]}, rule)
        assert (found.columns, found.expected, found.failed) == (("a", "b"), "a < b", 1)


@pytest.mark.parametrize(
    ("a", "b", "rows"),
    [
        ([Decimal("1.10"), Decimal("1.11")], [1, 1], []),
        ([date(2024, 1, 2), date(2024, 1, 1)], [datetime(2024, 1, 1, 12)] * 2, [2]),
        (["b", "a"], ["a", "b"], [2]),
        ([True, False], [False, True], [2]),
        ([], [], []),
        ([None], [None], []),
    ],
)
def test_compare_types(a, b, rows):
    frame = pl.DataFrame({"a": a, "b": b}, schema=None if a and a[0] is not None else {"a": pl.Int64, "b": pl.Int64})
    assert failing(frame, Compare("a", "b", operator=">=")) == rows


@pytest.mark.parametrize(
    ("a", "b", "options", "problem"),
    [
        (["1"], [1], {}, "a is string and b is int64: they do not compare"),
        ([datetime(2024, 1, 1)], [datetime(2024, 1, 1, tzinfo=UTC)], {}, "do not compare"),
        (["a"], ["a"], {"tolerance": 1}, "a tolerance is for numbers"),
        ([date(2024, 1, 1)], [date(2024, 1, 1)], {"tolerance": 1}, "a tolerance is for numbers"),
        ([[1]], [1], {}, "do not compare"),
    ],
)
def test_compare_what_does_not_compare(a, b, options, problem):
    found = one({"a": a, "b": b}, Compare("a", "b", **options))
    assert found.status == "error"
    assert problem in found.error


def test_compare_names_each_missing_column():
    found = outcomes({"price": [1]}, Compare("prise", "cost"))
    assert [o.status.value for o in found] == ["error", "error"]
    assert found[0].error == 'column not found: did you mean "price"?'


# --- functional dependency -----------------------------------------------------------------------------------------

PLACES = {
    "zip": ["1", "1", "2", "2", "3", None, None],
    "city": ["a", "b", "c", "c", None, "d", "e"],
    "land": ["x", "x", "y", None, "y", "z", "z"],
}


def test_functional_dependency():
    found = outcomes(PLACES, FunctionalDependency("city", "land", determines="zip", where="zip IS NOT NULL"))
    assert [(o.columns, o.failed, o.total) for o in found] == [(("city",), 2, 5), (("land",), 0, 5)]
    assert [e.row for e in found[0].examples] == [1, 2]
    assert found[0].expected == "one value for each zip"


def test_functional_dependency_of_two_columns():
    frame = {"a": [1, 1, 1, 1], "b": [1, 1, 2, 2], "c": [5, 6, 7, 7]}
    assert failing(frame, FunctionalDependency("c", determines=["a", "b"])) == [1, 2]


def test_a_glob_leaves_the_determinants_out():
    assert [o.columns for o in outcomes(PLACES, FunctionalDependency("*", determines=["zip"]))] == [
        ("city",),
        ("land",),
    ]


def test_determinants_that_are_not_there():
    assert 'did you mean "zip"' in one(PLACES, FunctionalDependency("city", determines="zpi")).error


def test_nested_columns_are_skipped():
    assert one({"a": [1], "b": [[1]]}, FunctionalDependency("b", determines="a")).status == "skipped"


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


def test_rounding_is_only_for_floats_that_were_added():
    assert agree(0.1 + 0.2, 0.3, 0.0, 1e-9)
    assert not agree(0.1 + 0.2, 0.3, 0.0)
    assert not agree(float("inf"), 1.0, 5.0, 1e-9)
    assert agree(float("inf"), float("inf"), 0.0)


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
    assert named(source) == name


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
        (FunctionalDependency, "determines: .*required"),
        (lambda: FunctionalDependency("a", determines=["a"]), "settles itself"),
        (lambda: ForeignKey("a"), "reference: .*required"),
        (lambda: ForeignKey(reference="x.csv"), "columns: .*required"),
        (lambda: ForeignKey("a", reference=""), "reference: give a data source"),
        (lambda: ForeignKey("a", reference=None), "reference: give a data source"),
        (lambda: ForeignKey("a", "b", reference="x.csv", reference_columns="a"), "they go in pairs"),
        (lambda: ForeignKey(columns={"a": {}}), "columns.a.reference: .*required"),
        (RowCountMatch, "reference: .*required"),
        (lambda: RowCountMatch(reference="x.csv", tolerance="some"), "tolerance"),
        (lambda: RowCountMatch("a", reference="x.csv"), "columns: row_count_match has no use for it"),
        (lambda: AggregateMatch("a", reference="x.csv"), "function: .*required"),
        (lambda: AggregateMatch("a", function="avg", reference="x.csv"), "function"),
        (lambda: AggregateMatch("a", function="sum", reference="x.csv", tolerance="-1%"), "tolerance"),
        (lambda: AggregateMatch("a*", function="sum", reference="x.csv", reference_columns="b"), "name each"),
    ],
)
def test_mistakes(made, problem):
    with pytest.raises(ConfigError, match=problem):
        made()
