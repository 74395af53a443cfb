import subprocess
import sys

import polars as pl
import pytest

from checking import failing, one, outcomes
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


@pytest.mark.parametrize(
    "expression", ["a <", "SELECT", "a = 'x", "nope > 1", "'x'", "a; DROP TABLE data", "unknown_function(a)"]
)
def test_a_bad_expression_is_an_error_of_its_check_alone(expression):
    bad, good = outcomes(FRAME, Expression(expression), Expression("b = 2"))
    assert (bad.status, good.status) == ("error", "passed"), bad
    assert bad.error


# --- queries -------------------------------------------------------------------------------------------------------


def test_query_shows_the_rows_it_returns():
    found = one(FRAME, SqlQuery('SELECT "c d" AS c, count(*) AS n FROM data GROUP BY "c d" HAVING count(*) > 1'))
    assert (found.status, found.failed, found.total, found.message) == ("warned", 1, None, "the query returned 1 row")
    assert [e.values for e in found.examples] == [{"c": "x", "n": 2}]


def test_query_that_returns_nothing():
    assert one(FRAME, SqlQuery("SELECT * FROM data WHERE a > 100")).status == "passed"


def test_query_keeps_ten_examples_and_counts_all():
    found = one({"a": list(range(50))}, SqlQuery("SELECT a FROM data ORDER BY a DESC"))
    assert (found.failed, len(found.examples), found.examples[0].values) == (50, 10, {"a": 49})


def test_query_may_return_some_rows():
    assert one(FRAME, SqlQuery("SELECT * FROM data", max_fail=4)).status == "passed"
    assert one(FRAME, SqlQuery("SELECT * FROM data", max_fail={"critical": 3})).severity == "critical"


@pytest.mark.parametrize("query", ["SELECT nope FROM data", "SELECT * FROM other", "SELEC", "SELECT * FROM data WHERE"])
def test_a_bad_query_is_an_error_of_its_check_alone(query):
    bad, good = outcomes(FRAME, SqlQuery(query), Expression("b = 2"))
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
        (Expression, '"expression" is required'),
        (lambda: Expression("  "), "expression: an empty text"),
        (lambda: Expression(5), "expression"),
        (lambda: Expression("a > 1", columns="a"), "columns: expression has no use for it"),
        (lambda: Expression(expresion="a > 1"), 'did you mean "expression"'),
        (SqlQuery, '"query" is required'),
        (lambda: SqlQuery(";"), "query: an empty text"),
        (lambda: SqlQuery("SELECT 1", where="a"), "where: sql has no use for it"),
        (lambda: SqlQuery("SELECT 1", max_fail="1%"), "give a count of rows that the query returns"),
        (Function, '"function" is required'),
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
