"""What a predicate is true for, in every kind of column."""

import math
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from truthound.engine.condition import Condition
from truthound.engine.measures import (
    SQL,
    And,
    Between,
    Compare,
    Format,
    In,
    Inconsistent,
    IsNan,
    IsNull,
    LengthBetween,
    Matches,
    Native,
    Not,
    Or,
    OutOfOrder,
    Repeated,
)  # fmt: skip
from truthound.engine.polars.backend import PolarsBackend
from truthound.errors import ValidatorError

NAN, INF = math.nan, math.inf


def truth(predicate, **columns):
    frame = pl.LazyFrame(columns)
    return frame.select(PolarsBackend(frame).table.compile(predicate).alias("t")).collect()["t"].to_list()


@pytest.mark.parametrize(
    ("predicate", "values", "expected"),
    [
        (Between("a", 0, 2), [-1, 0, 2, 3, None], [False, True, True, False, None]),
        (Between("a", 0, 2, low_inclusive=False), [0, 1], [False, True]),
        (Between("a", 0, 2, high_inclusive=False), [2, 1], [False, True]),
        (Between("a", 0, None), [0.0, NAN, INF, -INF, None], [True, False, True, False, None]),
        (Between("a", None, 0), [0.0, NAN, INF, -INF], [True, False, False, True]),
        (Between("a", 0, 1), [0.5, NAN], [True, False]),
        (Between("a"), [0.5, None], [True, None]),
        (Between("a", 0.5, 1.5), [0, 1, 2], [False, True, False]),
        (Between("a", 0, 1.5), [Decimal("1.5"), Decimal("1.51")], [True, False]),
        (Between("a", "2024-01-01", "2024-01-31"), [date(2024, 1, 31), date(2024, 2, 1)], [True, False]),
        (Between("a", date(2024, 1, 1), None), [datetime(2024, 1, 1), datetime(2023, 12, 31, 23)], [True, False]),
        (Between("a", "2024-01-01T00:00:00+01:00", None), [datetime(2023, 12, 31, 23), datetime(2023, 12, 31, 22)], [True, False]),
        (Between("a", "09:00", "17:30"), [time(9), time(17, 31)], [True, False]),
        (Between("a", timedelta(0), timedelta(hours=1)), [timedelta(minutes=5), timedelta(hours=2)], [True, False]),
        (Between("a", "b", "d"), ["a", "c", "e"], [False, True, False]),
        (In("a", (1, 2)), [1, 3, None], [True, False, None]),
        (In("a", tuple("abcdefghijklmnop")), ["a", "z", None], [True, False, None]),
        (In("a", ("2024-01-01",)), [date(2024, 1, 1), date(2024, 1, 2)], [True, False]),
        (In("a", (True,)), [True, False], [True, False]),
        (In("a", (None,)), ["x", None], [False, None]),
        (Matches("a", "^x"), ["xy", "ax", None, ""], [True, False, None, False]),
        (LengthBetween("a", 1, 2), ["", "é", "👍👍", "abc", None], [False, True, True, False, None]),
        (LengthBetween("a", None, 1), [[], [1], [1, 2]], [True, True, False]),
        (IsNull("a"), [None, 1], [True, False]),
        (IsNan("a"), [NAN, 1.0, None], [True, False, None]),
        (IsNan("a"), [1, 2], [False, False]),
        (Format("a", "luhn"), ["4111 1111 1111 1111", "4111-1111-1111-1112", "x", "0", None], [True, False, False, False, None]),
        (
            Format("a", "iban"),
            ["GB82 WEST 1234 5698 7654 32", "gb82west12345698765432", "GB82WEST12345698765433", "MT84MALT011000012345MTLCAST001S", "", None],
            [True, True, False, True, False, None],
        ),
        (Format("a", "json"), ['{"a": [1]}', "{", "", "1", "[" * 100_000, None], [True, False, False, True, False, None]),
        (Format("a", "date"), ["2024-02-29", "2023-02-29", "x", None], [True, False, False, None]),
        (Format("a", "datetime"), ["2024-02-29T23:59:60Z", "2024-02-30T00:00:00", "2024-02-29T24:00:00"], [True, False, False]),
        (Format("a", "strptime", "%d/%m/%Y"), ["31/12/2024", "12/31/2024", None], [True, False, None]),
        (Format("a", "strptime", "%H:%M"), ["23:59", "24:00"], [True, False]),
        (Format("a", "strptime", "%Y-%m-%dT%H:%M:%S%z"), ["2024-01-01T00:00:00+0100", "2024-01-01T00:00:00"], [True, False]),
        (SQL(Condition("a > 1 AND a IS NOT NULL")), [1, 2, None], [False, True, False]),
        (SQL(Condition("a >= '2024-01-01'")), [date(2024, 1, 2), date(2023, 1, 1), None], [True, False, None]),
        (SQL(Condition("a BETWEEN '2024-01-01' AND '2024-01-01 12:00:00'")), [datetime(2024, 1, 1, 11), datetime(2024, 1, 1, 13)], [True, False]),
        (SQL(Condition("a >= '2024-01-01'")), ["2024-01-02", "2023"], [True, False]),
        (And((Between("a", 0), In("a", (1, -1)))), [1, -1, 0], [True, False, False]),
        (Or((Between("a", 5), In("a", (1, -1)))), [1, 5, 0], [True, True, False]),
        (Not(Between("a", 0)), [1, -1, None], [False, True, None]),
        (OutOfOrder("a"), [1, 1, 3, 2, None, 1], [None, False, False, True, None, True]),
        (OutOfOrder("a", strict=True), [1, 1, 3], [None, True, False]),
        (OutOfOrder("a", descending=True), [3, 1, 2], [None, False, True]),
        (Repeated(("a",)), [1, 1, 2, None, None], [True, True, False, False, False]),
        (Repeated(("a",), nulls=True), [1, 1, 2, None, None], [True, True, False, True, True]),
    ],
)  # fmt: skip
def test_one_column(predicate, values, expected):
    assert truth(predicate, a=values) == expected


@pytest.mark.parametrize(
    ("operator", "tolerance", "expected"),
    [
        ("==", 0, [True, False, None, False]), ("!=", 0, [False, True, None, False]), ("<", 0, [False, True, None, False]),
        ("<=", 0, [True, True, None, False]), (">", 0, [False, False, None, False]), (">=", 0, [True, False, None, False]),
        ("==", 1, [True, True, None, False]), (">=", 1, [True, True, None, False]), ("<", 1, [True, True, None, False]),
    ],
)  # fmt: skip
def test_two_columns(operator, tolerance, expected):
    assert truth(Compare("a", operator, "b", tolerance), a=[1.0, 1.0, None, NAN], b=[1.0, 2.0, 1.0, NAN]) == expected


def test_order_within_groups():
    columns = {"g": ["x", "y", "x", "y"], "at": [2, 1, 1, 2], "v": [5, 9, 1, 3]}
    assert truth(OutOfOrder("v", ("at",), ("g",)), **columns) == [False, None, None, True]
    assert truth(OutOfOrder("v", ("at",)), g=columns["g"], at=[4, 1, 2, 3], v=[5, 9, 1, 3]) == [
        False,
        None,
        True,
        False,
    ]


def test_no_function_from_one_column_to_another():
    zips = {"zip": ["1", "1", "2", "2", "3"], "city": ["A", "B", "C", "C", None]}
    assert truth(Inconsistent(("zip",), "city"), **zips) == [True, True, False, False, False]


def test_time_zones():
    zone = ZoneInfo("America/New_York")
    values = [datetime(2024, 1, 1, tzinfo=zone), datetime(2023, 12, 31, 23, tzinfo=zone)]
    assert truth(Between("a", "2024-01-01", None), a=values) == [True, False]
    assert truth(Between("a", datetime(2024, 1, 1, 5, tzinfo=UTC), None), a=values) == [True, False]


def test_two_time_zones_compare_by_their_moments():
    here = [datetime(2024, 1, 1, 0, tzinfo=ZoneInfo("America/New_York"))] * 2
    there = [datetime(2024, 1, 1, 5, tzinfo=UTC), datetime(2024, 1, 1, 4, tzinfo=UTC)]
    assert truth(Compare("a", "<=", "b"), a=here, b=there) == [True, False]


def test_categories_are_text():
    frame = pl.LazyFrame({"a": pl.Series(["x", "y", None], dtype=pl.Categorical)})
    compiled = PolarsBackend(frame).table.compile
    for predicate in (In("a", ("x",)), Matches("a", "x"), LengthBetween("a", 1, 1), Between("a", "x", "x")):
        assert frame.select(compiled(predicate).alias("t")).collect()["t"][0] is True


def test_a_function_of_the_users():
    assert truth(Native(lambda _: pl.col("a") > 1), a=[1, 2]) == [False, True]
    with pytest.raises(ValidatorError, match="must return a polars expression"):
        truth(Native(lambda _: 3), a=[1])


@pytest.mark.parametrize(
    ("predicate", "said"),
    [
        (IsNull("b"), 'column "b" not found'),
        (Matches("a", "x"), "not text"),
        (In("a", ("x",)), "do not compare"),
        (In("a", (1, "x")), "do not compare"),
        (Between("d", "yesterday"), "ISO"),
    ],
)
def test_what_does_not_fit_is_said(predicate, said):
    with pytest.raises(ValidatorError, match=said):
        truth(predicate, a=[1], d=[date(2024, 1, 1)])


@pytest.mark.parametrize("name", ["^a.*$", "*", "a b", 'q"uote', "日本", ""])
def test_column_names_are_not_patterns(name):
    frame = pl.LazyFrame({name: [1, None], "a2": [1, 2]})
    backend = PolarsBackend(frame)
    assert list(backend.schema()) == [name, "a2"]
    assert backend.table.frame.select(backend.table.compile(IsNull(name)).alias("t")).collect()["t"].to_list() == [
        False,
        True,
    ]
