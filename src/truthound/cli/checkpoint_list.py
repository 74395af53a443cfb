"""`truthound checkpoint list`: the checkpoints of a configuration file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from truthound._internal.escape import escape_markdown, escape_terminal
from truthound.cli.options import DEFAULT_CONFIG
from truthound.cli.output import wants_symbols, width, write_document
from truthound.cli.overwrite_guard import ensure_not_input
from truthound.cli.selection import load
from truthound.reporters.json_yaml import dump_json, dump_yaml
from truthound.reporters.terminal import Look, Span
from truthound.sources import describe

if TYPE_CHECKING:
    from truthound.checkpoint.checkpoint import Checkpoint

_COLUMNS = ("name", "data_source", "validators", "actions", "tags")


def show(config: Path | None, kind: str, output: Path | None, *, no_color: bool) -> None:
    """Prints or writes the checkpoints with their data, validators and actions."""
    ensure_not_input(output, config=config or DEFAULT_CONFIG)
    found = [_facts(c) for c in load(config)]
    match kind:
        case "json":
            text = dump_json(found)
        case "yaml":
            text = dump_yaml(found)
        case "markdown":
            lines = [f"| {' | '.join(escape_markdown(_text(f[c])) for c in _COLUMNS)} |" for f in found]
            text = "\n".join([f"| {' | '.join(_COLUMNS)} |", "| --- | --- | --- | --- | --- |", *lines]) + "\n"
        case _:
            plain = output is not None
            look = Look(120 if plain else width(sys.stdout), not plain and wants_symbols(sys.stdout, no_color=no_color))
            rows: list[list[Span]] = [[(word, "dim") for word in ("NAME", "SOURCE", "VALIDATORS", "ACTIONS")]]
            rows += [
                [(escape_terminal(_text(f[c])), "" if i else "bold") for i, c in enumerate(_COLUMNS[:4])] for f in found
            ]
            text = look.render([look.table(rows)])
    write_document(text, output)


def _facts(checkpoint: Checkpoint) -> dict[str, Any]:
    config = checkpoint.config
    types = list(dict.fromkeys(rule.type for rule in config.rules))
    return {
        "name": checkpoint.name,
        "data_source": describe(config.data_source),
        "validators": types or ["schema" if config.schema or config.auto_schema else "default"],
        "actions": [a.name for a in checkpoint.actions],
        "tags": dict(config.tags),
    }


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{k}={v}" for k, v in value.items())
    return ", ".join(value) if isinstance(value, list) else str(value)
