"""The validators of one table at once, through the public way in."""

import math
from datetime import UTC, date, datetime

import polars as pl
import pytest

from truthound.errors import ConfigError
from truthound.results import CheckStatus, Severity
from truthound.schema import ColumnSchema, Schema
from truthound.validation.validate import check
from truthound.validators.registry import TABLE as TABLE_OF_NAMES

TABLE = pl.DataFrame(
    {
        "id": [1, 2, 2, None, 5],
        "price": [1.5, math.nan, -3.0, math.inf, None],
        "name": ["ann ", "bob", "", None, "Ã©"],
        "kind": pl.Series(["x", "y", "x", "x", None], dtype=pl.Categorical),
        "cost": pl.Series(["1.00", "2.50", None, "9.99", "-1.00"]).cast(pl.Decimal(10, 2)),
        "at": pl.Series([datetime(2024, 1, d, tzinfo=UTC) for d in range(1, 6)], dtype=pl.Datetime("us", "UTC")),
        "day": [date(2024, 1, d) for d in range(1, 6)],
        "tags": [["a"], [], None, ["a", "b"], ["c"]],
        "place": [{"lat": 1.0}] * 5,
        "gone": pl.Series([None] * 5, dtype=pl.Int64),
    }
)


def counts(result):
    return {(o.validator, *o.columns): o.failed for o in result.outcomes if o.status is not CheckStatus.SKIPPED}


def test_bare_names():
    result = check(TABLE, ["null", "nan", "blank", "duplicate", "whitespace", "encoding", "range", "outlier"])
    found = counts(result)
    nulls = {"id": 1, "price": 1, "name": 1, "kind": 1, "cost": 1, "at": 0, "day": 0, "tags": 1, "place": 0, "gone": 5}
    assert {c: found["null", c] for c in nulls} == nulls
    assert found["nan", "price"] == 1
    assert (found["blank", "name"], found["whitespace", "name"], found["encoding", "name"]) == (1, 1, 1)
    assert found["duplicate",] == 0
    assert not any(o.status is CheckStatus.ERROR for o in result.outcomes)
    skipped = [o for o in result.outcomes if o.status is CheckStatus.SKIPPED]
    assert [(o.validator, o.message) for o in skipped] == [
        ("range", "nothing configured: give min_value or max_value, or a schema"),
    ]
    low = next(o for o in result.outcomes if o.validator == "whitespace" and o.columns == ("name",))
    assert low.severity is Severity.HIGH  # low for a bare name, raised: one of the four texts is over 20 %


def test_configured_by_name_mapping_and_object():
    config = {
        "range": {
            "columns": {
                "price": {"min_value": 0},
                "cost": {"min_value": 0, "max_value": 9.99},
                "at": {"max_value": "2024-01-04"},
            }
        },
        "regex": {"patterns": {"name": "^[a-z]+$"}},
    }
    result = check(
        TABLE,
        [
            "range",
            "regex",
            {"primary_key": {"columns": ["id"]}},
            {"type": "one_of", "columns": "kind", "values": ["x"]},
        ],
        validator_config=config,
    )
    assert counts(result) == {
        ("range", "price"): 2,
        ("range", "cost"): 1,
        ("range", "at"): 1,
        ("regex", "name"): 3,
        ("primary_key", "id"): 3,
        ("allowed_values", "kind"): 1,
    }
    assert {o.validator: o.severity for o in result.issues}["primary_key"] is Severity.CRITICAL


@pytest.mark.parametrize("rows", [0, 1])
def test_every_bare_name_on_an_empty_and_a_tiny_table(rows):
    names = ["null", "nan", "blank", "duplicate", {"unique": {"columns": ["id", "name", "kind", "cost", "at"]}}, "positive", "non_negative", "outlier",
             {"increasing": {"columns": ["id", "at", "name"]}}, {"length": {"min_length": 0}}, "whitespace", "encoding", {"case": {"case": "lower"}}]  # fmt: skip
    result = check(TABLE.head(rows).with_columns(pl.lit("a").alias("name")), names)
    assert (
        {o.status for o in result.outcomes} == {CheckStatus.PASSED}
        if rows == 0
        else {CheckStatus.PASSED, CheckStatus.WARNED, CheckStatus.FAILED}
    )
    assert result.row_count == rows


def test_a_column_that_is_not_there_does_not_stop_the_others():
    result = check(TABLE, [{"null": {"columns": ["nam", "id"]}}])
    assert [(o.columns, o.status) for o in result.outcomes] == [
        (("nam",), CheckStatus.ERROR),
        (("id",), CheckStatus.WARNED),
    ]
    assert result.outcomes[0].error == 'column not found: did you mean "name"?'


@pytest.mark.parametrize("name", list(TABLE_OF_NAMES))
def test_a_bare_name_is_never_a_mistake(name):
    """What needs options is skipped, and says which; nothing passes that looked at nothing."""
    result = check({"n": [1.0, 2.0], "t": ["a", "b"]}, [name, {name: None}, {name: {}}])
    for outcome in result.outcomes:
        assert outcome.status is not CheckStatus.ERROR, outcome
        if outcome.status is CheckStatus.SKIPPED and not outcome.message.startswith("no column fits"):
            assert outcome.message.startswith("nothing configured: give "), outcome


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("compare", "column and other"), ("foreign_key", "columns and reference"), ("row_count_match", "reference"), ("sql", "query"),
        ("aggregate_match", "columns, function and reference"), ("functional_dependency", "columns and determines"),
        ("expression", "expression"), ("function", "function"), ("column_exists", "columns"), ("column_type", "types"),
    ],
)  # fmt: skip
def test_a_bare_name_that_needs_options_says_which(name, said):
    (outcome,) = check({"n": [1]}, [name]).outcomes
    assert (outcome.status, outcome.message) == (CheckStatus.SKIPPED, f"nothing configured: give {said}")
    with pytest.raises(ConfigError, match=r"required|give two columns"):
        check({"n": [1]}, [{name: {"severity": "low"}}])


def test_a_glob_that_matches_nothing_is_an_error_of_that_check():
    rules = [
        {"null": {"columns": ["addr_*", "n"]}},
        {"regex": {"patterns": {"x?": "a"}}},
        {"primary_key": {"columns": "id_*"}},
    ]
    result = check({"n": [1], "t": ["a"]}, rules)
    assert [o.status for o in result.outcomes] == ["error", "passed", "error", "error"]
    assert result.outcomes[0].error == 'no column matches "addr_*"; there are n, t'
    assert result.outcomes[0].columns == ("addr_*",)
    unfit = check(
        {"n": [1], "t": ["a"]},
        [{"mean": {"columns": "t*", "min_value": 1}}, {"mean": {"columns": "dtype:date", "min_value": 1}}],
    )
    assert [o.status for o in unfit.outcomes] == ["skipped", "skipped"]


def test_a_type_selector_that_is_no_type_is_an_error_of_that_check():
    rules = [
        {"null": {"columns": ["dtype:numric", "n"]}},
        {"range": {"columns": {"dtype:txt": {"min_value": 0}}}},
        {"primary_key": {"columns": "dtype:txt"}},
        {"null": {"columns": "dtype:date"}},
        {"null": {"columns": "dtype:Decimal(9,2)"}},
    ]
    result = check({"n": [1], "t": ["a"]}, rules)
    assert [o.status for o in result.outcomes] == ["error", "passed", "error", "error", "skipped", "skipped"]
    assert result.outcomes[0].error == '"numric" is not a known type; did you mean "numeric"?'
    named = check({"dtype:txt": [1]}, [{"null": {"columns": "dtype:txt"}}])
    assert [o.status for o in named.outcomes] == ["passed"]


def test_what_a_schema_asks_too_is_told_once():
    schema = Schema(
        columns={
            "n": ColumnSchema(type="int64", min=0, max=5, unique=True),
            "t": ColumnSchema(type="string", values=("a", "b")),
        }
    )
    data = {"n": [1, 9], "t": ["a", "c"]}
    bare = ["range", "unique", "allowed_values", "schema"]
    alone, both = check(data, schema=schema), check(data, bare, schema=schema)
    assert sorted(o.id for o in both.outcomes) == sorted(o.id for o in alone.outcomes)
    lenient = check(data, [{"range": {"mostly": 0.5}}], schema=schema)
    assert [o.status for o in lenient.outcomes if o.validator == "range"] == ["passed", "warned"]
