import subprocess
import sys

import polars as pl
import pytest

import truthound as th
from helpers.checking import failing, one, outcomes
from truthound.errors import ConfigError
from truthound.validators import Expression, Function, SqlQuery, make_validator

FRAME = {"a": [1, 2, None, 4], "b": [2, 2, 2, 2], "c d": ["x", "y", None, "x"]}


# --- expressions ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "rows"),
    [
        ("a < b", [2, 4]), ("a <= b AND b = 2", [4]), ("a IS NOT NULL", [3]), ("\"c d\" = 'x'", [2]), ("\"c d\" IN ('x', 'y')", []), ("a < b;", [2, 4]),
        ("CASE WHEN b = 2 THEN a > 1 ELSE TRUE END", [1]), ('length("c d") = 1', []), ("a % 2 = 0", [1]),
    ],
)  # fmt: skip
def test_expression(expression, rows):
    assert failing(FRAME, Expression(expression)) == rows


def test_expression_of_some_rows():
    found = one(FRAME, Expression("a < b", where="a > 2", name="small", severity="high"))
    assert (found.failed, found.total, found.name, found.severity, found.expected) == (1, 1, "small", "high", "a < b")


def test_expression_on_an_empty_table():
    assert one(pl.DataFrame({"a": []}, schema={"a": pl.Int64}), Expression("a > 1")).failed == 0


@pytest.mark.parametrize("expression", ["nope > 1", "'x'", "a = 'x'"])
def test_a_bad_expression_is_an_error_of_its_check_alone(expression):
    bad, good = outcomes(FRAME, Expression(expression), Expression("b = 2"))
    assert (bad.status, good.status) == ("error", "passed"), bad
    assert bad.error


# --- queries -------------------------------------------------------------------------------------------------------


def test_query_shows_the_rows_it_returns():
    found = one(FRAME, SqlQuery('SELECT "c d" AS c, count(*) AS n FROM data GROUP BY "c d" HAVING count(*) > 1'))
    assert (found.status, found.failed, found.total, found.message) == ("warned", 1, None, "the query returned 1 row")
    assert [e.values for e in found.examples] == [{"c": "x", "n": 2}]


def test_query_shows_nanoseconds():
    at = pl.Series([1_704_067_200_123_456_789]).cast(pl.Datetime("ns"))
    for query in ("SELECT t, t FROM data", "SELECT DISTINCT t, max(t) AS t_1 FROM data GROUP BY t"):
        shown = one(pl.DataFrame({"t": at}), SqlQuery(query)).examples[0].values
        assert shown == dict.fromkeys(("t", "t_1"), "2024-01-01T00:00:00.123456789")


def test_query_that_returns_nothing():
    assert one(FRAME, SqlQuery("SELECT * FROM data WHERE a > 100")).status == "passed"


def test_query_keeps_ten_examples_and_counts_all():
    found = one({"a": list(range(50))}, SqlQuery("SELECT a FROM data ORDER BY a DESC"))
    assert (found.failed, len(found.examples), found.examples[0].values) == (50, 10, {"a": 49})


def test_query_may_return_some_rows():
    assert one(FRAME, SqlQuery("SELECT * FROM data", max_fail=4)).status == "passed"
    assert one(FRAME, SqlQuery("SELECT * FROM data", max_fail={"critical": 3})).severity == "critical"


def test_a_bad_query_is_an_error_of_its_check_alone():
    bad, good = outcomes(FRAME, SqlQuery("SELECT nope FROM data"), Expression("b = 2"))
    assert (bad.status, good.status) == ("error", "passed"), bad
    assert bad.error


# --- functions -----------------------------------------------------------------------------------------------------


def small(frame: pl.LazyFrame) -> pl.Expr:
    assert isinstance(frame, pl.LazyFrame)
    return pl.col("a") <= pl.col("b")


def test_function():
    found = one(FRAME, Function(small))
    assert (found.failed, found.total, found.expected, [e.row for e in found.examples]) == (1, 4, "small", [4])


def test_function_with_a_name():
    found = one(FRAME, Function(lambda _: pl.col("a").is_not_null(), name="a is there"))
    assert (found.failed, found.name, found.expected) == (1, "a is there", "a is there")


def test_function_by_its_place(tmp_path, monkeypatch):
    (tmp_path / "my_rules.py").write_text(
        "import polars as pl\nclass Rules:\n    @staticmethod\n    def small(frame):\n        return pl.col('a') < 3\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    assert failing(FRAME, make_validator("function", function="my_rules:Rules.small")) == [4]


@pytest.mark.parametrize(
    ("function", "problem"),
    [
        ("no_such_module:f", "cannot be imported: ModuleNotFoundError"),
        ("math:nope", "cannot be imported: AttributeError"),
        ("math:pi", "math:pi is a float, not a function"),
        (lambda _: 5, "returned int"),
        (lambda _: 1 / 0, "division by zero"),
        (lambda _: pl.col("nope") > 1, "nope"),
    ],
)
def test_a_bad_function_is_an_error_of_its_check_alone(function, problem):
    bad, good = outcomes(FRAME, Function(function), Expression("b = 2"))
    assert (bad.status, good.status) == ("error", "passed"), bad
    assert problem in bad.error


# --- mistakes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("made", "problem"),
    [
        (lambda: Expression(severity="low"), '"expression" is required'),
        (lambda: Expression("  "), "expression: an empty text"),
        (lambda: Expression(5), "expression"),
        (lambda: Expression("a > 1", columns="a"), "columns: expression does not support this option"),
        (lambda: Expression(expresion="a > 1"), 'did you mean "expression"'),
        (lambda: SqlQuery(severity="low"), '"query" is required'),
        (lambda: SqlQuery(";"), "query: an empty text"),
        (lambda: SqlQuery("SELECT 1", where="a"), "where: sql does not support this option"),
        (lambda: SqlQuery("SELECT 1", max_fail="1%"), "give a count of rows that the query returns"),
        (lambda: Function(severity="low"), '"function" is required'),
        (lambda: Function(5), "give a function"),
        (lambda: Function("os.system('ls')"), "give a function"),
        (lambda: Function("a:"), "give a function"),
    ],
)
def test_mistakes(made, problem):
    with pytest.raises(ConfigError, match=problem):
        made()


def test_importing_all_validators_loads_neither_polars_nor_scipy():
    code = "import sys, truthound.validators as v; [getattr(v, n) for n in v.__all__]; print({'polars', 'scipy', 'numpy'} & set(sys.modules))"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
        == "set()"
    )


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("DROP TABLE data", "not DROP"), ("delete from data", "not DELETE"), ("TRUNCATE TABLE data", "not TRUNCATE"),
        ("INSERT INTO data VALUES (1)", "not INSERT"), ("CREATE TABLE x AS SELECT * FROM data", "not CREATE"), ("SHOW TABLES", "not SHOW"),
        ("EXPLAIN SELECT 1", "not EXPLAIN"), ("-- SELECT\n/* SELECT */ DROP TABLE data", "not DROP"), ("SELECT 1; DROP TABLE data", "several statements"),
        ("WITH t AS (SELECT 1) DELETE FROM data", "give one SELECT"), ("SELECT * INTO x FROM data", "not supported"), ("42", "one SELECT"),
        ("SELECT a FROM data WHERE", 'something is missing after "WHERE"'), ("SELECT * FROM dat", 'no table is called "dat"; the only one is "data"'),
        ("SELECT nope(a) FROM data", 'no function is called "nope"'), ("SELECT * FROM read_csv('x.csv')", "reads something other than the table"),
        ("SELECT * FROM 'x.parquet'", 'no table is called "x.parquet"'), ("SET threads = 1", "not SET"), ("COPY data TO 'x'", "not COPY"),
    ],
)  # fmt: skip
def test_only_one_select_is_a_query(query, said):
    with pytest.raises(ConfigError) as raised:
        SqlQuery(query)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)
    assert "polars" not in str(raised.value).lower()


@pytest.mark.parametrize(
    ("query", "failing"),
    [
        ("SELECT * FROM data WHERE coalesce(a, 0) = 0", 1), ("SELECT * FROM data WHERE IFNULL(a, 1) = 1", 2), ("SELECT try(a // 0) FROM data", 2),
        ("SELECT * FROM data WHERE a = ALL([1])", 1), ("SELECT grouping(a) FROM data GROUP BY a", 2), ("SELECT min(COLUMNS('a|b')) FROM data", 1),
    ],
)  # fmt: skip
def test_what_the_grammar_calls_like_a_function_is_known(query, failing):
    outcome = th.check({"a": [1, None]}, [{"sql": {"query": query}}]).outcomes[0]
    assert (outcome.error, outcome.failed) == (None, failing)


@pytest.mark.parametrize(
    "query",
    ["SELECT 1", "select a from data;", "WITH t AS (SELECT a FROM data) SELECT * FROM t", "(SELECT a FROM data)",
     "-- why\nSELECT data.zz FROM data", "SELECT d.zz FROM data d WHERE zz > 1", "SELECT ';' FROM data", "SELECT a FROM data; -- why", "SELECT zz[1], s.f FROM data"],
)  # fmt: skip
def test_a_query_is_read_without_its_columns(query):
    assert SqlQuery(query).query == query.rstrip(";")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a >", "it is not complete"), ("a > 1; drop table x", "several statements"), ("select 1", "use the validator sql for a whole query"),
        ("SELECT", "is not a SQL expression"), ("a > 1 adn", '"adn" is not expected at its end'), ("nope(a) > 1", 'no function is called "nope"'), ("a > 'x", "is not closed"),
        ("a IN (SELECT b FROM c)", "a condition cannot hold a query"), ("a IN (SELECT a FROM data)", "use the validator sql or foreign_key"), ("sum(a) > 1", "use the validator sum"),
        ("row_number() OVER () > 1", "use the validator sql"), ("uper(a) = 'x'", 'did you mean "upper"?'), ("upper(a, b) = 'x'", "takes 1 argument, not 2"),
        ("upper() = sum(a)", "takes 1 argument, not 0; sum() is a function of the whole table"), ("on", "a column of that name is written in double quotes"),
    ],
)  # fmt: skip
def test_a_condition_is_read_without_data(text, said):
    for make in (lambda: Expression(text), lambda: make_validator("null", where=text)):
        with pytest.raises(ConfigError) as raised:
            make()
        assert said in str(raised.value)
        assert len(raised.value.problems) == 1


def test_a_filter_of_an_unknown_column_is_told_once():
    found = one({"abc": [1], "b": [2], "c": [3]}, make_validator("null", where="abd > 1"))
    assert found.error == 'where: no column is called "abd"; did you mean "abc"?'


def test_what_does_not_compare_is_said_of_its_expression():
    found = one({"t": ["x"]}, Expression("t > 1"))
    assert found.error == "SQL expression 't > 1': text and an integer do not compare; cast one of them"


def test_a_query_of_an_unknown_column_is_said_plainly():
    for query in ("SELECT zz FROM data", "SELECT data.zz FROM data"):
        assert (
            one({"a": [1]}, SqlQuery(query)).error == 'the query cannot be run: no column is called "zz"; there are a'
        )
