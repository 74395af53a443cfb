"""A column that cannot be read is an error of the checks that need it, and of no other."""

import polars as pl
import pytest

import truthound as th
from truthound.engine.condition import Condition
from truthound.errors import ConfigError, SourceError
from truthound.profiling import infer_schema, profile
from truthound.validation.validate import validate

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


def test_rows_of_a_table_without_any_readable_column_are_counted():
    result = th.check({"m": [1, "x"]}, ["null", {"row_count": {"min_value": 2, "max_value": 2}}])
    assert (result.row_count, [str(o.status) for o in result.outcomes]) == (2, ["error", "passed"])
    assert profile({"m": [1, "x"]}).rows == 2


def test_an_unreadable_column_of_a_reference():
    (found,) = th.check(
        {"a": [1]}, [{"foreign_key": {"columns": "a", "reference": DATA, "reference_columns": "m"}}]
    ).outcomes
    assert found.error == f"in the reference: {REASON}"


def test_a_sample_and_a_filter():
    assert outcomes("null", sample_size=2)["null:m"].error == REASON
    with pytest.raises(ConfigError, match='"m" cannot be read'):
        th.check(th.sources.Spec("memory", "mine", format="columns", data=DATA, where=Condition("m > 1")), ["null"])


def test_profiles_and_schemas():
    assert [(s.column, s.what) for s in profile(DATA).anomalies] == [
        ("m", "cannot be read: it holds int, str; give it one type")
    ]
    schema = infer_schema(DATA).schema
    assert list(schema.columns) == ["id", "m", "t"]
    assert schema.columns["m"].type == "null"  # any
    known = outcomes(schema=infer_schema({"id": [1], "m": [1], "t": [None]}).schema)
    assert {o.status for k, o in known.items() if ":m" in k} == {"error"}


def damaged(path, column):
    """A Parquet file of which one column's bytes are no longer what they were."""
    import pyarrow.parquet as pq

    pl.DataFrame({"id": range(5_000), "x": [i / 7 for i in range(5_000)]}).write_parquet(path)
    chunk = pq.ParquetFile(path).metadata.row_group(0).column(column)
    at, data = chunk.dictionary_page_offset or chunk.data_page_offset, bytearray(path.read_bytes())
    data[at + 40 : at + chunk.total_compressed_size - 10] = b"\xff" * (chunk.total_compressed_size - 50)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("options", [{}, {"sample_size": 10}, {"timeout_seconds": 60}])
def test_a_damaged_column_of_a_file(tmp_path, options):
    path = damaged(tmp_path / "a.parquet", 1)
    result = th.check(path, ["null", {"range": {"columns": "id", "min_value": 5000}}, "duplicate"], **options)
    found = {o.id: o for o in result.outcomes}
    assert {k: str(o.status) for k, o in found.items()} == {
        "null:id": "passed", "null:x": "error", "range:id": "failed", "duplicate": "error",
    }  # fmt: skip
    assert 'column "x" cannot be read: a.parquet cannot be read as Parquet' in found["null:x"].error
    assert found["range:id"].examples[0].values.keys() == {"id"}


def test_profile_and_schema_of_a_file_with_a_damaged_column(tmp_path):
    path = damaged(tmp_path / "a.parquet", 1)
    assert [(s.column, s.what[:24]) for s in profile(path).anomalies if s.column == "x"] == [
        ("x", "cannot be read: a.parque")
    ]
    assert infer_schema(path).schema.columns["x"].type == "null"


def test_rows_of_a_file_with_a_damaged_column_are_set_aside_without_it(tmp_path):
    path = damaged(tmp_path / "a.parquet", 1)
    split = validate(path, ["null", {"range": {"columns": "id", "max_value": 4998}}]).split()
    assert split.bad.collect().to_dicts() == [{"id": 4999, "_failed_checks": ["range:id"]}]
    assert split.good.collect().height == 4999


def test_a_file_whose_every_column_is_damaged(tmp_path):
    pl.DataFrame({"id": range(5_000)}).write_parquet(path := tmp_path / "a.parquet")
    data = bytearray(path.read_bytes())
    data[60:-600] = b"\xff" * (len(data) - 660)
    path.write_bytes(data)
    with pytest.raises(SourceError, match=r"a\.parquet cannot be read as Parquet"):
        th.check(path, ["null"])
