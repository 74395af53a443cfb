"""What every backend must answer, cell for cell.

A backend is held to it by a subclass with its `make_backend`; see `tests/engine/polars/test_conformance.py`. Expected answers
are those of `plain_python`, or are written out in `conformance_data`.
"""

from datetime import date
from typing import Any

import pytest

from engine import plain_python
from engine.conformance_base import REFERENCE, WHERE, same
from engine.conformance_data import SAMPLES, SQL_COLUMNS, SQL_TYPES, sql
from engine.conformance_predicates import PredicateConformance
from truthound.engine import FAILED_CHECKS, RowRequest
from truthound.engine import measures as m
from truthound.errors import SourceError, ValidatorError

FUNCTIONS = ("min", "max", "sum", "mean", "std", "var", "median", "count", "distinct")


class BackendConformance(PredicateConformance):
    """The whole suite."""

    # --- schema ----------------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("name", SAMPLES)
    def test_schema(self, name: str) -> None:
        sample = SAMPLES[name]
        found = self.backend(sample).schema()
        assert list(found) == list(sample.columns)
        assert found["x"].matches(sample.type)

    # --- measures --------------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("where", WHERE)
    @pytest.mark.parametrize("name", SAMPLES)
    def test_aggregates(self, name: str, where: m.Predicate | None) -> None:
        sample = SAMPLES[name]
        rows = self.kept(sample, where)
        values = [row["x"] for row in rows if row["x"] is not None]
        functions = (
            FUNCTIONS if sample.numeric else ("min", "max", "count", "distinct") if sample.ordered else ("count",)
        )
        if sample.type == "boolean":
            functions = tuple(f for f in functions if f != "median")
        wanted: dict[m.Measure, Any] = {m.RowCount(where): len(rows)}
        for f in functions:
            expected = plain_python.aggregate(f, values)
            wanted[m.Aggregate("x", f, where)] = (
                expected
                if f not in ("std", "var") or expected is None
                else pytest.approx(expected, rel=1e-12, nan_ok=True)
            )
        self.check(self.backend(sample), wanted)

    @pytest.mark.parametrize("name", SAMPLES)
    def test_what_a_type_does_not_have_is_an_error_if_there_are_values(self, name: str) -> None:
        sample = SAMPLES[name]
        if sample.numeric:
            return
        measures = [m.Aggregate("x", f) for f in ("sum", "mean", "std", "median")] + [m.Quantile("x", 0.5)]
        found = self.backend(sample).measure(measures)
        assert all(isinstance(value, ValidatorError) for value in found.values()), found
        without = self.backend(sample).measure([m.Aggregate("x", "sum", m.IsNull("x"))])
        assert list(without.values()) == [None]

    @pytest.mark.parametrize("where", WHERE[:2])
    @pytest.mark.parametrize("name", [n for n, s in SAMPLES.items() if s.numeric and s.type != "boolean"])
    def test_distributions(self, name: str, where: m.Predicate | None) -> None:
        sample = SAMPLES[name]
        values = [row["x"] for row in self.kept(sample, where) if row["x"] is not None]
        other = [v for v in self.reference(sample)[0]["y"] if v is not None]
        wanted: dict[m.Measure, Any] = {
            m.Quantile("x", q, where): plain_python.quantile(values, q) for q in (0.0, 0.1, 0.25, 0.5, 0.99, 1.0)
        }
        wanted[m.Histogram("x", sample.edges, where)] = plain_python.histogram(values, sample.edges)
        wanted[m.KolmogorovSmirnov("x", REFERENCE, "y", where)] = plain_python.kolmogorov_smirnov(values, other)
        found = self.backend(sample).measure(wanted)
        for x, expected in wanted.items():
            exactly = isinstance(x, m.Quantile) and expected is not None and not plain_python.is_nan(expected)
            assert same(found[x], plain_python.exact(expected) if exactly else expected), (x, found[x], expected)

    @pytest.mark.parametrize("where", WHERE[:3])
    @pytest.mark.parametrize("name", SAMPLES)
    def test_frequencies(self, name: str, where: m.Predicate | None) -> None:
        sample = SAMPLES[name]
        rows = self.kept(sample, where)
        values = [row["x"] for row in rows if row["x"] is not None]
        wanted: dict[m.Measure, Any] = {
            m.Duplicates(columns, nulls, where): plain_python.duplicates(rows, columns, nulls=nulls)
            for columns in (("x",), ("x", "g"), ("n",), ())
            for nulls in (False, True)
        }
        if sample.ordered and not any(map(plain_python.is_nan, values)):
            wanted |= {m.TopValues("x", k, where): plain_python.top_values(values, k) for k in (1, 3, 100)}
        self.check(self.backend(sample), wanted)

    def test_gaps(self) -> None:
        days = [date(2024, 2, d) for d in (28, 1, 2, 2, 5)]
        backend = self.make_backend(
            {"d": [*days, None, date(2024, 3, 1)], "g": ["a", "a", "a", "b", "b", "b", None]},
            {"d": "date", "g": "string"},
        )
        self.check(
            backend,
            {
                m.Gaps("d", "1d"): (
                    ((), date(2024, 2, 6), date(2024, 2, 27), 22), ((), date(2024, 2, 3), date(2024, 2, 4), 2), ((), date(2024, 2, 29), date(2024, 2, 29), 1),
                ),
                m.Gaps("d", "1mo"): (),
                m.Gaps("d", "1d", ("g",), where=sql("d < DATE '2024-02-28'")): ((("b",), date(2024, 2, 3), date(2024, 2, 4), 2),),
            },
        )  # fmt: skip

    def test_queries(self) -> None:
        backend = self.make_backend(SQL_COLUMNS, SQL_TYPES)
        self.check(
            backend,
            {
                m.Query("SELECT a, t FROM data WHERE a > 0 ORDER BY a DESC", 1): (2, ({"a": 2, "t": "Y"},)),
                m.Query("SELECT count(*) AS n FROM data"): (1, ({"n": 4},)),
                m.Query("SELECT a FROM data WHERE a > 5"): (0, ()),
            },
        )

    def test_measures_of_another_table(self) -> None:
        backend = self.backend(SAMPLES["int64"])
        self.check(
            backend,
            {
                m.ReferenceMeasure(REFERENCE, m.RowCount()): 6,
                m.ReferenceMeasure(REFERENCE, m.Aggregate("x", "count")): 5,
            },
        )
        error = backend.measure([x := m.ReferenceMeasure(REFERENCE, m.Aggregate("absent", "min"))])[x]
        assert isinstance(error, ValidatorError)
        assert "reference" in str(error)

    # --- errors ----------------------------------------------------------------------------------------------------

    BROKEN: tuple[m.Measure, ...] = (
        m.CountWhere(m.IsNull("absent")), m.Aggregate("absent", "min"), m.Aggregate("absent", "distinct"), m.Quantile("absent", 0.5),
        m.TopValues("absent", 1), m.Duplicates(("absent",)), m.Histogram("absent", (0.0,)), m.RowCount(sql("absent > 1")),
        m.CountWhere(sql("absent > 1")), m.CountWhere(sql("t > 1")), m.CountWhere(sql("a + 1")), m.CountWhere(m.Matches("a", "x")),
        m.CountWhere(m.Between("t", low=1)), m.CountWhere(m.In("a", ("x",))), m.CountWhere(m.Compare("a", "<", "t")),
        m.CountWhere(sql("CAST(t AS INTEGER) > 1")), m.CountWhere(m.Repeated(("absent",))), m.Query("SELECT absent FROM data"),
        m.Gaps("t", "1d"),
    )  # fmt: skip

    def test_an_error_is_the_measures_own(self) -> None:
        backend = self.make_backend(SQL_COLUMNS, SQL_TYPES)
        found = backend.measure([m.RowCount(), *self.BROKEN, m.Aggregate("a", "max")])
        assert (found[m.RowCount()], found[m.Aggregate("a", "max")]) == (4, 2)
        assert [x for x in self.BROKEN if not isinstance(found[x], ValidatorError)] == []
        about_a_column = [x for x in self.BROKEN if "absent" in str(x)]
        assert [x for x in about_a_column if "absent" not in str(found[x])] == []

    def test_errors_of_failing_rows(self) -> None:
        backend = self.make_backend(SQL_COLUMNS, SQL_TYPES)
        found = backend.rows({"bad": RowRequest(m.IsNull("absent")), "good": RowRequest(m.IsNull("a"))})
        assert "absent" in (found["bad"].error or "")
        assert (found["good"].error, len(found["good"].rows)) == (None, 1)

    def test_a_row_without_an_answer_is_an_error(self) -> None:
        backend = self.make_backend({"x": [1, 2**63 - 1]}, {"x": "int64"})
        overflow, product = sql("x + 1 > 0"), sql("x * 2 > 0")
        found = backend.measure([m.CountWhere(overflow), m.CountWhere(product), m.CountWhere(sql("x > 1"))])
        assert isinstance(found[m.CountWhere(overflow)], ValidatorError)
        assert isinstance(found[m.CountWhere(product)], ValidatorError)
        assert found[m.CountWhere(sql("x > 1"))] == 1

    def test_unreadable_columns(self) -> None:
        backend = self.make_backend(
            {"a": [1, None], "u": [None, None]}, {"a": "int64", "u": "int64"}, unreadable={"u": "a strange type"}
        )
        assert backend.schema()["u"].unreadable_reason == "a strange type"
        needs = [m.CountWhere(m.IsNull("u")), m.Aggregate("u", "min"), m.CountWhere(sql("u > 1")), m.Duplicates()]
        found = backend.measure([*needs, m.RowCount(), m.CountWhere(m.IsNull("a"))])
        assert (found[m.RowCount()], found[m.CountWhere(m.IsNull("a"))]) == (2, 1)
        assert [x for x in needs if "a strange type" not in str(found[x])] == []

    def test_a_column_with_the_name_of_failed_checks(self) -> None:
        backend = self.make_backend({FAILED_CHECKS: ["x"]}, {FAILED_CHECKS: "string"})
        with pytest.raises(SourceError, match=FAILED_CHECKS):
            backend.split({})

    def test_names_of_columns_are_no_patterns(self) -> None:
        names = ("*", "^a.*$", "a b", 'a"b', "A", "a", "é")
        backend = self.make_backend({n: [i] for i, n in enumerate(names)}, dict.fromkeys(names, "int64"))
        self.check(backend, {m.Aggregate(n, "max"): i for i, n in enumerate(names)})
        (answer,) = backend.rows({"k": RowRequest(m.In("a", (5,)))}).values()
        assert answer.rows == ((1, {n: i for i, n in enumerate(names)}),)

    # --- parts of the table ----------------------------------------------------------------------------------------

    def test_samples_keep_row_numbers(self) -> None:
        backend = self.make_backend({"x": list(range(100))}, {"x": "int64"})
        rows = [
            backend.sample(10, seed).rows({"k": RowRequest(sql("x >= 0"), limit=50)})["k"].rows for seed in (1, 1, 2)
        ]
        assert rows[0] == rows[1] != rows[2]
        assert [number for number, _ in rows[0]] == [row["x"] + 1 for _, row in rows[0]]
        assert len(rows[0]) == 10

    def test_a_table_without_rows_has_the_same_columns(self) -> None:
        backend = self.backend(SAMPLES["decimal"])
        empty = backend.without_rows()
        assert empty.schema() == backend.schema()
        self.check(empty, {m.RowCount(): 0, m.Aggregate("x", "sum"): None, m.CountWhere(m.IsNull("x")): 0})

    def test_measures_come_once_each_in_stages(self) -> None:
        sample = SAMPLES["int64"]
        measures = [
            m.RowCount(),
            m.Duplicates(("x",)),
            m.Aggregate("x", "median"),
            m.Aggregate("x", "distinct"),
            m.RowCount(),
        ]
        stages = list(self.backend(sample).stages(measures))
        assert [x for stage in stages for x in stage].count(m.RowCount()) == 1
        together = {x: value for stage in stages for x, value in stage.items()}
        assert together == self.backend(sample).measure(measures)
