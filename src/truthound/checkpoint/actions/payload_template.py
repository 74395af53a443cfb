"""A request's body that the user writes: a text, or a mapping or list whose texts are templates."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn
from urllib.parse import quote_plus

from truthound._internal import templates
from truthound._internal.text import to_json_value
from truthound.errors import ConfigError
from truthound.io.request import encode_json

JSON = "application/json"
_SINGLE_PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}|\{(\w+)\}")
_ESCAPES: dict[str, Callable[[str], str]] = {
    "application/x-www-form-urlencoded": quote_plus,
    "application/xml": html.escape,
    "text/xml": html.escape,
    "text/html": html.escape,
}


def check(template: Any) -> Any:
    """The template; raises ValueError where a text in it is not a valid template."""
    for text in _texts(template):
        templates.check(text)
    return template


def render(template: Any, values: Mapping[str, Any], content_type: str) -> bytes:
    """The body; raises ConfigError where a text template for JSON does not render to JSON."""
    if not isinstance(template, str):
        return encode_json(_rendered(template, values))
    if content_type not in (JSON, "") and not content_type.endswith("+json"):
        return templates.render(template, values, _ESCAPES.get(content_type)).encode("utf-8", "replace")
    text = templates.render(template, values, templates.within_json)
    try:
        json.loads(text, parse_constant=_reject_constant)
    except (ValueError, RecursionError) as error:
        raise ConfigError(
            f"payload_template does not render to JSON: {error}; put placeholders for text in quotes, write "
            "{{ issues | tojson }} for other values, or set another Content-Type in headers"
        ) from None
    return text.encode("utf-8", "replace")


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case Mapping():
            for item in value.values():
                yield from _texts(item)
        case list():
            for item in value:
                yield from _texts(item)


def _rendered(value: Any, values: Mapping[str, Any]) -> Any:
    """The template with its texts rendered; a text that is a single placeholder becomes its value, whatever its type."""
    match value:
        case str():
            placeholder = _SINGLE_PLACEHOLDER.fullmatch(value)
            name = (placeholder[1] or placeholder[2]) if placeholder else ""
            return values[name] if name in values else templates.render(value, values)
        case Mapping():
            return {key: _rendered(item, values) for key, item in value.items()}
        case list():
            return [_rendered(item, values) for item in value]
        case _:
            return to_json_value(value)


def _reject_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a number in JSON")
