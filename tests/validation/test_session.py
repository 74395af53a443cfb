"""A validation over a source with an engine of its own, which no part of a run looks behind."""

from dataclasses import dataclass

import pytest

from truthound.engine import FailingRows
from truthound.engine.measures import CountWhere, IsNull, RowCount
from truthound.errors import ValidatorError
from truthound.schema import DataType
from truthound.sources import Source, open_source
from truthound.validation.job import make_job
from truthound.validation.session import ValidationSession, run_job


class ListBackend:
    """Counts nulls of lists."""

    def __init__(self, rows):
        self.rows_, self.closed = dict(enumerate(rows, 1)), False

    def schema(self):
        return {"a": DataType("int64")}

    def measure(self, measures):
        return {x: self._measure(x) for x in measures}

    def _measure(self, x):
        match x:
            case RowCount(None):
                return len(self.rows_)
            case CountWhere(IsNull("a"), None):
                return sum(v is None for v in self.rows_.values())
            case _:
                return ValidatorError(f"not supported: {x}")

    def stages(self, measures):
        yield self.measure(measures)

    def rows(self, requests):
        failing = tuple((n, {"a": v}) for n, v in self.rows_.items() if v is None)
        return {key: FailingRows(failing[: r.limit]) for key, r in requests.items()}

    def split(self, failing):
        raise NotImplementedError

    def sample(self, size, seed):
        made = ListBackend(())
        made.rows_ = dict(sorted(self.rows_.items())[-size:])
        return made

    def without_rows(self):
        return ListBackend(())

    def close(self):
        self.closed = True


@dataclass(frozen=True)
class ListSource:
    backend_: ListBackend
    name: str = "a list"
    kind: str = "list"
    path: None = None
    notes: tuple[str, ...] = ("read from a list",)

    def lines(self, rows):
        return {n: n + 1 for n in rows}

    def backend(self, *, reference=None, now=None):
        return self.backend_


@pytest.fixture
def source():
    return ListSource(ListBackend([1, None, 3, None]))


def test_a_source_of_another_engine(source):
    assert isinstance(source, Source)
    assert open_source(source) is source
    result, failing = run_job(make_job(source, ["null"]))
    (outcome,) = result.outcomes
    assert (result.source, result.row_count, result.notes) == ("a list", 4, ("read from a list",))
    assert (outcome.failed, [(e.row, e.line) for e in outcome.examples]) == (2, [(2, 3), (4, 5)])
    assert failing == {"null:a": (IsNull("a"), None)}
    assert source.backend_.closed


def test_a_sample_is_taken_by_the_engine(source):
    result, _ = run_job(make_job(source, ["null", {"row_count": {"min_value": 1}}], sample_size=1))
    nulls, rows = result.outcomes
    assert (result.row_count, result.sampled_from, nulls.failed, nulls.examples[0].row) == (1, 4, 1, 4)
    assert (rows.status, rows.message) == ("skipped", "requires all rows; not evaluated on a sample")


def test_a_measure_that_the_engine_does_not_know_is_an_error_of_its_check(source):
    with ValidationSession(
        make_job(source, ["null", {"mean": {"columns": "a", "max_value": 3}}]), dry_run=True
    ) as session:
        checks = session.preview()
    assert checks["null:a"].problem is None
    assert checks["mean:a"].problem.message.startswith("not supported: ")
