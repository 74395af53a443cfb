"""Results kept as files, one a run, and read back."""

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
"""the first key of every stored document, with the number of its layout"""
_NAME = re.compile(r"[^/]+_[^/]+\.(json|yaml)(\.gz)?")
_TIME = re.compile(r"(?<!\d)(20\d\d)-?(\d\d)-?(\d\d)[T_-]?(\d\d)[:-]?(\d\d)[:-]?(\d\d)(?!\d)")
_HEAD = re.compile(rb'\{\s*"format":\s*"truthound\.result/\d+",\s*"checkpoint_name":\s*("(?:[^"\\]|\\.)*")')
_DEPTH = 1  # a partition is one folder
_NESTED = 200  # levels of a YAML document
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class StoreValidationResult(Action):
    """Keeps the run's result as a file: `store_path/[partition/]<checkpoint>_<run id>.json`.

    A run id that begins with the checkpoint's name, as ours do, does not repeat it. It is done when all other actions
    are, wherever it is listed: what is kept has their results and the final status.
    """

    type: ClassVar[str] = "store_result"
    action_type: ClassVar[str] = "storage"
    last: ClassVar[bool] = True

    store_path: str = "./truthound_results"
    """A local folder, which is made if need be, or a bucket: s3://bucket/folder, gs://..., az://..."""
    store_type: Literal["file", "s3", "gcs", "azure"] | None = None
    """Where that is: file, s3, gcs or azure; as the path says, if not given."""
    format: Literal["json", "yaml"] = "json"
    """How the result is written."""
    partition_by: Literal["date", "checkpoint", "status"] | None = None
    """A folder for each day of runs (UTC), checkpoint or status."""
    retention_days: int | None = Field(default=None, ge=1)
    """Results of this checkpoint that are older go when a new one is kept."""
    compress: bool = False
    """Whether it is written as gzip."""

    @model_validator(mode="after")
    def _agreeing(self) -> Self:
        path, told = self.store_path, self.store_type
        if "${" in path:
            return self
        kind = kind_of(path) or "file"
        if kind == "file":
            try:
                local_path(path)
            except ConfigError as error:
                raise OptionErrors(("store_path", said) for said in error.problems) from None
        elif why := check_location(path):
            raise OptionErrors([("store_path", why)])
        if told is not None and told != kind:
            need = {
                "file": "a local folder",
                "s3": "s3://bucket/folder",
                "gcs": "gs://bucket/folder",
                "azure": "az://container/folder",
            }
            raise OptionErrors(
                [("store_type", f'"{told}" takes {need[told]} as store_path, which is "{redact(path)}"')]
            )
        return self

    def check(self) -> Iterator[str]:
        if kind_of(self.store_path) and not installed():
            yield MISSING

    def deliver(self, result: CheckpointResult, run: ActionContext) -> Flow[ActionResult]:
        objects = open_objects(self.store_path, run.base)
        content = yield from call(lambda: self.encode(result))  # seconds, where there are thousands of issues
        key = self.key(result)
        yield from call(lambda: objects.sweep(_DEPTH))  # a run that was killed may have written to another partition
        path = yield from call(lambda: objects.put(key, content, modified=result.run_time.timestamp()))
        details: dict[str, Any] = {"path": str(path), "bytes": len(content)}
        message = f"stored in {path}"
        if self.retention_days is not None:
            oldest = run.clock() - timedelta(days=self.retention_days)
            try:
                details["deleted"] = yield from call(lambda: _expire(objects, result.checkpoint_name, oldest))
            except StoreError as error:  # the result is kept all the same
                details["retention_error"] = str(error)
                message += f"; older results could not be deleted: {error}"
        return ActionResult(ActionStatus.SUCCESS, message=message, details=details)

    def key(self, result: CheckpointResult) -> str:
        """The file's path within the store. A run that is stored again takes the place of its file."""
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
        """The file's content: the result as a document that begins with its format."""
        document = {"format": FORMAT, "checkpoint_name": result.checkpoint_name} | result.to_dict()
        try:
            if self.format == "yaml":
                written = yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True)
            else:
                written = json.dumps(document, indent=None if self.compress else 1, ensure_ascii=False)
            content = written.encode()
        except UnicodeEncodeError:  # half of a surrogate pair, from hostile data; JSON can hold it, and is YAML too
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
    """The stored results, newest first, at most `limit`, of one checkpoint or of all; no folder has none.

    Files are taken newest first and no more are read than needed. Damaged files are passed over: each is told of in
    `problems`, or as a warning where no list is given. Other people's files are no concern of ours.
    """
    if limit is not None and limit < 0:
        raise ConfigError(f"limit is {limit}; give the number of results, or none for all")
    objects = open_objects(store_path, base)
    found: list[CheckpointResult] = []
    told: list[str] = []
    spare = 0
    for stored in sorted(_ours(objects, checkpoint), key=_when, reverse=True):
        if limit is not None and len(found) >= limit:
            spare += 1  # names tell the time to the second, and in a zone of their own: look a little further
            if spare > min(limit, 5):
                break
        if result := _read(objects, stored.key, checkpoint, told):
            found.append(result)
    if problems is not None:
        problems += told
    else:
        for problem in told:
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
    """When the run was, as far as the name tells; else when the file was written."""
    for digits in reversed(_TIME.findall(stored.key.rpartition("/")[2])):
        try:
            named = datetime.strptime("".join(digits), "%Y%m%d%H%M%S").replace(tzinfo=UTC).timestamp()
        except ValueError:  # digits, but no date
            continue
        if abs(named - stored.modified) > 36 * 3600:  # copied, or unpacked: the name is the better witness
            return named, stored.key
    return stored.modified, stored.key


def _read(objects: Objects, key: str, checkpoint: str | None, problems: list[str]) -> CheckpointResult | None:
    """The result in a file; None if it is not there any more, not ours, of another checkpoint, or damaged (a problem)."""
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
            problems.append(f"{objects.where(key)}: written by another version ({document['format']}), passed over")
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
            f"{objects.where(key)}: damaged, passed over ({type(error).__name__}: {' '.join(str(error).split())[:200]})"
        )
        return None
    return result if checkpoint in (None, result.checkpoint_name) else None


def _load_yaml(content: bytes) -> Any:
    """The document, if it is one of ours. The C loader crashes on deep nesting, so that is looked for first."""
    if not content.startswith(b"format: "):
        return None
    depth = 0
    for event in yaml.parse(content, _Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _NESTED:
            raise ValueError("nested too deep")
    return yaml.load(content, _Loader)  # noqa: S506 a safe one


def _expire(objects: Objects, checkpoint: str, oldest: datetime) -> int:
    """Deletes this checkpoint's results from before `oldest`: only files that read as such, so never anything of others."""
    deleted = 0
    for stored in list(_ours(objects, checkpoint)):
        if _when(stored)[0] < oldest.timestamp():
            result = _read(objects, stored.key, checkpoint, [])
            if result and _utc(result.run_time) < oldest:
                deleted += objects.delete(stored.key)
    return deleted


def _utc(moment: datetime) -> datetime:
    """In UTC; one without a zone is local, as Python has it."""
    return moment.astimezone(UTC)
