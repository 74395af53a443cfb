"""The order and concurrency of a checkpoint's actions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from truthound._internal.redaction import describe_exception
from truthound._internal.text import did_you_mean
from truthound.checkpoint.actions.base import Action
from truthound.errors import ConfigError

_FIRST = ("storage", "documentation")
"""kinds of actions that a pipeline delivers before notifications"""


@dataclass(frozen=True, slots=True)
class Stage:
    """Actions, by their positions in the list, that may be delivered concurrently, at most `limit` at once."""

    actions: tuple[int, ...]
    limit: int = 1

    def __post_init__(self) -> None:
        positive("limit", self.limit)


class Strategy(Protocol):
    """Divides actions into stages. A stage sees the results of those before it."""

    def stages(self, actions: Sequence[Action], limit: int) -> list[Stage]:
        """The stages; `limit` is the checkpoint's `max_concurrent_actions`."""
        ...


@dataclass(frozen=True, slots=True)
class SequentialStrategy:
    """One action at a time, in the order of the list."""

    def stages(self, actions: Sequence[Action], limit: int) -> list[Stage]:
        return [Stage((i,)) for i in range(len(actions))]


@dataclass(frozen=True, slots=True)
class ConcurrentStrategy:
    """All actions concurrently, at most `max_concurrency` at once (default: the checkpoint's `max_concurrent_actions`)."""

    max_concurrency: int | None = None

    def __post_init__(self) -> None:
        if self.max_concurrency is not None:
            positive("max_concurrency", self.max_concurrency)

    def stages(self, actions: Sequence[Action], limit: int) -> list[Stage]:
        return [Stage(tuple(range(len(actions))), self.max_concurrency or limit)]


@dataclass(frozen=True, slots=True)
class PipelineStrategy:
    """Stages one after another, the actions of a stage concurrently.

    `stages` lists the positions of actions; positions that it does not list form a last stage. By default, actions that store and document
    come first, then the rest, so that a message can link to the page.
    """

    stages_: tuple[tuple[int, ...], ...] | None
    max_concurrency: int | None

    def __init__(self, stages: Iterable[Iterable[int]] | None = None, max_concurrency: int | None = None) -> None:
        if max_concurrency is not None:
            positive("max_concurrency", max_concurrency)
        try:
            listed = None if stages is None else tuple(tuple(s) for s in stages)
        except TypeError:
            raise ConfigError(f"stages: lists of positions of actions are expected, not {stages!r}") from None
        flat: list[Any] = [i for stage in listed or () for i in stage]
        if wrong := [i for i in flat if isinstance(i, bool) or not isinstance(i, int) or i < 0]:
            raise ConfigError(f"stages: {wrong[0]!r} is not the position of an action; the first is 0")
        if twice := [i for i in dict.fromkeys(flat) if flat.count(i) > 1]:
            raise ConfigError(f"stages: action {twice[0]} is in two stages")
        object.__setattr__(self, "stages_", listed)
        object.__setattr__(self, "max_concurrency", max_concurrency)

    def stages(self, actions: Sequence[Action], limit: int) -> list[Stage]:
        count = len(actions)
        if self.stages_ is None:
            first = tuple(i for i, a in enumerate(actions) if a.action_type in _FIRST)
            listed: tuple[tuple[int, ...], ...] = (first,)
        else:
            listed = self.stages_
        named = {i for stage in listed for i in stage}
        if beyond := sorted(i for i in named if i >= count):
            raise ConfigError(f"stages: there is no action {beyond[0]}; there are {count}, the first is 0")
        rest = tuple(i for i in range(count) if i not in named)
        return [Stage(s, self.max_concurrency or limit) for s in (*listed, rest) if s]


STRATEGIES: dict[str, type[SequentialStrategy | ConcurrentStrategy | PipelineStrategy]] = {
    "sequential": SequentialStrategy,
    "concurrent": ConcurrentStrategy,
    "pipeline": PipelineStrategy,
}


def strategy(given: str | Strategy) -> Strategy:
    """The strategy with this name, or the one given."""
    if not isinstance(given, str):
        if callable(getattr(given, "stages", None)) and not isinstance(given, type):
            return given
        raise ConfigError(
            f"execution_strategy: a name ({', '.join(STRATEGIES)}) or a strategy is expected, not {type(given).__name__}"
        )
    if given not in STRATEGIES:
        raise ConfigError(
            f'execution_strategy: "{given}" is not known{did_you_mean(given, STRATEGIES) or "; there are " + ", ".join(STRATEGIES)}'
        )
    return STRATEGIES[given]()


def stages_of(made_by: Strategy, actions: Sequence[Action], limit: int) -> list[Stage]:
    """The strategy's stages; raises ConfigError if they do not contain each action once."""
    name = type(made_by).__name__
    try:
        made: list[Any] = list(made_by.stages(actions, limit))
        if wrong := [s for s in made if not isinstance(s, Stage)]:
            raise ConfigError(f"execution_strategy: {name} gives no stages: {type(wrong[0]).__name__} is not a Stage")  # noqa: TRY301
        named = [i for stage in made for i in stage.actions]
    except ConfigError:
        raise
    except Exception as error:  # a strategy may be the user's code, which may raise anything
        raise ConfigError(f"execution_strategy: {name} gives no stages: {describe_exception(error)}") from error
    if any(type(i) is not int for i in named) or sorted(named) != list(range(len(actions))):
        raise ConfigError(
            f"execution_strategy: {name} must name each of the {len(actions)} actions once, the first is 0; it names {named}"
        )
    return made


def positive(name: str, limit: Any) -> int:
    """A valid limit of concurrency."""
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        raise ConfigError(f"{name} is {limit!r}; a whole number is expected, at least one")
    return limit
