"""Tables that are in memory already."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import polars as pl

from truthound.errors import SourceError
from truthound.text import brief, did_you_mean, shorten

_REFUSED = (
    pl.exceptions.PolarsError,
    pl.exceptions.PanicException,
    TypeError,
    ValueError,
    OverflowError,
    AttributeError,
)


def frame_of(kind: str, data: Any) -> pl.LazyFrame:
    """A lazy frame of a table in memory. Raises SourceError where it is not a table, or has types that do not convert."""
    try:
        return _KINDS[kind](data)
    except ImportError as error:
        raise SourceError(
            f"a {kind} table needs another package here: {error}; install pyarrow (truthound[pandas])"
        ) from None
    except _REFUSED as error:
        raise SourceError(f"the {kind} table cannot be read: {shorten(brief(error), 300)}") from None


def _polars(data: Any) -> pl.LazyFrame:
    if isinstance(data, pl.LazyFrame):
        return data
    if isinstance(data, pl.DataFrame):
        return data.lazy()
    raise TypeError(f"a polars {type(data).__name__} is not a table; give a DataFrame or a LazyFrame")


def _pandas(data: Any) -> pl.LazyFrame:
    if not hasattr(data, "columns") or getattr(data, "ndim", 0) != 2:
        raise TypeError(f"a pandas {type(data).__name__} is not a table; give a DataFrame, such as data.to_frame()")
    names = ["_".join(map(str, c)) if isinstance(c, tuple) else str(c) for c in data.columns]
    _unique(names)
    named = data.set_axis(names, axis=1)
    try:
        frame: pl.DataFrame = pl.from_pandas(named)
    except ImportError:
        raise
    except Exception as error:  # noqa: BLE001 pyarrow's errors are known only once it is imported
        raise TypeError(_culprit(named, names) or brief(error)) from None
    return frame.lazy()


def _culprit(data: Any, names: Iterable[str]) -> str | None:
    """The first column that does not convert, and what it holds."""
    for name in names:
        try:
            pl.from_pandas(data[[name]])
        except Exception:  # noqa: BLE001 whatever it is, this is the column
            kinds = sorted({type(v).__name__ for v in data[name].head(10_000)})
            return f'column "{name}" ({data[name].dtype}) holds {", ".join(kinds[:5])}; give it one type'
    return None


def _arrow(data: Any) -> pl.LazyFrame:
    if hasattr(data, "scanner") and hasattr(data, "get_fragments"):  # a pyarrow dataset is read lazily
        return pl.scan_pyarrow_dataset(data)
    names = getattr(getattr(data, "schema", None), "names", None)
    if names is not None:
        _unique(names)
    elif type(data).__module__.partition(".")[0] == "pyarrow":
        raise TypeError(f"a pyarrow {type(data).__name__} is not a table; give a Table")
    if not hasattr(data, "__arrow_c_stream__") and not hasattr(data, "__arrow_c_array__"):
        raise TypeError(f"a {type(data).__name__} is not a table")
    return pl.DataFrame(data).lazy()


def _duckdb(data: Any) -> pl.LazyFrame:
    from truthound.sources.duck import relation_frame

    if not hasattr(data, "to_parquet"):
        raise TypeError(
            f"a duckdb {type(data).__name__} is not a table; give a relation, such as connection.table(name)"
        )
    return relation_frame(data)


def _columns(data: Mapping[Any, Any]) -> pl.LazyFrame:
    wrong = next((k for k in data if not isinstance(k, str)), None)
    if wrong is not None:
        raise TypeError(f"the name {wrong!r} is not text")
    lengths = {k: len(v) for k, v in data.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f'"{k}" {n:,}' for k, n in list(lengths.items())[:5])
        raise ValueError(f"its columns differ in length: {told}")
    series = []
    for name, values in data.items():
        plain = list(values) if isinstance(values, tuple | set | frozenset | range) else values
        try:
            series.append(pl.Series(name, plain))
        except _REFUSED as error:
            raise TypeError(f'column "{name}": {_mixed(values) or brief(error)}') from None
    return pl.DataFrame(series).lazy()


def _mixed(values: Iterable[Any]) -> str | None:
    kinds = sorted({type(v).__name__ for v in values if v is not None})
    return f"holds {', '.join(kinds[:5])}; give it one type" if len(kinds) > 1 else None


def _rows(data: Iterable[Mapping[str, Any]]) -> pl.LazyFrame:
    rows = list(data)
    if told := clash(rows):
        raise TypeError(f"{told}; give it one type")
    names = dict.fromkeys(k for row in rows for k in row)
    if not names:
        raise ValueError("its rows have no columns")
    return _columns({n: [row.get(n) for row in rows] for n in names})


def clash(rows: Iterable[Mapping[str, Any]], path: str = "") -> str | None:
    """The first column that holds what no one type holds: objects or lists beside others, truths beside numbers.

    The engine would make some of them null, or 1, without a word.
    """
    columns: dict[str, list[Any]] = {}
    for row in rows:
        for name, value in row.items():
            if value is not None:
                columns.setdefault(name, []).append(value)
    for name, held in columns.items():
        values = held
        at = f"{path}.{name}" if path else str(name)
        while values and all(isinstance(v, list) for v in values):
            values = [item for v in values for item in v if item is not None]
        kinds = {_kind(v) for v in values}
        if len(kinds) > 1 and (kinds & {"object", "list"} or kinds >= {"boolean", "number"}):
            return f'column "{at}" holds {" and ".join(sorted(kinds))}'
        if kinds == {"object"} and (told := clash(values, at)):
            return told
    return None


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "object" if isinstance(value, Mapping) else "list" if isinstance(value, list) else "value"


def _unique(names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(f'column "{name}" is there twice; rename one')
        seen.add(name)


def unknown_columns(wanted: Iterable[str], known: Iterable[str]) -> list[str]:
    """A sentence for each name that no column has."""
    known = list(known)
    return [f'no column is called "{c}"{did_you_mean(c, known)}' for c in wanted if c not in known]


_KINDS: dict[str, Callable[[Any], pl.LazyFrame]] = {
    "polars": _polars, "pandas": _pandas, "pyarrow": _arrow, "arrow": _arrow, "duckdb": _duckdb,
    "columns": _columns, "rows": _rows,
}  # fmt: skip
