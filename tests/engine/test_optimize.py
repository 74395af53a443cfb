"""A rewrite is true for the same rows as what it stands for."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from truthound.engine.measures import And, Between, CountWhere, In, Matches, Not, Or
from truthound.engine.optimize import bounding_counts, simplify
from truthound.engine.polars.backend import PolarsBackend

WORDS = ["AIR", "FOB", "REG AIR", "", "a-b", "a.b", "é", "AIRX", " AIR", "AIR\n", "x^y", "]", "\\", "-", None]


@pytest.mark.parametrize(
    ("pattern", "kind"),
    [
        ("^(AIR|FOB|REG AIR)$", In), ("^AIR$", In), ("^(?:AIR|)$", In), ("^[ -~]*$", Not), ("^[A-Z ]+$", And), (r"^[\w.-]+$", And),
        ("^(A.R|FOB)$", Matches), ("^AIR|FOB$", Matches), ("AIR", Matches), ("^[^a]*$", Matches), ("^[[:alpha:]]*$", Matches),
        ("^[a-z&&[^b]]*$", Matches), ("^(A(I)R)$", Matches), ("(?i)^(AIR)$", Matches), (r"^[\]a]*$", Not), ("^[a\\-z]+$", And),
    ],
)  # fmt: skip
def test_regular_expressions(pattern, kind):
    frame = pl.LazyFrame({"a": WORDS}, schema={"a": pl.String})
    compiled = PolarsBackend(frame).table.compile
    rewritten = simplify(Matches("a", pattern))
    assert isinstance(rewritten, kind)
    both = frame.select(
        compiled(Matches("a", pattern)).alias("plain"), compiled(rewritten).alias("rewritten")
    ).collect()
    assert both["plain"].to_list() == both["rewritten"].to_list()


predicates = st.recursive(
    st.sampled_from([Between("n", 0, 5), Between("n", None, 3), In("n", (1, 2)), Matches("a", "^[A-Z]*$"), Matches("a", "^(AIR|FOB)$")]),
    lambda p: st.one_of(p.map(Not), st.lists(p, min_size=1, max_size=3).map(lambda ps: And(tuple(ps))), st.lists(p, min_size=1, max_size=3).map(lambda ps: Or(tuple(ps)))),
    max_leaves=6,
)  # fmt: skip


@given(predicates)
def test_any_predicate(predicate):
    frame = pl.LazyFrame({"a": WORDS, "n": [*range(-1, len(WORDS) - 2), None]}, schema={"a": pl.String, "n": pl.Int64})
    compiled = PolarsBackend(frame).table.compile
    both = frame.select(compiled(predicate).alias("plain"), compiled(simplify(predicate)).alias("simple")).collect()
    assert both["plain"].to_list() == both["simple"].to_list()


bounds = st.tuples(
    st.one_of(st.none(), st.integers(-5, 5)), st.one_of(st.none(), st.integers(-5, 15)), st.booleans(), st.booleans()
)
ranges = st.lists(bounds.map(lambda b: Between("n", *b)), min_size=1, max_size=5)
sets = st.lists(st.lists(st.integers(0, 6), min_size=1, max_size=5).map(lambda v: In("n", tuple(v))), max_size=4)


@given(ranges, sets, st.lists(st.one_of(st.none(), st.integers(-6, 16)), max_size=8))
def test_settled_counts_are_exact(betweens, ins, values):
    frame = pl.LazyFrame({"n": values}, schema={"n": pl.Int64})
    wanted = [CountWhere(Not(p)) for p in (*betweens, *ins)]
    got = PolarsBackend(frame).measure(wanted)
    alone = {w: PolarsBackend(frame).measure([w])[w] for w in wanted}
    assert got == alone


def test_many_ranges_become_one_count():
    wanted = [CountWhere(Not(Between("n", -i, 10 + i))) for i in range(5)]
    assert bounding_counts(wanted) == {CountWhere(Not(Between("n", 0, 10))): tuple(wanted)}


def test_ranges_that_do_not_compare_are_left_alone():
    assert bounding_counts([CountWhere(Not(Between("n", 1, 2))), CountWhere(Not(Between("n", "a", "b")))]) == {}
