"""Plugins: what other packages add through entry points. Nothing is imported before it is asked for by name.

Each registry names its group: `validators/registry.py`, `checkpoint/actions/registry.py` and `sources/spec.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from truthound.errors import ConfigError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint


def found(group: str) -> dict[str, EntryPoint]:
    """The group's plugins by name. Two packages that give the same name are an error: which one is meant is unknown.

    Raises:
        ConfigError: a name is given twice.
    """
    from importlib.metadata import entry_points

    by_name: dict[str, EntryPoint] = {}
    problems = []
    for point in sorted(entry_points(group=group), key=lambda p: (p.name, p.value)):
        first = by_name.setdefault(point.name, point)
        if first.value != point.value:
            problems.append(
                f'plugin "{point.name}" is given by {package(first)} and by {package(point)}; uninstall one'
            )
    if problems:
        raise ConfigError(problems)
    return by_name


def names(group: str) -> list[str]:
    """The names of the group's plugins."""
    return list(found(group))


def load(group: str, name: str) -> Any:
    """The object behind a plugin's name, or None where no plugin has it.

    Raises:
        ConfigError: the plugin is broken; the message names its package and what went wrong.
    """
    point = found(group).get(name)
    if point is None:
        return None
    try:
        return point.load()
    except Exception as error:  # importing a plugin runs its code, which may raise anything
        kind = type(error).__name__
        raise ConfigError(
            f'plugin "{name}" of {package(point)} cannot be loaded ({point.value}): {kind}: {error}'
        ) from error


def package(point: EntryPoint) -> str:
    """The distribution that brings a plugin, with its version."""
    return f"{point.dist.name} {point.dist.version}" if point.dist else "an unknown package"
