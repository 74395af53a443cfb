"""Types of channel options, and the options of one channel in one object."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, ClassVar, ParamSpec, TypedDict, cast

from pydantic import AfterValidator, SecretStr, create_model

from truthound._internal.options import Converted, Model
from truthound.checkpoint.actions.base import Action
from truthound.io.request import check_url


def _url(value: Any) -> Any:
    """A URL to send to. A placeholder is checked once it is resolved."""
    url = value.get_secret_value() if isinstance(value, SecretStr) else value
    if url and "://" in url and "${" not in url and (why := check_url(url)):
        raise ValueError(why)
    return value


SecretUrl = Converted[Annotated[SecretStr, AfterValidator(_url)] | None, SecretStr | str | None]
"""a URL that authorizes whoever knows it"""
Url = Annotated[str, AfterValidator(_url)]

P = ParamSpec("P")


class Options(Model):
    """A channel's options in one object, for several channels to share: `SlackNotification(config=..., notify_on="always")`."""

    of: ClassVar[type[Action]]
    """the channel whose options these are"""


def config_of(channel: Callable[P, Action], name: str) -> Callable[P, Options]:
    """The class of a channel's options, by its name in the channel's module."""
    action = cast("type[Action]", channel)
    fields: dict[str, Any] = {option: (field.annotation, field) for option, field in action.model_fields.items()}
    doc = f'Options of `{action.__name__}` in one object: `{action.__name__}(config=..., notify_on="always")`.'
    made = create_model(name, __base__=Options, __module__=action.__module__, __doc__=doc, **fields)
    made.of = action
    return made


class ChannelOptions(TypedDict, total=False):
    """The options of every channel besides `notify_on`, for type checkers."""

    config: Options | None
    name: str
    enabled: bool
    timeout_seconds: float | None
    retry_count: int
    retry_delay_seconds: float
    fail_checkpoint_on_error: bool
    metadata: Mapping[str, Any]
    at_least_once: bool
    include_examples: bool
    report_url: str | None


__all__ = ["ChannelOptions", "Options", "SecretUrl", "Url", "config_of"]
