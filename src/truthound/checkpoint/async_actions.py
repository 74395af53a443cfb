"""The actions for asyncio: `AsyncSlackNotification` is `SlackNotification` whose `execute` is awaited.

Every action has one, derived from it when it is first imported; a checkpoint takes either.
"""

from __future__ import annotations

import importlib
import types
from typing import TYPE_CHECKING, Any

from truthound.checkpoint.actions.base import Action
from truthound.checkpoint.actions.registry import ACTIONS

if TYPE_CHECKING:
    from truthound.checkpoint.actions import CustomAction as AsyncCustomAction
    from truthound.checkpoint.actions import QuarantineAction as AsyncQuarantineAction
    from truthound.checkpoint.actions import SlackNotification as AsyncSlackNotification
    from truthound.checkpoint.actions import StoreValidationResult as AsyncStoreValidationResult

_HOMES = {f"Async{home.partition(':')[2]}": home for home in ACTIONS.values()}


def asynchronous(cls: type[Action]) -> type[Action]:
    """The same action with an awaitable `execute`."""
    if "deliver" not in vars(next(c for c in cls.__mro__ if "deliver" in vars(c) or "execute" in vars(c))):
        raise TypeError(f"{cls.__name__} overrides execute; write it as a coroutine function instead")
    body = {
        "__module__": __name__,
        "__qualname__": f"Async{cls.__name__}",
        "__doc__": cls.__doc__,
        "deliver": cls.deliver,  # the same flow, performed on the event loop
        "execute": Action.aexecute,
    }
    return types.new_class(f"Async{cls.__name__}", (cls,), exec_body=lambda names: names.update(body))


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, attribute = _HOMES[name].partition(":")
    made = asynchronous(getattr(importlib.import_module(module), attribute))
    globals()[name] = made
    return made


def __dir__() -> list[str]:
    return sorted([*_HOMES, "asynchronous"])


__all__ = [
    "AsyncCustomAction",
    "AsyncQuarantineAction",
    "AsyncSlackNotification",
    "AsyncStoreValidationResult",
    "asynchronous",
]
