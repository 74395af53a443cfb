"""Packages whose names are imported when they are first asked for (PEP 562), so that start-up costs what is used."""

from __future__ import annotations

TYPE_CHECKING = False  # the typing module would cost more than all of this one; checkers know the name
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any


def lazily(
    package: str, homes: Mapping[str, str], *others: str
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """A package's `__getattr__` and `__dir__`; `others` are names it has already.

    `homes`: a name -> the module it is in (`.base` is one of the package), `module:name` there, or `module:` itself.
    """

    def find(name: str) -> Any:
        import importlib

        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        home, colon, attribute = homes[name].partition(":")
        module = importlib.import_module(home, package)
        return module if colon and not attribute else getattr(module, attribute or name)

    def names() -> list[str]:
        return sorted([*homes, *others])

    return find, names
