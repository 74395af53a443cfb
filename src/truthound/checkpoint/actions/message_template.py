"""Templates that users write into a message, and links: rendered for a run, or left out if they cannot be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Annotated, Any
from urllib.parse import quote

from markupsafe import Markup
from pydantic import AfterValidator
from pydantic.fields import FieldInfo

from truthound._internal import templates
from truthound._internal.options import Model
from truthound.checkpoint.actions.option_values import nested_types
from truthound.errors import ConfigError


def _template(value: str | None) -> str | None:
    return templates.check(value) if value else value


IS_TEMPLATE = "template"
"""marks an option, among its annotations, as a template"""


Template = Annotated[str, AfterValidator(_template), IS_TEMPLATE]
"""a text with placeholders for values of the run, see `truthound._internal.templates`"""


def is_template(info: FieldInfo) -> bool:
    """Whether an option is a template."""
    marks = [*info.metadata, *nested_types(info.annotation)]
    return any(m is IS_TEMPLATE for m in marks)


def without_failing(value: Any, template: bool, values: Mapping[str, Any]) -> tuple[Any, list[str]]:
    """An option value without the templates that cannot be rendered, and why they cannot."""
    match value:
        case str() if template:
            why = template_error(value, values)
            return (None, [why]) if why else (value, [])
        case Model():
            whys = [w for option, info in type(value).model_fields.items()
                    for w in without_failing(getattr(value, option), is_template(info), values)[1]]  # fmt: skip
            return (None, whys) if whys else (value, [])
        case tuple():
            found = [without_failing(one, template, values) for one in value]
            return tuple(one for one, whys in found if not whys), [w for _, whys in found for w in whys]
        case _:
            return value, []


def template_error(template: str, values: Mapping[str, Any]) -> str:
    """Why a template cannot be rendered with these values; empty if it can."""
    try:
        templates.render(template, values)
    except ConfigError as error:
        return str(error)
    return ""


def render_text(template: str, values: Mapping[str, Any], escape: Callable[[str], str] | None = None) -> str:
    """The rendered template, each value escaped line by line, so that it keeps its lines."""
    return templates.render(template, values, escape and _by_line(escape))


@lru_cache(maxsize=32)
def _by_line(escape: Callable[[str], str]) -> Callable[[str], str]:
    return lambda value: "\n".join(map(escape, value.split("\n")))


def render_link(template: str, values: Mapping[str, Any]) -> str:
    """A rendered link: each value is quoted, except the report's own link."""
    whole = Markup(values["report_url"])  # noqa: S704 not HTML; marked so that it is not quoted again
    return templates.render(template, {**values, "report_url": whole}, _quoted)


def _quoted(value: str) -> str:
    return quote(value, safe="", errors="replace")


__all__ = ["IS_TEMPLATE", "Template", "is_template", "render_link", "render_text", "template_error", "without_failing"]
