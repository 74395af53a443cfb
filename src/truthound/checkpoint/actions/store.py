"""Results stored as files, one for each run, and read back."""

from __future__ import annotations

import gzip
import json
import re
import warnings
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import yaml
from pydantic import Field, model_validator

from truthound._internal.redaction import redact
from truthound.checkpoint.actions.base import Action
from truthound.checkpoint.actions.context import ActionContext
from truthound.errors import ConfigError, OptionErrors, StoreError
from truthound.io.files import Stored, local_path, safe_name
from truthound.io.flow import Flow, call
from truthound.io.object_storage import MISSING, Objects, check_location, installed, kind_of, open_objects
from truthound.results import ActionResult, ActionStatus, CheckpointResult

FORMAT = "truthound.result/1"
"""the first key of every stored document; the number is the version of its layout"""
_NAME = re.compile(r"[^/]+_[^/]+\.(json|yaml)(\.gz)?")
_TIME = re.compile(r"(?<!\d)(20\d\d)-?(\d\d)-?(\d\d)[T_-]?(\d\d)[:-]?(\d\d)[:-]?(\d\d)(?!\d)")
_HEAD = re.compile(rb'\{\s*"format":\s*"truthound\.result/\d+",\s*"checkpoint_name":\s*("(?:[^"\\]|\\.)*")')
_DEPTH = 1  # a partition is one folder
_MAX_NESTING = 200  # of a YAML document
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class StoreValidationResult(Action):
    """Stores the run's result as a file: `store_path/[partition/]<checkpoint>_<run id>.json`.

    A run id that begins with the checkpoint's name, as the default ones do, does not repeat it. The action runs after all
    others, wherever it is listed, so that the stored result has their results and the final status.
    """

    type: ClassVar[str] = "store_result"
    action_type: ClassVar[str] = "storage"
    last: ClassVar[bool] = True

    store_path: str = "./truthound_results"
    """A local folder, which is created if it does not exist, or a bucket: s3://bucket/folder, gs://..., az://..."""
    store_type: Literal["file", "s3", "gcs", "azure"] | None = None
    """The kind of storage: file, s3, gcs or azure. Default: that of the path."""
    format: Literal["json", "yaml"] = "json"
    """The format of the file."""
    partition_by: Literal["date", "checkpoint", "status"] | None = None
    """One folder for each day (UTC), checkpoint or status."""
    retention_days: int | None = Field(default=None, ge=1)
    """Older results of this checkpoint are deleted when a new one is stored."""
    compress: bool = False
    """Whether the file is compressed with gzip."""

    @model_validator(mode="after")
    def _check_store(self) -> Self:
        path, given = self.store_path, self.store_type
        if "${" in path:
            return self
        kind = kind_of(path) or "file"
        if kind == "file":
            try:
                local_path(path)
            except ConfigError as error:
                raise OptionErrors(("store_path", problem) for problem in error.problems) from None
        elif why := check_location(path):
            raise OptionErrors([("store_path", why)])
        if given is not None and given != kind:
            required = {
                "file": "a local folder",
                "s3": "s3://bucket/folder",
                "gcs": "gs://bucket/folder",
                "azure": "az://container/folder",
            }
            raise OptionErrors(
                [("store_type", f'"{given}" requires {required[given]} as store_path, which is "{redact(path)}"')]
            )
        return self

    def check(self) -> Iterator[str]:
        if kind_of(self.store_path) and not installed():
            yield MISSING

    def deliver(self, result: CheckpointResult, run: ActionContext) -> Flow[ActionResult]:
        objects = open_objects(self.store_path, run.base)
        content = yield from call(lambda: self.encode(result))  # takes seconds where there are thousands of issues
        key = self.key(result)
        yield from call(lambda: objects.sweep(_DEPTH))  # a killed run may have written to another partition
        path = yield from call(lambda: objects.put(key, content, modified=result.run_time.timestamp()))
        details: dict[str, Any] = {"path": str(path), "bytes": len(content)}
        message = f"stored in {path}"
        if self.retention_days is not None:
            oldest = run.clock() - timedelta(days=self.retention_days)
            try:
                details["deleted"] = yield from call(lambda: _expire(objects, result.checkpoint_name, oldest))
            except StoreError as error:  # the result is stored nevertheless
                details["retention_error"] = str(error)
                message += f"; older results could not be deleted: {error}"
        return ActionResult(ActionStatus.SUCCESS, message=message, details=details)

    def key(self, result: CheckpointResult) -> str:
        """The file's path within the store. A run that is stored again replaces its file."""
        checkpoint, run_id = safe_name(result.checkpoint_name), safe_name(result.run_id, 120)
        name = run_id if run_id.startswith(f"{checkpoint}_") else f"{checkpoint}_{run_id}"
        folder = {
            None: "",
            "date": f"{_utc(result.run_time):%Y-%m-%d}/",
            "checkpoint": f"{checkpoint}/",
            "status": f"{result.status.value}/",
        }[self.partition_by]
        return f"{folder}{name}.{self.format}{'.gz' if self.compress else ''}"

    def encode(self, result: CheckpointResult) -> bytes:
        """The file's content: the result as a document whose first key is its format."""
        document = {"format": FORMAT, "checkpoint_name": result.checkpoint_name} | result.to_dict()
        try:
            if self.format == "yaml":
                written = yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True)
            else:
                written = json.dumps(document, indent=None if self.compress else 1, ensure_ascii=False)
            content = written.encode()
        except UnicodeEncodeError:  # half of a surrogate pair in the data; JSON can represent it, and is valid YAML
            content = json.dumps(document).encode()
        return gzip.compress(content, mtime=0) if self.compress else content


def load_results(
    store_path: str | Path,
    checkpoint: str | None = None,
    limit: int | None = None,
    *,
    base: Path | None = None,
    problems: list[str] | None = None,
) -> list[CheckpointResult]:
    """The stored results, newest first, at most `limit`, of one checkpoint or of all; none if the folder does not exist.

    Files are read newest first, and no more than needed. Damaged files are skipped: each is reported in `problems`, or as a
    warning without it. Other files are ignored.
    """
    if limit is not None and limit < 0:
        raise ConfigError(f"limit is {limit}; give the number of results, or none for all")
    objects = open_objects(store_path, base)
    found: list[CheckpointResult] = []
    skipped: list[str] = []
    extra = 0
    for stored in sorted(_ours(objects, checkpoint), key=_when, reverse=True):
        if limit is not None and len(found) >= limit:
            extra += 1  # the times in file names have whole seconds and unknown time zones, so their order may be slightly wrong
            if extra > min(limit, 5):
                break
        if result := _read(objects, stored.key, checkpoint, skipped):
            found.append(result)
    if problems is not None:
        problems += skipped
    else:
        for problem in skipped:
            warnings.warn(problem, stacklevel=2)
    found.sort(key=lambda r: _utc(r.run_time), reverse=True)
    return found[:limit]


def _ours(objects: Objects, checkpoint: str | None) -> Iterator[Stored]:
    start = "" if checkpoint is None else f"{safe_name(checkpoint)}_"
    for stored in objects.list(_DEPTH):
        name = stored.key.rpartition("/")[2]
        if name.startswith(start) and _NAME.fullmatch(name):
            yield stored


def _when(stored: Stored) -> tuple[float, str]:
    """The time of the run in the file's name; of the last change of the file, if the name has none."""
    for digits in reversed(_TIME.findall(stored.key.rpartition("/")[2])):
        try:
            named = datetime.strptime("".join(digits), "%Y%m%d%H%M%S").replace(tzinfo=UTC).timestamp()
        except ValueError:  # not a date
            continue
        if abs(named - stored.modified) > 36 * 3600:  # the file was copied or unpacked: trust the time in its name
            return named, stored.key
    return stored.modified, stored.key


def _read(objects: Objects, key: str, checkpoint: str | None, problems: list[str]) -> CheckpointResult | None:
    """The result in a file; None if it was deleted, is another kind of file or another checkpoint's, or is damaged (a problem)."""
    try:
        content = objects.get(key)
        if content is None:
            return None
        if key.endswith(".gz"):
            content = gzip.decompress(content)
        head = _HEAD.match(content)
        if head and checkpoint is not None and json.loads(head[1]) != checkpoint:
            return None
        document = json.loads(content) if content.startswith(b"{") else _load_yaml(content)
        if not isinstance(document, dict) or not str(document.get("format", "")).startswith("truthound.result/"):
            return None
        if document["format"] != FORMAT:
            problems.append(f"{objects.display_path(key)}: written by another version ({document['format']}), skipped")
            return None
        result = CheckpointResult.from_dict(document)
    except (
        StoreError,
        OSError,
        EOFError,
        zlib.error,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        RecursionError,
        yaml.YAMLError,
    ) as error:
        problems.append(
            f"{objects.display_path(key)}: damaged, skipped ({type(error).__name__}: {' '.join(str(error).split())[:200]})"
        )
        return None
    return result if checkpoint in (None, result.checkpoint_name) else None


def _load_yaml(content: bytes) -> Any:
    """The document, if it is a stored result. Deep nesting, on which the C loader crashes, is refused first."""
    if not content.startswith(b"format: "):
        return None
    depth = 0
    for event in yaml.parse(content, _Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_NESTING:
            raise ValueError("nested too deep")
    return yaml.load(content, _Loader)  # noqa: S506 a safe one


def _expire(objects: Objects, checkpoint: str, oldest: datetime) -> int:
    """Deletes this checkpoint's results from before `oldest`: only files that can be read as such results."""
    deleted = 0
    for stored in list(_ours(objects, checkpoint)):
        if _when(stored)[0] < oldest.timestamp():
            result = _read(objects, stored.key, checkpoint, [])
            if result and _utc(result.run_time) < oldest:
                deleted += objects.delete(stored.key)
    return deleted


def _utc(moment: datetime) -> datetime:
    """In UTC; a time without a zone is local."""
    return moment.astimezone(UTC)
