"""Whom a message mentions: what cannot be read is told of when it is checked, and left out, not fatal, when there is news."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from truthound._internal.text import plural
from truthound.errors import ConfigError

T = TypeVar("T")
MOST = 50
"""whom one option may mention; to mention more there are groups"""


def readable(read: Callable[[str], Any]) -> Callable[[tuple[str, ...]], tuple[str, ...]]:
    """Takes a list of mentions, each of which can be read or awaits a variable; raises the ConfigError of `read`."""

    def checked(listed: tuple[str, ...]) -> tuple[str, ...]:
        for one in listed:
            if "${" not in one:
                read(one)
        return listed

    return checked


def problems(option: str, listed: Iterable[str], read: Callable[[str], Any]) -> Iterator[str]:
    """What is wrong with mentions whose variables are filled in."""
    for one in listed:
        try:
            read(one)
        except ConfigError as error:
            yield from (f"{option}: {said}" for said in error.problems)


def chosen(
    listed: Iterable[str], read: Callable[[str], T], fits: Callable[[list[T]], bool]
) -> tuple[list[T], list[str]]:
    """Those who can be mentioned, as `read` has them, each once and as many as fit; and the texts of those left out."""
    found: list[T] = []
    left: list[str] = []
    for one in listed:
        try:
            made = read(one)
        except ConfigError:
            left.append(one)
            continue
        if made in found:
            continue
        if fits([*found, made]):
            found.append(made)
        else:
            left.append(one)
    return found, left


def describe_skipped_mentions(left: list[str]) -> tuple[str, dict[str, Any]]:
    """What an action's message and its details say of those who were left out."""
    return (f"; {plural(len(left), 'mention')} left out", {"not_mentioned": left}) if left else ("", {})
