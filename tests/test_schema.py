"""Schemas: inferred, written, read, learned, validated against."""

import subprocess
import sys
from datetime import UTC, datetime

import polars as pl
import pytest
import yaml

from truthound import inference
from truthound.errors import ConfigError
from truthound.schema import ColumnSchema, DataType, Schema
from truthound.validate import check

PEOPLE = {
    "id": list(range(1, 101)),
    "kind": ["a", "b"] * 50,
    "code": [f"AB-{i:04d}" for i in range(100)],
    "mail": [f"u{i}@example.com" for i in range(99)] + [None],
    "score": [i / 7 for i in range(100)],
    "born": [datetime(2000, 1, 1 + i % 28, tzinfo=UTC) for i in range(100)],
}


def test_what_is_inferred():
    columns = inference.infer_schema(PEOPLE).columns
    assert list(columns) == list(PEOPLE)
    assert columns["id"] == ColumnSchema(type="int64", nullable=False, unique=True, min=1, max=100)
    assert columns["kind"].values == ("a", "b")
    assert columns["code"].pattern == "^[A-Z]{2}\\-[0-9]{4}$"
    assert columns["mail"].nullable
    assert columns["mail"].pattern is not None
    assert columns["born"].min == "2000-01-01T00:00:00+00:00"


def test_a_pattern_must_hold_for_all_values():
    texts = [f"AB-{i:04d}" for i in range(500)] + ["oops"]
    assert inference.infer_schema({"a": texts}).columns["a"].pattern is None


def test_every_property_says_how_it_was_found():
    text = inference.infer_schema(PEOPLE).to_yaml()
    assert "unique: true  # 100 different values in 100 rows" in text
    assert "nullable: false  # no null in 100 rows" in text
    assert "# 2 different values in 100 rows" in text
    assert "every value matches" in text


def test_a_schema_survives_its_file(tmp_path):
    schema = inference.infer_schema(PEOPLE)
    schema.save(tmp_path / "schema.yaml")
    assert Schema.load(tmp_path / "schema.yaml") == schema


@pytest.mark.parametrize("name", ["yes", "null", "a: b", "# x", "'q'", '"', "1", "日本", "a\nb", "- x", "${HOME}"])
def test_hostile_column_names(tmp_path, name):
    schema = inference.infer_schema({name: ["x", "y"]})
    schema.save(tmp_path / "schema.yaml")
    assert list(Schema.load(tmp_path / "schema.yaml").columns) == [name]
    profile = inference.profile({name: ["x", "y", None]})
    document = yaml.safe_load(inference.draft_checkpoint(profile, data_source="data.csv"))
    assert document["checkpoints"][0]["name"] == "data"


def test_data_hold_the_schema_inferred_from_them():
    result = check(PEOPLE, schema=inference.infer_schema(PEOPLE))
    assert result.success, result.summary()
    assert result.statistics.total_checks > 15


def test_data_that_differ():
    other = pl.DataFrame(PEOPLE).with_columns(
        pl.lit("c").alias("kind"), pl.col("id").cast(pl.String), pl.col("score") * 100, pl.lit(1).alias("new")
    )
    result = check(other.drop("mail"), schema=inference.infer_schema(PEOPLE))
    said = {(o.validator, o.columns) for o in result.issues}
    assert ("allowed_values", ("kind",)) in said
    assert ("range", ("score",)) in said
    assert ("schema", ("mail",)) in said
    assert ("schema", ("id",)) in said
    assert any(o.observed == ["new"] for o in result.issues)
    assert result.status == "failure"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("columns: {a: {type: int64, nulable: true}}", 'nulable: unknown key; did you mean "nullable"?'),
        ("columns: {}", "columns"), ("colums: {a: {type: x}}", 'did you mean "columns"?'), ("[1]", "has no"), ("a: [", "not YAML"), ("", "has no"),
        ("columns: {a: {nullable: true}}", '"type" is required'),
    ],
)  # fmt: skip
def test_mistakes_in_a_file(tmp_path, text, said):
    path = tmp_path / "schema.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError) as error:
        Schema.load(path)
    assert said in str(error.value)
    assert str(path) in str(error.value)


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        Schema.load(tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"\xff\xfe\xfa")
    with pytest.raises(ConfigError, match="not UTF-8"):
        Schema.load(tmp_path / "latin.yaml")


def test_a_schema_is_learned_once(tmp_path):
    options = {"auto_schema": True, "state_dir": tmp_path / ".truthound", "name": "users"}
    first = check(PEOPLE, **options)
    assert first.success
    assert "learned and kept" in first.notes[0]
    again = check(PEOPLE, **options)
    assert again.success
    assert "validated against the schema learned" in again.notes[0]
    different = check({"x": ["totally", "different"]}, **options)
    assert different.status == "failure"
    assert check({"x": ["totally", "different"]}, **options).status == "failure"
    inference.update_schema(tmp_path / ".truthound", "users", {"x": ["totally", "different"]})
    assert check({"x": ["totally", "different"]}, **options).success


def test_two_processes_learn_one_schema(tmp_path):
    code = "import sys; from truthound import check; r = check({'a': list(range(int(sys.argv[2])))}, auto_schema=True, state_dir=__import__('pathlib').Path(sys.argv[1])); print(r.notes[0][:9])"
    children = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path), str(n)], stdout=subprocess.PIPE, text=True)
        for n in (5, 6, 7)
    ]
    said = sorted(c.communicate(timeout=60)[0].strip() for c in children)
    assert all(c.returncode == 0 for c in children)
    assert said[0] == "first run"
    assert [p.name for p in (tmp_path / "schemas").iterdir()] == ["data.yaml"]


def test_differences_of_two_schemas():
    old = Schema(columns={"a": {"type": "int64", "max": 5}, "b": {"type": "string"}})
    new = Schema(columns={"a": {"type": "int64", "max": 9}, "c": {"type": "date"}})
    assert inference.diff_schemas(old, new) == ['- column "b"', '+ column "c": date', '~ column "a": max 5 -> 9']
    assert inference.diff_schemas(old, old) == []


@pytest.mark.parametrize(
    ("dtype", "wanted", "matches"),
    [
        ("int64", "int64", True), ("int64", "integer", True), ("int64", "int", True), ("int64", "numeric", True), ("int64", "string", False),
        ("decimal(15,2)", "decimal", True), ("decimal(15,2)", "decimal(15, 2)", True), ("decimal(15,2)", "decimal(10,2)", False),
        ("datetime[us,UTC]", "timestamp", True), ("string", "text", True), ("categorical", "string", False), ("categorical", "text", True),
    ],
)  # fmt: skip
def test_types(dtype, wanted, matches):
    assert DataType(dtype).matches(wanted) == matches


def test_baselines(tmp_path):
    kept = inference.Baselines(tmp_path, "../x")
    assert kept.get("distribution:a b/c") is None
    kept.put("distribution:a b/c", {"n": 1})
    assert kept.get("distribution:a b/c") == {"n": 1}
    assert len(list(tmp_path.rglob("*.json"))) == 1
