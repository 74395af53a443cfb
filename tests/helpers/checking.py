"""Runs validators on a small table, from binding to outcomes, with the real engine."""

from collections.abc import Iterable
from typing import Any

import polars as pl

from truthound.engine.measures import Reference
from truthound.engine.polars.backend import PolarsBackend
from truthound.results import CheckOutcome
from truthound.validation.bind import bind_all
from truthound.validation.evaluate import evaluate
from truthound.validation.outcomes import Policy
from truthound.validators.base import Table, Validator


def outcomes(
    data: Any, *validators: Validator, expected: Any = None, keys: Iterable[str] = (), **table: Any
) -> tuple[CheckOutcome, ...]:
    """Every check's outcome. `data` is a frame or a dict of columns; more keywords go to the `Table`."""
    backend = _backend(data)
    checks = bind_all(validators, Table(backend.schema(), expected, keys=tuple(keys), **table))
    try:
        return evaluate(checks, backend, Policy())[0]
    finally:
        backend.close()


def _backend(data: Any) -> PolarsBackend:
    frame = data if isinstance(data, pl.DataFrame | pl.LazyFrame) else pl.DataFrame(data)
    return PolarsBackend(frame.lazy(), reference=_other)


def _other(reference: Reference) -> PolarsBackend:
    return _backend(reference.spec)


def one(data: Any, validator: Validator, **options: Any) -> CheckOutcome:
    """The outcome of a validator that comes to one check."""
    found = outcomes(data, validator, **options)
    assert len(found) == 1, found
    return found[0]


def failing(data: Any, validator: Validator, **options: Any) -> list[int | None]:
    """The numbers of the rows that do not hold."""
    outcome = one(data, validator, **options)
    assert outcome.error is None, outcome.error
    assert outcome.failed == len(outcome.examples), outcome
    return [e.row for e in outcome.examples]
