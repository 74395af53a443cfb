import polars as pl
import pytest

from helpers.checking import one, outcomes
from truthound.errors import ConfigError
from truthound.schema import Schema
from truthound.validators import ColumnCount, ColumnExists, ColumnType, RowCountBetween, SchemaMatch

PEOPLE = pl.DataFrame({"id": [1, 2, 3], "price": [1.5, None, 2.0], "name": ["a", "b", None]})


def said(found):
    return {(o.columns, o.expected): (o.status.value, o.message) for o in found}


# --- columns -------------------------------------------------------------------------------------------------------


def test_column_exists():
    found = outcomes(PEOPLE, ColumnExists("id", "prise", "na*", "zz*"))
    assert [(o.columns[0], o.status.value) for o in found] == [
        ("id", "passed"), ("prise", "failed"), ("na*", "passed"), ("zz*", "failed"),
    ]  # fmt: skip
    assert found[1].message == 'column not found: did you mean "price"?'
    assert found[1].severity == "critical"
    assert found[3].message == "no column matches"


def test_column_exists_takes_a_strange_name_literally():
    assert one({"a[0]*": [1]}, ColumnExists("a[0]*")).status == "passed"


def test_column_exists_needs_columns():
    with pytest.raises(ConfigError, match='"columns" is required'):
        ColumnExists(severity="low")


@pytest.mark.parametrize(
    ("dtype", "wanted", "ok"),
    [
        (pl.Int64, "int64", True), (pl.Int64, "integer", True), (pl.Int64, "int", True), (pl.Int64, "numeric", True),
        (pl.Int64, "int32", False), (pl.Int64, "string", False), (pl.Int64, ["string", "integer"], True),
        (pl.Decimal(15, 2), "decimal", True), (pl.Decimal(15, 2), "decimal(15,2)", True), (pl.Decimal(15, 2), "decimal(15, 3)", False),
        (pl.Datetime("us", "UTC"), "datetime", True), (pl.Datetime("us", "UTC"), "datetime[us,UTC]", True),
        (pl.Datetime("us"), "datetime[us,UTC]", False), (pl.List(pl.Int64), "list", True), (pl.List(pl.Int64), "nested", True),
        (pl.Null, "null", True), (pl.String, "TEXT", True), (pl.Boolean, "bool", True),
    ],
)  # fmt: skip
def test_column_type(dtype, wanted, ok):
    found = one(pl.DataFrame(schema={"a": dtype}), ColumnType("a", type=wanted))
    assert found.status == ("passed" if ok else "failed")
    assert ok or found.severity == "critical"


def test_column_type_says_both_types():
    assert one(PEOPLE, ColumnType("id", type="text")).message == "type is int64, expected text"


def test_column_types_one_for_each_column():
    found = outcomes(PEOPLE, ColumnType(columns={"id": {"type": "integer"}, "name": {"dtype": "integer"}}))
    assert [o.status.value for o in found] == ["passed", "failed"]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"columns": "a"}, '"type" is required'),
        ({"columns": "a", "type": "integr"}, 'did you mean "integer"'),
        ({"columns": "a", "type": "string[long]"}, "string takes no parameters"),
        ({"columns": "a", "type": []}, "give a type"),
        ({"columns": "a", "type": 5}, "give a type"),
        ({"columns": "a", "type": "int", "dtype": "int"}, "given twice"),
        ({"columns": "a", "type": "int", "mostly": 0.5}, "mostly: column_type does not support this option"),
        ({"columns": {"a": {"type": "integr"}}}, "columns.a.type: "),
    ],
)
def test_column_type_mistakes(options, problem):
    with pytest.raises(ConfigError, match=problem):
        ColumnType(**options)


def test_a_missing_column_is_an_error_of_its_check_alone():
    found = outcomes(PEOPLE, ColumnType("prise", "id", type="integer"))
    assert [o.status.value for o in found] == ["error", "passed"]
    assert 'did you mean "price"' in found[0].error


# --- counts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "ok"),
    [
        ({}, True), ({"min_value": 3}, True), ({"min_value": 4}, False), ({"max_value": 2}, False), ({"min_value": 3, "max_value": 3}, True),
        ({"min_value": 3, "inclusive": "right"}, False), ({"max_value": 3, "inclusive": False}, False), ({"min_value": 2, "where": "id > 1"}, True),
        ({"min_value": 3, "where": "id > 1"}, False),
    ],
)  # fmt: skip
def test_row_count(options, ok):
    assert one(PEOPLE, RowCountBetween(**options)).status == ("passed" if ok else "warned")


def test_an_empty_table_has_too_few_rows():
    found = one(PEOPLE.clear(), RowCountBetween())
    assert (found.status, found.observed, found.message) == ("warned", 0, "row count is 0, expected at least 1")


@pytest.mark.parametrize(
    ("options", "ok"), [({}, True), ({"min_value": 3, "max_value": 3}, True), ({"max_value": 2}, False)]
)
def test_column_count(options, ok):
    assert one(PEOPLE, ColumnCount(**options)).status == ("passed" if ok else "failed")


def test_a_table_without_columns():
    assert one(pl.DataFrame(), ColumnCount()).message == "column count is 0, expected at least 1"


@pytest.mark.parametrize("kind", [RowCountBetween, ColumnCount])
@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"min_value": 5, "max_value": 2}, "min_value 5 is above max_value 2"),
        ({"min_value": -1}, "greater than or equal to 0"),
        ({"columns": "a"}, "does not support this option"),
        ({"max_fail": 1}, "does not support this option"),
        ({"min_valu": 1}, 'did you mean "min_value"'),
        ({"inclusive": "some"}, "inclusive"),
    ],
)
def test_count_mistakes(kind, options, problem):
    with pytest.raises(ConfigError, match=problem):
        kind(**options)


# --- schema --------------------------------------------------------------------------------------------------------


def test_schema_one_check_for_each_expectation():
    rule = SchemaMatch(
        columns={"id": "integer", "prise": "float", "name": {"type": "string", "nullable": False}}, strict=True
    )
    assert said(outcomes(PEOPLE, rule)) == {
        (("id",), "type integer"): ("passed", "type is int64, expected integer"),
        (("prise",), "column exists"): ("failed", 'column not found: did you mean "price"?'),
        (("name",), "type string"): ("passed", "type is string, expected string"),
        (("name",), "not null"): ("failed", ""),
        ((), "no other columns"): ("failed", "columns that are not expected: price"),
        ((), "columns in order"): ("passed", "columns in order"),
    }


def test_schema_shows_the_rows_with_nulls():
    found = outcomes(PEOPLE, SchemaMatch(columns={"name": {"nullable": False}}))
    assert [(o.failed, o.total, [e.row for e in o.examples]) for o in found if o.failed is not None] == [(1, 3, [3])]


def test_schema_nulls_may_be_tolerated():
    found = outcomes(PEOPLE, SchemaMatch(columns={"name": {"nullable": False}}, max_fail=1))
    assert {o.status.value for o in found} == {"passed"}


def test_schema_order():
    found = outcomes(PEOPLE, SchemaMatch(columns=["name", "id"], order=True))
    assert said(found)[(), "columns in order"] == ("failed", '"id" stands where "name" is expected')


def test_schema_extra_columns_are_allowed_unless_said():
    assert {o.status.value for o in outcomes(PEOPLE, SchemaMatch(columns={"id": None}))} == {"passed"}
    assert (
        said(outcomes(PEOPLE, SchemaMatch(columns={"id": None}, extra="forbid")))[(), "no other columns"][0] == "failed"
    )


def test_schema_wrong_type_is_critical():
    found = one(PEOPLE, SchemaMatch({"id": "string"}))
    assert (found.status, found.severity, found.observed) == ("failed", "critical", "int64")


def test_schema_severity_of_the_users_own():
    assert one(PEOPLE, SchemaMatch(columns={"id": "string"}, severity="low")).status == "warned"


def test_a_bare_schema_without_a_schema_is_skipped():
    found = one(PEOPLE, SchemaMatch())
    assert (found.status, found.message) == ("skipped", "nothing configured: give columns, or a schema to the run")


def test_a_bare_schema_takes_the_structure_of_the_runs():
    found = one(
        PEOPLE,
        SchemaMatch(severity="medium", tags=["x"]),
        expected=Schema(columns={"id": {"type": "string"}}, extra="allow"),
    )
    assert (found.message, found.severity, found.tags) == ("type is int64, expected string", "medium", ("x",))


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"columns": {}}, "columns: give a mapping"),
        ({"columns": {"a": "integr", "b": 5, "": "int"}}, r"columns\.a: \"integr\" is not a known type; did you mean"),
        ({"columns": {"a": {"typ": "int"}}}, r"columns\.a: unknown key 'typ'; did you mean \"type\""),
        ({"columns": {"a": {"nullable": "yes"}}}, r"columns\.a: nullable is true or false"),
        ({"columns": ["a", "a"]}, "a column is listed twice"),
        ({"columns": {"a": "int"}, "strict": True, "extra": "allow"}, "strict means"),
        ({"columns": {"a": "int"}, "strict": True, "order": False}, "strict means"),
        ({"columns": {"a": "int"}, "extra": "ignore"}, "extra"),
        ({"columns": {"a": "int"}, "where": "a > 1"}, "schema does not support this option"),
    ],
)
def test_schema_mistakes(options, problem):
    with pytest.raises(ConfigError, match=problem):
        SchemaMatch(**options)


def test_schema_reports_all_mistakes_at_once():
    with pytest.raises(ConfigError) as caught:
        SchemaMatch(columns={"a": "integr", "b": 5}, extra="ignore")
    assert len(caught.value.problems) == 3


def test_hostile_column_names():
    name = "a\n\x1b[31m[b]*"
    assert one({name: [1]}, SchemaMatch(columns={name: "integer"})).status == "passed"
