import itertools
import operator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import polars as pl
import pytest

from helpers.checking import failing, one, outcomes
from truthound.validation.validate import validate
from truthound.validators import Compare, FunctionalDependency

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


def test_a_dependency_with_nothing_left_to_determine_is_skipped():
    data = {"zip_a": [1, 2], "zip_b": [3, 4]}
    rule = {"functional_dependency": {"columns": ["zip_*"], "determines": ["zip_?"]}}
    assert [(o.status, o.message) for o in validate(data, [rule]).result.outcomes] == [
        ("skipped", "nothing left to determine: zip_? has no column but those in columns")
    ]
