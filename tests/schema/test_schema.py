"""Schemas: inferred, written, read, learned, validated against."""

import subprocess
import sys
from datetime import UTC, datetime

import polars as pl
import pytest
import yaml

from truthound import profiling
from truthound.errors import ConfigError
from truthound.schema import ColumnSchema, DataType, Schema
from truthound.validation.validate import check

PEOPLE = {
    "id": list(range(1, 101)),
    "kind": ["a", "b"] * 50,
    "code": [f"AB-{i:04d}" for i in range(100)],
    "mail": [f"u{i}@example.com" for i in range(99)] + [None],
    "score": [i / 7 for i in range(100)],
    "born": [datetime(2000, 1, 1 + i % 28, tzinfo=UTC) for i in range(100)],
}


def test_what_is_inferred():
    columns = profiling.infer_schema(PEOPLE).schema.columns
    assert list(columns) == list(PEOPLE)
    assert columns["id"] == ColumnSchema(type="int64", nullable=False, unique=True)
    assert columns["score"] == ColumnSchema(type="float64", nullable=False, min=0)
    assert columns["kind"].values == ("a", "b")
    assert columns["code"].pattern == "^[A-Z]{2}-[0-9]{4}$"
    assert columns["mail"].nullable
    assert columns["mail"].pattern is not None
    assert columns["born"] == ColumnSchema(type="datetime[us,UTC]", nullable=False)


def test_a_pattern_must_hold_for_all_values():
    texts = [f"AB-{i:04d}" for i in range(500)] + ["oops"]
    assert profiling.infer_schema({"a": texts}).schema.columns["a"].pattern is None


def test_every_property_says_how_it_was_found():
    text = profiling.infer_schema(PEOPLE).to_yaml()
    assert "unique: true  # 100 different values in 100 rows" in text
    assert "nullable: false  # no null in 100 rows" in text
    assert "# 2 different values in 100 rows" in text
    assert "every value matches" in text


def test_a_schema_survives_its_file(tmp_path):
    schema = profiling.infer_schema(PEOPLE).schema
    schema.save(tmp_path / "schema.yaml")
    assert Schema.load(tmp_path / "schema.yaml") == schema


@pytest.mark.parametrize("name", ["yes", "null", "a: b", "# x", "'q'", '"', "1", "日本", "a\nb", "- x", "", "${HOME}"])
def test_hostile_column_names(tmp_path, name):
    schema = profiling.infer_schema(pl.DataFrame({name: ["x", "y"]})).schema
    schema.save(tmp_path / "schema.yaml")
    assert list(Schema.load(tmp_path / "schema.yaml").columns) == [name]
    profile = profiling.profile(pl.DataFrame({name: ["x", "y", None]}))
    document = yaml.safe_load(profiling.draft_checkpoint(profile, data_source="data.csv"))
    assert document["checkpoints"][0]["name"] == "data"


def test_data_hold_the_schema_inferred_from_them():
    result = check(PEOPLE, schema=profiling.infer_schema(PEOPLE).schema)
    assert result.success, result.summary()
    assert result.statistics.total_checks > 15


def test_data_that_differ():
    other = pl.DataFrame(PEOPLE).with_columns(
        pl.lit("c").alias("kind"), pl.col("id").cast(pl.String), -pl.col("score"), pl.lit(1).alias("new")
    )
    result = check(other.drop("mail"), schema=profiling.infer_schema(PEOPLE).schema)
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
        ("columns: {}", "columns"), ("colums: {a: {type: x}}", 'did you mean "columns"?'), ("[1]", "has no"), ("a: [", "not valid YAML"), ("", "has no"),
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
    profiling.update_schema(tmp_path / ".truthound", "users", {"x": ["totally", "different"]})
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
    assert profiling.diff_schemas(old, new) == ['- column "b"', '+ column "c": date', '~ column "a": max 5 -> 9']
    assert profiling.diff_schemas(old, old) == []


@pytest.mark.parametrize(
    ("dtype", "wanted", "matches"),
    [
        ("int64", "int64", True), ("int64", "integer", True), ("int64", "int", True), ("int64", "numeric", True), ("int64", "string", False),
        ("decimal(15,2)", "decimal", True), ("decimal(15,2)", "decimal(15, 2)", True), ("decimal(15,2)", "decimal(10,2)", False),
        ("datetime[us,UTC]", "timestamp", True), ("string", "text", True), ("categorical", "string", False), ("categorical", "text", True),
        ("string", "varchar(20)", True), ("int64", "bigint(20)", True), ("int64", "smallint(20)", False), ("float64", "FLOAT(53)", True),
        ("datetime[us]", "timestamp(6)", True), ("datetime[us]", "timestamp[us]", True), ("datetime[us]", "timestamp[ms]", False),
        ("decimal(10,2)", "numeric(10, 2)", True), ("decimal(10,2)", "numeric(9,2)", False), ("decimal(10,0)", "decimal(10)", True),
        ("list[int64]", "list[int64]", True), ("list[int64]", "list[int8]", False),
    ],
)  # fmt: skip
def test_types(dtype, wanted, matches):
    assert DataType(dtype).matches(wanted) == matches


def test_baselines(tmp_path):
    kept = profiling.FileBaselines(tmp_path, "../x")
    assert kept.get("distribution:a b/c") is None
    kept.put("distribution:a b/c", {"n": 1})
    assert kept.get("distribution:a b/c") == {"n": 1}
    assert len(list(tmp_path.rglob("*.json"))) == 1


# --- what a schema must get right -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "frame",
    [
        pl.DataFrame({"a": [1.0, float("inf"), -float("inf")]}),
        pl.DataFrame({"a": [1.0, float("nan")]}),
        pl.DataFrame({"a": [1, 86_399_999_999_999]}).select(pl.col("a").cast(pl.Time)),
        pl.DataFrame({"a": [1, 999]}).select(pl.col("a").cast(pl.Duration("ns"))),
        pl.DataFrame({"a": [1_700_000_000_000_000_123] * 2}).select(
            pl.col("a").cast(pl.Datetime("ns", "Europe/Paris"))
        ),
        pl.DataFrame({"a": [2**100, -(2**100)]}, schema={"a": pl.Int128}),
        pl.DataFrame({"a": [0.1, 0.7, 3.3e38]}, schema={"a": pl.Float32}),
        pl.DataFrame({"a": [{"x [y": 1, "b{": 2}]}),
        pl.DataFrame({"a": ["yes", "no", "a\nb", "\x85\u2028", "", " ", "null", "\U0001f600", "\x1b[1m"] * 40}),
        pl.DataFrame({n: ["x"] for n in ("", "^a$", "*", "no", "<<", "x" * 2000, "dtype:text", "a?", "\x85")}),
    ],
)
def test_data_of_any_kind_hold_their_own_schema(tmp_path, frame):
    profiling.infer_schema(frame).schema.save(tmp_path / "schema.yaml")
    result = check(frame, schema=tmp_path / "schema.yaml")
    assert [o for o in result.outcomes if o.status != "passed"] == []


def test_a_column_that_is_lost_or_changed_is_told_once():
    schema = profiling.infer_schema(PEOPLE).schema
    people = pl.DataFrame(PEOPLE)
    lost = check(people.drop("code"), schema=schema)
    assert [(i.validator, i.columns) for i in lost.issues] == [("schema", ("code",))]
    changed = check(people.with_columns(pl.col("id").cast(pl.String)), schema=schema)
    assert [(i.validator, i.columns) for i in changed.issues] == [("schema", ("id",))]
    assert all(o.status != "error" for r in (lost, changed) for o in r.outcomes)


def test_the_validator_schema_takes_the_schema_of_the_run():
    schema = profiling.infer_schema(PEOPLE).schema
    assert check(PEOPLE, validators=["schema"], schema=schema).success


def test_an_empty_table_teaches_nothing(tmp_path):
    options = {"auto_schema": True, "state_dir": tmp_path}
    (tmp_path / "empty.csv").write_text("a,b\n")
    (tmp_path / "full.csv").write_text("a,b\n1,x\n")
    assert "no rows" in check(tmp_path / "empty.csv", **options).notes[0]
    assert "first run" in check(tmp_path / "full.csv", **options).notes[0]


def test_mistakes_are_told_all_at_once_by_place(tmp_path):
    path = tmp_path / "s.yaml"
    path.write_text(
        "columns:\n  a: {type: strin}\n  no: {type: int64, nulable: true}\n  a: {type: int64}\nprimary_key: [b]\n"
    )
    with pytest.raises(ConfigError) as error:
        Schema.load(path)
    assert error.value.problems == (
        f'{path}:4:3: the key "a" is given twice, first on line 2',
        f'{path}:2:7: columns.a.type: "strin" is not a known type; did you mean "string"?',
        f'{path}:3:21: columns.no.nulable: unknown key; did you mean "nullable"?',
    )


def test_words_of_yaml_1_1_stay_words(tmp_path):
    (tmp_path / "s.yaml").write_text(
        "columns:\n  no: {type: string, values: [no, yes]}\n  t: {type: time, min: 12:30:00}\n"
    )
    columns = Schema.load(tmp_path / "s.yaml").columns
    assert (columns["no"].values, columns["t"].min) == (("no", "yes"), "12:30:00")


def test_an_update_tells_what_changed(tmp_path):
    said = []
    profiling.update_schema(tmp_path, "x", {"a": [1, 2]}, on_change=said.append)
    profiling.update_schema(tmp_path, "x", {"a": [1, -9], "b": ["u", "v"]}, on_change=said.append)
    next(tmp_path.rglob("x.yaml")).write_text("a: [")
    profiling.update_schema(tmp_path, "x", {"a": [1, 9]}, on_change=said.append)
    assert said[:3] == ["learned for the first time", '+ column "b": string', '~ column "a": min 0 -> ∅']
    assert "damaged" in said[3]


def test_equal_numbers_with_fractions_are_no_keys():
    assert not profiling.infer_schema({"x": [0.5, 0.7, 0.1]}).schema.columns["x"].unique


def test_a_sample_is_held_against_what_all_rows_taught(tmp_path):
    options = {"auto_schema": True, "state_dir": tmp_path}
    data = {"a": list(range(500))}
    assert check(data, sample_size=10, **options).success
    assert check(data, **options).success


# --- what growth and secrets ask of a schema --------------------------------------------------------------------------


def test_rows_that_are_appended_are_no_drift(tmp_path):
    options = {"auto_schema": True, "state_dir": tmp_path}
    data = {
        "id": list(range(1, 101)), "code": [f"c{n}" for n in range(100)], "seq": [3 * n for n in range(100)],
        "at": [datetime(2024, 1, 1 + n % 28, tzinfo=UTC) for n in range(100)], "price": [n / 3 for n in range(100)],
        "name": [f"Name {n}" for n in range(100)], "user_id": [1 + n % 7 for n in range(100)],
    }  # fmt: skip
    assert check(data, **options).success
    more = {"id": 10_000, "code": "c10000", "seq": 99_999, "at": datetime(2031, 1, 1, tzinfo=UTC), "price": 1e6}
    more |= {"name": "Name 3", "user_id": 900}
    grown = {c: [*values, more[c]] for c, values in data.items()}
    assert [o.message or o.expected for o in check(grown, **options).issues] == []
    grown["price"][-1] = -1.0
    assert [o.columns for o in check(grown, **options).issues] == [("price",)]


def test_values_that_differ_by_chance_are_no_key():
    columns = profiling.infer_schema(
        {"age": [31, 45, 52], "city": ["Oslo", "Rome", "Bonn"], "user_id": [7, 9, 12]}
    ).schema.columns
    assert [c for c, s in columns.items() if s.unique] == ["user_id"]


def test_drift_is_told_as_a_change(tmp_path):
    options = {"auto_schema": True, "state_dir": tmp_path}
    check({"id": [1, 2], "old": [0.5, 1.0], "x": [1, 2]}, **options)
    found = check({"id": ["1", "2"], "new": [True, False], "x": [1, None]}, **options).issues
    assert [o.message or o.expected for o in found] == [
        "type changed: int64 -> string",
        "column removed, it was float64",
        "column added: new (boolean)",
        "not null, as learned",
    ]


def test_a_schema_is_not_learned_anew_from_nothing(tmp_path):
    profiling.update_schema(tmp_path, "x", {"a": [1]})
    with pytest.raises(ConfigError, match="no rows to learn from"):
        profiling.update_schema(tmp_path, "x", pl.DataFrame(schema={"a": pl.Int64}))
    assert profiling.load_learned_schema(tmp_path, "x").columns["a"].min == 0


SECRETS = {
    "ssn": [f"QX-{n:04d}" for n in range(60)],
    "city": ["Qxville", "Qxtown"] * 30,
    "pay": [77701 + n for n in range(60)],
}
PLANTED = (b"QX-0", b"Qx", b"7770", b"7776", b"77,7")


def secrets_in(folder):
    return {(p.name, s) for p in folder.rglob("*") if p.is_file() for s in PLANTED if s in p.read_bytes()}


def test_nothing_is_kept_or_told_of_pii_columns(tmp_path):
    options = {"auto_schema": True, "state_dir": tmp_path, "validators": ["range", "allowed_values"]}
    assert "learned and kept" in check(SECRETS, **options).notes[0]
    (schema,) = (tmp_path / "schemas").iterdir()
    schema.write_text(schema.read_text().replace("pay:\n", "pay:\n    max: 77760\n"))
    assert secrets_in(tmp_path)
    odd = {"ssn": [*SECRETS["ssn"][1:], "!"], "city": [*SECRETS["city"][1:], "?"], "pay": [*SECRETS["pay"][1:], -5]}
    clear = check(odd, **options)
    assert any(s in str(clear.to_dict()).encode() for s in PLANTED)
    masked = check(odd, **options, pii=list(SECRETS))
    assert not [s for s in PLANTED if s in str(masked.to_dict()).encode()]
    assert "was removed" in masked.notes[0]
    assert secrets_in(tmp_path) == set()
    profiling.update_schema(tmp_path, "data", SECRETS, pii=list(SECRETS))
    assert secrets_in(tmp_path) == set()
    assert profiling.load_learned_schema(tmp_path, "data").columns["ssn"] == ColumnSchema(
        type="string", nullable=False, unique=True
    )


def test_a_schema_file_in_the_clear_is_masked_where_it_is_told(tmp_path):
    schema = Schema(
        columns={
            "ssn": {"type": "string", "pattern": "^QX-0[0-9]{3}$"},
            "city": {"type": "string", "values": ["Qxville"], "max_length": 7},
            "pay": {"type": "int64", "min": 77705, "max": 77760},
        }
    )
    odd = SECRETS | {"ssn": ["!"] * 60}
    result = check(odd, ["allowed_values"], schema=schema, pii=list(SECRETS))
    assert {o.columns for o in result.issues if o.columns} == {("ssn",), ("city",), ("pay",)}
    assert not [s for s in PLANTED if s in str(result.to_dict()).encode()]
    text = check(odd | {"city": list(range(60))}, ["allowed_values"], schema=schema, pii=list(SECRETS))
    assert not [s for s in PLANTED if s in str(text.to_dict()).encode()]


def test_no_baseline_is_kept_of_pii_columns(tmp_path):
    options = {"state_dir": tmp_path, "validators": [{"distribution": {"columns": ["city", "pay"], "baseline": True}}]}
    assert check(SECRETS, **options).success
    assert secrets_in(tmp_path)
    result = check(SECRETS, **options, pii=["city", "pay"])
    assert all("a baseline would keep values" in o.error for o in result.outcomes)
    assert secrets_in(tmp_path) == set()


def test_pii_that_is_no_column():
    with pytest.raises(ConfigError, match='did you mean "city"'):
        profiling.infer_schema(SECRETS, pii=["citty"])


def test_a_column_that_is_empty_at_first_may_get_any_values(tmp_path):
    options = {"auto_schema": True, "state_dir": tmp_path / "state"}
    (tmp_path / "a.csv").write_text("a,b\n1,\n2,\n")
    (tmp_path / "b.csv").write_text("a,b\n1,\n2,7\n")
    (tmp_path / "c.csv").write_text("a\n1\n2\n")
    assert check(tmp_path / "a.csv", **options).success
    assert check(tmp_path / "b.csv", **options).success
    assert [o.message for o in check(tmp_path / "c.csv", **options).issues] == ["column removed, it was empty"]
