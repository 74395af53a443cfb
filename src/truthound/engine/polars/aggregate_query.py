"""Aggregates as expressions with one value each, and a function from the values to a result or to a further query."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import polars as pl

from truthound.errors import ValidatorError


@dataclass(frozen=True)
class AggregateQuery:
    """Expressions of one value each; `finish` turns their values into a result, an error, or a further query."""

    exprs: tuple[pl.Expr, ...]
    finish: Callable[[tuple[Any, ...]], Any]
    key: object = None
    """queries with equal keys have the same expressions"""

    def map(self, function: Callable[[Any], Any], key: object = None) -> AggregateQuery:
        """The query whose result is a function of this one's; errors stay."""

        def finish(found: tuple[Any, ...]) -> Any:
            match self.finish(found):
                case AggregateQuery() as further:
                    return further.map(function, None if key is None else (key, "further"))
                case ValidatorError() as error:
                    return error
                case result:
                    return function(result)

        return AggregateQuery(self.exprs, finish, self.key if key is None else key)
