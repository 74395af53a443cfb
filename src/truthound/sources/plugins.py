"""Opens the kinds of data source that other packages add."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from truthound._internal.redaction import describe_exception
from truthound._internal.text import shorten
from truthound.errors import ConfigError, SourceError, TruthoundError
from truthound.sources.address import scrub, url_secrets
from truthound.sources.base import Source
from truthound.sources.memory.open import open_table
from truthound.sources.spec import Spec, load_plugin, parse_spec


def open_with_plugin(spec: Spec, _: Path | None, whole: bool) -> Source:
    """The table that a plugin returns.

    Raises:
        ConfigError: The plugin is broken.
        SourceError: The plugin raised an error, or returned something that is not a table.
    """
    plugin = load_plugin(spec.family)
    try:
        opened = plugin.open(spec)
    except TruthoundError:
        raise
    except Exception as error:
        words = shorten(scrub(describe_exception(error), url_secrets(spec.address)), 300)
        raise SourceError(f'{spec.name} cannot be opened by the plugin "{spec.family}": {words}') from error
    if isinstance(opened, Source):
        return opened
    try:
        table = parse_spec(opened)
    except ConfigError:
        table = None
    if table is None or table.family != "memory":
        raise SourceError(
            f'{spec.name} cannot be opened by the plugin "{spec.family}": it returned {type(opened).__name__}, '
            "which is not a table"
        )
    return open_table(replace(table, name=spec.name), None, whole)
