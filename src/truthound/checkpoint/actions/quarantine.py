"""Passing and failing rows written to separate files."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

from pydantic import field_validator, model_validator

from truthound._internal.text import did_you_mean, plural
from truthound.checkpoint.actions.base import Action
from truthound.checkpoint.actions.context import ActionContext
from truthound.engine import RowFile, Split, SplitPart
from truthound.errors import ActionError, ConfigError, StoreError
from truthound.io.files import atomic_replacement, local_path, safe_name, sweep
from truthound.io.flow import Flow, call
from truthound.results import ActionResult, ActionStatus, CheckpointResult

FileFormat = Literal["parquet", "csv"]
_SUFFIXES: dict[str, FileFormat] = {".parquet": "parquet", ".pq": "parquet", ".csv": "csv"}
_PLACEHOLDER = re.compile(r"(?<!\$)\{(\w*)\}")
_DISK_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS})
_PLACEHOLDERS = ("run_id", "checkpoint", "date")


class QuarantineAction(Action):
    """Writes passing rows and failing rows to separate files; each failing row names its failed checks.

    Files are replaced atomically, and only after their row counts add up to all rows.
    """

    type: ClassVar[str] = "quarantine"
    action_type: ClassVar[str] = "quarantine"

    good_path: str | None = None
    """The file for passing rows. May contain {run_id}, {checkpoint} and {date}."""
    bad_path: str | None = None
    """The file for failing rows, with a column `_failed_checks` (a list; in CSV joined by `;`)."""
    format: FileFormat | None = None
    """The format of the files. Default: by their suffixes."""

    @field_validator("good_path", "bad_path")
    @classmethod
    def _check_path(cls, value: str | None) -> str | None:
        if value is not None:
            local_path(value)
            for name in _PLACEHOLDER.findall(value):
                if name not in _PLACEHOLDERS:
                    hint = did_you_mean(name, _PLACEHOLDERS) or "; there are {run_id}, {checkpoint} and {date}"
                    raise ValueError(f"unknown placeholder {{{name}}}{hint}")
        return value

    @model_validator(mode="after")
    def _check_paths(self) -> Self:
        paths = [p for p in (self.good_path, self.bad_path) if p is not None]
        if not paths:
            raise ValueError("give good_path, bad_path or both")
        if len(paths) != len({Path(p) for p in paths}):
            raise ValueError("good_path and bad_path are the same file")
        for path in paths:
            if "${" not in path:
                self._format(Path(path))
        return self

    def _format(self, path: Path) -> FileFormat:
        found = self.format or _SUFFIXES.get(path.suffix.lower())
        if found is None:
            raise ConfigError(f'"{path.name}" has no known suffix; end it with .parquet or .csv, or set format')
        return found

    def deliver(self, result: CheckpointResult, run: ActionContext) -> Flow[ActionResult]:
        if result.validation_result is None:
            return ActionResult(ActionStatus.SKIPPED, message="no data were checked, so there are no rows to set aside")
        if run.split is None:
            raise ActionError("the rows of the run are not available; use this action in a checkpoint")
        split, validated = run.split, result.validation_result
        names = {"run_id": result.run_id, "checkpoint": result.checkpoint_name, "date": f"{result.run_time:%Y-%m-%d}"}
        targets = self._targets(names, run)
        if problems := list(self._overwriting(targets, run)):
            raise ConfigError(f"{option}: {problem}" for option, problem in problems)
        yield from call(lambda: self._sweep(run))
        counts = yield from call(lambda: self._write(split(), targets, validated.row_count, validated.sampled_from))
        details: dict[str, Any] = {f"{kind}_rows": n for kind, n in counts.items()}
        details |= {f"{kind}_path": str(path) for kind, path in targets.items()}
        verbs: dict[SplitPart, str] = {"bad": "set aside", "good": "kept"}
        message = ", ".join(f"{plural(counts[k], f'{k} row')} {verb}" for k, verb in verbs.items() if k in targets)
        if errored := validated.statistics.errored:
            details["checks_not_evaluated"] = errored
            message += f"; {plural(errored, 'check')} could not be evaluated, so no row counts as failing {'it' if errored == 1 else 'them'}"
        return ActionResult(ActionStatus.SUCCESS, message=message, details=details)

    def conflicts(self, checkpoint: str, run: ActionContext) -> Iterator[tuple[str, str]]:
        started = run.clock()
        names = {
            "run_id": f"{checkpoint}_{started:%Y%m%d_%H%M%S}",
            "checkpoint": checkpoint,
            "date": f"{started:%Y-%m-%d}",
        }
        return self._overwriting(self._targets(names, run), run)

    def _targets(self, names: Mapping[str, str], run: ActionContext) -> dict[SplitPart, Path]:
        """The files to write, with their placeholders rendered."""
        given: dict[SplitPart, str | None] = {"good": self.good_path, "bad": self.bad_path}
        return {
            kind: local_path(_PLACEHOLDER.sub(lambda m: safe_name(names[m[1]], 120), path), run.base)
            for kind, path in given.items()
            if path
        }

    def _sweep(self, run: ActionContext) -> None:
        """Deletes incomplete files that killed runs left in the folders of a path with placeholders."""
        for path in filter(None, (self.good_path, self.bad_path)):
            folders = local_path(path, run.base).parent.parts
            fixed = next((i for i, part in enumerate(folders) if _PLACEHOLDER.search(part)), len(folders))
            if fixed < len(folders):
                sweep(Path(*folders[:fixed]), len(folders) - fixed)

    def _overwriting(self, targets: Mapping[SplitPart, Path], run: ActionContext) -> Iterator[tuple[str, str]]:
        """Problems with targets that are the same file, or that the checkpoint reads; links are resolved before comparing."""
        if len({path.resolve() for path in targets.values()}) < len(targets):
            yield "bad_path", "good_path and bad_path are the same file"
        for kind, path in targets.items():
            if run.is_input(path):
                given = self.good_path if kind == "good" else self.bad_path
                why = "is part of the data that is checked: it would be overwritten, or read as data by the next run"
                yield f"{kind}_path", f"{given} {why}; write to another folder"

    def _write(
        self, split: Split, targets: Mapping[SplitPart, Path], rows: int | None, sampled_from: int | None
    ) -> dict[SplitPart, int]:
        """Writes temporary files, counts their rows, and only then replaces the targets."""
        with ExitStack() as stack:
            files = {
                part: RowFile(stack.enter_context(atomic_replacement(path)), self._format(path))
                for part, path in targets.items()
            }
            try:
                counts = split.write(files)
            except ValueError as error:
                raise ActionError(str(error)) from None
            except OSError as error:
                if error.errno not in _DISK_ERRORS:
                    raise
                places = " and ".join(map(str, targets.values()))
                raise StoreError(f"cannot write {places}: {error.strerror}; nothing was written") from None
            total = counts["good"] + counts["bad"]
            if rows is not None and total not in (rows, sampled_from):
                raise ActionError(
                    f"good ({counts['good']:,}) and bad ({counts['bad']:,}) rows make {total:,}, but {rows:,} rows were checked: "
                    "the data changed in between; nothing was written, run the checkpoint again"
                )
        return counts
