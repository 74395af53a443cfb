"""Stored baselines of the validator `distribution`."""

from __future__ import annotations

import json
from collections.abc import Container, Mapping
from pathlib import Path
from typing import Any

from truthound.errors import StoreError
from truthound.io.files import LocalObjects, safe_name


class FileBaselines:
    """Small documents by key, kept in a folder, one namespace a checkpoint."""

    def __init__(self, folder: Path, name: str) -> None:
        self._objects = LocalObjects(folder / safe_name(name))

    def get(self, key: str) -> dict[str, Any] | None:
        """The stored document, or None. Raises StoreError if it cannot be read."""
        data = self._objects.get(self._file(key))
        if data is None:
            return None
        try:
            found = json.loads(data)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise StoreError(
                f"the baseline {self._objects.root / self._file(key)} is damaged; delete it to keep a new one"
            )
        return found

    def put(self, key: str, value: Mapping[str, Any]) -> None:
        """Stores a document atomically."""
        self._objects.put(self._file(key), json.dumps(value, sort_keys=True).encode())

    def forget(self, columns: Container[str]) -> None:
        """Deletes the documents of these columns."""
        for stored in list(self._objects.list(depth=0)):
            try:
                found = json.loads(self._objects.get(stored.key) or b"")
            except ValueError:
                found = None
            if isinstance(found, dict) and found.get("column") in columns:
                self._objects.delete(stored.key)

    @staticmethod
    def _file(key: str) -> str:
        return f"{safe_name(key)}.json"
