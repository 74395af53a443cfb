"""The base of everything that is configured: the same class is the constructor, the YAML schema and its documentation."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from truthound.errors import ConfigError
from truthound.text import did_you_mean


def explain(error: Any, known: list[str]) -> str:
    """One pydantic error as a sentence, without its place."""
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
        case _:
            message: str = error["msg"]
            return message[0].lower() + message[1:]


def field_names(model: type[BaseModel]) -> list[str]:
    """Every name a model takes, aliases included."""
    names: list[str] = []
    for name, field in model.model_fields.items():
        names.append(name)
        choices = getattr(field.validation_alias, "choices", None) or [field.validation_alias or field.alias]
        names += [c for c in choices if isinstance(c, str) and c != name]
    return names


class Mistakes(ConfigError):
    """Mistakes in a model's options: for each its place within the model, and a sentence."""

    def __init__(self, found: Iterable[tuple[str, str]], model: str = "") -> None:
        self.found = tuple(found)
        super().__init__(": ".join(filter(None, (model, at, said))) for at, said in self.found)


def mistakes(error: ValidationError, model: type[BaseModel]) -> Iterator[tuple[str, str]]:
    """Each mistake's place within the model (`columns.age.min_value`, or empty), and a sentence."""
    for e in error.errors(include_url=False):
        at = ".".join(str(part) for part in e["loc"])
        inner = e.get("ctx", {}).get("error")
        if isinstance(inner, Mistakes):
            yield from ((f"{at}.{place}" if at and place else at or place, said) for place, said in inner.found)
        else:
            yield at, explain(e, field_names(model))


@contextlib.contextmanager
def configuring(model: type[BaseModel]) -> Iterator[None]:
    """Turns pydantic's errors into one `ConfigError` that names every mistake."""
    try:
        yield
    except ValidationError as error:
        raise Mistakes(mistakes(error, model), model.__name__) from None


if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass  # not public: at run time it is asked of a model
else:
    ModelMetaclass = type(BaseModel)


class _Meta(ModelMetaclass):
    """Construction from Python reports mistakes as `ConfigError`; pydantic's own nested construction does not pass here."""

    if not TYPE_CHECKING:

        def __call__(cls, *args: Any, **kwargs: Any) -> Any:
            with configuring(cls):
                return super().__call__(*args, **kwargs)


class Model(BaseModel, metaclass=_Meta):
    """Immutable, and an unknown key is an error."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
        defer_build=True,
        arbitrary_types_allowed=True,
        validate_by_name=True,
        validate_by_alias=True,
    )
