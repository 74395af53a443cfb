"""Schemas that a run learns and stores for later runs."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from truthound._internal.text import number
from truthound.engine import Backend
from truthound.engine.measures import RowCount
from truthound.errors import ConfigError, StoreError
from truthound.io.files import safe_name
from truthound.profiling.open import with_backend
from truthound.profiling.schema_inference import PII_PROPERTIES, InferredSchema, infer_schema_of
from truthound.schema import ColumnSchema, Schema


def _schema_path(state_dir: Path, name: str) -> Path:
    return state_dir / "schemas" / f"{safe_name(name)}.yaml"


def load_learned_schema(state_dir: Path, name: str, pii: Collection[str] = ()) -> Schema | None:
    """The learned schema, without properties from values of `pii` columns; None if there is none. ConfigError if its file is damaged."""
    path = _schema_path(state_dir, name)
    return _without_pii_values(Schema.load(path), pii) if path.exists() else None


def _without_pii_values(schema: Schema, pii: Collection[str]) -> Schema:
    """The schema without properties from values of these columns."""
    kept = {*PII_PROPERTIES, "description"}
    bare = {c: ColumnSchema(**s.model_dump(include=kept)) for c, s in schema.columns.items() if c in pii}
    return schema.model_copy(update={"columns": schema.columns | bare})


def auto_schema(state_dir: Path, name: str, data: Backend, *, pii: Collection[str] = ()) -> tuple[Schema, str]:
    """The schema that was learned on the first run, and a note; learns it if this is the first. It is never learned anew by itself.

    Nothing is kept that came from the values of `pii` columns; what an earlier run kept of them is removed.
    """
    path = _schema_path(state_dir, name)
    validated = f"validated against the schema learned in {path}"
    if (known := load_learned_schema(state_dir, name)) is not None:
        bare = _without_pii_values(known, pii)
        if bare == known:
            return known, validated
        bare.save(path)
        return bare, f"{validated}; what it had of the values of pii columns was removed"
    inferred = infer_schema_of(data, pii=pii)
    schema = inferred.schema
    if not data.measure([RowCount()])[RowCount()]:
        return schema, "no rows to learn a schema from; the first run that has some learns it"
    if create_exclusive(path, inferred.to_yaml()):
        return schema, f"first run: the schema was learned and kept in {path}"
    return _without_pii_values(Schema.load(path), pii), validated  # another process was first; its schema counts


def create_exclusive(path: Path, text: str) -> bool:
    """Writes a file atomically unless it exists. Returns whether it was written."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, path)
        except FileExistsError:
            return False
        except OSError:  # a file system without links cannot say who was first; what is written last is kept, whole
            if path.exists():
                return False
            temporary.replace(path)
    except OSError as error:
        raise StoreError(f"cannot keep the learned schema in {path}: {error.strerror or error}") from None
    finally:
        with contextlib.suppress(OSError):  # it may never have been made; the first error is the one to tell
            temporary.unlink(missing_ok=True)
    return True


def update_schema(
    state_dir: Path,
    name: str,
    data: Any,
    *,
    base: Path | None = None,
    pii: Collection[str] = (),
    on_change: Callable[[str], object] | None = None,
) -> Path:
    """Learns a schema anew, in place of the one that is kept. Returns its file; `on_change` hears what changed, line by line."""
    path = _schema_path(state_dir, name)

    def learn(backend: Backend, _: str) -> InferredSchema:
        if not backend.measure([RowCount()])[RowCount()]:
            raise ConfigError(f"there are no rows to learn from; what {path} holds is kept")
        return infer_schema_of(backend, pii=pii)

    schema, comments = with_backend(data, base, learn)
    try:
        old = load_learned_schema(state_dir, name, pii)
        changes = ["learned for the first time"] if old is None else diff_schemas(old, schema) or ["nothing changed"]
    except ConfigError:
        changes = [f"the schema kept in {path} was damaged; it is replaced"]
    schema.save(path, comments)
    for line in changes if on_change else ():
        on_change(line)  # type: ignore[misc]  # there are no lines without it
    return path


def diff_schemas(old: Schema, new: Schema) -> list[str]:
    """The differences, one line each: removed (-) and added (+) columns, and changed properties (~)."""
    out = [f'- column "{c}"' for c in old.columns if c not in new.columns]
    out += [f'+ column "{c}": {s.type}' for c, s in new.columns.items() if c not in old.columns]
    for c, s in new.columns.items():
        if c not in old.columns:
            continue
        for prop in ColumnSchema.model_fields:
            before, after = getattr(old.columns[c], prop), getattr(s, prop)
            if before != after:
                out.append(f'~ column "{c}": {prop} {_change(before, after)}')
    for prop in ("primary_key", "extra", "order"):
        before, after = getattr(old, prop), getattr(new, prop)
        if before != after:
            out.append(f"~ {prop} {_change(before, after)}")
    if not out and list(old.columns) != list(new.columns):
        out.append("~ the order of the columns")
    return out


def _change(before: Any, after: Any) -> str:
    if isinstance(before, tuple) and isinstance(after, tuple) and set(before) & set(after):
        gone, came = [v for v in before if v not in after], [v for v in after if v not in before]
        return " ".join([*(f"-{number(v)}" for v in gone), *(f"+{number(v)}" for v in came)])
    return f"{_written(before)} -> {_written(after)}"


def _written(value: Any) -> str:
    return ", ".join(map(number, value)) if isinstance(value, tuple) else number(value)
