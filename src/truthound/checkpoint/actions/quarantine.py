"""Good and bad rows written apart."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import field_validator, model_validator

from truthound._internal.text import did_you_mean, first_line, plural
from truthound.checkpoint.actions.base import Action
from truthound.checkpoint.actions.context import ActionContext
from truthound.errors import ActionError, ConfigError, StoreError
from truthound.io.files import local_path, replacing, safe_name, sweep
from truthound.io.flow import Flow, call
from truthound.results import ActionResult, ActionStatus, CheckpointResult

if TYPE_CHECKING:
    import polars as pl

FAILED_CHECKS = "_failed_checks"
_SUFFIXES = {".parquet": "parquet", ".pq": "parquet", ".csv": "csv"}
_PLACEHOLDER = re.compile(r"(?<!\$)\{(\w*)\}")
_SYSTEM = re.compile(r"\(os error (\d+)\)")
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS})
_PLACEHOLDERS = ("run_id", "checkpoint", "date")


class QuarantineAction(Action):
    """Writes the rows that hold and the rows that do not to files of their own; each bad row names its failed checks.

    A file is replaced whole, and only after good and bad rows are counted to be all rows.
    """

    type: ClassVar[str] = "quarantine"
    action_type: ClassVar[str] = "quarantine"

    good_path: str | None = None
    """File for the rows that hold. May contain {run_id}, {checkpoint} and {date}."""
    bad_path: str | None = None
    """File for the rows that do not, with a column `_failed_checks` (a list; in CSV joined by `;`)."""
    format: Literal["parquet", "csv"] | None = None
    """How they are written; by the file's suffix, if not given."""

    @field_validator("good_path", "bad_path")
    @classmethod
    def _usable(cls, value: str | None) -> str | None:
        if value is not None:
            local_path(value)
            for name in _PLACEHOLDER.findall(value):
                if name not in _PLACEHOLDERS:
                    hint = did_you_mean(name, _PLACEHOLDERS) or "; there are {run_id}, {checkpoint} and {date}"
                    raise ValueError(f"unknown placeholder {{{name}}}{hint}")
        return value

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        paths = [p for p in (self.good_path, self.bad_path) if p is not None]
        if not paths:
            raise ValueError("give good_path, bad_path or both")
        if len(paths) != len({Path(p) for p in paths}):
            raise ValueError("good_path and bad_path are the same file")
        for path in paths:
            if "${" not in path:
                self._format(Path(path))
        return self

    def _format(self, path: Path) -> str:
        found = self.format or _SUFFIXES.get(path.suffix.lower())
        if found is None:
            raise ConfigError(f'"{path.name}" does not tell a format; end it with .parquet or .csv, or set format')
        return found

    def deliver(self, result: CheckpointResult, run: ActionContext) -> Flow[ActionResult]:
        if result.validation_result is None:
            return ActionResult(ActionStatus.SKIPPED, message="no data were checked, so there are no rows to set aside")
        if run.split is None:
            raise ActionError("the run does not give its rows; use this action in a checkpoint")
        split, validated = run.split, result.validation_result
        names = {"run_id": result.run_id, "checkpoint": result.checkpoint_name, "date": f"{result.run_time:%Y-%m-%d}"}
        targets = self._targets(names, run)
        if wrong := list(self._overwriting(targets, run)):
            raise ConfigError(f"{option}: {said}" for option, said in wrong)
        yield from call(lambda: self._sweep(run))
        counts = yield from call(lambda: self._write(split(), targets, validated.row_count, validated.sampled_from))
        details: dict[str, Any] = {f"{kind}_rows": n for kind, n in counts.items()}
        details |= {f"{kind}_path": str(path) for kind, path in targets.items()}
        words = {"bad": "set aside", "good": "kept"}
        message = ", ".join(f"{plural(counts[k], f'{k} row')} {word}" for k, word in words.items() if k in targets)
        if blind := validated.statistics.errored:
            details["checks_not_made"] = blind
            message += f"; {plural(blind, 'check')} could not be made, so no row was held against {'it' if blind == 1 else 'them'}"
        return ActionResult(ActionStatus.SUCCESS, message=message, details=details)

    def conflicts(self, checkpoint: str, run: ActionContext) -> Iterator[tuple[str, str]]:
        started = run.clock()
        names = {
            "run_id": f"{checkpoint}_{started:%Y%m%d_%H%M%S}",
            "checkpoint": checkpoint,
            "date": f"{started:%Y-%m-%d}",
        }
        return self._overwriting(self._targets(names, run), run)

    def _targets(self, names: Mapping[str, str], run: ActionContext) -> dict[str, Path]:
        """The files to write, placeholders filled in."""
        given = {"good": self.good_path, "bad": self.bad_path}
        return {
            kind: local_path(_PLACEHOLDER.sub(lambda m: safe_name(names[m[1]], 120), path), run.base)
            for kind, path in given.items()
            if path
        }

    def _sweep(self, run: ActionContext) -> None:
        """Deletes what runs that were killed left half-written in the folders that a path with placeholders has had."""
        for path in filter(None, (self.good_path, self.bad_path)):
            folders = local_path(path, run.base).parent.parts
            fixed = next((i for i, part in enumerate(folders) if _PLACEHOLDER.search(part)), len(folders))
            if fixed < len(folders):
                sweep(Path(*folders[:fixed]), len(folders) - fixed)

    def _overwriting(self, targets: Mapping[str, Path], run: ActionContext) -> Iterator[tuple[str, str]]:
        """Targets that are each other, or that the checkpoint reads: by what they are on disk, not by how they are written."""
        if len({path.resolve() for path in targets.values()}) < len(targets):
            yield "bad_path", "good_path and bad_path are the same file"
        for kind, path in targets.items():
            if run.is_input(path):
                written = self.good_path if kind == "good" else self.bad_path
                said = "is part of the data that is checked: it would be overwritten, or read as data by the next run"
                yield f"{kind}_path", f"{written} {said}; write to another folder"

    def _write(
        self, split: Any, targets: dict[str, Path], rows: int | None, sampled_from: int | None
    ) -> dict[str, int]:
        """Writes the files in one pass over the data, counts them, and lets them take their places."""
        import polars as pl

        frames: dict[str, pl.LazyFrame] = {"good": split.good, "bad": split.bad}
        with ExitStack() as stack:
            written = {kind: stack.enter_context(replacing(path)) for kind, path in targets.items()}
            plans = [_sink(frames[kind], path, self._format(targets[kind])) for kind, path in written.items()]
            plans += [frames[kind].select(pl.len()) for kind in frames if kind not in written]
            try:
                done = pl.collect_all(plans, engine="streaming")
            except (OSError, pl.exceptions.PolarsError) as error:
                if why := _unwritable(error):
                    places = " and ".join(map(str, targets.values()))
                    raise StoreError(f"cannot write {places}: {why}; nothing was written") from None
                raise
            except pl.exceptions.PanicException as error:  # not an Exception: CSV has no text for some far dates
                raise ActionError(f"the engine cannot write these rows: {first_line(error)}; write Parquet") from None
            counts = {kind: self._count(path, targets[kind]) for kind, path in written.items()}
            rest = [frame for frame in done if frame.width]
            counts |= {
                kind: int(f.item()) for kind, f in zip((k for k in frames if k not in written), rest, strict=True)
            }
            total = counts["good"] + counts["bad"]
            if rows is not None and total not in (rows, sampled_from):
                raise ActionError(
                    f"good ({counts['good']:,}) and bad ({counts['bad']:,}) rows make {total:,}, but {rows:,} rows were checked: "
                    "the data changed in between; nothing was written, run the checkpoint again"
                )
        return counts

    def _count(self, path: Path, target: Path) -> int:
        import polars as pl

        if self._format(target) == "parquet":
            return int(pl.scan_parquet(path).select(pl.len()).collect().item())
        return int(pl.scan_csv(path, infer_schema=False).select(pl.len()).collect(engine="streaming").item())


def _unwritable(error: Exception) -> str:
    """What the system says of a disk that takes no more, in an error of the engine that does not name the file; or nothing."""
    number = int(found[1]) if (found := _SYSTEM.search(str(error))) else 0
    return os.strerror(number) if number in _FULL else ""


def _sink(frame: pl.LazyFrame, path: Path, form: str) -> pl.LazyFrame:
    """The plan that writes a frame."""
    import polars as pl

    if form == "parquet":
        return frame.sink_parquet(path, lazy=True)
    schema = frame.collect_schema()
    if FAILED_CHECKS in schema:
        frame = frame.with_columns(pl.col(FAILED_CHECKS).list.join(";"))
    if nested := [c for c, t in schema.items() if t.is_nested() and c != FAILED_CHECKS]:
        raise ActionError(f"CSV cannot hold the nested columns {', '.join(nested)}; write Parquet")
    lengths = [i for i, t in enumerate(schema.values()) if t == pl.Duration]  # by place: a name may be a pattern
    if lengths:
        frame = frame.with_columns(pl.nth(lengths).dt.to_string("iso"))
    alone = len(schema) == 1  # a null would be an empty line, which is not a row to most readers
    return frame.sink_csv(path, lazy=True, check_extension=False, null_value='""' if alone else None)
