"""A configuration file as plain values, with environment variables resolved, and its mistakes with their locations."""

from __future__ import annotations

import os
from collections.abc import Iterable
from collections.abc import Mapping as MappingABC
from pathlib import Path
from typing import Any

from truthound._internal.env_vars import describe_unset, expand, referenced_variables
from truthound._internal.escape import escape_terminal
from truthound._internal.redaction import MIN_SECRET_LENGTH, is_secret, redact
from truthound._internal.yaml_nodes import Mapping, Node, Scalar, Sequence, compose, locate
from truthound.errors import ConfigError, YamlSyntaxError

LARGEST = 32 << 20
WORDS = frozenset(
    {"columns", "determines", "group_by", "name", "order_by", "pii", "primary_key", "reference_columns",
     "run_name_template", "tags", "validators", "version"}
)  # fmt: skip
"""keys whose values are names: `- null`, `- 2024` and `1.10` are text"""
WORDY = frozenset({"environment", "headers", "tags"})
"""keys of mappings whose values are text"""


class Document:
    """A configuration file: its nodes, and the mistakes found so far."""

    def __init__(self, path: str | Path, env: MappingABC[str, str] | None = None) -> None:
        self.name = escape_terminal(path)
        self.env = os.environ if env is None else env
        self._found: dict[tuple[int, int, str], str] = {}
        self._broken: set[Node] = set()
        try:
            self.root, mistakes = compose(_text(Path(path), self.name))
        except YamlSyntaxError as error:
            raise ConfigError(f"{self.name}:{error.line}:{error.column}: {error.reason}") from None
        for node, message in mistakes:
            self._broken.add(node)
            self.report(node, "", message)

    def report(self, node: Node, place: str, message: str) -> None:
        """Records a mistake. Repeated through defaults or aliases, it counts once."""
        self._found.setdefault((node.line, node.column, message), place)

    def report_all(self, node: Node, at: str, found: Iterable[tuple[str, str]]) -> None:
        """Records mistakes whose paths are relative to a node, which is `at` in the document."""
        for place, message in found:
            pointed, reached, shown = locate(node, place)
            if reached not in self._broken:  # its mistake is reported already
                self.report(pointed, f"{at}{shown}" if at else shown.removeprefix("."), message)

    def problems(self) -> list[str]:
        """A line for each mistake, in the order of the file, with secrets redacted."""
        secrets = self.secrets(self.root) if self.root else set()
        return [
            f"{self.name}:{line}:{column}: {escape_terminal(redact(f'{place}: {message}' if place else message, secrets))}"
            for (line, column, message), place in sorted(self._found.items())
        ]

    def location(self, node: Node) -> str:
        """`truthound.yaml:31:5`"""
        return f"{self.name}:{node.line}:{node.column}"

    def value(
        self, node: Node, place: str, *, word: bool = False, verbatim: frozenset[str] = frozenset(), fill: bool = True
    ) -> Any:
        """The value of a node, with `${VAR}` resolved except below the keys in `verbatim`; not resolved at all without `fill`."""
        match node:
            case Scalar():
                return self._scalar(node, place, word=word, fill=fill)
            case Sequence():
                return [self._item(item, f"{place}[{i}]", word=word, fill=fill) for i, item in enumerate(node.items)]
            case Mapping():
                below = place.rpartition(".")[2] in WORDY
                return {
                    key: plain(value) if key in verbatim
                    else self.value(value, f"{place}.{key}" if place else key, word=below or key in WORDS, fill=fill)
                    for key, (_, value) in node.pairs.items()
                }  # fmt: skip
            case _:
                raise TypeError(node)

    def _item(self, node: Node, place: str, *, word: bool, fill: bool) -> Any:
        if word and isinstance(node, Scalar) and node.value is None and node.text not in ("", "~"):
            return node.text.lower()  # `- null` is the name
        return self.value(node, place, word=word, fill=fill)

    def _scalar(self, node: Scalar, place: str, *, word: bool, fill: bool) -> Any:
        value = node.value
        if word and value is not None:
            value = node.text
        if not fill or not isinstance(value, str):
            return value
        filled, missing = expand(value, self.env)
        for message in describe_unset(missing):
            self._broken.add(node)
            self.report(node, place, message)
        return filled

    def secrets(self, node: Node) -> set[str]:
        """The values of secret variables that a node refers to."""
        match node:
            case Scalar():
                return {
                    self.env[n]
                    for n in referenced_variables(node.text)
                    if is_secret(n) and len(self.env.get(n, "")) >= MIN_SECRET_LENGTH
                }
            case Sequence():
                return set().union(*map(self.secrets, node.items))
            case Mapping():
                return set().union(*(self.secrets(v) for _, v in node.pairs.values()))
            case _:
                raise TypeError(node)


def plain(node: Node) -> Any:
    """The value of a node, `${VAR}` unresolved."""
    match node:
        case Scalar():
            return node.value
        case Sequence():
            return [plain(item) for item in node.items]
        case Mapping():
            return {key: plain(value) for key, (_, value) in node.pairs.items()}
        case _:
            raise TypeError(node)


def _text(path: Path, name: str) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except FileNotFoundError:
        raise ConfigError(f'{name}: there is no such file; "truthound checkpoint init" writes one') from None
    except OSError as error:
        raise ConfigError(f"{name}: cannot be read: {error.strerror or error}") from None
    if len(data) > LARGEST:
        raise ConfigError(f"{name}: over {LARGEST >> 20} MB; this is most likely not a configuration file")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        raise ConfigError(
            f"{name}:{line}:{column}: not UTF-8 text (byte 0x{data[error.start]:02x}); save the file as UTF-8"
        ) from None
