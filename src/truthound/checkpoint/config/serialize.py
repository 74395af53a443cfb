"""A checkpoint's options as plain values, in the form that a configuration file has them."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from datetime import date, time
from decimal import Decimal
from enum import Enum
from os import PathLike, fspath
from typing import Any, cast

from pydantic import SecretStr

from truthound._internal.options import Model
from truthound.checkpoint.actions.base import Action
from truthound.checkpoint.actions.registry import action_class
from truthound.errors import ConfigError, OptionErrors
from truthound.schema import Schema
from truthound.validators.base import Validator
from truthound.validators.registry import validator_class


def to_config_dict(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options as JSON and YAML can hold them. Mistakes name everything that they cannot."""
    writer = _Writer()
    made = {k: writer.value(v, k) for k, v in options.items()}
    if writer.problems:
        raise OptionErrors(writer.problems, "to_dict")
    return made


class _Writer:
    def __init__(self) -> None:
        self.problems: list[tuple[str, str]] = []
        self.raw = False
        """texts are as in a file already: `${VAR}` in them is meant"""

    def value(self, value: Any, at: str) -> Any:
        match value:
            case Enum():
                return value.value
            case None | bool() | int() | float():
                return value
            case str():
                return value if self.raw else value.replace("${", "$${")
            case SecretStr():
                return self.value(value.get_secret_value(), at)
            case PathLike():
                return self.value(fspath(value), at)
            case date() | time():
                return value.isoformat()
            case Decimal() if Decimal(repr(float(value))) == value:
                return int(value) if value == value.to_integral_value() else float(value)
            case Action():
                return self._action(value, at)
            case Validator():
                return self._typed(cast("Model", value), value.type, validator_class, at)
            case Schema():
                return self._all(value.to_dict(), at)
            case Model():
                return self._all(_given(value), at)
            case Mapping():
                return self._all(value, at)
            case list() | tuple() | set() | frozenset():
                return [self.value(v, f"{at}.{i}") for i, v in enumerate(value)]
            case _ if callable(value):
                return self._function(value, at)
            case _:
                return self._refused(
                    at, f"a {type(value).__name__} cannot be written down; give what a file can hold, such as a path"
                )

    def _refused(self, at: str, message: str) -> Any:
        self.problems.append((at, message))
        return None

    def _all(self, options: Mapping[Any, Any], at: str) -> dict[Any, Any]:
        return {k.value if isinstance(k, Enum) else k: self.value(v, f"{at}.{k}") for k, v in options.items()}

    def _typed(self, value: Model, kind: str, known: Callable[[str], type], at: str) -> Any:
        """The options with the name of their class, if the name leads back to it."""
        try:
            found: type | None = known(kind)
        except ConfigError:
            found = None
        if found is not type(value):
            message = f'the class {type(value).__name__} is not what "{kind}" means in a file; make it a plugin to give it a name'
            return self._refused(at, message)
        return {"type": kind, **self._all(_given(value), at)}

    def _action(self, action: Action, at: str) -> Any:
        if action.resolution and action.resolution.raw is not None:
            return dict(action.resolution.raw)
        if callable(getattr(action, "callback", None)):
            return self._refused(f"{at}.callback", "a function cannot be written down; a shell_command can")
        self.raw = action.resolution is None
        made = self._typed(action, type(action).type, action_class, at)
        self.raw = False
        return made

    def _function(self, function: Any, at: str) -> Any:
        """A function's place, from which it can be imported again."""
        module, name = getattr(function, "__module__", None), getattr(function, "__qualname__", "")
        place = f"{module}:{name}"
        if module in (None, "__main__") or not _leads_to(place, function):
            return self._refused(
                at,
                f"the function {name or type(function).__name__} cannot be imported by others; define it at the top of a module",
            )
        return place


def _given(model: Model) -> dict[str, Any]:
    return {k: getattr(model, k) for k in type(model).model_fields if k in model.model_fields_set}


def _leads_to(place: str, function: Any) -> bool:
    module, _, name = place.partition(":")
    try:
        found: Any = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError):
        return False
    return found is function
