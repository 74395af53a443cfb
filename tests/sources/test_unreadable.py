"""A column that cannot be read is an error of the checks that need it, and of no other."""

import pytest

import truthound as th
from truthound.errors import ConfigError
from truthound.inference import infer_schema, profile
from truthound.validate import validate

DATA = {"id": [1, 2, 3], "m": [1, "x", None], "t": ["a", "b", None]}
REASON = 'column "m" cannot be read: it holds int, str; give it one type'


def outcomes(*rules, **options):
    return {o.id: o for o in th.check(DATA, rules, **options).outcomes}


@pytest.mark.parametrize(
    ("rule", "errors", "others"),
    [
        ("null", ["null:m"], {"null:id": "passed", "null:t": "warned"}),
        ({"null": {"columns": "*"}}, ["null:m"], {"null:id": "passed", "null:t": "warned"}),
        ("duplicate", ["duplicate"], {}),
        ({"duplicate": {"columns": ["id", "m"]}}, ["duplicate:id,m"], {}),
        ({"unique": {"columns": ["id", "m"]}}, ["unique:m"], {"unique:id": "passed"}),
        ({"primary_key": {"columns": ["id", "m"]}}, ["primary_key:id,m"], {}),
        ({"range": {"columns": "m", "min_value": 1}}, ["range:m"], {}),
        ({"range": {"columns": "dtype:numeric", "min_value": 1}}, [], {"range:id": "passed"}),
        ({"range": {"columns": "id", "min_value": 1, "where": "m > 1"}}, ["range:id"], {}),
        ({"regex": {"columns": "m", "pattern": "a"}}, ["regex:m"], {}),
        ({"compare": {"columns": ["id", "m"]}}, ["compare:id,m"], {}),
        ({"functional_dependency": {"columns": "m", "determines": "t"}}, ["functional_dependency:t"], {}),
        ({"foreign_key": {"columns": "m", "reference": {"m": [1]}}}, ["foreign_key:m"], {}),
        ({"expression": {"expression": "m > 1"}}, ["expression"], {}),
        ({"sql": {"query": "SELECT * FROM data WHERE m = 1"}}, ["sql"], {}),
        ({"column_exists": {"columns": "m"}}, [], {"column_exists:m": "passed"}),
        ({"column_type": {"columns": "m", "types": "integer"}}, ["column_type:m"], {}),
        ({"column_count": {"min_value": 3, "max_value": 3}}, [], {"column_count": "passed"}),
        ({"schema": {"columns": {"id": "integer", "m": "integer", "t": "string"}}}, ["schema:m"], {"schema:id": "passed", "schema:t": "passed"}),
        ({"row_count": {"min_value": 3}}, [], {"row_count": "passed"}),
    ],
)  # fmt: skip
def test_only_the_checks_that_need_it_are_errors(rule, errors, others):
    found = outcomes(rule)
    assert {k: o.status for k, o in found.items() if k not in errors} == others
    for key in errors:
        assert found[key].status == "error"
        assert "holds int, str; give it one type" in found[key].error
        assert '"m"' in found[key].error


def test_the_result_says_it_and_rows_leave_it_out():
    validation = validate(DATA, ["null", {"range": {"columns": "id", "max_value": 1}}])
    result = validation.result
    assert result.notes == (REASON,)
    assert result.column_count == 3
    assert [e.values for o in result.outcomes if o.id == "range:id" for e in o.examples] == [
        {"id": 2, "t": "b"},
        {"id": 3, "t": None},
    ]
    assert validation.split().bad.collect()["id"].to_list() == [2, 3]


def test_a_sample_and_a_filter():
    assert outcomes("null", sample_size=2)["null:m"].error == REASON
    with pytest.raises(ConfigError, match='"m" cannot be read'):
        th.check(th.sources.Spec("memory", "mine", format="columns", data=DATA, where="m > 1"), ["null"])


def test_profiles_and_schemas():
    assert [(s.column, s.what) for s in profile(DATA).suspicions] == [
        ("m", "cannot be read: it holds int, str; give it one type")
    ]
    schema = infer_schema(DATA)
    assert list(schema.columns) == ["id", "m", "t"]
    assert schema.columns["m"].type == "null"  # any
    known = outcomes(schema=infer_schema({"id": [1], "m": [1], "t": [None]}))
    assert {o.status for k, o in known.items() if ":m" in k} == {"error"}
