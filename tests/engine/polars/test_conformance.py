"""The Polars backend answers as every backend must."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from engine.conformance import BackendConformance
from truthound.engine import OpenReference
from truthound.engine.polars.backend import PolarsBackend
from truthound.sources.dtypes import polars_type


def _type(name: str) -> pl.DataType:
    return pl.List(_type(name[5:-1])) if name.startswith("list[") else polars_type(name)


class TestPolars(BackendConformance):
    def make_backend(
        self,
        columns: Mapping[str, list[Any]],
        types: Mapping[str, str],
        *,
        reference: OpenReference | None = None,
        unreadable: Mapping[str, str] | None = None,
    ) -> PolarsBackend:
        series = [pl.Series(name, values, dtype=_type(types[name])) for name, values in columns.items()]
        return PolarsBackend(pl.DataFrame(series).lazy(), reference=reference, unreadable=unreadable)
