"""A column's name changes nothing: names that Polars reads as patterns give the outcomes, rows and splits of ordinary ones."""

from datetime import UTC, date, datetime

import polars as pl
import pytest

from truthound.engine.polars.column_names import escape_column, unescape_column
from truthound.sources import open_source
from truthound.validation.validate import validate

DATA = {
    "x": [1, 3, 2, 2, None],
    "t": ["a", "b", "b ", "", None],
    "d": [date(2024, 1, d) for d in (1, 2, 5, 5, 6)],
    "f": [1.0, float("nan"), 2.0, 500.0, None],
    "n": [1, 1, 2, 2, 3],
}
REFERENCE = {"x": [1, 3, 9], "t": ["a", "b", "z"], "f": [1.0, 2.0, 2.5], "n": [1, 2, 3]}
NAMES = [
    {"x": "^x$", "t": "*", "d": "^d.*$", "f": "^.*$", "n": "^n$"},
    {"x": "\x1ax", "t": "^t", "d": "\x1a^x$", "f": "len", "n": "n"},
]
RULES = {
    "null": {"columns": "x"}, "nan": {"columns": "f"}, "blank": {"columns": "t"}, "completeness": {"columns": "x", "min_value": 0.9},
    "duplicate": {"columns": ["x", "n"]}, "unique": {"columns": "x"}, "primary_key": {"columns": "x"}, "cardinality": {"columns": "x", "max_value": 1},
    "range": {"columns": "x", "max_value": 2}, "positive": {"columns": "f"}, "non_negative": {"columns": "x"}, "outlier": {"columns": "f"},
    "increasing": {"columns": "x"}, "decreasing": {"columns": "x", "order_by": "d", "group_by": "n", "strict": True},
    "regex": {"columns": "t", "pattern": "^a$"}, "length": {"columns": "t", "min_length": 1}, "format": {"columns": "t", "format": "email"},
    "whitespace": {"columns": "t"}, "encoding": {"columns": "t"}, "case": {"columns": "t", "case": "upper"},
    "allowed_values": {"columns": "x", "values": [1, 2]}, "forbidden_values": {"columns": "t", "values": ["a"]},
    "contains_values": {"columns": "x", "values": [7]}, "most_common": {"columns": "x", "values": [3]},
    "column_exists": {"columns": "x"}, "column_type": {"columns": "x", "type": "text"},
    "freshness": {"columns": "d", "max_age": "1h"}, "future": {"columns": "d"}, "gap": {"columns": "d", "group_by": "n"},
    "date_format": {"columns": "t", "format": "%Y"},
    "compare": {"columns": ["x", "n"], "operator": ">"}, "foreign_key": {"columns": ["x", "n"], "reference": REFERENCE},
    "aggregate_match": {"columns": "x", "function": "sum", "reference": REFERENCE},
    "functional_dependency": {"columns": "n", "determines": "x"},
    **{s: {"columns": "x", "max_value": 0} for s in ("mean", "median", "std", "sum", "min", "max")},
    "quantile": {"columns": "x", "quantile": 0.9, "max_value": 0}, "distribution": {"columns": "n", "reference": REFERENCE, "threshold": 1},
}  # fmt: skip


def keys(table, names):
    return {names.get(k, k): v for k, v in table.items()}


def rule_of(options, names):
    """The same options with other column names, also in their SQL."""
    out = {}
    for option, value in options.items():
        if option == "reference":
            out[option] = keys(value, names)
        elif option in ("columns", "order_by", "group_by", "determines"):
            out[option] = [names.get(v, v) for v in ([value] if isinstance(value, str) else value)]
        elif option in ("expression", "where", "query"):
            out[option] = value.format(**names)
        else:
            out[option] = value
    return out


def told(data, rule, back):
    """Outcomes, rows and split, with the first names again."""
    done = validate(data, [rule], clock=lambda: datetime(2024, 1, 7, tzinfo=UTC))
    outcomes = [
        (o.status, o.failed, [back.get(c, c) for c in o.columns], [(e.row, keys(e.values, back)) for e in o.examples], o.top_values)
        for o in done.result.outcomes
    ]  # fmt: skip
    assert not [o.error for o in done.result.outcomes if o.error]
    split = done.split()
    bad = [keys(r, back) | {"_failed_checks": len(r["_failed_checks"])} for r in split.bad.collect().to_dicts()]
    return repr((outcomes, bad, [keys(r, back) for r in split.good.collect().to_dicts()]))


SAME = {n: n for n in DATA}


@pytest.mark.parametrize("names", NAMES)
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("kind", ["memory", "parquet"])
def test_every_validator_takes_any_name(rule, names, kind, tmp_path):
    options, back = RULES[rule], {v: k for k, v in names.items()}
    data = keys(DATA, names)
    if kind == "parquet":
        pl.DataFrame(data).write_parquet(tmp_path / "a.parquet")
        data = tmp_path / "a.parquet"
    assert told(data, {rule: rule_of(options, names)}, back) == told(DATA, {rule: rule_of(options, SAME)}, {})


@pytest.mark.parametrize("names", NAMES)
@pytest.mark.parametrize(
    "rule",
    [
        {"expression": {"expression": '"{x}" >= 2 AND \'"{x}"\' <> \'x\' -- "{x}"'}},
        {"null": {"columns": "x", "where": "`{n}` > 1"}},
        {"sql": {"query": 'SELECT "{x}", count(*) AS many FROM data GROUP BY "{x}" HAVING count(*) > 1'}},
        {"sql": {"query": 'SELECT * FROM data WHERE data."{x}" = 3'}},
        {"increasing": {"columns": "x", "where": '"{t}" IS NOT NULL'}},
    ],
)
def test_sql_takes_any_name_in_quotes(rule, names):
    ((kind, options),) = rule.items()
    back = {v: k for k, v in names.items()}
    there = told(keys(DATA, names), {kind: rule_of(options, names)}, back)
    assert there == told(DATA, {kind: rule_of(options, SAME)}, {})


def test_the_filter_of_a_source_takes_any_name(tmp_path):
    path = tmp_path / "a.parquet"
    pl.DataFrame({"^x$": [1, 2], "*": [3, 4], "x": [5, 6]}).write_parquet(path)
    assert open_source({"path": path, "where": '"^x$" > 1 AND "*" = 4'}).frame.collect().to_dicts() == [
        {"^x$": 2, "*": 4, "x": 6}
    ]


@pytest.mark.parametrize("name", ["*", "^x$", "^", "\x1a", "\x1a*", "x", "", "^a"])
def test_the_name_comes_back(name):
    assert unescape_column(escape_column(name)) == name
    assert pl.LazyFrame({escape_column(name): [1], "x2": [2]}).select(pl.col(escape_column(name))).collect().shape == (
        1,
        1,
    )
