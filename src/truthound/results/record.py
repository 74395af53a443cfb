"""Records that turn into plain values and back."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from truthound._internal import text


class Record:
    """A frozen dataclass that turns into plain JSON values and back without loss."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """Nested dictionaries, lists and scalars that JSON and YAML can hold."""
        return {f.name: _plain(getattr(self, f.name)) for f in dataclasses.fields(self)}  # type: ignore[arg-type]

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The record that `to_dict` was called on. Keys that are not fields are ignored: they are derived."""
        hints = _hints(cls)
        return cls(**{name: _typed(hints[name], data[name]) for name in hints if name in data})


_HINTS: dict[type, dict[str, Any]] = {}


def _hints(cls: type) -> dict[str, Any]:
    if cls not in _HINTS:
        names = {f.name for f in dataclasses.fields(cls)}
        _HINTS[cls] = {k: v for k, v in typing.get_type_hints(cls).items() if k in names}
    return _HINTS[cls]


def _plain(value: Any) -> Any:
    match value:
        case Record():
            return value.to_dict()
        case StrEnum():
            return value.value
        case tuple() | list():
            return [_plain(v) for v in value]
        case Mapping():
            return {str(k): _plain(v) for k, v in value.items()}
        case _:
            return text.to_json_value(value, width=1_000_000)


def _typed(hint: Any, value: Any) -> Any:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if value is None or hint is Any:
        return value
    if origin in (types.UnionType, typing.Union):
        return _typed(next(a for a in args if a is not type(None)), value)
    if origin in (tuple, list):
        return origin(_typed(args[0], v) for v in value)
    if isinstance(hint, type):
        if issubclass(hint, Record):
            return hint.from_dict(value)
        if issubclass(hint, datetime):
            return datetime.fromisoformat(value)
        if issubclass(hint, StrEnum):
            return hint(value)
    return value
