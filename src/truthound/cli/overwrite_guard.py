"""Refuses an output path that the command reads, a file of data, and a file meant for editing that exists, without `--force`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from truthound.cli.options import DEFAULT_CONFIG
from truthound.errors import ConfigError
from truthound.sources.files.file_set import format_of, matches
from truthound.sources.spec import database_of, parse_spec

if TYPE_CHECKING:
    from truthound.checkpoint.checkpoint import Checkpoint

Source = tuple[Any, Path | None]
"""a data source or a path, and the folder that it is relative to"""
_PATH_OPTIONS = ("good_path", "bad_path", "template_path", "photo_path")  # of actions


def ensure_not_input(
    output: Path | None,
    *inputs: Source,
    config: Path | None = DEFAULT_CONFIG,
    option: str = "--output",
) -> None:
    """Raises ConfigError if `output` is an input, an existing file of data by its extension (JSON may be an earlier report), or
    a configuration file: `config`, or truthound.yaml in the current folder. Streams and devices are never refused.
    """
    if output is None or str(output) in {"-", "/dev/stdout"} or (output.exists() and not output.is_file()):
        return
    configs = () if config is None else (config, DEFAULT_CONFIG)
    if any(matches(parse_spec(s), base, output) for s, base in (*inputs, *((str(c), None) for c in configs))):
        raise ConfigError(
            f"{option} {output} would overwrite an input or the configuration file; write to another file"
        )
    if output.exists() and (format_of(output.name) not in {None, "json"} or database_of(output.name, None)):
        raise ConfigError(
            f"{option} {output} would overwrite a file of data; write to another file, or delete this one"
        )


def ensure_new(output: Path | None, *, force: bool) -> None:
    """Raises ConfigError if `output` is a file that exists, unless `force`."""
    if output is not None and output.is_file() and not force:
        raise ConfigError(f"{output} exists; --force overwrites it, -o FILE writes elsewhere")


def inputs_of(checkpoints: Iterable[Checkpoint]) -> Iterator[Source]:
    """The data, schemas and references that checkpoints read, and the files that their actions read and write."""
    for checkpoint in checkpoints:
        c = checkpoint.config
        references = (getattr(rule, "reference", None) for rule in c.rules)
        options = (getattr(action, name, None) for action in c.actions for name in _PATH_OPTIONS)
        files = (f for f in (c.schema, *options) if isinstance(f, str | Path) and "://" not in str(f))
        for source in (c.data_source, *(r for r in references if isinstance(r, str | Mapping)), *files):
            yield source, checkpoint.base
