"""Columns whose every value is null, tables without rows, and the rows that percentages are of."""

import json

import polars as pl
import pytest

from truthound.checkpoint.checkpoint import Checkpoint
from truthound.reporters.wording import expectation, failed_count
from truthound.results import CheckOutcome, CheckStatus, ValidationResult
from truthound.validation.validate import check
from truthound.validators.registry import TABLE as REGISTRY

OTHER = pl.DataFrame({"gone": [1, 2], "k": [1, 2]})
# every rule about values: a column without any fits it, whatever it is read as
FITS = {
    "nan": {}, "blank": {}, "unique": {}, "cardinality": {"max_value": 3, "min_ratio": 0.5}, "range": {"min_value": 0}, "positive": {},
    "non_negative": {}, "outlier": {}, "increasing": {}, "decreasing": {"strict": True}, "regex": {"pattern": "^x"}, "length": {"min_length": 2},
    "format": {"format": "email"}, "whitespace": {}, "encoding": {}, "case": {"case": "upper"}, "allowed_values": {"values": [1]},
    "forbidden_values": {"values": [1]}, "most_common": {"values": [1]}, "column_type": {"type": "integer"}, "future": {}, "gap": {"every": "1d"},
    "date_format": {"format": "%Y"}, "foreign_key": {"reference": OTHER}, "mean": {"min_value": 1}, "median": {"min_value": 1}, "std": {"min_value": 1},
    "sum": {"min_value": 1}, "quantile": {"quantile": 0.5, "min_value": 1}, "min": {"min_value": 1}, "max": {"min_value": 1}, "distribution": {},
}  # fmt: skip
OF_SEVERAL = {
    "duplicate": {"columns": ["gone", "k"]},
    "compare": {"columns": ["gone", "k"], "operator": "<"},
    "functional_dependency": {"columns": ["k"], "determines": ["gone"]},
}
# rules that ask for values: a column without any breaks them
ASKS = {
    "null": {}, "completeness": {"min_value": 0.1}, "primary_key": {}, "freshness": {"max_age": "1d"}, "contains_values": {"values": [1]},
    "aggregate_match": {"function": "sum", "reference": OTHER},
}  # fmt: skip
ELSEWHERE = {"schema", "column_exists", "row_count", "column_count", "row_count_match", "expression", "sql", "function"}
"""not about one column's values"""
TYPES = [
    pl.Null,
    pl.Int64,
    pl.String,
    pl.Float64,
    pl.Boolean,
    pl.Date,
    pl.Datetime("us", "UTC"),
    pl.Decimal(9, 2),
    pl.Categorical,
]


def table(dtype, rows=3):
    return pl.DataFrame(
        {"k": range(rows), "gone": pl.Series([None] * rows, dtype=dtype)}, schema_overrides={"k": pl.Int64}
    )


def only(data, name, options):
    """The outcome of a rule for the column without values."""
    found = check(data, [{name: {"columns": ["gone"], **options}}], examples=2).outcomes
    assert len(found) == 1, found
    return found[0]


def test_every_validator_is_looked_at():
    assert {*FITS, *OF_SEVERAL, *ASKS, *ELSEWHERE} == set(REGISTRY)


@pytest.mark.parametrize("rows", [0, 3])
@pytest.mark.parametrize("name", [*FITS, *OF_SEVERAL])
def test_a_column_without_values_fits_every_rule_about_values(name, rows):
    for dtype in TYPES:
        found = only(table(dtype, rows), name, FITS.get(name) or OF_SEVERAL.get(name) or {})
        if name == "column_type" and dtype not in (pl.Null, pl.String, pl.Categorical, pl.Int64):
            assert "type is" in found.message  # a type that the source gave is not about values
            continue
        assert found.status == "passed", (dtype, found)
        assert found.message or name == "functional_dependency", (dtype, found)
        known = name != "functional_dependency" and (name, dtype) != ("column_type", pl.Int64)
        assert (found.failed or 0, found.judged or 0) == (0, 0), (dtype, found)
        assert found.judged == 0 or not known, (dtype, found)
        assert found.ratio == 0


CONDITIONS = [
    "gone > 1",
    "gone >= 0 AND gone < k",
    "gone = 'x'",
    "length(gone) > 2",
    "gone BETWEEN 1 AND 2",
    "gone + 1 > 0",
    "gone > DATE '2024-01-01'",
]


@pytest.mark.parametrize("rows", [0, 3])
@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_column_without_values_fits_every_expression(condition, rows):
    for dtype in TYPES:
        rules = [{"expression": {"expression": condition}}, {"null": {"columns": "k", "where": condition}}]
        expression, where = check(table(dtype, rows), rules).outcomes
        assert (expression.status, expression.failed) == ("passed", 0), (dtype, expression)
        assert (where.status, where.total) == ("passed", 0), (dtype, where)  # the condition is true for no row


def test_a_condition_that_does_not_fit_values_is_an_error_still():
    rule = {"expression": {"expression": "a > 1"}}
    assert [o.status for o in check({"a": ["x", None]}, [rule]).outcomes] == ["error"]


@pytest.mark.parametrize("name", ASKS)
def test_a_column_without_values_breaks_a_rule_that_asks_for_values(name):
    for dtype in TYPES:
        found = only(table(dtype), name, ASKS[name])
        assert found.status in ("failed", "warned"), (dtype, found)


@pytest.mark.parametrize("file", ["a.csv", "a.json", "a.ndjson"])
def test_files_whose_column_is_empty(tmp_path, file):
    path = tmp_path / file
    rows = [{"k": i, "gone": None} for i in range(3)]
    texts = {
        "a.csv": "k,gone\n0,\n1,\n2,\n",
        "a.json": json.dumps(rows),
        "a.ndjson": "".join(json.dumps(r) + "\n" for r in rows),
    }
    path.write_text(texts[file])
    rules = [{n: {"columns": ["gone"], **o}} for n, o in FITS.items()]
    result = Checkpoint(name="c", data_source=str(path), validators=rules).run()
    assert (result.status, result.error) == ("success", None)
    assert {o.status for o in result.validation_result.outcomes} == {CheckStatus.PASSED}
    assert all(o.message and o.judged == 0 for o in result.validation_result.outcomes)
    assert {"unique (every value is null)"} <= {expectation(o) for o in result.validation_result.outcomes}
    path.write_text(texts[file].replace("2,\n", "2,x\n").replace('"k": 2, "gone": null', '"k": 2, "gone": "x"'))
    assert Checkpoint(name="c", data_source=str(path), validators=rules).run().status != "success"


def test_an_empty_file(tmp_path):
    (tmp_path / "a.csv").write_text("k,gone\n")
    rules = [{n: {"columns": ["gone"], **o}} for n, o in FITS.items()]
    result = Checkpoint(name="c", data_source=str(tmp_path / "a.csv"), validators=rules).run()
    assert result.status == "success", result.summary()
    assert [o.message for o in result.validation_result.outcomes if o.validator == "range"] == ["no rows"]


def test_globs_and_bare_names_reach_columns_without_values(tmp_path):
    (tmp_path / "a.csv").write_text("k,sum_a,sum_b\n0,,\n1,,\n")
    found = check(tmp_path / "a.csv", [{"positive": {"columns": ["sum_*"]}}]).outcomes
    assert [(o.columns, o.status, o.message) for o in found] == [
        (("sum_a",), "passed", "every value is null"), (("sum_b",), "passed", "every value is null"),
    ]  # fmt: skip
    (tmp_path / "a.csv").write_text("k,sum_a,sum_b\n0,x,\n1,,\n")
    found = check(tmp_path / "a.csv", [{"positive": {"columns": ["sum_*"]}}]).outcomes
    assert [(o.columns, o.status) for o in found] == [(("sum_a",), "skipped"), (("sum_b",), "passed")]
    assert [o.status for o in check(table(pl.Null).drop("k"), ["positive"]).outcomes] == ["passed"]


def test_a_reference_that_is_not_there_is_an_error_for_a_column_without_values_too(tmp_path):
    rule = {"foreign_key": {"columns": ["gone"], "reference": str(tmp_path / "none.csv")}}
    assert [o.status for o in check(table(pl.String), [rule]).outcomes] == ["error"]


# --- judged rows ------------------------------------------------------------------------------------------------------

HALF = pl.DataFrame(
    {
        "a": [None] * 90 + [5] * 9 + [-1],
        "b": [1] * 50 + [None] * 45 + [0] * 5,
        "t": [None] * 80 + ["x"] * 18 + [" y", "X"],
    }
)
JUDGED = [
    ({"range": {"columns": "a", "min_value": 0}}, 1, 10), ({"regex": {"columns": "t", "pattern": "^x"}}, 2, 20),
    ({"allowed_values": {"columns": "t", "values": ["x"]}}, 2, 20), ({"whitespace": {"columns": "t"}}, 1, 20),
    ({"unique": {"columns": "t"}}, 18, 20), ({"unique": {"columns": "a"}}, 9, 10), ({"duplicate": {"columns": ["a", "b"]}}, 4, 5),
    ({"duplicate": {}}, 96, 100), ({"compare": {"columns": ["a", "b"], "operator": ">"}}, 1, 5),
    ({"expression": {"expression": "a > b"}}, 1, 5), ({"function": {"function": lambda _: pl.col("a") > 0}}, 1, 10),
    ({"foreign_key": {"columns": "a", "reference": {"a": [5]}}}, 1, 10), ({"functional_dependency": {"columns": ["a"], "determines": ["t"]}}, 9, 10),
    ({"increasing": {"columns": "a"}}, 1, 10), ({"outlier": {"columns": "a", "method": "zscore", "threshold": 2}}, 1, 10), ({"null": {"columns": "a"}}, 90, 100),
    ({"completeness": {"columns": "a", "min_value": 0.5}}, 90, 100), ({"primary_key": {"columns": ["a"]}}, 99, 100),
    ({"range": {"columns": "a", "min_value": 0, "where": "t IS NOT NULL"}}, 1, 10), ({"future": {"columns": "d"}}, 1, 2),
    ({"unique": {"columns": "t", "where": "a > 0"}}, 8, 9), ({"format": {"columns": "t", "format": "email"}}, 20, 20),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "failed", "judged"), JUDGED, ids=lambda v: next(iter(v)) if isinstance(v, dict) else ""
)
def test_percentages_are_of_the_rows_that_were_judged(rule, failed, judged):
    data = HALF.with_columns(d=pl.Series(["2020-01-01", "2999-01-01"] + [None] * 98).str.to_date())
    (found,) = check(data, [rule], examples=1).outcomes
    total = 9 if rule.get("unique", {}).get("where") else 20 if "where" in next(iter(rule.values())) else 100
    assert (found.failed, found.judged, found.total) == (failed, judged, total)
    assert found.ratio == failed / judged
    name, options = next(iter(rule.items()))
    if name == "completeness":
        return
    for share, status in ((failed / judged, "passed"), (failed / judged - 0.001, "failed")):
        tolerant = {name: {**options, "max_fail": f"{share * 100:.8f}".rstrip("0") + "%", "severity": "critical"}}
        if status == "passed":
            tolerant[name]["max_fail"] = f"{min(share * 100 + 1e-6, 100):.6f}%"
        (again,) = check(data, [tolerant], examples=0).outcomes
        assert (again.status, again.judged) == (status, judged)


def test_mostly_is_as_users_of_great_expectations_expect():
    data = {"a": [None] * 98 + [1, -1]}
    rule = {"range": {"columns": "a", "min_value": 0, "mostly": 0.95}}
    (found,) = check(data, [rule]).outcomes
    assert (found.is_issue, found.allowed, found.judged) == (True, None, 2)
    assert check({"a": [None] * 50 + [1] * 49 + [-1]}, [rule]).success


def test_severity_is_raised_by_the_share_of_judged_rows():
    (found,) = check({"a": [None] * 97 + [1, -1, -1]}, [{"range": {"columns": "a", "min_value": 0}}]).outcomes
    assert found.severity == "critical"
    assert failed_count(found) == "2 (66.67% of 3 judged)"


def test_what_passed_over_is_not_counted_where_that_would_read_the_data_again():
    data = {"a": [1, None], "b": [2, 3]}
    rules = [{"expression": {"expression": "a < b"}}, {"range": {"columns": "a", "max_value": 9, "where": "b > 0"}}]
    found = [(o.status, o.judged, o.total) for o in check(data, rules).outcomes]
    assert found == [("passed", 1, 2), ("passed", None, 2)]  # an expression's unknown rows come from the same sum
    tolerant = [{n: {**o, "mostly": 0.5}} for rule in rules for n, o in rule.items()]
    assert [(o.judged, o.allowed) for o in check(data, tolerant).outcomes] == [(1, None)] * 2


def test_results_stored_before_judged_rows_were_counted_still_load():
    result = check(HALF, [{"range": {"columns": "a", "min_value": 0}}])
    data = result.to_dict()
    assert data["outcomes"][0]["judged"] == 10
    del data["outcomes"][0]["judged"]
    (old,) = ValidationResult.from_dict(data).outcomes
    assert (old.judged, old.total, old.ratio) == (None, 100, 0.01)
    assert CheckOutcome.from_dict(result.outcomes[0].to_dict()) == result.outcomes[0]


@pytest.mark.parametrize(
    ("expression", "judged"), [("a - b > 0", (2, 2)), ("a / 2 + b > 0", (0, 2)), ("b - a > 0", (None, None))]
)
def test_false_and_unknown_rows_of_an_expression_are_told_apart_also_where_64_bits_are_too_few(expression, judged):
    data = {"a": [2**62, 1, None, -(2**62)], "b": [2**62, None, 1, 2**62]}
    (found,) = check(data, [{"expression": {"expression": expression}}]).outcomes
    assert (found.failed, found.judged) == judged


@pytest.mark.parametrize("function", ["sum", "mean", "std", "median", "max", "distinct"])
def test_a_statistic_of_no_values_matches_that_of_a_reference_without_any(function):
    rule = {"aggregate_match": {"columns": "gone", "function": function, "reference": table(pl.String)}}
    for dtype in TYPES:
        found = check(table(dtype), [rule]).outcomes[0]
        assert found.status == "passed", (dtype, found)
        values = {"gone": ["x"]} if function in ("max", "distinct") else {"gone": [1.5, 2.5]}
        found = check(values, [rule]).outcomes[0]
        assert found.status in ("warned", "failed"), found
    texts = {"aggregate_match": {**rule["aggregate_match"], "reference": {"gone": [["x"]]}}}
    if function != "distinct":
        assert (
            f"it has no {'quantiles' if function == 'median' else function}"
            in check({"gone": [1.5]}, [texts]).outcomes[0].error
        )


def test_a_column_of_text_without_values_fits_each_kind_of_distribution(tmp_path, monkeypatch):
    rule = {"distribution": {"columns": "gone", "method": "ks", "reference": {"gone": [1, 2]}}}
    assert "every value is null" in check(table(pl.String), [rule]).outcomes[0].message
    monkeypatch.chdir(tmp_path)
    kept = {"distribution": {"columns": "gone", "baseline": True}}
    numbers = table(pl.Float64).with_columns(gone=pl.lit(1.5) * pl.col("k"))
    for data, said in ((numbers, "kept"), (table(pl.String), "every value is null")):
        run = Checkpoint(name="b", data_source=data, validators=[kept]).run()
        assert said in run.validation_result.outcomes[0].message
