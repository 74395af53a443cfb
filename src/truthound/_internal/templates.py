"""User-defined templates of messages: sandboxed Jinja2, or `{checkpoint_name}` in braces."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from truthound._internal.text import did_you_mean
from truthound.errors import ConfigError

if TYPE_CHECKING:
    from jinja2.sandbox import ImmutableSandboxedEnvironment

NAMES = (
    "checkpoint_name", "status", "verdict", "severity", "source", "row_count", "issue_count", "issues", "failed", "warned",
    "errored", "passed", "skipped", "total_checks", "pass_rate", "run_id", "run_time", "duration", "report_url", "tags",
    "metadata", "error", "previous_status", "summary",
)  # fmt: skip
"""the variables of a template"""
_BRACES = re.compile(r"(?<![{%#])\{([A-Za-z_]\w*)\}(?!\})")
Escape = Callable[[str], str]


def check(template: str, known: Collection[str] = NAMES) -> str:
    """The template. Raises ConfigError if it does not parse or uses an unknown variable."""
    from jinja2 import TemplateSyntaxError

    try:
        unknown = sorted(_used_variables(template, known) - set(known))
        _environment(None).from_string(_jinja(template, known))  # unknown filters show only here
    except RecursionError:
        raise ConfigError("the template cannot be read: it is nested too deeply") from None
    except TemplateSyntaxError as error:
        raise ConfigError(f"the template cannot be read: line {error.lineno}: {error.message}") from None
    used = _BRACES.findall(re.sub(r"\$\{\w+\}", "", template))  # without environment variables
    unknown += [n for n in used if n not in known and did_you_mean(n, known)]
    if unknown:
        raise ConfigError(
            [
                f'the template knows no "{n}"{did_you_mean(n, known) or "; it knows " + ", ".join(known)}'
                for n in unknown
            ]
        )
    return template


def names(template: str) -> set[str]:
    """The variables that a template uses."""
    return _used_variables(template, NAMES)


def render(template: str, values: Mapping[str, Any], escape: Escape | None = None) -> str:
    """The rendered text, with each value escaped unless a filter did so already. Raises ConfigError if rendering fails."""
    from jinja2 import TemplateError

    try:
        return _environment(escape).from_string(_jinja(template, values)).render(values)
    except (
        TemplateError,
        TypeError,
        ValueError,
        ArithmeticError,
        AttributeError,
        LookupError,
        RecursionError,
    ) as error:
        raise ConfigError(f"the template fails: {type(error).__name__}: {str(error)[:200]}") from None


def within_json(value: str) -> str:
    """Text escaped for the inside of a JSON string."""
    return json.dumps(value)[1:-1]


def _used_variables(template: str, known: Collection[str]) -> set[str]:
    from jinja2 import meta

    return meta.find_undeclared_variables(_environment(None).parse(_jinja(template, known)))


def _jinja(template: str, known: Collection[str]) -> str:
    """`{name}` of a known name as Jinja2 writes it; other braces stay what they are."""
    return _BRACES.sub(lambda m: f"{{{{ {m[1]} }}}}" if m[1] in known else m[0], template)


@lru_cache(maxsize=32)
def _environment(escape: Escape | None) -> ImmutableSandboxedEnvironment:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment
    from markupsafe import Markup

    def finalize(value: Any) -> Any:
        if value is None:
            return ""
        if escape is None or isinstance(value, Markup | bool):  # the filter tojson has escaped its own
            return value
        if escape is within_json and isinstance(value, int | float):
            return value
        return escape(str(value))

    return ImmutableSandboxedEnvironment(
        undefined=StrictUndefined,
        finalize=finalize,
        keep_trailing_newline=True,
        autoescape=False,
    )
