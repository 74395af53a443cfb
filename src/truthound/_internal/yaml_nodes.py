"""YAML text as a tree of nodes that know their line and column, read by rules without surprises.

A plain scalar is a number, `true`, `false`, `null` or text: `on`, `yes`, `012`, `12:30` and dates are text. Keys are
always text as written, so `null:` and `2024:` are names. Two equal keys are a mistake. Nothing here makes objects.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from truthound.errors import YamlSyntaxError

DEPTH = 100
MANY = 100_000
FACTOR = 20
_PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INT = re.compile(r"[-+]?(0|[1-9][0-9]{0,308})|0o[0-7]{1,400}|0x[0-9a-fA-F]{1,300}")
_FLOAT = re.compile(
    r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)\.[0-9]*)([eE][-+]?[0-9]{1,4})?|[-+]?[1-9][0-9]*[eE][-+]?[0-9]{1,3}"
)
_SPECIAL = re.compile(r"([-+]?)\.(inf|Inf|INF)|(\.nan|\.NaN|\.NAN)")
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE, _FALSE = frozenset({"true", "True", "TRUE"}), frozenset({"false", "False", "FALSE"})
HINTS = {
    "mapping values are not allowed in this context": '; put text that holds ": " in quotes',
    "found character that cannot start any token": "; put text that begins with @, `, % or | in quotes",
    "did not find expected alphabetic or numeric character": "; put text that begins with * or & in quotes",
}
_TAGS = {f"tag:yaml.org,2002:{t}": t for t in ("str", "int", "float", "bool", "null", "map", "seq")}


@dataclass(slots=True, eq=False)
class Node:
    """A part of a document. Lines and columns count from 1; `size` is the number of nodes in it, aliases followed."""

    line: int
    column: int
    size: int = field(default=1, kw_only=True)


@dataclass(slots=True, eq=False)
class Scalar(Node):
    """A text; `plain` where it was written without quotes and so may mean a number."""

    text: str
    plain: bool = False
    kind: str = "str"

    @property
    def is_null(self) -> bool:
        return self.kind == "null" or (self.plain and self.text in _NULL)

    @property
    def is_text(self) -> bool:
        return isinstance(self.value, str)

    @property
    def value(self) -> Any:
        """What it means: text, a number, a truth value or None."""
        if not self.plain and self.kind == "str":
            return self.text
        text = self.text
        if self.is_null:
            return None
        if text in _TRUE or text in _FALSE:
            return text in _TRUE
        if _INT.fullmatch(text):
            return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
        if _FLOAT.fullmatch(text):
            return float(text)
        if m := _SPECIAL.fullmatch(text):
            return float("nan") if m[3] else float(f"{m[1]}inf")
        return text


@dataclass(slots=True, eq=False)
class Sequence(Node):
    items: list[Node] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Mapping(Node):
    pairs: dict[str, tuple[Scalar, Node]] = field(default_factory=dict)

    def get(self, key: str) -> Node | None:
        pair = self.pairs.get(key)
        return pair[1] if pair else None


@dataclass(slots=True)
class _Open:
    """A collection that is being read."""

    node: Sequence | Mapping
    key: Scalar | None = None
    merged: list[Mapping] = field(default_factory=list)


class Composer:
    """Reads one document. Mistakes that do not stop the reading are kept in `mistakes`."""

    def __init__(self) -> None:
        self.mistakes: list[tuple[Node, str]] = []
        self._anchors: dict[str, Node] = {}
        self._stack: list[_Open] = []
        self._root: Node | None = None
        self._count = 0

    def compose(self, text: str) -> Node | None:
        """The document's root, or None for an empty one.

        Raises:
            Malformed: the text breaks YAML's syntax, is nested too deeply or expands too far.
        """
        try:
            for event in yaml.parse(text, Loader=_PARSER):
                self._take(event)
        except yaml.MarkedYAMLError as error:
            raise self._malformed(error, text) from None
        except yaml.reader.ReaderError as error:
            raise self._unreadable(error, text) from None
        return self._root

    @staticmethod
    def _malformed(error: yaml.MarkedYAMLError, text: str) -> YamlSyntaxError:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line, mark.column) if mark else (0, 0)
        lines = text.splitlines()
        here = lines[line] if line < len(lines) else ""
        if "\t" in here[: column + 1]:
            return YamlSyntaxError(line + 1, here.index("\t") + 1, "a tab; indent with spaces")
        reason = " ".join(filter(None, (error.problem, error.context)))
        return YamlSyntaxError(line + 1, column + 1, f"not valid YAML: {reason}{HINTS.get(error.problem or '', '')}")

    @staticmethod
    def _unreadable(error: Any, text: str) -> YamlSyntaxError:
        character = error.character if isinstance(error.character, str) else chr(error.character)
        before = text[
            : max(text.find(character), 0)
        ]  # the position in the error counts bytes in one parser, characters in the other
        reason = f"the character U+{ord(character):04X} is not allowed in YAML"
        return YamlSyntaxError(before.count("\n") + 1, len(before) - before.rfind("\n"), reason)

    def _take(self, event: Any) -> None:
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        self._count += 1
        match event:
            case yaml.ScalarEvent():
                self._add(event, self._scalar(event, line, column))
            case yaml.MappingStartEvent():
                self._begin(event, Mapping(line, column))
            case yaml.SequenceStartEvent():
                self._begin(event, Sequence(line, column))
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self._end()
            case yaml.AliasEvent():
                self._alias(event, line, column)
            case yaml.DocumentStartEvent() if self._root is not None:
                raise YamlSyntaxError(line, column, "a second document; one file holds one document")

    def _scalar(self, event: yaml.ScalarEvent, line: int, column: int) -> Scalar:
        kind = _TAGS.get(event.tag or "tag:yaml.org,2002:str")
        plain = bool(event.implicit[0]) or kind in ("int", "float", "bool", "null")
        node = Scalar(line, column, event.value, plain, "str" if kind is None else kind)
        if kind is None or kind in ("map", "seq"):
            self.mistakes.append((node, f"the tag {event.tag} is not supported"))
        return node

    def _begin(self, event: Any, node: Sequence | Mapping) -> None:
        if len(self._stack) >= DEPTH:
            raise YamlSyntaxError(node.line, node.column, f"nested more than {DEPTH} levels deep")
        if event.tag is not None and _TAGS.get(event.tag) != ("map" if isinstance(node, Mapping) else "seq"):
            self.mistakes.append((node, f"the tag {event.tag} is not supported"))
        if event.anchor:
            self._anchors[event.anchor] = node
        self._stack.append(_Open(node))

    def _end(self) -> None:
        done = self._stack.pop()
        if isinstance(done.node, Mapping):
            for other in done.merged:
                for key, pair in other.pairs.items():
                    done.node.pairs.setdefault(key, pair)
        self._place(done.node)

    def _add(self, event: Any, node: Node) -> None:
        if event.anchor:
            self._anchors[event.anchor] = node
        self._place(node)

    def _alias(self, event: yaml.AliasEvent, line: int, column: int) -> None:
        node = self._anchors.get(event.anchor or "")
        if node is None:
            raise YamlSyntaxError(line, column, f'no anchor "{event.anchor}" above this alias')
        if any(open_.node is node for open_ in self._stack):
            raise YamlSyntaxError(line, column, f'the anchor "{event.anchor}" contains itself')
        self._place(node)

    def _place(self, node: Node) -> None:
        """Puts a finished node where it belongs."""
        if not self._stack:
            self._root = node
            return
        top = self._stack[-1]
        top.node.size += node.size
        if top.node.size > max(MANY, FACTOR * self._count):
            raise YamlSyntaxError(node.line, node.column, "the aliases expand to too much")
        if isinstance(top.node, Sequence):
            top.node.items.append(node)
        elif top.key is None:
            top.key = self._key(node)
        else:
            key, top.key = top.key, None
            self._pair(top, key, node)

    def _key(self, node: Node) -> Scalar:
        if isinstance(node, Scalar):
            return node
        self.mistakes.append((node, "a key must be text"))
        return Scalar(node.line, node.column, "", kind="none")

    def _pair(self, top: _Open, key: Scalar, node: Node) -> None:
        if not isinstance(top.node, Mapping):
            raise TypeError(top.node)
        if key.kind == "none":
            return
        if key.plain and key.text == "<<":
            found = node.items if isinstance(node, Sequence) else [node]
            top.merged += [m for m in found if isinstance(m, Mapping)]
            if any(not isinstance(m, Mapping) for m in found):
                self.mistakes.append((key, "<< takes a mapping or a list of mappings"))
        elif (known := top.node.pairs.get(key.text)) is not None:
            self.mistakes.append((key, f'the key "{key.text}" is given twice, first on line {known[0].line}'))
        else:
            top.node.pairs[key.text] = (key, node)


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
