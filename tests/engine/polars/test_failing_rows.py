"""Failing rows of many checks, fetched together, are those of each check alone."""

import json

import polars as pl
import pytest

from truthound import check
from truthound.engine import RowRequest
from truthound.engine import measures as m
from truthound.engine.polars import failing_rows
from truthound.engine.polars.backend import PolarsBackend
from truthound.sources import open_source

ROWS = 5000
FRAME = pl.DataFrame(
    {
        "": range(ROWS),
        "^a$": [None if i % 1000 == 999 else i % 7 for i in range(ROWS)],
        "text": [None if i == 4321 else f"v{i % 400}" for i in range(ROWS)],
        "late": [i if i > 4990 else 0 for i in range(ROWS)],
        "items": [[i % 5] for i in range(ROWS)],
    }
)
PREDICATES = {
    "nulls": m.IsNull("^a$"),
    "one null": m.IsNull("text"),
    "often": m.Not(m.Between("^a$", low=3)),
    "late": m.Not(m.Between("late", high=0)),
    "of text": m.Matches("text", "^v1.*"),
    "never": m.Not(m.Between("", low=0)),
    "repeated": m.Repeated(("text",)),
    "list": m.Not(m.AnyItem("items", m.In("", (1, 2, 3)))),
}


@pytest.fixture(params=["memory", "file", "file, rows spread"])
def backend(request, tmp_path, monkeypatch):
    if request.param == "memory":
        return PolarsBackend(FRAME.lazy())
    if "spread" in request.param:
        monkeypatch.setattr(failing_rows, "HEAD_ROWS", 10)
    FRAME.write_parquet(tmp_path / "t.parquet", row_group_size=300)
    return PolarsBackend(pl.scan_parquet(tmp_path / "t.parquet"))


@pytest.mark.parametrize("where", [None, m.Between("", low=1000, high=4500)])
def test_rows_and_frequent_values_are_those_of_each_alone(backend, where):
    column = {"often": "^a$", "late": "late", "of text": "text", "never": "", "list": "items"}
    requests = {k: RowRequest(p, where, 4, column.get(k)) for k, p in PREDICATES.items()}
    found = backend.rows(requests)
    assert list(found) == list(PREDICATES)
    for key, predicate in PREDICATES.items():
        failing = backend._blocking.failing(predicate, where).collect()
        assert found[key].error is None
        if key != "repeated":  # whose rows come group by group
            assert [n for n, _ in found[key].rows] == [n + 1 for n in failing[failing.columns[0]].head(4)], key
        for number, row in found[key].rows:
            assert list(row) == FRAME.columns
            assert row == FRAME.row(number - 1, named=True)
        if key in ("often", "late", "of text"):
            counts = failing.select(pl.col(failing.columns[1 + FRAME.columns.index(column[key])]).alias("v"))
            expected = counts.group_by("v").len("n").sort("n", "v", descending=[True, False]).head(5).rows()
            assert list(found[key].top_values) == expected
        else:
            assert found[key].top_values == ()


def test_values_that_hardly_repeat_are_not_ranked(monkeypatch):
    monkeypatch.setattr(failing_rows, "MAX_RANKED", 100)
    backend = PolarsBackend(FRAME.lazy())
    request = RowRequest(m.Between("", low=10), None, 3, "")
    (found,) = backend.rows({"x": request}).values()
    assert ([n for n, _ in found.rows], found.top_values) == ([11, 12, 13], ())


def test_a_check_whose_rows_cannot_be_fetched_hides_no_other():
    backend = PolarsBackend(FRAME.lazy())
    requests = {"bad": RowRequest(m.IsNull("nowhere")), "good": RowRequest(m.IsNull("^a$"))}
    found = backend.rows(requests)
    assert 'column "nowhere" not found' in found["bad"].error
    assert len(found["good"].rows) == 5


def test_examples_of_a_wide_table_hold_the_key_the_judged_and_a_few_more_columns():
    names = [f"c{i}" for i in range(500)]
    data = pl.DataFrame({name: [None, i, i + 1, None] for i, name in enumerate(names)} | {"id": [1, 2, 3, 4]})
    result = check(data, ["null", {"compare": {"column": "c300", "other": "c299", "operator": "<"}}], primary_key="id")
    (nulls,) = [o for o in result.outcomes if o.id == "null:c400"]
    assert list(nulls.examples[0].values) == ["c0", "c1", "c2", "c3", "c4", "c5", "c400", "id"]
    (compared,) = [o for o in result.outcomes if o.validator == "compare"]
    assert {"c299", "c300", "id"} <= set(compared.examples[0].values)
    assert len(json.dumps(result.to_dict())) < 1_000_000


@pytest.mark.parametrize("files", [1, 2])
def test_a_reader_of_parquet_filters_numbered_rows_itself(tmp_path, files):
    """Else the cells of a few rows cost as much as the whole table."""
    for i in range(files):
        pl.DataFrame({"a": range(5), "b": list("abcde")}).write_parquet(tmp_path / f"{i}.parquet")
    source = open_source(str(tmp_path / "*.parquet"))
    plan = PolarsBackend(source.frame).table.numbered.filter(pl.col("a") == 3).explain()
    assert "FILTER" not in plan
    assert "SELECTION" in plan
