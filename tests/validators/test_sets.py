import math
from datetime import UTC, date, datetime, time
from decimal import Decimal
from types import SimpleNamespace

import polars as pl
import pytest

from helpers.checking import failing, one
from truthound.engine.measures import CountWhere, In, Not, TopValues
from truthound.errors import ConfigError
from truthound.results import CheckStatus
from truthound.schema import DataType
from truthound.validation.validate import validate
from truthound.validators import AllowedValues, ContainsValues, ForbiddenValues, MostCommon, Table

TABLE = {"c": ["A", "b", "A", None, ""]}


def test_allowed_values():
    assert failing(TABLE, AllowedValues("c", values=["A", "b"])) == [5]
    assert failing(TABLE, AllowedValues("c", values=["a", "B"], ignore_case=True)) == [5]
    assert failing(TABLE, AllowedValues("c", values="A")) == [2, 5]
    assert failing(TABLE, AllowedValues("c", values=["A", None, "b", ""])) == []
    assert one(TABLE, AllowedValues("c", values={"b", "A"})).expected == "one of A, b"


def test_forbidden_values():
    assert failing(TABLE, ForbiddenValues("c", values=["", "a"])) == [5]
    assert failing(TABLE, ForbiddenValues("c", values=["", "a"], ignore_case=True)) == [1, 3, 5]
    assert one(TABLE, ForbiddenValues("c", values=[""])).expected == 'none of ""'


def test_text_without_case_is_taken_literally():
    odd = ["a.b", "(x)", "1+1", "$", "a\\d", "[", "a|b", "^", "#", "a-b&c~"]
    assert one({"c": odd}, AllowedValues("c", values=[o.upper() for o in odd], ignore_case=True)).failed == 0
    assert one({"c": ["aXb", "x", "11", "", "a", "5"]}, AllowedValues("c", values=odd, ignore_case=True)).failed == 6


@pytest.mark.parametrize(
    ("column", "values"),
    [
        (pl.Series([1, 2, 3, None]), [1, 2.0]),
        (pl.Series([1.0, 2.5, math.nan, None]), [1, 2.5]),
        (pl.Series(["1.10", "2.00", "3.00", None]).cast(pl.Decimal(10, 2)), [1.1, Decimal(2)]),
        (pl.Series([True, True, False, None]), [True]),
        (pl.Series([date(2024, 1, 1), date(2024, 1, 2), date(2024, 1, 3), None]), ["2024-01-01", date(2024, 1, 2)]),
        (
            pl.Series(
                [
                    datetime(2024, 1, 1, tzinfo=UTC),
                    datetime(2024, 1, 2, tzinfo=UTC),
                    datetime(2024, 1, 3, tzinfo=UTC),
                    None,
                ]
            ),
            ["2024-01-01", "2024-01-02T01:00+01:00"],
        ),
        (pl.Series([time(1), time(2), time(3), None]), ["01:00", time(2)]),
        (pl.Series(["a", "b", "c", None], dtype=pl.Categorical), ["a", "b"]),
        (pl.Series(["a", "b", "c", None], dtype=pl.Enum(["a", "b", "c"])), ["a", "b", "not in the enum"]),
        (pl.Series([1, 2, 3, None]), list(range(-20, 3))),
        (pl.Series(["1", "2", "3", None]), [str(n) for n in range(-20, 3)]),
    ],
)
def test_values_of_any_type(column, values):
    table = pl.DataFrame({"c": column})
    assert failing(table, AllowedValues("c", values=values)) == [3]
    assert failing(table, ForbiddenValues("c", values=values)) == [1, 2]


@pytest.mark.parametrize(
    ("column", "values", "said"),
    [
        (["a"], [1], "the value 1 is not text, the column is string; quote it"),
        (["a"], [True], "the value True is not text, the column is string; quote it"),
        ([1], ["1"], "the value '1' is text, the column is int64; leave the quotes out"),
        ([1], [True], "the value True does not compare with a int64 column"),
        ([True], [1], "the value 1 is not a truth value, the column is boolean"),
        ([date(2024, 1, 1)], ["soon"], "the value 'soon' is not a date (ISO format)"),
        (["a"], [None], "values has nothing but null, and null is passed over here; use the validator null"),
    ],
)
def test_values_of_another_type_are_an_error_of_the_check(column, values, said):
    outcome = one({"c": column}, AllowedValues("c", values=values))
    assert (outcome.status, outcome.error) == (CheckStatus.ERROR, said)


def test_without_values_those_of_the_schema():
    assert one(TABLE, AllowedValues()).message == "nothing configured: give values, or a schema"
    known = SimpleNamespace(columns={"c": SimpleNamespace(values=("A", "b"))})
    assert failing(TABLE, AllowedValues(), expected=known) == [5]
    for rule in (ForbiddenValues, ContainsValues, MostCommon):
        assert one(TABLE, rule(), expected=known).message == "nothing configured: give values"


def test_contains_values():
    outcome = one(TABLE, ContainsValues("c", values=["A", "z", "B"]))
    assert (outcome.status, outcome.failed) == (CheckStatus.WARNED, None)
    assert (outcome.observed, outcome.message) == ({"missing": ["z", "B"]}, "z, B do not occur")
    assert one(TABLE, ContainsValues("c", values=["A", "B"], ignore_case=True)).status is CheckStatus.PASSED
    assert one({"n": [1, 2]}, ContainsValues("n", values=[3], where="n > 0")).message == "3 does not occur"
    assert one(pl.DataFrame(schema={"c": pl.String}), ContainsValues("c", values=["A"])).status is CheckStatus.WARNED


def test_most_common():
    assert one(TABLE, MostCommon("c", values=["A", "x"])).status is CheckStatus.PASSED
    outcome = one(TABLE, MostCommon("c", values=["b"]))
    assert (outcome.status, outcome.observed) == (CheckStatus.WARNED, "A")
    assert outcome.message == "most common is A (2 rows), expected one of b"
    tie = {"n": [1, 1, 2, 2, 3]}
    assert one(tie, MostCommon("n", values=[1])).status is CheckStatus.PASSED
    assert one(tie, MostCommon("n", values=[2])).status is CheckStatus.PASSED
    assert one(tie, MostCommon("n", values=[3])).status is CheckStatus.WARNED
    for rows in ([], [None]):
        assert (
            one(pl.DataFrame({"c": rows}, schema={"c": pl.String}), MostCommon("c", values=["A"])).message
            == "no values"
        )


def test_what_they_ask_for():
    table = Table({"c": DataType("string")})
    (allowed,) = AllowedValues("c", values=["b", "a", "b"]).bind(table)
    (common,) = MostCommon("c", values=["a"]).bind(table)
    assert allowed.failing == Not(In("c", ("b", "a")))
    assert common.measures == (TopValues("c", 1), CountWhere(In("c", ("a",))))


def test_nested_columns_are_skipped():
    assert one({"s": [{"a": 1}]}, AllowedValues("s", values=[1])).message.startswith(
        "allowed_values does not look into"
    )
    inner = one({"l": [[[1]]]}, AllowedValues("l", values=[1]))
    assert inner.message == "allowed_values does not look into list[list[int64]]"


def test_thousands_of_values():
    outcome = one({"n": [5, 99_999, 100_001]}, AllowedValues("n", values=list(range(100_000))))
    assert outcome.failed == 1
    assert len(outcome.expected) < 120


@pytest.mark.parametrize(
    ("rule", "options", "said"),
    [
        (AllowedValues, {"values": []}, "AllowedValues: values: values is empty"),
        (AllowedValues, {"values": {"a": 1}}, "is not a single value; give texts, numbers, dates or truth values"),
        (AllowedValues, {"values": [["a"]]}, "is not a single value; give texts, numbers, dates or truth values"),
        (AllowedValues, {"values": [math.nan]}, "a NaN equals nothing; use the validator nan"),
        (ForbiddenValues, {}, "ForbiddenValues: give values"),
        (
            ContainsValues,
            {"values": ["a"], "mostly": 0.5},
            "mostly: contains_values does not support this option; leave it out",
        ),
        (
            MostCommon,
            {"values": ["a"], "max_fail": 5},
            "max_fail: most_common does not support this option; leave it out",
        ),
        (MostCommon, {"values": ["a"], "ignore_case": True}, "ignore_case: unknown key"),
    ],
)
def test_mistakes(rule, options, said):
    with pytest.raises(ConfigError) as caught:
        rule("c", **options)
    assert len(caught.value.problems) == 1
    assert said in caught.value.problems[0]


LISTS = pl.DataFrame(
    {"t": [["a", "b"], ["a", "X"], [], None, [None, "b"]], "n": [[1, 2], [3], [9], None, [2]], "s": [{"a": 1}] * 5}
)


@pytest.mark.parametrize("frame", [LISTS, LISTS.with_columns(pl.col("t").cast(pl.List(pl.Categorical)))])
def test_items_of_lists(frame):
    assert failing(frame, AllowedValues("t", values=["a", "b"])) == [2]
    assert failing(frame, AllowedValues("t", values=["A", "B"], ignore_case=True)) == [2]
    assert failing(frame, ForbiddenValues("t", values=["b"])) == [1, 5]
    assert failing(frame, AllowedValues("n", values=list(range(8)))) == [3]
    assert failing(frame, AllowedValues("n", values=list(range(-20, 8)))) == [3]
    assert one(frame, ContainsValues("t", values=["a", "b"])).status is CheckStatus.PASSED
    assert one(frame, ContainsValues("n", values=[1, 7])).observed == {"missing": [7]}
    split = validate(frame, [AllowedValues("t", values=["a", "b"])]).split()
    assert (split.good.collect().height, split.bad.collect().height) == (4, 1)


def test_items_of_arrays():
    frame = pl.DataFrame({"a": pl.Series([[1, 2], [1, 3], None], dtype=pl.Array(pl.Int64, 2))})
    assert failing(frame, AllowedValues("a", values=[1, 2])) == [2]


def test_what_is_nested_otherwise_is_skipped():
    for rule in (AllowedValues("s", values=["a"]), MostCommon("t", values=["a"])):
        assert "does not look into" in one(LISTS, rule).message
    assert "is not text" in one(LISTS, AllowedValues("t", values=[1])).error
