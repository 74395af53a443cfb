"""People and groups that a message mentions.

A mention that cannot be parsed is reported by `check`; when the message is sent, it is left out, and the message is
delivered without it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from truthound._internal.text import plural
from truthound.errors import ConfigError
from truthound.results import CheckpointStatus

T = TypeVar("T")
MAX_MENTIONS = 50
"""mentions that one option takes; use a group to mention more people"""
FAILED = frozenset({CheckpointStatus.FAILURE, CheckpointStatus.ERROR})
"""statuses of a run that failed or could not run"""


def parseable(parse: Callable[[str], Any]) -> Callable[[tuple[str, ...]], tuple[str, ...]]:
    """A validator of a list of mentions: each can be parsed, or holds a variable that is not resolved yet."""

    def validate(mentions: tuple[str, ...]) -> tuple[str, ...]:
        for mention in mentions:
            if "${" not in mention:
                parse(mention)
        return mentions

    return validate


def problems(option: str, mentions: Iterable[str], parse: Callable[[str], Any]) -> Iterator[str]:
    """What is wrong with mentions whose variables are resolved."""
    for mention in mentions:
        try:
            parse(mention)
        except ConfigError as error:
            yield from (f"{option}: {problem}" for problem in error.problems)


def select(
    mentions: Iterable[str], parse: Callable[[str], T], fits: Callable[[list[T]], bool]
) -> tuple[list[T], list[str]]:
    """The parsed mentions, each once and as many as fit, and those that are skipped as they are written."""
    selected: list[T] = []
    skipped: list[str] = []
    for mention in mentions:
        try:
            parsed = parse(mention)
        except ConfigError:
            skipped.append(mention)
            continue
        if parsed in selected:
            continue
        if fits([*selected, parsed]):
            selected.append(parsed)
        else:
            skipped.append(mention)
    return selected, skipped


def describe_skipped_mentions(skipped: list[str]) -> tuple[str, dict[str, Any]]:
    """The end of an action's message, and its details, about skipped mentions."""
    return (f"; {plural(len(skipped), 'mention')} left out", {"not_mentioned": skipped}) if skipped else ("", {})
