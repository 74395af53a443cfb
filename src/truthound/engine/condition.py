"""A condition in SQL as part of the vocabulary: text that was parsed once, and resolved once against a table's columns."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Self

from truthound._internal.text import did_you_mean, hint_columns
from truthound.engine.sql_expression import TABLE, parse_condition
from truthound.errors import UnknownColumnError

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema
    from sqlglot import exp


class Condition(str):
    """A boolean SQL expression in DuckDB's dialect: what the user wrote, with its sqlglot tree. It equals its text.

    A resolved condition knows its `columns`. The column nodes of its tree carry the columns' exact names and nothing else, so
    that an engine compiles them without knowing how names are matched; fields of structures are `Dot` nodes around them.

    Raises:
        ValueError: the text is not one SQL expression, or holds what a condition cannot.
    """

    __slots__ = ("columns", "tree")

    tree: exp.Expression
    columns: frozenset[str] | None
    """the columns it reads; None until it is resolved"""

    def __new__(cls, text: str) -> Self:
        made = super().__new__(cls, text)
        made.tree, made.columns = parse_condition(str(text)), None
        return made

    def resolve(self, columns: Iterable[str]) -> Condition:
        """The condition with its names matched to a table's columns: exactly, else ignoring case if only one column matches.

        Raises:
            UnknownColumnError: it names columns that the table does not have.
        """
        if self.columns is not None:
            return self
        made = Condition(self)
        made.tree, made.columns = _resolved(str(self), tuple(columns))
        return made

    def calculated(self) -> set[str]:
        """The columns that a resolved condition uses in calculations, or compares with one another."""
        from sqlglot import exp

        found: set[str] = set()
        for node in self.tree.find_all(exp.Binary, exp.Neg, exp.Anonymous, exp.Abs, exp.Between, exp.In):
            if isinstance(node, exp.Connector):
                continue
            inside = [c.name for c in node.find_all(exp.Column)]
            if len(inside) > 1 or not isinstance(node, exp.Predicate):
                found.update(inside)
        return found

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self),)  # trees are not sent to other processes

    @classmethod
    def __get_pydantic_core_schema__(cls, _: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        from pydantic_core import core_schema

        return core_schema.no_info_after_validator_function(
            cls, handler(str), serialization=core_schema.plain_serializer_function_ser_schema(str)
        )


@lru_cache(maxsize=1024)
def _resolved(text: str, columns: tuple[str, ...]) -> tuple[exp.Expression, frozenset[str]]:
    from sqlglot import exp

    tree = parse_condition(text).copy()
    nodes = list(tree.find_all(exp.Column))
    paths = [_path(node, columns) for node in nodes]
    missing = dict.fromkeys(_name(node) for node, path in zip(nodes, paths, strict=True) if path is None)
    if missing:
        raise UnknownColumnError("; ".join(f'no column is called "{n}"{similar_columns(n, columns)}' for n in missing))
    known = [path for path in paths if path is not None]
    for node, (name, *fields) in zip(nodes, known, strict=True):
        exact: exp.Expression = exp.column(exp.to_identifier(name))
        for field in fields:
            exact = exp.Dot(this=exact, expression=exp.to_identifier(field))
        if node is tree:
            tree = exact
        else:
            node.replace(exact)
    return tree, frozenset(name for name, *_ in known)


def _path(node: exp.Column, columns: tuple[str, ...]) -> list[str] | None:
    """The column that a node names, followed by fields of a structure in it; None if no such column exists."""
    first, *fields = (part.name for part in node.parts)
    if fields and first.lower() == TABLE and (name := _match(fields[0], columns)) is not None:
        return [name, *fields[1:]]
    name = _match(first, columns)
    return None if name is None else [name, *fields]


def _match(name: str, columns: tuple[str, ...]) -> str | None:
    """The column of exactly this name, else the only one that matches if case is ignored."""
    if name in columns:
        return name
    folded = [c for c in columns if c.lower() == name.lower()]
    return folded[0] if len(folded) == 1 else None


def _name(node: exp.Column) -> str:
    parts = [part.name for part in node.parts]
    return parts[1] if len(parts) > 1 and parts[0].lower() == TABLE else parts[0]


def similar_columns(missing: str, columns: Iterable[str]) -> str:
    """A hint with the columns that may be meant by a name; may be empty."""
    known = list(columns)
    same = [c for c in known if c.lower() == missing.lower()]
    if len(same) > 1:
        return f"; {' and '.join(f'{c!r}' for c in same)} differ from it in case only"
    return did_you_mean(missing, known) or (hint_columns(known) if known else "")
