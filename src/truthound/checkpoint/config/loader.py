"""Loads checkpoints from a configuration file. Every mistake in the file is reported at once."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Mapping as MappingABC
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from truthound._internal.options import field_names, raise_config_errors
from truthound._internal.text import did_you_mean
from truthound._internal.yaml_nodes import Mapping, Node, Scalar, Sequence, locate, overlaid
from truthound.checkpoint.actions.base import Action
from truthound.checkpoint.actions.option_values import Resolution
from truthound.checkpoint.actions.registry import action_class
from truthound.checkpoint.checkpoint import Checkpoint
from truthound.checkpoint.config.actions import conflicts
from truthound.checkpoint.config.document import WORDS, Document
from truthound.checkpoint.config.models import CheckpointConfig, parse_source
from truthound.errors import ConfigError, OptionErrors
from truthound.schema import Schema

TOP = ("version", "defaults", "checkpoints")
VERSION = "1"


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """The options of the checkpoints in a configuration file, in its order."""

    path: Path
    checkpoints: tuple[CheckpointConfig, ...]

    @property
    def base(self) -> Path:
        """The folder that relative paths in the file are resolved from."""
        return self.path.parent


def load_checkpoints(path: str | Path, env: MappingABC[str, str] | None = None) -> list[Checkpoint]:
    """The checkpoints of a file, ready to run. Relative paths in it start from its folder.

    Raises:
        ConfigError: every mistake in the file, each as `file:line:column: key: what is wrong`.
    """
    file = load_config(path, env)
    return [Checkpoint(config=config, base=file.base) for config in file.checkpoints]


def load_config(path: str | Path, env: MappingABC[str, str] | None = None) -> ConfigFile:
    """The options in a file, with `${VAR}` resolved from `env` (default: the process's environment).

    Raises:
        ConfigError: every mistake in the file, each as `file:line:column: key: what is wrong`.
    """
    document = Document(path, env)
    if not isinstance(document.root, Mapping):
        where = "" if document.root is None else ":1:1"
        what = "the file is empty" if document.root is None else "the file is not a mapping"
        raise ConfigError([*document.problems(), f"{document.name}{where}: {what}; it needs a list of checkpoints:"])
    configs = _checkpoints(document, document.root, Path(path).parent)
    problems = document.problems()
    if problems:
        raise ConfigError(problems)
    return ConfigFile(Path(path), tuple(configs))


def outline(path: str | Path) -> list[dict[str, Any]]:
    """The raw options of the checkpoints in a file, with the defaults; `${VAR}` unresolved, nothing validated.

    Raises:
        ConfigError: the file cannot be read, or is not YAML.
    """
    document = Document(path)
    root = document.root if isinstance(document.root, Mapping) else Mapping(0, 0)
    defaults, listed = root.get("defaults"), root.get("checkpoints")
    under = defaults if isinstance(defaults, Mapping) else Mapping(0, 0)
    nodes = [n for n in (listed.items if isinstance(listed, Sequence) else ()) if isinstance(n, Mapping)]
    return [document.value(overlaid(node, under), "", fill=False) for node in nodes]


def _checkpoints(document: Document, root: Mapping, base: Path) -> list[CheckpointConfig]:
    _top(document, root)
    defaults = root.get("defaults")
    under = defaults if isinstance(defaults, Mapping) else Mapping(0, 0)
    listed = root.get("checkpoints")
    made: list[CheckpointConfig] = []
    lines: dict[str, int] = {}
    for i, node in enumerate(listed.items if isinstance(listed, Sequence) else ()):
        at = f"checkpoints[{i}]"
        if not isinstance(node, Mapping):
            document.report(node, at, "a checkpoint is a mapping with name, data_source, validators")
            continue
        config = _Reader(document, overlaid(node, under), at, base).checkpoint()
        name = node.pairs.get("name")
        if name and isinstance(name[1], Scalar):
            known = lines.setdefault(name[1].text, name[0].line)
            if known != name[0].line:
                document.report(
                    name[0], f"{at}.name", f'"{name[1].text}" is the name of the checkpoint on line {known} already'
                )
        if config is not None:
            made.append(config)
    return made


def _top(document: Document, root: Mapping) -> None:
    """Reports mistakes in top-level keys. Keys that begin with `x-` are free for anchors."""
    options = set(field_names(CheckpointConfig))
    for key, (node, value) in root.pairs.items():
        if key in options:
            document.report(
                node, key, "this belongs to a checkpoint: put it in the list under checkpoints:, or under defaults:"
            )
        elif key not in TOP and not key.startswith("x-"):
            document.report(node, key, f"unknown key{did_you_mean(key, TOP)}")
        elif key == "version" and not (isinstance(value, Scalar) and value.text == VERSION):
            document.report(node, key, f"only version {VERSION} is known")
        elif key == "defaults" and not isinstance(value, Mapping):
            document.report(node, key, "a mapping of options is expected")
        elif key == "checkpoints" and not (isinstance(value, Sequence) and value.items):
            document.report(node, key, "a list of at least one checkpoint is expected")
    defaults = root.get("defaults")
    if isinstance(defaults, Mapping) and "name" in defaults.pairs:
        document.report(defaults.pairs["name"][0], "defaults.name", "each checkpoint needs its own name")
    if "checkpoints" not in root.pairs:
        document.report(root, "checkpoints", '"checkpoints" is required')


class _Reader:
    """Reads one checkpoint."""

    def __init__(self, document: Document, node: Mapping, at: str, base: Path) -> None:
        self.document, self.node, self.at, self.base = document, node, at, base

    def checkpoint(self) -> CheckpointConfig | None:
        """Its options; None if they have mistakes, which are reported."""
        options = {key: self._option(key, *pair) for key, pair in self.node.pairs.items()}
        actions = options.get("actions")
        source = None
        with contextlib.suppress(ConfigError):  # reported below, with the other mistakes
            source = parse_source(options.get("data_source"))
            listed = actions if isinstance(actions, list) else ()
            self.document.report_all(self.node, self.at, conflicts(str(options.get("name")), source, listed, self.base))
        try:
            with raise_config_errors(CheckpointConfig):
                config = CheckpointConfig.model_validate(options, context={"locate": self._location, "source": source})
        except OptionErrors as error:
            self.document.report_all(self.node, self.at, map(_split, error.found))
            return None
        written = {
            k: self.document.value(n, "", word=k in WORDS, fill=False)
            for k, (_, n) in self.node.pairs.items()
            if k != "actions"
        }
        return config.model_copy(update={"actions": self._filled(config.actions)}).with_resolution(
            written, self.document.env
        )

    def _location(self, place: str) -> str:
        return self.document.location(locate(self.node, place)[0])

    def _option(self, key: str, key_node: Scalar, node: Node) -> Any:
        place = f"{self.at}.{key}"
        if key == "validators" and isinstance(node, Scalar):
            hint = " (for the validator null: [null])" if node.text else ""
            self.document.report(key_node, place, f"a list is expected{hint}")
            return None
        if key == "actions" and isinstance(node, Sequence):
            return [self._action(item, f"{place}[{i}]") for i, item in enumerate(node.items)]
        if key == "data_source" and isinstance(node, Sequence):
            several = "a path, a URL or a mapping is expected; for several files give a glob: data/*.parquet"
            self.document.report(key_node, place, several)
            return "several"
        value = self.document.value(node, place, word=key in WORDS)
        if key == "schema" and isinstance(value, str) and value.strip():
            self._schema(self.base / value, node, place)
        return value

    def _schema(self, path: Path, node: Node, place: str) -> None:
        """Reports mistakes in the schema file that a node names."""
        if not path.exists():
            near = did_you_mean(path.name, [p.name for p in path.parent.glob("*")])
            write = "" if near else f"; write it with: truthound schema infer DATA -o {shlex.quote(str(path))}"
            self.document.report_all(node, place, [("", f"there is no file {path}{near or write}")])
            return
        try:
            Schema.load(path)
        except ConfigError as error:
            self.document.report_all(node, place, [("", message) for message in error.problems])

    def _action(self, node: Node, place: str) -> Any:
        """The options of an action. Variables that it resolves itself, such as a shell's, stay unresolved."""
        kind = node.get("type") if isinstance(node, Mapping) else None
        verbatim: frozenset[str] = frozenset()
        if isinstance(kind, Scalar):
            try:
                verbatim = action_class(kind.text).verbatim
            except ConfigError:  # met again, and reported, when the action is made
                verbatim = frozenset()
        return self.document.value(node, place, verbatim=verbatim)

    def _filled(self, actions: tuple[Action, ...]) -> tuple[Action, ...]:
        """The actions, with their raw options and secrets."""
        listed = self.node.get("actions")
        items = listed.items if isinstance(listed, Sequence) else []
        return tuple(
            a.with_resolution(Resolution(self.document.value(n, "", fill=False), frozenset(self.document.secrets(n))))
            for a, n in zip(actions, items, strict=True)
        )


def _split(found: tuple[str, str]) -> tuple[str, str]:
    """Separates the location from the message of a mistake (`validators[2].range.min_valu: unknown key`)."""
    place, message = found
    if place or not message.startswith(("validators[", "validator_config.")):
        return found
    place, _, message = message.partition(": ")
    return place, message
