"""What an output may never take the place of: what the command reads, and what nobody gets back."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from truthound.cli.options import DEFAULT_CONFIG
from truthound.errors import ConfigError
from truthound.sources.files.file_set import format_of, matches
from truthound.sources.spec import database_of, parse_spec

if TYPE_CHECKING:
    from truthound.checkpoint.checkpoint import Checkpoint

Kind = Literal["configuration", "schema"]
Source = tuple[Any, Path | None]
"""a data source, and the folder that it starts from"""

_MARKS = {
    "configuration": re.compile(rb'(?m)\A\s*\{\s*"checkpoints"\s*:|^checkpoints\s*:'),
    "schema": re.compile(rb"(?m)^# The expected shape of a table\.|\Acolumns\s*:"),
    "stored result": re.compile(rb'\A(\{\s*"format":\s*"|format: )truthound\.result/'),
}
_HEAD = 1 << 20  # bytes of a file that tell what it is
_REPORTS, _DRAFTS = (".json",), (".yaml", ".yml")  # endings that tell no data


def overwrite_conflict(
    output: Path | None, read: Iterable[Path | None] = (), sources: Iterable[Source] = (), draft: Kind | None = None
) -> str | None:
    """Why nothing may be written to `output`, and what to do; None where it may.

    `read` and `sources` are what the command reads. `draft` is what it writes if that may replace one of its kind,
    as `--force` allows; a report replaces reports.
    """
    if output is None or str(output) in {"-", "/dev/stdout"} or (output.exists() and not output.is_file()):
        return None
    taken = any(matches(parse_spec(source), base, output) for source, base in sources)
    if taken or any(_same(output, file) for file in read if file):
        held: str | None = "is read by this command"
    elif draft != "configuration" and DEFAULT_CONFIG.exists() and _same(output, DEFAULT_CONFIG):
        held = "is the configuration file here"
    else:
        held = _held(output.resolve(), draft)
    return held and f"{output} {held} and would be overwritten; write to another file"


def ensure_writable(
    output: Path | None,
    *read: Path | None,
    sources: Iterable[Source] = (),
    draft: Kind | None = None,
    force: bool = False,
    option: str = "--output",
) -> None:
    """Raises ConfigError where the output has an obstacle, or is a draft that is there already and not forced."""
    if why := overwrite_conflict(output, read, sources, draft):
        raise ConfigError(f"{option} {why}")
    if draft and output is not None and output.is_file() and not force:
        raise ConfigError(f"{output} is there already; --force writes over it, -o FILE writes elsewhere")


def spare_inputs(
    output: Path | None, config: Path | None, checkpoints: Iterable[Checkpoint], option: str = "--output"
) -> None:
    """`spare` for all that checkpoints read: their file, data, schemas, references, and what their actions read and write."""
    if output is None:
        return
    ensure_writable(output, config, option=option)
    for checkpoint in checkpoints:
        c, base = checkpoint.config, checkpoint.base or Path()
        references = [r for r in (getattr(rule, "reference", None) for rule in c.rules) if isinstance(r, str | Mapping)]
        options = (
            getattr(a, name, None)
            for a in c.actions
            for name in ("good_path", "bad_path", "template_path", "photo_path")
        )
        files = [
            base / Path(f).expanduser()
            for f in (c.schema, *options)
            if isinstance(f, str | Path) and "://" not in str(f)
        ]
        ensure_writable(
            output, *files, sources=[(s, checkpoint.base) for s in (c.data_source, *references)], option=option
        )


def _same(one: Path, other: Path) -> bool:
    return one.resolve() == other.resolve() or (one.exists() and other.exists() and one.samefile(other))


def _held(place: Path, draft: Kind | None) -> str | None:
    """What a file holds that cannot be got back."""
    if ".truthound" in place.parts[:-1]:
        return "is among what truthound learned"
    if any((folder / "_delta_log").is_dir() for folder in place.parents):
        return "is within a Delta table"
    if not place.is_file() or not place.stat().st_size:
        return None
    if kind := next((kind for kind, mark in _MARKS.items() if mark.search(_head(place))), None):
        return None if kind == draft else f"holds a {kind}"
    if format_of(place.name) or database_of(place.name, None):
        return None if place.suffix.lower() in _REPORTS and not draft else "holds data, by its name,"
    return f"holds no {draft}, by its name," if draft and place.suffix.lower() not in _DRAFTS else None


def _head(file: Path) -> bytes:
    with file.open("rb") as opened:
        start = opened.read(_HEAD)
    try:
        return zlib.decompressobj(31).decompress(start, _HEAD) if start.startswith(b"\x1f\x8b") else start
    except zlib.error:
        return start
