"""A site's records, each read once: their contents are cached in one file beside them, so that thousands of requests to a bucket are saved."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable
from typing import Any

from truthound.errors import StoreError
from truthound.io.object_storage import Objects
from truthound.reporters.site import records
from truthound.reporters.site.records import RunRecord

READ = "read.json"


class RecordCache:
    """The records of a site. A rewritten record has another size or time, and is read again."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._stamps: dict[str, list[float]] = {}
        self._before: dict[str, list[Any]] | None = None  # what is in the file
        self._read: dict[str, list[Any]] = {}  # key -> size, time, content

    def record_keys(self) -> list[str]:
        """The keys of all records there are now, `checkpoint/time-run.json`, in order."""
        found = (o for o in self._objects.list(1) if o.key.endswith(".json") and o.key.count("/") == 1)
        self._stamps = {o.key: [o.size, o.modified] for o in found}
        return sorted(self._stamps)

    def records(self, keys: Iterable[str]) -> list[RunRecord]:
        """The valid ones of these records."""
        if self._before is None:
            self._before = _decoded(self._objects.get(READ))
            self._read = dict(self._before)
        return [r for r in (records.decoded(self._content(k)) for k in keys) if r is not None]

    def _content(self, key: str) -> bytes | None:
        stamp, known = self._stamps.get(key), self._read.get(key)
        if known and known[:2] == stamp:
            return bytes(known[2], "utf-8", "replace")
        content = self._objects.get(key)
        if content is not None and stamp is not None:
            self._read[key] = [*stamp, content.decode("utf-8", "replace")]
        return content

    def keep(self, keys: Iterable[str]) -> None:
        """Writes what was read of these records, for the next run."""
        worth = {k: self._read[k] for k in keys if k in self._read}
        if worth != self._before:
            with contextlib.suppress(
                StoreError
            ):  # the records themselves are there; reading them again only takes longer
                self._objects.put(READ, json.dumps(worth).encode())


def _decoded(content: bytes | None) -> dict[str, list[Any]]:
    try:
        found = json.loads(content or b"{}")
        return {k: v for k, v in found.items() if len(v) == 3 and isinstance(v[2], str)}
    except (ValueError, TypeError, AttributeError, RecursionError):
        return {}
