"""The text in option values, however deep: `${VAR}` resolved in it, secrets found in it and redacted."""

from __future__ import annotations

import contextlib
import sys
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self, runtime_checkable
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic import SecretStr

from truthound._internal import env_vars, text
from truthound._internal.options import Model
from truthound._internal.redaction import MIN_SECRET_LENGTH, is_secret, redact

_LONGEST = 10_000  # characters of a text in an action's result


@dataclass(frozen=True, slots=True)
class Resolution:
    """How the `${VAR}` in a model's options were resolved before the model was created."""

    raw: Mapping[str, Any] | None = None
    """the options with `${VAR}` unresolved, if they come from a file"""
    secrets: frozenset[str] = frozenset()
    """values of variables whose names mark them as secret"""


@runtime_checkable
class TextContainer(Protocol):
    """An option value that contains text and is not plain data: a card built by the user."""

    def iter_text(self) -> Iterable[str]:
        """Each text in it."""

    def map_text(self, change: Callable[[str], str]) -> Self:
        """A copy with each text changed."""


def resolve_variables(value: Any, environment: Mapping[str, str], missing: list[str]) -> Any:
    """An option value with its `${VAR}` resolved. Variables that are not set are appended to `missing`."""
    match value:
        case str():
            resolved, unset = env_vars.expand(value, environment)
            missing += unset
            return resolved
        case SecretStr():
            return SecretStr(resolve_variables(value.get_secret_value(), environment, missing))
        case dict():
            return {k: resolve_variables(v, environment, missing) for k, v in value.items()}
        case list() | tuple():
            return type(value)(resolve_variables(v, environment, missing) for v in value)
        case Path():
            return type(value)(resolve_variables(str(value), environment, missing))
        case Model():
            return value.model_copy(
                update={k: resolve_variables(v, environment, missing) for k, v in value if k in value.model_fields_set}
            )
        case TextContainer():
            return value.map_text(lambda one: str(resolve_variables(one, environment, missing)))
        case _:
            return value


def iter_text(value: Any) -> Iterator[tuple[str, bool]]:
    """Each text in an option value, and whether it is declared secret."""
    match value:
        case SecretStr():
            yield value.get_secret_value(), True
        case str() | Path():
            yield str(value), False
        case Model():
            for _, one in value:
                yield from iter_text(one)
        case None | bool() | int() | float():  # most options; a check against a protocol is slow
            return
        case Mapping():
            for one in value.values():
                yield from iter_text(one)
        case list() | tuple():
            for one in value:
                yield from iter_text(one)
        case TextContainer():
            yield from ((one, False) for one in value.iter_text())


def secret_values(value: Any, environment: Mapping[str, str]) -> set[str]:
    """The values of those variables in an option value whose names mark them as secret."""
    found = {n for one, _ in iter_text(value) for n in env_vars.referenced_variables(one) if is_secret(n)}
    return {environment[n] for n in found if len(environment.get(n, "")) >= MIN_SECRET_LENGTH}


def secrets_of_url(secret: str) -> Iterator[str]:
    """The parts of a secret URL that give it away; responses and errors may repeat them."""
    if "://" not in secret:
        return
    with contextlib.suppress(ValueError):
        parts = urlsplit(secret)
        revealing = [p for p in parts.path.split("/") if len(p) >= 12]
        revealing += [v for _, v in parse_qsl(parts.query) if len(v) >= 8]
        revealing += [parts.password] if parts.password else []
        yield from {form for one in revealing for form in (one, unquote(one))}  # headers contain it without URL escapes


def redact_value(value: Any, secrets: Iterable[str]) -> Any:
    """A value that JSON can hold, with the secrets redacted and long text truncated."""
    match value:
        case None | bool() | int():
            return value
        case str():
            return text.shorten(redact(value, secrets), _LONGEST)
        case Mapping():
            return {redact_value(str(k), secrets): redact_value(v, secrets) for k, v in value.items()}
        case list() | tuple() | set() | frozenset():
            return [redact_value(v, secrets) for v in value]
        case _:
            plain = text.to_json_value(value, sys.maxsize)  # truncated once the secrets are redacted
            return redact_value(plain, secrets) if isinstance(plain, str) else plain


def nested_types(annotation: Any) -> Iterator[Any]:
    """A type and the types it is made of, however deep."""
    yield annotation
    for inner in typing.get_args(annotation):
        yield from nested_types(inner)


def is_absent(value: Any) -> bool:
    """Whether a required option has no value."""
    return not (value.get_secret_value() if isinstance(value, SecretStr) else value)


__all__ = [
    "Resolution",
    "TextContainer",
    "is_absent",
    "iter_text",
    "nested_types",
    "redact_value",
    "resolve_variables",
    "secret_values",
    "secrets_of_url",
]
