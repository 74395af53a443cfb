"""The vocabulary of predicates and measures."""

from dataclasses import fields

import pytest

from truthound.engine import measures as m

INNER = m.IsNull("a")
EXAMPLES = {"Predicate": INNER, "tuple[Predicate, ...]": (INNER,)}


def holds_predicates(kind):
    return any(f.type in EXAMPLES for f in fields(kind))


@pytest.mark.parametrize("kind", list(filter(holds_predicates, m.Predicate.__subclasses__())))
def test_every_predicate_yields_the_predicates_that_it_holds(kind):
    made = kind(**{f.name: EXAMPLES.get(f.type, "x") for f in fields(kind)})
    assert list(m.subpredicates(made)) == [made, INNER]


def test_predicates_within_others_are_found_at_any_depth():
    outer = m.Not(m.And((m.Or((INNER, m.IsNan("a"))), INNER)))
    assert list(m.subpredicates(outer)) == [
        outer,
        outer.predicate,
        outer.predicate.predicates[0],
        INNER,
        m.IsNan("a"),
        INNER,
    ]
