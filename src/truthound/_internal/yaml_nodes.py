"""YAML text as a tree of nodes that know their line and column, resolved by the rules of YAML 1.2.

A plain scalar is a number, `true`, `false`, `null` or text: `on`, `yes`, `012`, `12:30` and dates are text. Keys are
always text as written, so `null:` and `2024:` are names. A duplicate key is a mistake. No Python objects are created.
"""

from __future__ import annotations

import contextlib
import functools
import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from truthound.errors import YamlSyntaxError

MAX_DEPTH = 100
MAX_NODES = 100_000
MAX_EXPANSION = 20
"""times the nodes that are written, where that is more than `MAX_NODES`: how far aliases may expand a document"""
_PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_STANDARD = "tag:yaml.org,2002:"
_SIGNS, _DIGITS = "+-", "0123456789"
_FLOAT = (
    r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)\.[0-9]*)([eE][-+]?[0-9]{1,4})?|[-+]?[1-9][0-9]*[eE][-+]?[0-9]{1,3}"
    r"|[-+]?\.(inf|Inf|INF)|\.nan|\.NaN|\.NAN"
)
_RESOLVERS = {  # of plain scalars, with their first characters: YAML 1.2's core schema, and 1.1's merge key
    "null": (r"|~|null|Null|NULL", ["", *"~nN"]),
    "bool": (r"true|True|TRUE|false|False|FALSE", [*"tTfF"]),
    "int": (r"[-+]?(0|[1-9][0-9]{0,308})|0o[0-7]{1,400}|0x[0-9a-fA-F]{1,300}", [*_SIGNS, *_DIGITS]),
    "float": (_FLOAT, [*_SIGNS, *_DIGITS, "."]),
    "merge": ("<<", ["<"]),
}
_HINTS = {
    "mapping values are not allowed in this context": '; put text that holds ": " in quotes',
    "found character that cannot start any token": "; put text that begins with @, `, % or | in quotes",
    "did not find expected alphabetic or numeric character": "; put text that begins with * or & in quotes",
}


@dataclass(slots=True, eq=False)
class Node:
    """A part of a document. Lines and columns count from 1; `size` is the number of nodes in it, aliases followed."""

    line: int
    column: int
    size: int = field(default=1, kw_only=True)


@dataclass(slots=True, eq=False)
class Scalar(Node):
    """A text as written, and its value: text, a number, a truth value or None."""

    text: str
    value: Any
    is_merge: bool = False


@dataclass(slots=True, eq=False)
class Sequence(Node):
    items: list[Node] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Mapping(Node):
    pairs: dict[str, tuple[Scalar, Node]] = field(default_factory=dict)

    def get(self, key: str) -> Node | None:
        pair = self.pairs.get(key)
        return pair[1] if pair else None


Mistakes = list[tuple[Node, str]]


def compose(text: str) -> tuple[Node | None, Mistakes]:
    """The root of a document (None for an empty one), and the mistakes that do not stop the reading.

    Raises:
        YamlSyntaxError: the text is not YAML, is nested too deeply or expands too far.
    """
    try:
        root = yaml.compose(text, Loader=_loader(_PARSER))
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(error, text) from None
    except yaml.reader.ReaderError as error:
        raise _unreadable(error, text) from None
    builder = _Builder()
    return (None if root is None else builder.node(root)), builder.mistakes


class _DepthLimit:
    """Overrides PyYAML's composer: nesting is limited, and an anchor may be defined again, as YAML 1.2 has it."""

    parents: list[Any]
    anchors: dict[str, Any]

    def compose_node(self: Any, parent: Any, index: Any) -> Any:
        event = self.peek_event()
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        self.parents.append(parent)
        if isinstance(event, yaml.AliasEvent):
            target = self.anchors.get(event.anchor)
            if target is None:
                raise YamlSyntaxError(line, column, f'no anchor "{event.anchor}" above this alias')
            if any(target is open_ for open_ in self.parents):
                raise YamlSyntaxError(line, column, f'the anchor "{event.anchor}" contains itself')
        else:
            self.anchors.pop(event.anchor, None)
            if isinstance(event, yaml.CollectionStartEvent) and len(self.parents) > MAX_DEPTH:
                raise YamlSyntaxError(line, column, f"nested more than {MAX_DEPTH} levels deep")
        node = super().compose_node(parent, index)  # type: ignore[misc]  # of the classes that `_loader` adds
        self.parents.pop()
        return node


@functools.cache
def _loader(parser: Any) -> Any:
    """The loader that reads with this parser; the one in C has no composer with methods to override."""

    def start(self: Any, stream: str) -> None:
        parser.__init__(self, stream)
        self.anchors, self.parents = {}, []

    composer = () if issubclass(parser, yaml.composer.Composer) else (yaml.composer.Composer,)
    loader: Any = type("Loader", (_DepthLimit, *composer, parser), {"__init__": start, "yaml_implicit_resolvers": {}})
    for kind, (pattern, first) in _RESOLVERS.items():
        loader.add_implicit_resolver(_STANDARD + kind, re.compile(rf"(?:{pattern})\Z"), first)
    return loader


class _Builder:
    """Turns PyYAML's nodes into ours; an aliased node stays one node."""

    def __init__(self) -> None:
        self.mistakes: Mistakes = []
        self._built: dict[Any, Node] = {}
        self._constructor: Any = yaml.constructor.SafeConstructor()

    def node(self, raw: Any) -> Node:
        known = self._built.get(raw)
        if known is None:
            line, column = raw.start_mark.line + 1, raw.start_mark.column + 1
            match raw:
                case yaml.MappingNode():
                    known = self._mapping(raw, Mapping(line, column))
                case yaml.SequenceNode():
                    known = self._sequence(raw, Sequence(line, column))
                case _:
                    known = self._scalar(raw, line, column)
            self._built[raw] = known
        return known

    def _scalar(self, raw: Any, line: int, column: int) -> Scalar:
        kind = raw.tag.removeprefix(_STANDARD)
        text = raw.value
        value: Any = text
        if kind == "null":
            value = None
        elif kind in ("bool", "int", "float"):
            with contextlib.suppress(ValueError, KeyError):  # an explicit tag on something else
                value = getattr(self._constructor, f"construct_yaml_{kind}")(raw)
        node = Scalar(line, column, text, value, kind == "merge")
        if kind not in ("str", *_RESOLVERS):
            self._unsupported(node, raw)
        return node

    def _sequence(self, raw: Any, node: Sequence) -> Sequence:
        if raw.tag != f"{_STANDARD}seq":
            self._unsupported(node, raw)
        node.items = [self._child(node, item) for item in raw.value]
        return node

    def _mapping(self, raw: Any, node: Mapping) -> Mapping:
        if raw.tag != f"{_STANDARD}map":
            self._unsupported(node, raw)
        merged: list[Mapping] = []
        for raw_key, raw_value in raw.value:
            key, value = self._child(node, raw_key), self._child(node, raw_value)
            if not isinstance(key, Scalar):
                self.mistakes.append((key, "a key must be text"))
            elif key.is_merge:
                found = value.items if isinstance(value, Sequence) else [value]
                merged += [m for m in found if isinstance(m, Mapping)]
                if any(not isinstance(m, Mapping) for m in found):
                    self.mistakes.append((key, "<< takes a mapping or a list of mappings"))
            elif (known := node.pairs.get(key.text)) is not None:
                self.mistakes.append((key, f'the key "{key.text}" is given twice, first on line {known[0].line}'))
            else:
                node.pairs[key.text] = (key, value)
        for other in merged:
            for name, pair in other.pairs.items():
                node.pairs.setdefault(name, pair)
        return node

    def _child(self, parent: Node, raw: Any) -> Node:
        node = self.node(raw)
        parent.size += node.size
        if parent.size > max(MAX_NODES, MAX_EXPANSION * len(self._built)):
            raise YamlSyntaxError(node.line, node.column, "the aliases expand to too much")
        return node

    def _unsupported(self, node: Node, raw: Any) -> None:
        self.mistakes.append((node, f"the tag {raw.tag} is not supported"))


def _syntax_error(error: yaml.MarkedYAMLError, text: str) -> YamlSyntaxError:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    if error.problem == "but found another document":
        return YamlSyntaxError(line + 1, column + 1, "a second document; one file holds one document")
    lines = text.splitlines()
    here = lines[line] if line < len(lines) else ""
    if "\t" in here[: column + 1]:
        return YamlSyntaxError(line + 1, here.index("\t") + 1, "a tab; indent with spaces")
    reason = " ".join(filter(None, (error.problem, error.context)))
    return YamlSyntaxError(line + 1, column + 1, f"not valid YAML: {reason}{_HINTS.get(error.problem or '', '')}")


def _unreadable(error: Any, text: str) -> YamlSyntaxError:
    character = error.character if isinstance(error.character, str) else chr(error.character)
    # the position in the error counts bytes in one parser, characters in the other
    before = text[: max(text.find(character), 0)]
    reason = f"the character U+{ord(character):04X} is not allowed in YAML"
    return YamlSyntaxError(before.count("\n") + 1, len(before) - before.rfind("\n"), reason)


def overlaid(own: Mapping, under: Mapping) -> Mapping:
    """A mapping with what another one has and it lacks; mappings in both are treated alike."""
    made = Mapping(own.line, own.column, dict(own.pairs))
    for key, (key_node, below) in under.pairs.items():
        mine = own.get(key)
        if mine is None:
            made.pairs[key] = (key_node, below)
        elif isinstance(mine, Mapping) and isinstance(below, Mapping):
            made.pairs[key] = (own.pairs[key][0], overlaid(mine, below))
    return made


def locate(node: Node, place: str) -> tuple[Node, Node, str]:
    """Follows a path (`validators[2].range.columns.a.b`) as far as the document goes.

    Gives the node to point at (of a mapping's entry, the key), the node reached, and the path, tidy. Keys may hold
    dots, and an item may be written `.2`.
    """
    pointed, shown = node, ""
    while place:
        rest = place.removeprefix(".")
        if (
            isinstance(node, Sequence)
            and (m := re.match(r"\[?(\d+)\]?(?=[.\[]|$)", rest))
            and int(m[1]) < len(node.items)
        ):
            pointed = node = node.items[int(m[1])]
            shown, place = f"{shown}[{m[1]}]", rest[m.end() :]
            continue
        known = node.pairs if isinstance(node, Mapping) else {}
        fitting = [k for k in known if k and rest.startswith(k) and rest[len(k) : len(k) + 1] in ("", ".", "[")]
        if not fitting:
            break
        key = max(fitting, key=len)
        pointed, node = known[key]
        shown, place = f"{shown}.{key}", rest[len(key) :]
    return pointed, node, shown + (place if place[:1] in ("", ".", "[") else f".{place}")
