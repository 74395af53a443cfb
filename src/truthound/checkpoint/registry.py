"""Checkpoints by name."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from truthound._internal.text import did_you_mean
from truthound.checkpoint.checkpoint import Checkpoint
from truthound.errors import ConfigError, UnknownCheckpointError


class CheckpointRegistry:
    """Checkpoints by name, in the order of registration. Registries are independent; threads may share one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, Checkpoint] = {}

    def register(self, checkpoint: Checkpoint, *, replace: bool = False) -> Checkpoint:
        """Registers a checkpoint under its name and returns it; a duplicate name is a ConfigError unless `replace` is set."""
        if not isinstance(checkpoint, Checkpoint):
            raise ConfigError(f"a Checkpoint is expected, not {type(checkpoint).__name__}")
        with self._lock:
            known = self._known.get(checkpoint.name)
            if known is not None and known is not checkpoint and not replace:
                raise ConfigError(
                    f'a checkpoint named "{checkpoint.name}" is registered already; give it another name, or replace=True'
                )
            self._known[checkpoint.name] = checkpoint
        return checkpoint

    def get(self, name: str) -> Checkpoint:
        """The checkpoint of this name; raises a ConfigError that is a KeyError too."""
        with self._lock:
            if name in self._known:
                return self._known[name]
            names = list(self._known)
        hint = did_you_mean(name, names) or (
            f"; there are: {', '.join(names[:20])}" if names else "; none is registered"
        )
        raise UnknownCheckpointError(f'no checkpoint is named "{name}"{hint}')

    def remove(self, name: str) -> Checkpoint:
        """Unregisters a checkpoint and returns it."""
        found = self.get(name)
        with self._lock:
            self._known.pop(name, None)
        return found

    def clear(self) -> None:
        """Unregisters all."""
        with self._lock:
            self._known.clear()

    def names(self) -> list[str]:
        """The names, in the order of registration."""
        with self._lock:
            return list(self._known)

    def __contains__(self, name: object) -> bool:
        with self._lock:
            return isinstance(name, str) and name in self._known

    def __iter__(self) -> Iterator[Checkpoint]:
        with self._lock:
            return iter(list(self._known.values()))

    def __len__(self) -> int:
        with self._lock:
            return len(self._known)


_default = CheckpointRegistry()


def register_checkpoint(checkpoint: Checkpoint, *, replace: bool = False) -> Checkpoint:
    """Registers a checkpoint in the process-wide registry and returns it."""
    return _default.register(checkpoint, replace=replace)


def get_checkpoint(name: str) -> Checkpoint:
    """The checkpoint of this name in the process-wide registry."""
    return _default.get(name)


def list_checkpoints() -> list[str]:
    """The names in the process-wide registry."""
    return _default.names()
