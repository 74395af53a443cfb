"""The actions of a checkpoint, as they are configured: parsed, resolved, and checked against each other and the data."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from truthound.checkpoint.actions.base import Action
from truthound.checkpoint.actions.context import ActionContext
from truthound.checkpoint.actions.notify_on import CHANGE_CONDITIONS
from truthound.checkpoint.actions.option_values import Resolution, resolve_variables
from truthound.checkpoint.actions.registry import action_class
from truthound.errors import ConfigError, OptionErrors
from truthound.results import now
from truthound.sources.files.file_set import matches
from truthound.sources.spec import Spec
from truthound.validators.base import Clock


def as_tuple(value: Any) -> tuple[Any, ...]:
    if value is None:
        return ()
    if isinstance(value, str | Mapping) or not isinstance(value, Iterable):
        raise ValueError("a list is expected")  # noqa: TRY004 pydantic wants ValueError
    return tuple(value)


def parse_actions(value: Any) -> tuple[Action, ...]:
    """Actions from objects and from mappings with a `type`; reports every mistake."""
    made: list[Action] = []
    found: list[tuple[str, str]] = []
    for i, item in enumerate(as_tuple(value)):
        try:
            made.append(item if isinstance(item, Action) else build_action(item))
        except OptionErrors as error:
            found += [(f"{i}.{place}" if place else str(i), message) for place, message in error.found]
        except ConfigError as error:
            found += [(str(i), message) for message in error.problems]
    if found:
        raise OptionErrors(found)
    return tuple(made)


def build_action(options: Any) -> Action:
    """An action from a mapping with a `type`."""
    if isinstance(options, str):
        raise ConfigError(f"an action is a mapping; write type: {options}")
    if not isinstance(options, Mapping):
        raise ConfigError(f"an action, or a mapping with its type, is expected, not {type(options).__name__}")
    given = dict(options)
    kind = given.pop("type", None)
    if not isinstance(kind, str):
        raise OptionErrors([("type", '"type" is required, such as store_result')])
    try:
        cls = action_class(kind)
    except ConfigError as error:
        raise OptionErrors(("type", message) for message in error.problems) from None
    wrong = [k for k in given if not isinstance(k, str)]
    if wrong:
        raise ConfigError(f"the key {wrong[0]!r} is not text")
    return cls(**given)


def conflicts(
    name: str, source: Spec, actions: Iterable[Any], base: Path | None, clock: Clock = now
) -> Iterator[tuple[str, str]]:
    """Conflicts of actions with each other and with the data: each location in the checkpoint, with a message.

    Actions that are invalid themselves, and those with an unset `${VAR}`, are skipped.
    """
    run = ActionContext(base=base, clock=clock, is_input=partial(matches, source, base))
    enabled: list[tuple[int, Action]] = []
    for i, item in enumerate(actions):
        with suppress(ConfigError):
            action = item if isinstance(item, Action) else build_action(item).with_resolution(Resolution())
            if action.enabled:
                enabled.append((i, action))
                yield from (
                    (f"actions.{i}.{option}", message)
                    for option, message in action.resolve(os.environ).conflicts(name, run)
                )
    stores = [a.notify_on for _, a in enabled if a.type == "store_result"]
    if stores and "always" not in stores:
        for i, action in enabled:
            if action.notify_on in CHANGE_CONDITIONS:
                message = f"{action.notify_on} looks at the run before, and store_result keeps runs on {stores[0]} only; let it keep all: notify_on: always"
                yield f"actions.{i}.notify_on", message


def resolve_action(item: Any, env: Mapping[str, str], missing: list[str]) -> Any:
    """The options of an action with `${VAR}` resolved, except in those that the action resolves itself."""
    if not isinstance(item, Mapping):
        return item
    verbatim: frozenset[str] = frozenset()
    with suppress(ConfigError):  # reported when the action is created
        verbatim = action_class(str(item.get("type"))).verbatim
    return {k: v if k in verbatim else resolve_variables(v, env, missing) for k, v in item.items()}
