"""`truthound checkpoint init`: a first configuration file."""

from __future__ import annotations

import os
import shlex
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from truthound._internal.text import terminal
from truthound.cli.output import say, write_bytes
from truthound.cli.overwrite_guard import ensure_writable
from truthound.cli.progress import Progress
from truthound.errors import ConfigError


def sample(output: Path, *, force: bool) -> None:
    """The sample that ships in the package: its configuration at `output`, its data in a folder beside it."""
    root = files("truthound.data").joinpath("sample")
    data = {output.parent / "data" / f.name: f.read_bytes() for f in sorted(root.joinpath("data").iterdir(), key=_name)}
    other = {p: content for p, content in data.items() if not p.exists() or p.read_bytes() != content}
    taken = [p for p in other if p.exists()]
    if taken:  # perhaps somebody's own: a draft may be written over, data never
        raise ConfigError(
            [f"{p} is there already and holds other data; move it, or -o FILE writes elsewhere" for p in taken]
        )
    ensure_writable(output, draft="configuration", force=force)
    for path, content in {output: root.joinpath("truthound.yaml").read_bytes(), **other}.items():
        _write(path, content)
    _next(output)


def draft(output: Path, data: str, *, force: bool) -> None:
    """Rules for a file of data, drafted from what is in it."""
    from truthound import profiling

    ensure_writable(output, sources=[(data, None)], draft="configuration", force=force)
    with Progress(f"{data}: drafting"):
        text = profiling.draft_checkpoint(profiling.profile(data), data_source=_seen_from(output.parent, data))
    _write(output, text.encode())
    _next(output)


def _name(file: Traversable) -> str:
    return file.name


def _seen_from(folder: Path, data: str) -> str:
    """The data's path as a file in `folder` names it."""
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
    say(f"wrote {terminal(path)}")


def _next(output: Path) -> None:
    from truthound.checkpoint.config import load_checkpoints
    from truthound.cli.options import DEFAULT_CONFIG

    name = shlex.quote(load_checkpoints(output)[0].name)
    file = "" if output == DEFAULT_CONFIG else f" --config {shlex.quote(str(output))}"
    say(f"next: truthound checkpoint run {terminal(name + file)}")
