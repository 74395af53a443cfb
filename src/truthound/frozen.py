"""Frozen dataclasses that share their methods.

The standard library writes and compiles up to eight functions for each class, 0.5 ms, which for the sixty classes that a
run imports costs more than a check of a small table. These behave the same and are made in a fortieth of the time. A class
of which many instances are made gets the compiled functions then, as they are quicker.
"""

from __future__ import annotations

import dataclasses
from dataclasses import MISSING, FrozenInstanceError, fields
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import dataclass
    from inspect import Signature

__all__ = ["dataclass"]
MANY = 50
"""instances from which compiling pays"""


class _Shape(NamedTuple):
    """What the shared methods know of a class."""

    positional: tuple[str, ...]
    fields: tuple[tuple[str, Any, Any], ...]
    """the names, defaults and factories of what the constructor takes"""
    known: frozenset[str]
    key: Callable[[Any], tuple[Any, ...]]
    """what instances are compared by"""
    after: bool


class _Constructor:
    """The constructor's signature, made when it is asked for."""

    def __get__(self, _instance: object, cls: type) -> Signature:
        from inspect import Parameter, Signature

        def parameter(f: Any) -> Parameter:
            default = f.default if f.default_factory is MISSING else f.default_factory
            kind = Parameter.KEYWORD_ONLY if f.kw_only else Parameter.POSITIONAL_OR_KEYWORD
            return Parameter(
                f.name, kind, default=Parameter.empty if default is MISSING else default, annotation=f.type
            )

        taken = [f for f in fields(cls) if f.init]
        return Signature([parameter(f) for f in sorted(taken, key=lambda f: bool(f.kw_only))])


def _init(self: Any, *given: Any, **named: Any) -> None:
    cls = type(self)
    shape: _Shape = cls.__shape__
    cls.__instances__ += 1
    if cls.__instances__ == MANY:
        _compile(next(c for c in cls.__mro__ if "__shape__" in vars(c)))
    values = dict(zip(shape.positional, given, strict=False))
    if len(given) > len(shape.positional) or named.keys() & values.keys() or not named.keys() <= shape.known:
        _mistaken(self, given, named)
    values.update(named)
    for name, default, factory in shape.fields:
        if name in values:
            value = values[name]
        elif default is not MISSING:
            value = default
        elif factory is not MISSING:
            value = factory()
        else:
            _mistaken(self, given, named)
        object.__setattr__(self, name, value)
    if shape.after:
        self.__post_init__()


def _compile(cls: Any) -> None:
    """Takes the standard library's functions, which do not name their class, of a twin of it."""
    told = ("default", "default_factory", "init", "compare", "kw_only")
    twin: dict[str, Any] = {
        f.name: dataclasses.field(**{k: getattr(f, k) for k in told if getattr(f, k) is not MISSING})
        for f in fields(cls)
    }
    twin |= {"__annotations__": {f.name: f.type for f in fields(cls)}, "__doc__": cls.__doc__}
    twin |= {"__post_init__": cls.__post_init__} if cls.__shape__.after else {}
    made: Any = dataclasses.dataclass(frozen=True, repr=False)(type(cls.__name__, (), twin))
    for name, shared in (("__init__", _init), ("__eq__", _eq), ("__hash__", _hash)):
        if vars(cls).get(name) is shared:
            setattr(cls, name, vars(made)[name])


def _mistaken(self: Any, given: tuple[Any, ...], named: dict[str, Any]) -> NoReturn:
    """Raises what a constructor with this signature raises."""
    try:
        type(self).__signature__.bind(*given, **named)
    except TypeError as error:
        raise TypeError(f"{type(self).__name__}() {error}") from None
    raise TypeError(f"{type(self).__name__}() takes other arguments")


def _repr(self: Any) -> str:
    shown = ", ".join(f"{f.name}={getattr(self, f.name)!r}" for f in fields(self) if f.repr)
    return f"{type(self).__qualname__}({shown})"


def _eq(self: Any, other: object) -> Any:
    key = self.__shape__.key
    return key(self) == key(other) if other.__class__ is self.__class__ else NotImplemented


def _hash(self: Any) -> int:
    return hash(self.__shape__.key(self))


def _set(_self: Any, name: str, _value: Any) -> NoReturn:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _delete(_self: Any, name: str) -> NoReturn:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _getstate(self: Any) -> list[Any]:
    return [getattr(self, f.name) for f in fields(self)]


def _setstate(self: Any, state: list[Any]) -> None:
    for f, value in zip(fields(self), state, strict=True):
        object.__setattr__(self, f.name, value)


def _key(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    match names:
        case []:
            return lambda _: ()
        case [name]:
            return lambda x: (getattr(x, name),)
        case _:
            several: Callable[[Any], tuple[Any, ...]] = attrgetter(*names)
            return several


def _made(cls: Any, slots: bool, eq: bool) -> Any:
    own = dict(vars(cls))
    cls.__doc__ = cls.__doc__ or cls.__name__  # else the signature is made to tell it
    cls = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots)(cls)
    taken = [f for f in fields(cls) if f.init]
    cls.__shape__ = _Shape(
        tuple(f.name for f in taken if not f.kw_only),
        tuple((f.name, f.default, f.default_factory) for f in taken),
        frozenset(f.name for f in taken),
        _key([f.name for f in fields(cls) if f.compare]),
        hasattr(cls, "__post_init__"),
    )
    cls.__instances__ = 0
    cls.__signature__ = _Constructor()
    methods: dict[str, Any] = {"__init__": _init, "__repr__": _repr, "__setattr__": _set, "__delattr__": _delete}
    if slots:
        methods |= {"__getstate__": _getstate, "__setstate__": _setstate}
    if eq:
        methods |= {"__eq__": _eq, "__hash__": _hash}
    for name, method in methods.items():
        if own.get(name) is None:
            setattr(cls, name, method)
    return cls


if not TYPE_CHECKING:

    def dataclass(*, frozen: bool, slots: bool = False, eq: bool = True) -> Callable[[type], type]:
        """`dataclasses.dataclass(frozen=True)`, with or without `slots` and `eq`."""
        if not frozen:
            raise TypeError("what can change is a dataclass of the standard library")
        return lambda cls: _made(cls, slots, eq)
