"""Good and bad rows as lazy frames, written to files in one pass."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from truthound._internal.text import first_line
from truthound.engine import FAILED_CHECKS, RowFile, SplitPart

_SYSTEM_ERROR = re.compile(r"\(os error (\d+)\)")
_DISK_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS})


@dataclass(frozen=True, slots=True)
class PolarsSplit:
    """Frames of the good and the bad rows."""

    good: pl.LazyFrame
    bad: pl.LazyFrame

    def write(self, files: Mapping[SplitPart, RowFile]) -> dict[SplitPart, int]:
        frames: dict[SplitPart, pl.LazyFrame] = {"good": self.good, "bad": self.bad}
        not_written = [part for part in frames if part not in files]
        queries = [_sink(frames[part], file) for part, file in files.items()]
        queries += [frames[part].select(pl.len()) for part in not_written]
        try:
            done = pl.collect_all(queries, engine="streaming")
        except (OSError, pl.exceptions.PolarsError) as error:
            number = int(found[1]) if (found := _SYSTEM_ERROR.search(str(error))) else 0
            if number in _DISK_ERRORS:
                raise OSError(number, os.strerror(number)) from None
            raise
        except (
            pl.exceptions.PanicException
        ) as error:  # a panic is not an Exception; CSV cannot represent some far dates
            raise ValueError(f"the engine cannot write these rows: {first_line(error)}; write Parquet") from None
        counts = {part: _count(file) for part, file in files.items()}
        counted = [frame for frame in done if frame.width]  # what was written has no columns
        return counts | {part: int(frame.item()) for part, frame in zip(not_written, counted, strict=True)}


def _sink(frame: pl.LazyFrame, file: RowFile) -> pl.LazyFrame:
    """The query that writes a frame."""
    if file.format == "parquet":
        return frame.sink_parquet(file.path, lazy=True)
    schema = frame.collect_schema()
    if FAILED_CHECKS in schema:
        frame = frame.with_columns(pl.col(FAILED_CHECKS).list.join(";"))
    if nested := [c for c, t in schema.items() if t.is_nested() and c != FAILED_CHECKS]:
        raise ValueError(f"CSV cannot hold the nested columns {', '.join(nested)}; write Parquet")
    durations = [i for i, t in enumerate(schema.values()) if t == pl.Duration]  # by position: a name may be a pattern
    if durations:
        frame = frame.with_columns(pl.nth(durations).dt.to_string("iso"))
    alone = len(schema) == 1  # a null would be an empty line, which is not a row to most readers
    return frame.sink_csv(file.path, lazy=True, check_extension=False, null_value='""' if alone else None)


def _count(file: RowFile) -> int:
    rows = pl.scan_parquet(file.path) if file.format == "parquet" else pl.scan_csv(file.path, infer_schema=False)
    return int(rows.select(pl.len()).collect(engine="streaming").item())
