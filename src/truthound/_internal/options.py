"""The base of all configurable models: one class is the constructor, the YAML schema and the documentation."""

from __future__ import annotations

import contextlib
import functools
import re
import sys
import typing
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, dataclass_transform, overload

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, SecretStr, ValidationError
from pydantic.fields import FieldInfo

from truthound._internal.text import did_you_mean, plural
from truthound.errors import OptionErrors


def message_for(error: Any, known: list[str]) -> str:
    """The message of a pydantic error, without its location."""
    last = str(error["loc"][-1]) if error["loc"] else ""
    match error["type"]:
        case "extra_forbidden" if last in known:
            return "given twice, under two names of the same option"
        case "extra_forbidden":
            return f"unknown key{did_you_mean(last, known)}"
        case "missing":
            return f'"{last}" is required'
        case "value_error":
            return str(error["ctx"]["error"])
        case "dict_type" | "mapping_type":
            return "a mapping (key: value) is expected"
        case "tuple_type" | "list_type":
            return "a list is expected"
        case "too_long" if isinstance(error["input"], str):  # a text that a validator read before its length is checked
            return f"string should have at most {error['ctx']['max_length']:,} characters"
        case "too_short" if isinstance(error["input"], str):
            return f"string should have at least {plural(error['ctx']['min_length'], 'character')}"
        case kind:
            message: str = error["msg"].partition(", unable to")[0]
            choices = re.findall(r"'([^']*)'", message) if kind in ("enum", "literal_error") else ()
            return message[0].lower() + message[1:] + did_you_mean(str(error["input"]), choices)


def aliases(name: str, field: FieldInfo) -> list[str]:
    """The aliases of a field."""
    choices = getattr(field.validation_alias, "choices", None) or [field.validation_alias or field.alias]
    return [c for c in choices if isinstance(c, str) and c != name]


def field_names(model: type[BaseModel]) -> list[str]:
    """The names of all fields, aliases included."""
    return [n for name, field in model.model_fields.items() for n in (name, *aliases(name, field))]


def _within(model: type[BaseModel], loc: tuple[int | str, ...]) -> type[BaseModel]:
    """The innermost model on a path into a model's options."""
    for part in loc[:-1]:
        if isinstance(part, str) and part in model.model_fields:
            model = next(_models(model.model_fields[part].annotation), model)
    return model


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in typing.get_args(annotation):
        yield from _models(inner)


def option_docs(model: type[BaseModel]) -> dict[str, str]:
    """The docstring below each option. Read from the source on demand: reading it for every class costs start-up time."""
    found: dict[str, str] = {}
    for cls in reversed([c for c in model.__mro__ if issubclass(c, Model) and c is not Model]):
        found |= _documented(cls.__module__).get(cls.__qualname__, {})
    return found


@functools.cache
def _documented(module: str) -> dict[str, dict[str, str]]:
    """Class -> option -> docstring, for the classes of a module, which is parsed once."""
    import ast
    import inspect

    found: dict[str, dict[str, str]] = {}

    def read(body: list[ast.stmt], within: str) -> None:
        for option, description in pairwise(body):
            match option, description:
                case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                    found.setdefault(within, {})[name] = " ".join(inspect.cleandoc(text).split())
        for part in body:
            if isinstance(part, ast.ClassDef):
                read(part.body, f"{within}.{part.name}" if within else part.name)
            elif isinstance(part, ast.FunctionDef):
                read(part.body, f"{within}.{part.name}.<locals>" if within else f"{part.name}.<locals>")
            elif isinstance(part, ast.If | ast.With):
                read([*part.body, *getattr(part, "orelse", [])], within)

    with contextlib.suppress(OSError, TypeError, KeyError):  # made without a file
        read(ast.parse(inspect.getsource(sys.modules[module])).body, "")
    return found


def mistakes(error: ValidationError, model: type[BaseModel]) -> Iterator[tuple[str, str]]:
    """The path of each mistake within the model (`columns.age.min_value`, or empty), and its message."""
    for e in error.errors(include_url=False):
        at = ".".join(str(part) for part in e["loc"] if part != "[key]")
        inner = e.get("ctx", {}).get("error")
        if isinstance(inner, OptionErrors):
            yield from ((f"{at}.{place}" if at and place else at or place, message) for place, message in inner.found)
        else:
            yield at, message_for(e, field_names(_within(model, e["loc"])))


@contextlib.contextmanager
def raise_config_errors(model: type[BaseModel]) -> Iterator[None]:
    """Converts pydantic's errors to one `ConfigError` with every mistake."""
    try:
        yield
    except ValidationError as error:
        raise OptionErrors(mistakes(error, model), model.__name__) from None


if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass  # not public: at run time it is asked of a model

    Read_co = TypeVar("Read_co", covariant=True)
    Given_contra = TypeVar("Given_contra", contravariant=True)

    class Converted(Generic[Read_co, Given_contra]):
        """The type of an option that is given in other types than it is read in: `Converted[SecretStr, SecretStr | str]`.

        Type checkers take both from a descriptor's methods; at run time it is the first, which pydantic converts to.
        """

        @overload
        def __get__(self, instance: None, owner: Any) -> Self: ...
        @overload
        def __get__(self, instance: object, owner: Any) -> Read_co: ...
        def __get__(self, instance: Any, owner: Any) -> Any: ...
        def __set__(self, instance: object, value: Given_contra) -> None: ...

    def option(*, default: Any = ..., init: bool = True, kw_only: bool = True, **constraints: Any) -> Any:
        """Pydantic's `Field` for an option of a `Converted` type, or for one that may be given by position."""

else:
    ModelMetaclass = type(BaseModel)
    option = Field

    class Converted:
        def __class_getitem__(cls, types: tuple[Any, Any]) -> Any:
            return types[0]


Dictionary = Converted[dict[str, Any], Mapping[str, Any]]
Secret = Converted[SecretStr | None, SecretStr | str | None]


@dataclass_transform(kw_only_default=True, field_specifiers=(Field, PrivateAttr, option))
class _Meta(ModelMetaclass):
    """Makes constructors raise `ConfigError`; pydantic's nested construction does not call this."""

    if not TYPE_CHECKING:

        def __call__(cls, *args: Any, **kwargs: Any) -> Any:  # noqa: N805 the instances of a metaclass are classes
            with raise_config_errors(cls):
                return super().__call__(*args, **kwargs)


class Model(BaseModel, metaclass=_Meta):  # noqa: PLW1641 pydantic makes the hash of what is frozen
    """An immutable model; an unknown key is an error."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        defer_build=True,
        arbitrary_types_allowed=True,
        validate_by_name=True,
        validate_by_alias=True,
    )

    def __eq__(self, other: object) -> bool:
        """Whether the options are equal, wherever they were declared."""
        return type(self) is type(other) and self.__dict__ == other.__dict__
