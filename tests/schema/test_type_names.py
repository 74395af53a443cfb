"""Spellings of types: what databases, data frames and people call them."""

import re

import polars as pl
import pytest

from truthound.engine.polars.type_names import type_name
from truthound.schema import DataType, Schema, known_type
from truthound.schema.type_names import FAMILIES, alike, meaning
from truthound.sources.dtypes import polars_type
from truthound.validation.validate import check

# type -> spellings that mean it
SPELLINGS = {
    "decimal(10,2)": (
        "number(10,2) | numeric(10,2) | NUMERIC(10, 2) | dec(10,2) | fixed(10,2) | decimal[10,2] | "
        "decimal128(10,2) | DecimalType(10,2) | Decimal(precision=10, scale=2) | BIGNUMERIC(10,2)"
    ),
    "decimal(10,0)": "number(10) | decimal(10) | numeric(10)",
    "int64": "bigint | BIGINT(20) | INT64 | Int64 | serial8 | long | LongType | i64 | int64[pyarrow]",
    "int32": "int4 | mediumint(8) | IntegerType | serial | i32",
    "int16": "smallint | int2 | short | ShortType | smallint(6)",
    "int8": "tinyint | tinyint(4) | byte | ByteType | byteint | i8",
    "uint64": "bigint unsigned | bigint(20) unsigned | UBIGINT | u64 | UNSIGNED BIG INT | UInt64",
    "uint32": "int unsigned | int(10) unsigned | uinteger | u32",
    "integer": "int | integer | INTEGER(11) | year",
    "float64": "double | double precision | float8 | DOUBLE(10,2) | f64 | DoubleType | Float64",
    "float32": "float4 | f32 | FloatType",
    "float": "real | float(24) | FLOAT(7, 4)",
    "string": (
        "varchar | varchar(20) | character varying(20) | char(3) | bpchar | nvarchar(100) | utf8 | large_string | "
        "string[pyarrow] | STRING(10) | StringType | uuid | jsonb | longtext | object | Utf8 | str | "
        "NATIVE CHARACTER(70)"
    ),
    "text": "text | TEXT",
    "boolean": "bool | Boolean | logical | BooleanType",
    "date": "date32[day] | Date | DateType",
    "datetime": "timestamp | datetime | TIMESTAMP(6) | datetime(3) | datetime64",
    "datetime[*]": "timestamp without time zone | timestamp(6) without time zone | TIMESTAMP_NTZ(9)",
    "datetime[*,*]": "timestamptz | timestamp(3) with time zone | timestamp_tz | datetimeoffset",
    "datetime[us]": "timestamp[us] | datetime[μs] | Datetime(time_unit='us', time_zone=None) | TIMESTAMP_US",
    "datetime[ns]": "datetime64[ns] | timestamp_ns",
    "datetime[us,Europe/Paris]": "timestamp[us, tz=Europe/Paris] | Datetime('us', 'Europe/Paris')",
    "time": "time(6) | time64[us] | time without time zone",
    "duration[ns]": "timedelta64[ns] | duration[ns]",
    "binary": "bytea | blob | varbinary(16) | bytes | BYTES(16) | large_binary | fixed_size_binary[16]",
    "categorical": "category | cat | dictionary<values=string, indices=int32, ordered=0>",
    "null": "void | null",
    "list[int64]": "bigint[] | list<item: int64> | array<bigint> | List(Int64) | ARRAY<INT64>",
    "list[list[string]]": "varchar(5)[][] | list[list[str]]",
    "struct{a:int64,b:list[string]}": "struct<a:bigint,b:array<string>> | STRUCT(a BIGINT, b VARCHAR[]) | STRUCT<a INT64, b ARRAY<STRING>>",
    "list": "list | map<string,int>",
}


@pytest.mark.parametrize("meant", SPELLINGS)
def test_spellings(meant):
    spellings = SPELLINGS[meant].split(" | ")
    assert {s: meaning(s) for s in spellings} == dict.fromkeys(spellings, meant)


@pytest.mark.parametrize(
    ("spelling", "said"),
    [
        ("decimal()", "write it as decimal(10,2)"), ("decimal(10,)", "write it as decimal(10,2)"), ("number(,2)", "write it as number(10,2)"),
        ("numeric(a)", "write it as"), ("decimal(10,2,3)", "write it as"), ("decimal(2,10)", "no more decimals than digits"),
        ("decimal(0,0)", "1 to 38"), ("decimal(39,1)", "1 to 38"), ("varchar()", "brackets are empty"), ("int64(5)", "takes no parameters"),
        ("boolean(1)", "takes no parameters"), ("date(3)", "takes no parameters"), ("datetime[xs]", "the units are"), ("datetime[us,]", "write it as"),
        ("datetime[us,UTC,x]", "write it as"), ("duration[us,UTC]", "write it as duration[us]"), ("enum('a','b')", "allowed_values"),
        ("array[int64,3]", "width"), ("list[]]", "not a known type"), ("list[nope]", '"nope" is not a known type'), ("intger", 'did you mean "integer"?'),
        ("decimal(10,2", "not a known type"), ("decimal(10]", "not a known type"), ("", "not a known type"), ("struct<a>", "write it as struct"),
    ],
)  # fmt: skip
def test_what_is_not_a_type(spelling, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        known_type(spelling)


TYPES = [
    pl.Int8(), pl.Int64(), pl.UInt32(), pl.Float32(), pl.Float64(), pl.Boolean(), pl.String(), pl.Categorical(), pl.Enum(["a"]), pl.Date(), pl.Time(),
    pl.Datetime("ms"), pl.Datetime("us", "UTC"), pl.Datetime("ns", "Asia/Tokyo"), pl.Duration("ms"), pl.Decimal(12, 3), pl.Binary(), pl.Null(),
    pl.List(pl.Int8()), pl.Array(pl.Float32(), 2), pl.Struct({"a": pl.Int8(), "b [": pl.String()}), pl.List(pl.Struct({"x": pl.Date()})),
]  # fmt: skip


@pytest.mark.parametrize("dtype", TYPES, ids=str)
def test_every_type_is_spelt_by_its_own_name(dtype):
    name = DataType(type_name(dtype))
    assert known_type(name) == name
    assert name.matches(name)
    assert name.matches(name.base)
    others = [DataType(type_name(t)) for t in TYPES if t != dtype]
    assert not any(other.matches(name) for other in others)


def test_zones():
    zoned, naive = DataType("datetime[us,UTC]"), DataType("datetime[ms]")
    assert (zoned.matches("timestamptz"), naive.matches("timestamptz")) == (True, False)
    assert (zoned.matches("timestamp without time zone"), naive.matches("timestamp without time zone")) == (False, True)
    assert zoned.matches("timestamp")
    assert DataType("list[int32]").matches("list[int]")
    assert DataType("list[int32]").matches("array")
    assert not DataType("int32").matches("list")


@pytest.mark.parametrize(
    ("name", "dtype"),
    [
        ("number(10,2)", pl.Decimal(10, 2)), ("BIGINT", pl.Int64()), ("timestamptz", pl.Datetime("us", "UTC")), ("varchar(5)", pl.String()),
        ("timestamp[ms, tz=Asia/Tokyo]", pl.Datetime("ms", "Asia/Tokyo")), ("double precision", pl.Float64()), ("timedelta64[ns]", pl.Duration("ns")),
    ],
)  # fmt: skip
def test_columns_are_read_as_what_a_spelling_means(name, dtype):
    assert polars_type(name) == dtype


def test_columns_are_not_read_as_lists():
    with pytest.raises(ValueError, match="not a type that columns are read as"):
        polars_type("list[int64]")


@pytest.mark.parametrize("wanted", ["bigint", "INT64", "number(10,0)", "double", "smallint", "integer"])
def test_another_type_of_number_keeps_the_rules_about_values(wanted):
    data = pl.DataFrame({"n": [1, -5, 200]}, schema={"n": pl.Int32})
    schema = {"columns": {"n": {"type": wanted, "min": 0, "max": 100, "unique": True}}}

    outcomes = {o.validator: o for o in check(data, schema=Schema.from_dict(schema)).outcomes}
    assert outcomes["range"].failed == 2
    assert outcomes["unique"].failed == 0


def test_rules_that_a_change_of_type_takes_away_are_skipped_with_the_reason():
    schema = Schema.from_dict(
        {"columns": {"n": {"type": "bigint", "min": 0}, "gone": {"type": "text", "max_length": 3}}}
    )
    result = check({"n": ["a", "b"]}, schema=schema)
    skipped = {o.id: o.message for o in result.outcomes if o.status == "skipped"}
    assert skipped == {
        "range:n": "not evaluated: the column is string, the schema says bigint",
        "length:gone": "column not found",
    }
    assert {i.validator for i in result.issues} == {"schema"}


def test_an_empty_column_of_text_fits_a_schema_of_numbers(tmp_path):
    (tmp_path / "a.csv").write_text("id,age\n1,\n2,\n")
    schema = Schema.from_dict({"columns": {"id": {"type": "bigint"}, "age": {"type": "int", "min": 0}}})
    found = {o.id: (o.status, o.message) for o in check(tmp_path / "a.csv", schema=schema).outcomes if "age" in o.id}
    assert found == {
        "schema:age": ("passed", "every value is null: any type will do"),
        "range:age": ("passed", "every value is null"),
    }


def test_alike():
    assert alike("date", "datetime[*,*]")
    assert alike("int8", "decimal(3,0)")
    assert alike("enum", "string")
    assert not alike("time", "date")
    assert not alike("string", "integer")
    assert all(alike(t, f) for f, types in FAMILIES.items() for t in types)
