"""`truthound checkpoint init`: a first configuration file."""

from __future__ import annotations

import os
import shlex
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from truthound._internal.escape import escape_terminal
from truthound.cli.output import print_note, write_bytes
from truthound.cli.overwrite_guard import ensure_new, ensure_not_input
from truthound.cli.progress import Progress
from truthound.errors import ConfigError


def sample(output: Path, *, force: bool) -> None:
    """Writes the sample of the package: its configuration to `output`, its data to a folder `data` beside it."""
    root = files("truthound.data").joinpath("sample")
    data = {output.parent / "data" / f.name: f.read_bytes() for f in sorted(root.joinpath("data").iterdir(), key=_name)}
    other = {p: content for p, content in data.items() if not p.exists() or p.read_bytes() != content}
    taken = [p for p in other if p.exists()]
    if taken:  # perhaps the user's own data, which --force does not overwrite
        raise ConfigError([f"{p} exists and holds other data; move it, or -o FILE writes elsewhere" for p in taken])
    ensure_not_input(output, config=None)
    ensure_new(output, force=force)
    for path, content in {output: root.joinpath("truthound.yaml").read_bytes(), **other}.items():
        _write(path, content)
    _next(output)


def draft(output: Path, data: str, *, force: bool) -> None:
    """Writes a configuration with rules drafted from data."""
    from truthound import profiling

    ensure_not_input(output, (data, None), config=None)
    ensure_new(output, force=force)
    with Progress(f"{data}: drafting"):
        text = profiling.draft_checkpoint(profiling.profile(data), data_source=_relative_to(output.parent, data))
    _write(output, text.encode())
    _next(output)


def _name(file: Traversable) -> str:
    return file.name


def _relative_to(folder: Path, data: str) -> str:
    """The data's path as a file in `folder` refers to it."""
    if "://" in data or folder.resolve() == Path.cwd():
        return data
    path = Path(data).expanduser()
    if path.is_absolute():
        return str(path)
    try:
        return Path(os.path.relpath(Path.cwd() / path, folder.resolve())).as_posix()
    except ValueError:  # another drive
        return str(path.absolute())


def _write(path: Path, content: bytes) -> None:
    write_bytes(path, content)
    print_note(f"wrote {escape_terminal(path)}")


def _next(output: Path) -> None:
    from truthound.checkpoint.config import load_checkpoints
    from truthound.cli.options import DEFAULT_CONFIG

    name = shlex.quote(load_checkpoints(output)[0].name)
    file = "" if output == DEFAULT_CONFIG else f" --config {shlex.quote(str(output))}"
    print_note(f"next: truthound checkpoint run {escape_terminal(name + file)}")
