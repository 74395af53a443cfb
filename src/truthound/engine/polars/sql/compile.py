"""A condition's tree as a Polars expression with DuckDB's meaning."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

import polars as pl

from truthound._internal.text import shorten
from truthound.engine import sql_expression
from truthound.engine.condition import Condition
from truthound.engine.polars.sql import dates, intervals
from truthound.engine.polars.sql import patterns as rx
from truthound.engine.polars.sql.arguments import fixed, text
from truthound.engine.polars.sql.arithmetic import arithmetic, negative
from truthound.engine.polars.sql.casts import cast, concatenated, type_of
from truthound.engine.polars.sql.comparisons import among, compare, distinct
from truthound.engine.polars.sql.functions import FUNCTIONS, cases, field
from truthound.engine.polars.sql.logic import CompiledCondition, conjunction, disjunction, negation, truth
from truthound.engine.polars.sql.typed_expr import (
    WIDE_INTEGERS,
    Context,
    TypedExpr,
    boolean,
    constant,
    is_int,
    limits,
    null_of,
    plain_text,
    sql_name,
)
from truthound.errors import UnknownColumnError, ValidatorError

MAX_EQUALITIES = 12
"""up to so many allowed values, comparing with each is quicker than a look-up in a set"""
_COMPARISONS = {"EQ": "==", "NEQ": "!=", "LT": "<", "LTE": "<=", "GT": ">", "GTE": ">="}
_ARITHMETIC = {"Add": "+", "Sub": "-", "Mul": "*", "Div": "/", "IntDiv": "//", "Mod": "%"}


def resolved(condition: Condition, schema: Iterable[str]) -> Condition:
    """The condition resolved against these columns. ValidatorError if one is not there."""
    try:
        return condition.resolve(schema)
    except UnknownColumnError as error:
        raise ValidatorError(f"{_quoted(condition)}: {error}") from None


def _quoted(condition: Condition) -> str:
    return f"SQL expression {shorten(str(condition), 200)!r}"


def compile_condition(condition: Condition, context: Context) -> CompiledCondition:
    """A condition as an expression that is true, false or null for each row, and the rows for which it has no answer.

    Raises:
        ValidatorError: The names, types or functions do not fit; in plain words.
    """
    tree, what = resolved(condition, context.schema).tree, _quoted(condition)
    try:
        made = ConditionCompiler(context).value(tree)
    except ValidatorError as error:
        raise ValidatorError(f"{what}: {error}") from None
    except RecursionError:
        raise ValidatorError(f"{what} is nested too deeply") from None
    if made.t not in (pl.Boolean, pl.Null):
        raise ValidatorError(f"{what} is {sql_name(made.t)}, not true or false")
    return (
        CompiledCondition(pl.lit(None, dtype=pl.Boolean))
        if made.t == pl.Null
        else CompiledCondition(made.e, made.fault)
    )


class ConditionCompiler:
    """Compiles the nodes of one tree."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def value(self, node: Any) -> TypedExpr:
        """The value of a node and all below it."""
        name = type(node).__name__
        if name in _COMPARISONS:
            return self._comparison(_COMPARISONS[name], node)
        if name in _ARITHMETIC:
            return arithmetic(self.value(node.this), _ARITHMETIC[name], self.value(node.expression))
        if name not in _NODES:
            raise ValidatorError(
                f"{shorten(node.sql(dialect='duckdb'), 60)} is not a value that a condition can use there"
            )
        return _NODES[name](self, node)

    def _comparison(self, op: str, node: Any) -> TypedExpr:
        for one, other in ((node.this, node.expression), (node.expression, node.this)):
            if type(other).__name__ == "Any":
                if op != "==":
                    raise ValidatorError("only = ANY (list) is understood")
                inner = other.this.this if type(other.this).__name__ == "Paren" else other.this
                if type(inner).__name__ != "Array":
                    raise ValidatorError(
                        "= ANY takes a list that is written there; for a column, write list_contains(column, value)"
                    )
                return self._in(self.value(one), inner)
        return compare(self.value(node.this), op, self.value(node.expression))

    def column(self, node: Any) -> TypedExpr:
        name = node.name
        t = self._context.schema[name]
        e = self._context.column(name)
        if t in (pl.Object, pl.UInt128):
            what = "Python objects" if t == pl.Object else "128-bit numbers without a sign"
            raise ValidatorError(f'column "{name}" holds {what}, which a condition cannot use')
        if t == pl.Float16:
            e, t = e.cast(pl.Float32), pl.Float32()
        bounds = None
        if is_int(t):
            bounds = limits(t)
            most = self._context.most
            if most is not None and t in WIDE_INTEGERS:
                bounds = (max(bounds[0], -most), most)
        return TypedExpr(e, t, None, bounds=bounds) if t == pl.Null else TypedExpr(e, t, bounds=bounds)

    def literal(self, node: Any) -> TypedExpr:
        if node.is_string:
            return constant(node.name)
        written = node.name.replace("_", "")
        if "e" in written.lower():
            return constant(float(written))
        return constant(Decimal(written) if "." in written else int(written))

    def chain(self, node: Any) -> list[Any]:
        """The parts of a chain of AND or OR, which may be long."""
        out, todo, kind = [], [node], type(node)
        while todo:
            one = todo.pop()
            if type(one) is kind:
                todo += [one.expression, one.this]
            else:
                out.append(one)
        return out

    def is_(self, node: Any) -> TypedExpr:
        v, other = self.value(node.this), node.expression
        kind = type(other).__name__
        if kind == "Null":
            return v.to(v.e.is_null(), pl.Boolean())
        if kind != "Boolean":
            raise ValidatorError(f"IS takes TRUE, FALSE, NULL or DISTINCT FROM, not {other.sql(dialect='duckdb')}")
        made = truth(v)
        e = made.e.fill_null(value=False) if other.this else made.e.fill_null(value=True).not_()
        return boolean(e, made)

    def _in(self, v: TypedExpr, items: Any) -> TypedExpr:
        if type(items).__name__ in ("Array", "Tuple"):
            return among(v, [self.value(i) for i in items.expressions], MAX_EQUALITIES)
        return FUNCTIONS["list_contains"]([self.value(items), v], self._context)

    def in_(self, node: Any) -> TypedExpr:
        v = self.value(node.this)
        if node.args.get("field") is not None:
            return self._in(v, node.args["field"])
        return among(v, [self.value(i) for i in node.expressions], MAX_EQUALITIES)

    def between(self, node: Any) -> TypedExpr:
        v, low, high = (self.value(node.args[k]) for k in ("this", "low", "high"))
        made = conjunction([compare(v, ">=", low), compare(v, "<=", high)])
        if node.args.get("symmetric"):
            turned = conjunction([compare(v, ">=", high), compare(v, "<=", low)])
            return disjunction([made, turned])
        return made

    def like(self, node: Any, escape: str = "") -> TypedExpr:
        v, pattern = text(self.value(node.this), "LIKE"), self.value(node.expression)
        if v.null or pattern.null:
            return null_of(pl.Boolean())
        made = rx.like(v.e, fixed(pattern, "the pattern of LIKE"), escape, fold=type(node).__name__ == "ILike")
        found = v.to(made, pl.Boolean())
        return negation(found) if node.args.get("negate") else found

    def escape(self, node: Any) -> TypedExpr:
        return self.like(node.this, fixed(self.value(node.expression), "the escape character"))

    def glob(self, node: Any) -> TypedExpr:
        v, pattern = text(self.value(node.this), "GLOB"), self.value(node.expression)
        if v.null or pattern.null:
            return null_of(pl.Boolean())
        return v.to(v.e.str.contains(rx.glob(fixed(pattern, "the pattern of GLOB"))), pl.Boolean())

    def call(self, name: str, *nodes: Any) -> TypedExpr:
        """A function of the table, by its own name."""
        return FUNCTIONS[name]([self.value(n) for n in nodes if n is not None], self._context)

    def function(self, node: Any) -> TypedExpr:
        name = str(node.this).lower()
        return self.call(sql_expression.ALIASES.get(name, name), *node.expressions)

    def pattern(self, node: Any) -> TypedExpr:
        name = "regexp_full_match" if type(node).__name__ in ("SimilarTo", "RegexpFullMatch") else "regexp_matches"
        args = [self.value(node.this), self.value(node.expression)]
        options = [constant("i")] if type(node).__name__ == "RegexpILike" else []
        return FUNCTIONS[name](args + options, self._context)

    def case(self, node: Any) -> TypedExpr:
        subject = None if node.this is None else self.value(node.this)
        branches = []
        for branch in node.args["ifs"]:
            condition = self.value(branch.this)
            branches.append(
                (condition if subject is None else compare(subject, "==", condition), self.value(branch.args["true"]))
            )
        default = node.args.get("default")
        return cases(branches, null_of(pl.Null()) if default is None else self.value(default))

    def if_(self, node: Any) -> TypedExpr:
        otherwise = node.args.get("false")
        return cases([(self.value(node.this), self.value(node.args["true"]))], null_of(pl.Null()) if otherwise is None else self.value(otherwise))  # fmt: skip

    def trim(self, node: Any) -> TypedExpr:
        kind = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(str(node.args.get("position") or "").upper(), "trim")
        return self.call(kind, node.this, node.args.get("expression"))

    def interval(self, node: Any) -> TypedExpr:
        unit = node.args.get("unit")
        return intervals.written(self.value(node.this), None if unit is None else unit.name)

    def bitwise(self, op: str, node: Any) -> TypedExpr:
        a, b = self.value(node.this), self.value(node.expression)
        if not (is_int(a.t) and is_int(b.t)):
            raise ValidatorError(f"{op} takes whole numbers")
        e = a.e.cast(pl.Int64) & b.e.cast(pl.Int64) if op == "&" else a.e.cast(pl.Int64) | b.e.cast(pl.Int64)
        return a.to(e, pl.Int64(), b)

    def bracket(self, node: Any) -> TypedExpr:
        if len(node.expressions) != 1 or type(node.expressions[0]).__name__ == "Slice":
            raise ValidatorError("a slice of a list cannot be used in a condition; name one item")
        v, at = self.value(node.this), self.value(node.expressions[0])
        if isinstance(v.t, pl.Struct):
            return field(v, fixed(at, "the name of a field"))
        if isinstance(at.const, int):  # sqlglot counts from 0, SQL from 1
            at = constant(at.const + 1)
        return FUNCTIONS["list_extract"]([v, at], self._context)

    def balanced(self, node: Any) -> TypedExpr:
        parts = [self.value(n) for n in self.chain(node)]
        return null_of(pl.String()) if any(p.null for p in parts) else concatenated(parts, skip_nulls=False)

    def dot(self, node: Any) -> TypedExpr:
        return field(self.value(node.this), node.expression.name)


_NODES: dict[str, Callable[[ConditionCompiler, Any], TypedExpr]] = {
    "Column": ConditionCompiler.column, "Literal": ConditionCompiler.literal, "RawString": lambda _, n: constant(n.name), "National": lambda _, n: constant(n.name),
    "Boolean": lambda _, n: constant(bool(n.this)), "Null": lambda _t, _n: constant(None), "Paren": lambda t, n: t.value(n.this),
    "And": lambda t, n: conjunction([t.value(x) for x in t.chain(n)]), "Or": lambda t, n: disjunction([t.value(x) for x in t.chain(n)]),
    "Not": lambda t, n: negation(t.value(n.this)), "NullSafeEQ": lambda t, n: negation(distinct(t.value(n.this), t.value(n.expression))),
    "NullSafeNEQ": lambda t, n: distinct(t.value(n.this), t.value(n.expression)), "Is": ConditionCompiler.is_, "In": ConditionCompiler.in_, "Between": ConditionCompiler.between,
    "Like": ConditionCompiler.like, "ILike": ConditionCompiler.like, "Escape": ConditionCompiler.escape, "Glob": ConditionCompiler.glob, "SimilarTo": ConditionCompiler.pattern, "RegexpLike": ConditionCompiler.pattern,
    "RegexpILike": ConditionCompiler.pattern, "RegexpFullMatch": ConditionCompiler.pattern, "StartsWith": lambda t, n: t.call("starts_with", n.this, n.expression),
    "Pow": lambda t, n: t.call("pow", n.this, n.expression), "Neg": lambda t, n: negative(plain_text(t.value(n.this))),
    "Abs": lambda t, n: t.call("abs", n.this), "DPipe": ConditionCompiler.balanced, "BitwiseAnd": lambda t, n: t.bitwise("&", n),
    "BitwiseOr": lambda t, n: t.bitwise("|", n), "Cast": lambda t, n: cast(t.value(n.this), type_of(n.to)),
    "TryCast": lambda t, n: cast(t.value(n.this), type_of(n.to), attempt=True), "Case": ConditionCompiler.case, "If": ConditionCompiler.if_,
    "Coalesce": lambda t, n: t.call("coalesce", n.this, *n.expressions), "Anonymous": ConditionCompiler.function,
    "Extract": lambda t, n: dates.part(n.this.name, t.value(n.expression)), "Trim": ConditionCompiler.trim,
    "Substring": lambda t, n: t.call("substring", n.this, n.args.get("start") or constant_node(1), n.args.get("length")),
    "StrPosition": lambda t, n: t.call("strpos", n.this, n.args["substr"]), "Interval": ConditionCompiler.interval,
    "CurrentDate": lambda t, _: t.call("today"), "CurrentTimestamp": lambda t, _: t.call("now"),
    "AtTimeZone": lambda t, n: dates.in_zone(t.value(n.this), t.value(n.args["zone"])), "Bracket": ConditionCompiler.bracket, "Dot": ConditionCompiler.dot,
}  # fmt: skip


def constant_node(value: int) -> Any:
    """A number as a node."""
    from sqlglot import exp

    return exp.Literal.number(value)
