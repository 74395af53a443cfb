import itertools
import operator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from helpers.checking import failing, one, outcomes
from truthound.errors import ConfigError
from truthound.validation.validate import validate
from truthound.validators import AggregateMatch, Compare, ForeignKey, FunctionalDependency, RowCountMatch
from truthound.validators.relation import agree, named

NAN, INF = float("nan"), float("inf")


# --- compare -------------------------------------------------------------------------------------------------------

LEFT, RIGHT = [1.0, 2.0, 3.0, None, NAN, 1.0], [1.0, 2.5, 1.0, 1.0, 1.0, NAN]


@pytest.mark.parametrize(
    ("op", "tolerance", "rows"),
    [
        ("==", 0, [2, 3, 5, 6]), ("eq", 0.5, [3, 5, 6]), ("!=", 0, [1, 5, 6]), ("ne", 0, [1, 5, 6]), ("<", 0, [1, 3, 5, 6]), ("lt", 0.5, [3, 5, 6]),
        ("<=", 0, [3, 5, 6]), ("le", 2, [5, 6]), (">", 0, [1, 2, 5, 6]), ("gt", 1, [5, 6]), (">=", 0, [2, 5, 6]), ("gte", 0.5, [5, 6]), ("=", 2, [5, 6]),
    ],
)  # fmt: skip
def test_compare(op, tolerance, rows):
    rule = Compare("a", "b", operator=op, tolerance=tolerance)
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


OPERATORS = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
WHOLE = [0, 1, -1, 2**53, 2**53 + 1, 2**53 - 1, -(2**53) - 1, 2**63 - 1, -(2**63), None]
REAL = [0.0, -0.0, 0.5, -0.5, 1.0, 2.0**53, 2.0**53 + 2, -(2.0**53), 2.0**63, -(2.0**63), 1e300, INF, -INF, NAN, None]


@pytest.mark.parametrize("op", OPERATORS)
@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize(
    ("whole", "real"), [(pl.Int64, pl.Float64), (pl.Int32, pl.Float32), (pl.Int64, pl.Float32), (pl.UInt64, pl.Int64)]
)
def test_compare_of_two_types_is_exact(op, mirrored, whole, real):
    others = REAL if real.is_float() else WHOLE
    fits = [n for n in WHOLE if n is None or pl.Series([n]).cast(whole, strict=False)[0] == n]
    pairs = [(a, b) for a in fits for b in others]
    frame = pl.DataFrame(
        {"a": pl.Series([a for a, _ in pairs], dtype=whole), "b": pl.Series([b for _, b in pairs], dtype=real)}
    )
    rows = frame.rows()
    if mirrored:
        frame, rows = frame.rename({"a": "b", "b": "a"}), [(b, a) for a, b in rows]
    wrong = [
        i + 1
        for i, (a, b) in enumerate(rows)
        if a is not None and b is not None and (a != a or b != b or not OPERATORS[op](a, b))
    ]
    assert one(frame, Compare("a", "b", operator=op)).failed == len(wrong)
    split = validate(frame, [Compare("a", "b", operator=op)]).split()
    assert repr(split.good.collect().rows()) == repr([r for i, r in enumerate(frame.rows()) if i + 1 not in wrong])


def test_a_row_with_a_null_holds_beside_a_nan():
    frame = {"a": [NAN, None, NAN, 1.0], "b": [None, NAN, 1.0, NAN]}
    for tolerance in (0, 0.1):
        for op in OPERATORS:
            assert failing(frame, Compare("a", "b", operator=op, tolerance=tolerance)) == [3, 4]


@pytest.mark.parametrize("op", OPERATORS)
@pytest.mark.parametrize("kind", [pl.Float64, pl.Float32, pl.Decimal(10, 4)])
def test_a_tolerance_is_one_of_decimals(op, kind):
    texts = ["0.3", "0.2", "0.1", "1.1", "1.0", "-0.7", "-0.8", "100.25", "100.35", "0", "0.1001", "1.1001", "1.0999"]
    pairs = list(itertools.product(texts, texts))
    frame = pl.DataFrame({"a": [a for a, _ in pairs], "b": [b for _, b in pairs]}).cast(kind)
    wrong = []
    for i, (a, b) in enumerate(pairs):
        difference, most = Decimal(a) - Decimal(b), Decimal("0.1")
        holds = {
            "==": abs(difference) <= most, "!=": abs(difference) > most, "<": difference < most, "<=": difference <= most,
            ">": -difference < most, ">=": -difference <= most,
        }  # fmt: skip
        if not holds[op]:
            wrong.append(i)
    split = validate(frame, [Compare("a", "b", operator=op, tolerance=0.1)]).split()
    assert split.good.collect().rows() == [r for i, r in enumerate(frame.rows()) if i not in wrong]


def test_a_tolerance_below_what_floats_tell_apart():
    big = {"a": [1e20, 1e20, INF, INF, 1.0], "b": [1e20, 1e20 + 16384, INF, 1.0, INF]}
    assert failing(big, Compare("a", "b", tolerance=0.1)) == [2, 4, 5]
    assert failing(big, Compare("a", "b", operator="<", tolerance=0.1)) == [4]
    assert failing(big, Compare("a", "b", operator="!=", tolerance=0.1)) == [1, 3]


@pytest.mark.parametrize("tolerance", ["1d", "24h", timedelta(days=1), "P1D"])
def test_a_tolerance_of_times(tolerance):
    days = {"a": [date(2024, 1, 1), date(2024, 1, 3), None], "b": [date(2024, 1, 2), date(2024, 1, 1), None]}
    found = one(days, Compare("a", "b", tolerance=tolerance))
    assert (found.failed, found.expected) == (1, "a == b within 1 d")
    mixed = {"a": [date(2024, 1, 1)] * 2, "b": [datetime(2024, 1, 2), datetime(2024, 1, 2, 1)]}
    assert failing(mixed, Compare("a", "b", tolerance=tolerance)) == [2]
    assert failing(mixed, Compare("b", "a", operator="<=", tolerance=tolerance)) == [2]
    assert failing(mixed, Compare("b", "a", operator="<", tolerance=tolerance)) == [1, 2]
    hours = {"a": [time(1), time(1)], "b": [time(3), time(4)]}
    assert failing(hours, Compare("a", "b", operator=">=", tolerance="2h")) == [2]
    zones = {"a": [datetime(2024, 1, 1, tzinfo=UTC)], "b": [datetime(2024, 1, 1, 23, tzinfo=UTC)]}
    assert failing(zones, Compare("a", "b", tolerance=tolerance)) == []


@pytest.mark.parametrize(
    ("a", "b", "options", "problem"),
    [
        (["1"], [1], {}, "a is string and b is int64: they do not compare"),
        ([datetime(2024, 1, 1)], [datetime(2024, 1, 1, tzinfo=UTC)], {}, "do not compare"),
        (["a"], ["a"], {"tolerance": 1}, "a tolerance of 1 is not for string, which a is"),
        (
            [date(2024, 1, 1)],
            [date(2024, 1, 1)],
            {"tolerance": 1},
            "a tolerance of 1 is not for date, which a is; write it as 1d or 2h",
        ),
        ([1], [2.0], {"tolerance": "1d"}, "a tolerance of 1 d is not for int64, which a is; write it as a number"),
        ([[1]], [1], {}, "do not compare"),
        ([[1]], [[1]], {"operator": "<"}, "list[int64] has no order; compare with == or !="),
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
    found = outcomes(PLACES, FunctionalDependency("zip", determines=["city", "land"], where="zip IS NOT NULL"))
    assert [(o.columns, o.failed, o.total) for o in found] == [(("city",), 2, 5), (("land",), 0, 5)]
    assert [e.row for e in found[0].examples] == [1, 2]
    assert found[0].expected == "one value for each zip"


def test_functional_dependency_of_two_columns():
    frame = {"a": [1, 1, 1, 1], "b": [1, 1, 2, 2], "c": [5, 6, 7, 7]}
    assert failing(frame, FunctionalDependency("a", "b", determines="c")) == [1, 2]


def test_a_glob_leaves_the_determinants_out():
    assert [o.columns for o in outcomes(PLACES, FunctionalDependency("zip", determines="*"))] == [
        ("city",),
        ("land",),
    ]


def test_determinants_by_glob_and_a_column_named_twice():
    frame = {"k_1": [1, 1, 1, 1], "k_2": [1, 1, 2, 2], "c": [5, 6, 7, 7]}
    (found,) = outcomes(frame, FunctionalDependency("k_*", determines=["c", "c*"]))
    assert (found.columns, found.failed, found.expected) == (("c",), 2, "one value for each k_1, k_2")
    assert failing({**frame, "k_1": [[1]] * 4}, FunctionalDependency("k_*", determines="c")) == [1, 2]


def test_columns_of_a_dependency_that_are_not_there():
    assert 'did you mean "zip"' in one(PLACES, FunctionalDependency("zpi", determines="city")).error
    assert 'did you mean "city"' in one(PLACES, FunctionalDependency("zip", determines="ctiy")).error


def test_nested_columns_are_skipped():
    assert one({"a": [1], "b": [[1]]}, FunctionalDependency("a", determines="b")).status == "skipped"


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
        (lambda: Compare("a", "b", tolerance="soon"), "neither a difference of numbers"),
        (lambda: FunctionalDependency("a"), "determines: .*required"),
        (lambda: FunctionalDependency("a", determines=["a"]), "settles itself"),
        (lambda: ForeignKey("a"), "reference: .*required"),
        (lambda: ForeignKey(reference="x.csv"), "columns: .*required"),
        (lambda: ForeignKey("a", reference=""), "reference: give a data source"),
        (lambda: ForeignKey("a", reference=None), "reference: give a data source"),
        (
            lambda: ForeignKey("a", "b", reference="x.csv", reference_columns=["x", "x"]),
            'reference_columns: "x" is there twice',
        ),
        (lambda: ForeignKey("a", "b", reference="x.csv", reference_columns="a"), "they go in pairs"),
        (lambda: ForeignKey(columns={"a": {}}), "columns.a.reference: .*required"),
        (lambda: RowCountMatch(tolerance=1), "reference: .*required"),
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


def test_a_dependency_with_nothing_left_to_determine_is_skipped():
    data = {"zip_a": [1, 2], "zip_b": [3, 4]}
    rule = {"functional_dependency": {"columns": ["zip_*"], "determines": ["zip_?"]}}
    assert [(o.status, o.message) for o in validate(data, [rule]).result.outcomes] == [
        ("skipped", "nothing left to determine: zip_? has no column but those in columns")
    ]


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
