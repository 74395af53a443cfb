"""Whole queries: the rows that the filter of one leaves out are not handed to DuckDB, and that changes no answer."""

from datetime import UTC, datetime
from decimal import Decimal

import polars as pl
import pytest

from truthound.engine.polars import query
from truthound.engine.polars.backend import PolarsBackend
from truthound.errors import ValidatorError

FRAME = pl.DataFrame(
    {
        "id": [1, 2, 3, 4, 5, None],
        "status": ["paid", "open", None, "paid", "PAID", ""],
        "kind": pl.Series(["x", "y", "x", None, "y", "x"], dtype=pl.Categorical),
        "amount": pl.Series([Decimal("1.50"), None, Decimal("-2.00"), Decimal("1.50"), Decimal("0.00"), Decimal("9.99")], dtype=pl.Decimal(12, 2)),
        "score": [0.5, float("nan"), None, -1.0, float("inf"), 2.0],
        "made": [datetime(2024, 1, d, tzinfo=UTC) for d in range(1, 7)],
        "huge": pl.Series([2**70, None, 1, 2, 3, -(2**70)], dtype=pl.Int128),
        "late": [None, "12", "13", None, None, "x"],
        "data": [{"id": 7}, {"id": 1}, None, {"id": 1}, {"id": 2}, {"id": 3}],
    }
)  # fmt: skip
NARROWED = (
    "SELECT id FROM data WHERE status = 'paid'",
    "SELECT * FROM data WHERE status <> 'paid' OR kind = 'x' ORDER BY id DESC",
    "SELECT status, count(*) AS n, sum(amount) FROM data WHERE NOT (amount > 1) GROUP BY status HAVING count(*) > 0 ORDER BY 1",
    "SELECT id FROM data WHERE score > 1 AND status IS NOT NULL",
    "SELECT id FROM data WHERE id NOT IN (1, 2) AND amount BETWEEN -2 AND 1.5",
    "SELECT id FROM data WHERE id NOT IN (1, NULL)",
    "SELECT id, row_number() OVER (ORDER BY id) FROM data WHERE made >= '2024-01-03T00:00:00Z'",
    "SELECT huge FROM data WHERE huge > 3 OR huge < -3",
    "SELECT count(*) FROM data WHERE STATUS LIKE 'p%'",
    "SELECT id FROM data WHERE (amount > 0) IS NOT TRUE",
    "SELECT id FROM data WHERE status = 'nobody'",
)
WHOLE = (
    "SELECT id * 2 AS id FROM data WHERE id > 3",  # its own name, or the column's
    "SELECT id + 1 AS more FROM data WHERE more > 3",
    "SELECT d.id FROM data d WHERE d.status = 'paid'",
    "SELECT id FROM data WHERE data.id = 1",
    "SELECT id FROM data WHERE id = (SELECT max(id) FROM data)",
    "SELECT a.id FROM data a, data b WHERE a.id = b.id",
    "SELECT id FROM data WHERE id = 1 UNION ALL SELECT id FROM data WHERE id = 2",
    "WITH d AS (SELECT id FROM data WHERE id > 1) SELECT * FROM d WHERE id < 5",
    "SELECT count(*) FROM (SELECT id FROM data USING SAMPLE 2 ROWS) WHERE id > 100",
    "SELECT id FROM data WHERE lower(status) = 'paid'",
    "SELECT id FROM data WHERE made < now()",
)


def answered(text, *, narrow=True, frame=FRAME):
    """The answer, the rows that were handed over, and whether the filter was understood."""
    backend = PolarsBackend(frame.lazy())
    handed, kept = [], []

    def collect(lazy):
        handed.append(backend.table.collect(lazy))
        return handed[-1]

    def condition(written):
        kept.append(backend.table.compile.infallible(written))
        return kept[-1]

    found = query.run_query(
        text,
        3,
        backend.table.frame,
        backend.table.types,
        collect=collect,
        condition=condition if narrow else lambda _: None,
    )
    return found, handed[-1].height, [k is not None for k in kept]


@pytest.mark.parametrize("text", NARROWED)
def test_a_filter_leaves_rows_out_before_they_are_handed_over(text):
    found, height, understood = answered(text)
    assert repr(found) == repr(answered(text, narrow=False)[0])  # a NaN is not equal to itself
    assert understood == [True]
    assert height < FRAME.height


@pytest.mark.parametrize("text", WHOLE)
def test_other_queries_see_every_row(text):
    found, height, understood = answered(text)
    assert found == answered(text, narrow=False)[0]
    assert (height, True in understood) == (FRAME.height, False)


def test_a_column_that_only_the_filtered_rows_have_no_value_of_does_not_fit_any_query():
    text = "SELECT id FROM data WHERE status = 'paid' GROUP BY id HAVING sum(late) > 0"
    with pytest.raises(ValidatorError, match="the query cannot be run"):
        answered(text)
    assert answered(text, frame=FRAME.with_columns(late=pl.lit(None, dtype=pl.String)))[0] == (0, ())
