"""What every backend must answer about rows: predicates, failing rows, good and bad rows."""

from itertools import chain
from pathlib import Path

import polars as pl
import pytest

from engine import plain_python
from engine.conformance_base import REFERENCE, WHERE, Conformance, cells, same
from engine.conformance_data import FORMATS, SAMPLES, SQL, SQL_COLUMNS, SQL_TYPES, Sample, format_predicate, sql
from truthound.engine import FAILED_CHECKS, RowFile, RowRequest, SplitPart
from truthound.engine import measures as m


def row_predicates(sample: Sample) -> tuple[m.Predicate, ...]:
    """Predicates of one row that fit the sample, and combinations of them."""
    found: list[m.Predicate] = [m.IsNull("x"), *sample.predicates]
    if sample.ordered:
        found += [m.Compare("x", op, "y") for op in ("==", "!=", "<", "<=", ">", ">=")]
    if sample.tolerance is not None:
        found += [m.Compare("x", op, "y", sample.tolerance) for op in ("==", "!=", "<", "<=", ">", ">=")]
    one, other = found[1 % len(found)], m.In("g", ("a",))
    return (*found, m.And((one, other)), m.Or((one, other)), m.Not(m.And((one, other))), m.Unknown(m.Or((one, other))))


def table_predicates(sample: Sample) -> tuple[m.Predicate, ...]:
    """Predicates that need more of the table than one row."""
    found: list[m.Predicate] = [
        m.Repeated(("x",)), m.Repeated(("x",), nulls=True), m.Repeated(("x", "g")), m.Repeated(("g", "x"), nulls=True),
        m.Inconsistent(("x",), "g"), m.Inconsistent(("g",), "n"), m.OutOfOrder("n", descending=True),
        m.Or((m.Repeated(("x",)), m.IsNull("g"))), m.And((m.Repeated(("g",)), sql("n > 1"))),
    ]  # fmt: skip
    if sample.ordered:
        found += [m.Orphan(("x",), REFERENCE, ("x",)), m.Orphan(("x", "g"), REFERENCE, ("y", "g"))]
        options = ({}, {"strict": True}, {"descending": True}, {"order_by": ("n",)}, {"group_by": ("g",)})
        found += [m.OutOfOrder("x", **o) for o in options]  # type: ignore[arg-type]  # options of several types
    return tuple(found)


class PredicateConformance(Conformance):
    @pytest.mark.parametrize("where", WHERE)
    @pytest.mark.parametrize("name", SAMPLES)
    def test_predicates_of_a_row(self, name: str, where: m.Predicate | None) -> None:
        sample = SAMPLES[name]
        rows = self.kept(sample, where)
        wanted: dict[m.Measure, int] = {}
        for p in row_predicates(sample):
            truths = [plain_python.truth(p, row) for row in rows]
            wanted[m.CountWhere(p, where)] = truths.count(True)
            wanted[m.CountWhere(m.Not(p), where)] = truths.count(False)
            wanted[m.CountWhere(m.Unknown(p), where)] = truths.count(None)
        self.check(self.backend(sample), wanted)

    @pytest.mark.parametrize("where", WHERE)
    @pytest.mark.parametrize("name", SAMPLES)
    def test_predicates_of_a_table(self, name: str, where: m.Predicate | None) -> None:
        sample = SAMPLES[name]
        rows = self.kept(sample, where)
        self.check(
            self.backend(sample),
            {m.CountWhere(p, where): sum(self.failing(p, sample, rows)) for p in table_predicates(sample)},
        )

    @pytest.mark.parametrize("where", WHERE)
    @pytest.mark.parametrize("name", SAMPLES)
    def test_failing_rows(self, name: str, where: m.Predicate | None) -> None:
        sample = SAMPLES[name]
        rows = self.kept(sample, where)
        predicates = dict(enumerate(chain(row_predicates(sample), table_predicates(sample))))
        backend = self.backend(sample)
        found = backend.rows({f"{i}": RowRequest(p, where, limit=100) for i, p in predicates.items()})
        for i, p in predicates.items():
            answer = found[f"{i}"]
            assert answer.error is None, p
            expected = [row for row, fails in zip(rows, self.failing(p, sample, rows), strict=True) if fails]
            numbers = [n for n, _ in answer.rows]
            if not isinstance(p, m.Repeated):  # whose rows may stand side by side
                assert numbers == sorted(numbers), p
            in_order = [row for _, row in sorted(answer.rows, key=lambda pair: pair[0])]
            assert cells(in_order) == cells(expected), p
            assert sorted(numbers) == [row["n"] + 1 for row in expected], p

    @pytest.mark.parametrize("name", SAMPLES)
    def test_failing_rows_are_limited_and_their_values_ranked(self, name: str) -> None:
        sample = SAMPLES[name]
        if not sample.ordered:
            return
        found = self.backend(sample).rows({"k": RowRequest(sql("n > 0"), limit=2, column="x", top=2)})["k"]
        expected = sample.rows[1:]
        assert [n for n, _ in found.rows] == [row["n"] + 1 for row in expected[:2]]
        given = [row["x"] for row in expected if not plain_python.is_nan(row["x"])]
        if len(given) == len(expected) and None not in given:
            assert same(found.top_values, plain_python.top_values(given, 2))

    @pytest.mark.parametrize("name", SAMPLES)
    def test_good_and_bad_rows(self, name: str, tmp_path: Path) -> None:
        sample = SAMPLES[name]
        checks = {f"{i}": (p, where) for i, p in enumerate(table_predicates(sample)) for where in WHERE[:3]}
        checks = {f"{key} {i}": check for i, (key, check) in enumerate(checks.items())} | {
            "null": (m.IsNull("x"), None)
        }
        failed: list[list[str]] = [[] for _ in sample.rows]
        for key, (p, where) in checks.items():
            rows = self.kept(sample, where)
            for row, fails in zip(rows, self.failing(p, sample, rows), strict=True):
                if fails:
                    failed[row["n"]].append(key)
        good = [row for row, keys in zip(sample.rows, failed, strict=True) if not keys]
        bad = [{**row, FAILED_CHECKS: keys} for row, keys in zip(sample.rows, failed, strict=True) if keys]
        files: dict[SplitPart, RowFile] = {part: RowFile(tmp_path / part, "parquet") for part in ("good", "bad")}
        assert self.backend(sample).split(checks).write(files) == {"good": len(good), "bad": len(bad)}
        assert cells(pl.read_parquet(files["good"].path).to_dicts()) == cells(good)
        assert cells(pl.read_parquet(files["bad"].path).to_dicts()) == cells(bad)

    def test_a_part_that_is_not_written_is_counted(self, tmp_path: Path) -> None:
        split = self.make_backend({"x": [1, None, 3]}, {"x": "int64"}).split({"null": (m.IsNull("x"), None)})
        assert split.write({"bad": RowFile(tmp_path / "bad", "csv")}) == {"good": 2, "bad": 1}
        assert split.write({"good": RowFile(tmp_path / "good", "csv")}) == {"good": 2, "bad": 1}
        assert (tmp_path / "good").read_text().split() == ["x", "1", "3"]
        assert (tmp_path / "bad").read_text().split() == [f"x,{FAILED_CHECKS}", ",null"]

    @pytest.mark.parametrize("condition", SQL)
    def test_conditions_in_sql(self, condition: str) -> None:
        backend, truths = self.make_backend(SQL_COLUMNS, SQL_TYPES), SQL[condition]
        self.check(
            backend,
            {
                m.CountWhere(sql(condition)): truths.count(True),
                m.CountWhere(m.Not(sql(condition))): truths.count(False),
                m.CountWhere(m.Unknown(sql(condition))): truths.count(None),
                m.RowCount(sql(condition)): truths.count(True),
            },
        )
        found = backend.rows({"k": RowRequest(sql(condition))})["k"]
        assert [n for n, _ in found.rows] == [i + 1 for i, true in enumerate(truths) if true]

    @pytest.mark.parametrize(("name", "argument"), FORMATS)
    def test_formats(self, name: str, argument: str) -> None:
        expected = FORMATS[name, argument]
        backend = self.make_backend({"x": [None, *expected]}, {"x": "string"})
        found = backend.rows({"k": RowRequest(format_predicate(name, argument), limit=100)})["k"]
        assert [row["x"] for _, row in found.rows] == [text for text, fits in expected.items() if fits]
        p = m.Unknown(format_predicate(name, argument))
        self.check(backend, {m.CountWhere(p): 1})
