import math
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from helpers.checking import failing, one, outcomes
from truthound.engine.measures import Aggregate, Between, CountWhere, IsNan, Not, OutOfOrder, Quantile
from truthound.errors import ConfigError
from truthound.results import CheckStatus, Severity
from truthound.schema import DataType
from truthound.validators import Decreasing, Increasing, NonNegative, Outlier, Positive, Range, Table
from truthound.validators.base import FollowUp
from truthound.validators.range import fitted, timespan

NAN, INF = math.nan, math.inf


@pytest.mark.parametrize(
    ("inclusive", "fails"),
    [
        ("both", [1, 5]),
        ("neither", [1, 2, 4, 5]),
        ("left", [1, 4, 5]),
        ("right", [1, 2, 5]),
        (True, [1, 5]),
        (False, [1, 2, 4, 5]),
    ],
)
def test_bounds_are_inclusive_or_not(inclusive, fails):
    rule = Range("a", min_value=1, max_value=3, inclusive=inclusive)
    assert failing({"a": [0, 1, 2, 3, 4, None]}, rule) == fails
    assert failing({"a": [0.0, 1.0, 2.0, 3.0, 4.0, None]}, rule) == fails


def test_one_bound():
    assert failing({"a": [-1, 0, 5, None]}, Range("a", min_value=0)) == [1]
    assert failing({"a": [-1, 0, 5, None]}, Range("a", max_value=0, inclusive=False)) == [2, 3]
    assert one({"a": [1]}, Range("a", min_value=0)).expected == "at least 0"
    assert one({"a": [1]}, Range("a", min_value=0, max_value=2, inclusive="left")).expected == "at least 0 and below 2"


def test_nan_fails_every_bound_and_null_none():
    floats = {"f": [NAN, None, INF, -INF, 1.0]}
    assert failing(floats, Range("f", min_value=0)) == [1, 4]
    assert failing(floats, Range("f", max_value=10)) == [1, 3]
    assert failing(floats, Range("f", min_value=-INF, max_value=INF)) == [1]
    assert failing(floats, Range("f", min_value=-INF, max_value=INF, inclusive=False)) == [1, 3, 4]
    assert failing(floats, Positive()) == [1, 4]


@pytest.mark.parametrize(
    ("column", "low", "high"),
    [
        (pl.Series([date(2024, 1, 1), date(2024, 6, 1), date(2025, 1, 1), None]), "2024-02-01", date(2024, 12, 31)),
        (
            pl.Series([datetime(2024, 1, 1), datetime(2024, 6, 1), datetime(2025, 1, 1), None]),
            date(2024, 2, 1),
            "2024-12-31T23:59:59",
        ),
        (pl.Series([time(1), time(2), time(3), None]), "01:30", time(2, 30)),
        (pl.Series([timedelta(hours=1), timedelta(hours=2), timedelta(days=3), None]), "1h 30m", "P1D"),
        (pl.Series(["1.10", "2.20", "3.30", None]).cast(pl.Decimal(15, 2)), 1.2, Decimal("3.29")),
        (pl.Series(["a", "c", "e", None]), "b", "d"),
        (pl.Series(["a", "c", "e", None], dtype=pl.Categorical), "b", "d"),
        (pl.Series([1, 3, 5, None], dtype=pl.UInt8), "2", "4.5"),
    ],
)
def test_any_type_that_has_an_order(column, low, high):
    assert failing(pl.DataFrame({"c": column}), Range("c", min_value=low, max_value=high)) == [1, 3]


@pytest.mark.parametrize("bound", ["2024-01-01T23:30:00", "2024-01-01 23:30:00"])
def test_moments_in_texts_have_a_blank_or_a_t(bound):
    """One odd cell makes a column of moments text; its order stays that of time."""
    for mark in " T":
        texts = [f"2024-01-01{mark}{t}" for t in ("23:00:00", "23:45:00", "24:00:00")]
        assert failing({"c": [*texts, None]}, Range("c", max_value=bound)) == [2, 3]
        assert failing({"c": [*texts, None]}, Range("c", min_value=bound, inclusive="neither")) == [1]


def test_time_zones():
    paris = [
        datetime(2024, 1, 1, 0, 30, tzinfo=ZoneInfo("Europe/Paris")),
        datetime(2024, 1, 1, 2, tzinfo=ZoneInfo("Europe/Paris")),
    ]
    table = pl.DataFrame({"t": pl.Series(paris, dtype=pl.Datetime("us", "Europe/Paris"))})
    assert failing(table, Range("t", min_value=datetime(2024, 1, 1, tzinfo=UTC))) == [1]
    assert failing(table, Range("t", min_value="2024-01-01T00:00:00Z")) == [1]
    assert failing(table, Range("t", min_value="2024-01-01T01:00")) == [1]  # in the column's own zone
    assert failing(table, Range("t", min_value=date(2024, 1, 1))) == []


@pytest.mark.parametrize("low", [10**30, "1e30", Decimal(10) ** 30])
def test_a_bound_beyond_the_column_s_type(low):
    assert one({"a": [1, 2, None]}, Range("a", min_value=low)).failed == 2
    assert one({"a": [1, 2, None]}, Range("a", max_value=low)).failed == 0


@pytest.mark.parametrize(
    ("column", "options", "said"),
    [
        (["a"], {"min_value": 3}, "the bound 3 does not compare with text; is the column of the wrong type?"),
        ([1], {"min_value": "abc"}, "the bound 'abc' is not a number, the column is int64"),
        ([1], {"min_value": "nan"}, "the bound 'nan' is not a number, the column is int64"),
        (
            [1],
            {"min_value": date(2024, 1, 1)},
            "the bound datetime.date(2024, 1, 1) does not compare with a int64 column",
        ),
        ([date(2024, 1, 1)], {"min_value": "2024-13-01"}, "the bound '2024-13-01' is not a date (ISO format)"),
        ([date(2024, 1, 1)], {"min_value": 5}, "the bound 5 does not compare with a date column"),
        (
            [date(2024, 1, 1)],
            {"min_value": "2025-01-01", "max_value": "2024-01-01"},
            "min_value 2025-01-01 is above max_value 2024-01-01",
        ),
        ([timedelta(1)], {"min_value": "soon"}, "the bound 'soon' is not a duration (ISO format)"),
        ([timedelta(1)], {"min_value": "1" + "0" * 30 + "d"}, "is not a duration (ISO format)"),
        ([True], {"min_value": 0}, "range needs a numeric or temporal or text column, this one is boolean"),
    ],
)
def test_a_bound_that_does_not_compare_is_an_error_of_the_check(column, options, said):
    outcome = one({"c": column}, Range("c", **options))
    assert outcome.status is CheckStatus.ERROR
    assert said in str(outcome.error)


def test_nested_columns_are_skipped_with_the_reason():
    outcome = one({"c": [[1, 2]]}, Range("c", min_value=0))
    assert (outcome.status, outcome.message) == (CheckStatus.SKIPPED, "range does not look into list[int64]")


def test_without_bounds_it_is_skipped_never_passed():
    assert one({"a": [1]}, Range()).message == "nothing configured: give min_value or max_value, or a schema"
    found = outcomes({"a": [1], "b": [1]}, Range("a", "b"))
    assert [o.status for o in found] == [CheckStatus.SKIPPED] * 2


def test_without_bounds_it_takes_those_of_the_schema():
    columns = {
        "a": SimpleNamespace(min=0, max=5),
        "d": SimpleNamespace(min="2024-01-01", max=None),
        "s": SimpleNamespace(min=None, max=None),
    }
    table = {"a": [1, 9], "d": [date(2023, 1, 1), date(2025, 1, 1)], "s": ["a", "b"], "x": [1, 2]}
    found = outcomes(table, Range(), expected=SimpleNamespace(columns=columns))
    assert [(o.columns, o.failed, o.expected) for o in found] == [
        (("a",), 1, "between 0 and 5"),
        (("d",), 1, "at least 2024-01-01"),
    ]
    found = outcomes(table, Range("a", "x"), expected=SimpleNamespace(columns=columns))
    assert [(o.columns, o.status) for o in found] == [(("a",), CheckStatus.WARNED), (("x",), CheckStatus.SKIPPED)]
    own = one(table, Range("a", max_value=9), expected=SimpleNamespace(columns=columns))
    assert own.expected == "at most 9"


def test_columns_with_options_of_their_own():
    rule = Range(
        columns={"age": {"min_value": 0, "max_value": 150}, "price": {"min_value": 0, "severity": "high"}}, max_fail=1
    )
    found = outcomes({"age": [-1, 200], "price": [-1.0, -2.0]}, rule)
    assert [(o.columns, o.failed, o.allowed, o.severity) for o in found] == [
        (("age",), 2, 1, Severity.CRITICAL),
        (("price",), 2, 1, Severity.HIGH),
    ]


def test_an_empty_table_and_all_nulls_break_no_rule():
    for rows in ([], [None, None]):
        table = pl.DataFrame({"a": rows}, schema={"a": pl.Int64})
        assert [
            o.status
            for o in outcomes(table, Range("a", min_value=0), Positive(), NonNegative(), Outlier(), Increasing("a"))
        ] == [CheckStatus.PASSED] * 5


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"min_value": 3, "max_value": 2}, "Range: min_value 3 is above max_value 2"),
        ({"min_value": NAN}, "Range: min_value: NaN is not a bound"),
        ({"min_value": True}, "Range: min_value: True is not a number, date, time or text"),
        ({"min_value": [1]}, "Range: min_value: [1] is not a number, date, time or text"),
        ({"max_value": " "}, "Range: max_value: an empty text is not a bound; leave it out"),
        ({"inclusive": "maybe"}, "Range: inclusive: input should be 'both', 'neither', 'left' or 'right'"),
        ({"min_valu": 1}, 'Range: min_valu: unknown key; did you mean "min_value"?'),
    ],
)
def test_mistakes(options, said):
    with pytest.raises(ConfigError) as caught:
        Range("a", **options)
    assert caught.value.problems == (said,)


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("90s", timedelta(seconds=90)),
        ("1h30m", timedelta(minutes=90)),
        ("1h 30 min", timedelta(minutes=90)),
        ("2d", timedelta(days=2)),
        ("1w 1d", timedelta(days=8)),
        ("PT1H30M", timedelta(minutes=90)),
        ("P1DT2H", timedelta(hours=26)),
        ("-5m", timedelta(minutes=-5)),
        ("26:00:01.5", timedelta(hours=26, seconds=1.5)),
        ("250ms", timedelta(milliseconds=250)),
    ],
)
def test_timespan(text, span):
    assert timespan(text) == span


@pytest.mark.parametrize("text", ["", "soon", "5", "1x", "P", "PT", "1h nonsense", "1:2:3", "P1M", "--5m"])
def test_timespan_mistakes(text):
    with pytest.raises(ValueError, match="is not a duration"):
        timespan(text)


def test_fitted_keeps_whole_numbers_whole():
    assert repr(fitted("5", DataType("int64"))) == "5"
    assert repr(fitted(Decimal("5.5"), DataType("float64"))) == "5.5"
    assert repr(fitted("5.50", DataType("decimal(10,2)"))) == "Decimal('5.50')"


def test_positive_and_non_negative():
    table = {"a": [-1, 0, 1, None], "s": ["a", "b", "c", "d"]}
    assert failing(table, Positive()) == [1, 2]
    assert failing(table, NonNegative()) == [1]
    assert failing(pl.DataFrame({"d": pl.Series(["-0.01", "0", "1"]).cast(pl.Decimal(10, 2))}), Positive()) == [1, 2]


# --- outliers ------------------------------------------------------------------------------------------------------


def test_outlier_asks_for_quartiles_first_and_then_counts():
    table = Table({"a": DataType("int64")})
    (check,) = Outlier().bind(table)
    low, high = Quantile("a", 0.25), Quantile("a", 0.75)
    count = Aggregate("a", "count")
    assert check.measures == (low, high, count, CountWhere(IsNan("a")))
    more = check.judge({low: 10.0, high: 20.0, count: 9, CountWhere(IsNan("a")): 0})
    assert isinstance(more, FollowUp)
    assert more.failing == Not(Between("a", -5.0, 35.0))
    (check,) = Outlier(method="zscore", threshold=2).bind(table)
    total, std = Aggregate("a", "sum"), Aggregate("a", "std")
    more = check.judge({total: 90, std: 2.0, count: 9, CountWhere(IsNan("a")): 0})
    assert more.failing == Not(Between("a", 6.0, 14.0))


@pytest.mark.parametrize("dtype", [pl.Int64, pl.Float32, pl.Float64, pl.Decimal(12, 2)])
def test_outliers_in_numbers_of_all_kinds(dtype):
    values = pl.Series([10, 11, 12, 13, 14, 15, 16, 1000, None]).cast(dtype)
    outcome = one(pl.DataFrame({"a": values}), Outlier())
    assert (outcome.failed, outcome.total, [e.row for e in outcome.examples]) == (1, 9, [8])
    assert outcome.observed == pytest.approx({"low": 6.5, "high": 20.5})
    assert outcome.severity is Severity.MEDIUM  # one row in nine is over 5 %


def test_neither_nan_nor_infinity_moves_the_bounds():
    values = [10.0, 11.0, 12.0, 13.0, 14.0, 15.0, 16.0, 1000.0]
    for method in ("iqr", "zscore"):
        clean = one({"a": values}, Outlier(method=method))
        dirty = one({"a": [*values, NAN, INF, -INF, NAN]}, Outlier(method=method))
        assert dirty.observed == pytest.approx(clean.observed)
        assert dirty.failed == clean.failed + 4


def test_equal_quartiles_leave_it_to_the_deviation():
    outcome = one({"a": [5] * 99 + [1000]}, Outlier())
    assert (outcome.failed, [e.row for e in outcome.examples]) == (1, [100])
    assert one({"a": [0] * 80 + list(range(1, 21))}, Outlier()).failed == 4  # above 16.96, not all that is not zero


def test_constants_and_too_few_values():
    assert one({"a": [0.1] * 7}, Outlier()).failed == 0
    assert one({"a": [0.1] * 7 + [INF]}, Outlier()).failed == 1
    alone = one({"a": [5]}, Outlier(method="zscore"))
    assert (alone.status, alone.message) == (CheckStatus.SKIPPED, "a single value")
    for values, said in (([], ""), ([None], ""), ([NAN, INF], " but NaN and infinities")):
        for method in ("iqr", "zscore"):
            found = one(pl.DataFrame({"a": values}, schema={"a": pl.Float64}), Outlier(method=method))
            status = CheckStatus.SKIPPED if said else CheckStatus.PASSED
            assert (found.status, found.message) == (status, f"no values{said}")


def test_outlier_with_a_filter():
    table = {"a": [1, 2, 3, 4, 5, 100, 100, 100], "k": [1] * 6 + [2, 2]}
    assert failing(table, Outlier("a", where="k = 1")) == [6]


@pytest.mark.parametrize(
    "options", [{"method": "mad"}, {"threshold": 0}, {"threshold": -1}, {"threshold": NAN}, {"threshold": INF}]
)
def test_outlier_mistakes(options):
    with pytest.raises(ConfigError, match=next(iter(options))):
        Outlier("a", **options)


# --- order ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("strict", [True, False])
def test_a_nan_is_out_of_order_itself_and_blames_no_other(strict):
    up = [NAN, 1.0, NAN, NAN, 2.0, None, 3.0]
    assert failing({"f": up}, Increasing("f", strict=strict)) == [1, 3, 4]
    assert failing({"f": [*up[::-1], 0.5]}, Decreasing("f", strict=strict)) == [4, 5, 7]
    grouped = {"f": [2.0, NAN, 1.0, 3.0, 0.5], "g": [1, 1, 2, 1, 2], "at": [1, 2, 3, 4, 5]}
    assert failing(grouped, Increasing("f", group_by="g", order_by="at", strict=strict)) == [2, 5]


def test_increasing_and_decreasing():
    table = {"a": [1, 2, 2, None, 1, 5]}
    assert failing(table, Increasing("a")) == [5]
    assert failing(table, Increasing("a", strict=True)) == [3, 5]
    assert failing(table, Decreasing("a")) == [2, 6]
    assert failing({"d": [date(2024, 1, 2), date(2024, 1, 1)]}, Increasing("d")) == [2]


def test_order_by_and_group_by():
    table = {"a": [3, 1, 2, 9, 8], "at": [3, 1, 2, 1, 2], "g": ["x", "x", "x", "y", "y"]}
    assert failing(table, Increasing("a", order_by="at", group_by=["g"])) == [5]
    outcome = one(table, Decreasing("a", order_by=["at"], group_by="g", strict=True))
    assert outcome.expected == "strictly decreasing by at within g"
    assert [e.row for e in outcome.examples] == [1, 3]
    (check,) = Decreasing("a", order_by="at", strict=True).bind(
        Table({"a": DataType("int64"), "at": DataType("int64")})
    )
    assert check.failing == OutOfOrder("a", ("at",), (), descending=True, strict=True)


def test_order_mistakes():
    assert one({"a": [1]}, Increasing()).message == "nothing configured: give columns"
    wrong = one({"a": [1], "day": [1]}, Increasing("a", order_by="dayy"))
    assert wrong.error == 'column "dayy" of order_by not found; did you mean "day"?'
    assert one({"a": [1]}, Decreasing("a", group_by="g")).error == 'column "g" of group_by not found'


@pytest.mark.parametrize("dtype", [pl.Int64, pl.UInt64, pl.Decimal(38, 0)])
@pytest.mark.parametrize("method", ["iqr", "zscore"])
def test_outliers_of_numbers_that_no_float_tells_apart(dtype, method):
    values = pl.Series([10**18 + n % 10 for n in range(60)] + [10**18 + 40], dtype=dtype)
    found = one({"a": values}, Outlier("a", method=method))
    assert (found.failed, [e.row for e in found.examples]) == (1, [61])
