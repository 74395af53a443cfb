"""Edge cases of types, names and broken parts, through `check`."""

from datetime import date, datetime
from decimal import Decimal

import polars as pl
import pytest

from truthound.errors import ConfigError
from truthound.validation.validate import check, validate


def only(data, rule, **options):
    (outcome,) = check(data, [rule], **options).outcomes
    return outcome


@pytest.mark.parametrize(
    ("here", "there", "orphans"),
    [
        ([1], [1.5], 1), ([1, 2], [1.0], 1), ([1.5, 1.0], [1], 1), ([1], [Decimal("1.5")], 1), ([Decimal("1.0")], [Decimal("1.04")], 1),
        ([Decimal("1.0")], [Decimal("1.00")], 0), ([date(2020, 1, 1)], [datetime(2020, 1, 1, 5)], 1), ([date(2020, 1, 1)], [datetime(2020, 1, 1)], 0),
        ([1.5, 0.1, 0.3], [Decimal("1.50"), Decimal("0.10")], 1), ([Decimal("0.1"), Decimal("0.3")], [0.1], 1),
        ([2.0**53], [2**53 + 1], 1), ([None, 1], [1], 0), ([float("inf")], [1], 1),
    ],
)  # fmt: skip
def test_foreign_keys_of_other_types_compare_exactly(here, there, orphans):
    assert only({"k": here}, {"foreign_key": {"columns": "k", "reference": {"k": there}}}).failed == orphans


def test_foreign_keys_of_types_that_never_match_are_errors():
    for here, there in (([True], [1]), (["1"], [1]), ([date(2020, 1, 1)], [1])):
        assert "never match" in only({"k": here}, {"foreign_key": {"columns": "k", "reference": {"k": there}}}).error


def test_categories_match_text():
    data = pl.DataFrame({"k": pl.Series(["a", "b"], dtype=pl.Categorical)})
    assert only(data, {"foreign_key": {"columns": "k", "reference": {"k": ["a"]}}}).failed == 1


def test_two_keys_of_other_types():
    rule = {"foreign_key": {"columns": ["a", "b"], "reference": {"a": [1.0, 2.0], "b": ["x", "y"]}}}
    assert only({"a": [1, 2, None], "b": ["x", "x", "x"]}, rule).failed == 1


@pytest.mark.parametrize("text", ["sum(a) < 0", "max(a) > min(a)"])
def test_an_expression_about_the_table_is_none_about_rows(text):
    with pytest.raises(ConfigError, match="of the whole table"):
        only({"a": [1, 2, 3]}, {"expression": {"expression": text}})


@pytest.mark.parametrize(("text", "failed"), [("true", 0), ("false", 4), ("1 = 2", 4), ("null", 0)])
def test_a_constant_holds_for_each_row(text, failed):
    outcome = only({"a": [1, None, 3, 4]}, {"expression": {"expression": text}})
    assert (outcome.failed, outcome.total) == (failed, 4)


def test_a_constant_filter_keeps_all_rows():
    outcome = only({"a": [1, None, 3, 4]}, {"null": {"where": "1 = 1"}})
    assert (outcome.failed, outcome.total) == (1, 4)


def wrong_length(frame):
    return pl.col("a").filter(pl.col("a") > 2) > 3


def test_a_function_of_another_length_is_an_error():
    result = check({"a": [1, 2, 3, 4]}, [wrong_length, "null"])
    assert [o.status.value for o in result.outcomes] == ["error", "passed"]


@pytest.mark.parametrize("name", ["*", "^.*$", "^a$", "len", "n", "k", "b", "v"])
def test_no_name_is_special(name):
    data = {name: ["p", "p", "q"], "number": [1, 1, 2]}
    result = check(data, [{"duplicate": {"columns": [name]}}, {"duplicate": {}}, {"unique": {"columns": name}}])
    assert [o.failed for o in result.outcomes] == [2, 2, 2]
    numbers = {name: [1, 2, 3, 100, None]}
    result = check(
        numbers,
        [{"median": {"columns": name, "min_value": 5}}, {"null": {"columns": name}}, {"increasing": {"columns": name}}],
    )
    assert [o.status.value for o in result.outcomes] == ["warned", "warned", "passed"]


@pytest.mark.parametrize("group", ["at", "before", "first"])
def test_gaps_in_groups_of_any_name(group):
    data = {group: ["x", "x"], "day": [date(2024, 1, 1), date(2024, 1, 4)]}
    assert f"of {group}=x" in only(data, {"gap": {"columns": "day", "group_by": group}}).message


def test_differences_do_not_wrap_around():
    data = pl.DataFrame({"a": [127, 1], "b": [-127, 2]}, schema={"a": pl.Int8, "b": pl.Int8})
    assert only(data, {"compare": {"columns": ["a", "b"], "operator": "==", "tolerance": 2}}).failed == 1


def test_nanoseconds_and_large_numbers_are_told_apart():
    base = 1_700_000_000_000_000_000
    stamps = pl.Series([base + 5000500, base + 498, base, base + 1]).cast(pl.Datetime("ns"))
    assert only(pl.DataFrame({"a": [0, 1, 0, 1], "ts": stamps}), {"duplicate": {"columns": ["a", "ts"]}}).failed == 0
    large = pl.Series([2**63 + 1, 2**63 + 1, 2**63 + 2], dtype=pl.UInt64)
    assert only(pl.DataFrame({"k": large}), {"duplicate": {"columns": "k"}}).failed == 2


def test_what_is_not_known_determines_nothing():
    rule = {"functional_dependency": {"columns": "z", "determines": "c"}}
    assert only({"z": [None, None, 1, 1], "c": ["a", "b", "a", "b"]}, rule).failed == 2


def test_a_reference_that_is_gone_is_that_checks_error():
    rules = [
        "null",
        {"foreign_key": {"columns": "a", "reference": "gone.csv"}},
        {"row_count_match": {"reference": "gone.csv"}},
    ]
    result = check({"a": [1, None]}, rules)
    assert [o.status.value for o in result.outcomes] == ["warned", "error", "error"]
    assert "gone.csv" in result.outcomes[1].error


def test_a_sample_says_nothing_of_all_rows(tmp_path):
    data = {"a": list(range(1000)), "b": [None] * 500 + [1] * 500}
    done = validate(data, [{"row_count": {"min_value": 1000}}, {"null": {"columns": "b"}}], sample_size=10)
    assert done.result.outcomes[0].status == "skipped"
    split = done.split()
    assert split.good.collect().height + split.bad.collect().height == 1000


def test_masked_cells_are_in_no_error():
    rules = [{"expression": {"expression": "cast(e as int) > 1"}}, {"sql": {"query": "select e as x from data"}}]
    result = check({"e": ["sec@x"]}, rules, pii=["e"])
    assert "sec@x" not in str(result.to_dict())


@pytest.mark.parametrize("wrong", ["x", 40, True, -0.1])
def test_thresholds_are_ratios(wrong):
    with pytest.raises(ValueError, match="not a ratio"):
        check({"a": [1]}, ["null"], severity_thresholds={"high": wrong})


def test_one_severity_or_one_for_each_limit():
    with pytest.raises(ValueError, match="not both"):
        check({"a": [1]}, [{"null": {"severity": "high", "max_fail": {"low": 0}}}])


def test_a_column_named_twice_is_one():
    assert len(check({"a": [1]}, [{"null": {"columns": ["a", "a"]}}]).outcomes) == 1


def test_a_column_of_a_text_file_without_values_holds_any_rule(tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n1,\n2,\n")
    rules = [
        {"range": {"columns": "b", "min_value": 0}},
        {"mean": {"columns": "b", "min_value": 0}},
        {"range": {"columns": "a", "min_value": 0}},
    ]
    assert [o.status.value for o in check(tmp_path / "a.csv", rules).outcomes] == ["passed"] * 3
    (tmp_path / "a.csv").write_text("a,b\n1,x\n2,\n")
    assert [o.status.value for o in check(tmp_path / "a.csv", rules).outcomes] == ["error", "error", "passed"]
