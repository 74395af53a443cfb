"""What the conformance suite is made of: backends of small tables, row filters, and how answers are compared."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from engine import plain_python
from engine.conformance_data import Sample, sql
from truthound.engine import Backend, OpenReference
from truthound.engine import measures as m

WHERE: tuple[m.Predicate | None, ...] = (None, m.In("g", ("a",)), sql("n > 1"), sql("n < 0"))
REFERENCE = m.Reference("reference")


def same(found: Any, expected: Any) -> bool:
    """Equal, and of the same kind; a number may be of any type that holds it exactly."""
    if isinstance(expected, Fraction):
        return not isinstance(found, bool) and (found == expected or found == float(expected))
    if isinstance(expected, tuple) and isinstance(found, tuple):
        return len(found) == len(expected) and all(map(same, found, expected))
    if plain_python.is_nan(expected) or plain_python.is_nan(found):
        return plain_python.is_nan(expected) and plain_python.is_nan(found)
    return type(found) is type(expected) and bool(found == expected)


def cells(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows that compare: NaN is equal to itself."""
    return [{c: "NaN" if plain_python.is_nan(v) else v for c, v in row.items()} for row in rows]


class Conformance:
    """A part of the suite. A subclass says how a backend is made."""

    def make_backend(
        self,
        columns: Mapping[str, list[Any]],
        types: Mapping[str, str],
        *,
        reference: OpenReference | None = None,
        unreadable: Mapping[str, str] | None = None,
    ) -> Backend:
        """A table of these columns, whose types are those of `DataType`. `unreadable`: columns that cannot be read, and why."""
        raise NotImplementedError

    def backend(self, sample: Sample) -> Backend:
        return self.make_backend(
            sample.columns, sample.types, reference=lambda _: self.make_backend(*self.reference(sample))
        )

    @staticmethod
    def reference(sample: Sample) -> tuple[dict[str, list[Any]], dict[str, str]]:
        """Every second row."""
        return {c: values[::2] for c, values in sample.columns.items()}, sample.types

    # --- helpers ---------------------------------------------------------------------------------------------------

    @staticmethod
    def kept(sample: Sample, where: m.Predicate | None) -> list[dict[str, Any]]:
        """The rows for which a filter is true."""
        filters = {None: lambda _: True, WHERE[1]: lambda row: row["g"] == "a", WHERE[2]: lambda row: row["n"] > 1}
        return [row for row in sample.rows if filters.get(where, lambda _: False)(row)]

    def failing(self, p: m.Predicate, sample: Sample, rows: list[dict[str, Any]]) -> list[bool]:
        columns = self.reference(sample)[0]
        reference = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
        p = (
            m.And((p.predicates[0], m.Not(m.In("n", (0, 1)))))
            if isinstance(p, m.And) and p.predicates[1] == sql("n > 1")
            else p
        )
        return plain_python.failing(p, rows, reference)

    @staticmethod
    def check(backend: Backend, wanted: Mapping[m.Measure, Any]) -> None:
        """Every measure's value is as expected."""
        found = backend.measure(wanted)
        wrong = [
            f"{x}: {found[x]!r}, not {expected!r}"
            for x, expected in wanted.items()
            if not (found[x] == expected if type(expected).__name__ == "ApproxScalar" else same(found[x], expected))
        ]
        assert not wrong, "\n".join(wrong)
