"""The distribution of a column, compared with a reference or a stored baseline, or summarized."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from truthound._internal.exact_numbers import rounded
from truthound._internal.options import option
from truthound._internal.text import number, plural
from truthound.engine import measures as m
from truthound.errors import OptionErrors, StoreError, ValidatorError
from truthound.results import Severity
from truthound.schema import DataType
from truthound.validators.base import NO_VALUES, Check, FollowUp, Judge, Table, Validator, Values, Verdict
from truthound.validators.checks import Baselines
from truthound.validators.distance import (
    KINDS,
    Comparison,
    Method,
    Summary,
    aligned,
    compare,
    edges_of,
    kolmogorov_smirnov,
)  # fmt: skip
from truthound.validators.option_types import Names
from truthound.validators.reference import DataSource, check_column_pairs, reference_column, source_name
from truthound.validators.statistics import Max, Mean, Median, Min, Quantile, Std, Sum

__all__ = ["Distribution", "Max", "Mean", "Median", "Min", "Quantile", "Std", "Sum"]

CATEGORIES = 1000
"""maximum number of distinct values that are compared as categories"""
FINE = 50
"""bins of a stored baseline; the deciles are among their edges"""
EXTREME = 3
"""interquartile ranges from the quartiles beyond which a value is an extreme outlier (Tukey's outer fences)"""


class Distribution(Validator):
    """Values are distributed as in a reference data source, or as in a stored baseline.

    Methods: `ks` (Kolmogorov-Smirnov, numbers), `chi2` (homogeneity), `psi` (population stability index; shares below
    0.0001 count as 0.0001), `js` (Jensen-Shannon distance, base 2, 0 to 1). All but `ks` work on categories, and on the
    bins between the deciles of the reference for numbers; a value that fills several bins gets its own.
    `auto` is `ks` for numbers and `chi2` for categories. Against a baseline `ks` is measured at the edges of the 50 bins
    that are stored, so its distance is at most the exact one.

    Without reference and baseline it reports a summary, and fails for constant columns and for numbers more than three
    interquartile ranges from the quartiles.
    """

    type = "distribution"
    applies_to = ("numeric", "text", "boolean")
    needs_values = True

    reference: DataSource = None
    """The data source to compare with."""
    reference_columns: Names = option(default=())
    """The columns in the reference, in the order of `columns`. Default: the columns of the same names."""
    baseline: bool = False
    """Whether the first run stores a summary that later runs are compared with."""
    method: Literal["auto", "ks", "chi2", "psi", "js"] = "auto"
    """The method of comparison."""
    threshold: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """The minimum p-value of `ks` and `chi2` (0.05), the maximum value of `psi` (0.2) and `js` (0.1)."""

    @model_validator(mode="after")
    def _consistent_choice(self) -> Self:
        if isinstance(self.columns, dict):
            return self
        compared = self.baseline or self.reference is not None
        set_ = self.model_fields_set
        found: list[tuple[str, str]] = []
        if self.baseline and self.reference is not None:
            found.append(("baseline", "give reference or baseline, not both"))
        if not compared:
            found += [(o, "it needs a reference, or baseline: true") for o in ("method", "threshold") if o in set_]
        else:
            found += [
                (o, "a distribution has no failing rows; use threshold") for o in ("mostly", "max_fail") if o in set_
            ]
        if self.reference_columns and self.reference is None:
            found.append(("reference_columns", "it needs a reference"))
        if self.threshold is not None and self.threshold > 1 and self.method != "psi":
            found.append(("threshold", "a p-value or a distance is at most 1"))
        if found:
            raise OptionErrors(found)
        check_column_pairs(self)
        return self

    def check(self, column: str, dtype: DataType, table: Table) -> Check:
        if self.reference is None and not self.baseline:
            return self._summary(column, dtype)
        numbers = dtype.of("numeric")
        method: Method = ("ks" if numbers else "chi2") if self.method == "auto" else self.method
        if method == "ks" and not numbers:
            return self.unless_empty((column,), f"ks compares numbers, this column is {dtype}; use chi2, psi or js")
        if self.reference is None:
            found = self._with_baseline(column, method, dtype, table)
        else:
            found = self._with_reference(column, method, numbers=numbers)
        return found if found.judge is None or not numbers else self._with_nan_count(found, column)

    def _with_nan_count(self, check: Check, column: str) -> Check:
        """The same check, with the number of ignored NaN in its message."""
        here = m.CountWhere(m.IsNan(column), self.row_filter)
        sides: dict[str, m.Measure] = {"here" if self.reference is not None else "": here}
        if self.reference is not None:
            theirs = m.IsNan(reference_column(self, column))
            sides[f"in {source_name(self.reference)}"] = m.ReferenceMeasure(
                m.Reference(self.reference), m.CountWhere(theirs)
            )

        def with_count(judge: Judge) -> Judge:
            def judged(values: Values) -> Verdict | FollowUp:
                found = judge(values)
                if isinstance(found, FollowUp):
                    return FollowUp((*found.measures, *sides.values()), with_count(found.judge), found.failing)
                nans = [f"{values[x]:,} {where}".rstrip() for where, x in sides.items() if values[x]]
                return replace(found, message=f"{found.message}; NaN left out: {', '.join(nans)}") if nans else found

            return judged

        judge = check.judge and with_count(check.judge)
        return replace(check, measures=(*check.measures, *sides.values()), judge=judge)

    # --- with something ------------------------------------------------------------------------------------------------

    def _comparison_check(self, column: str, method: Method, name: str, first: FollowUp) -> Check:
        kind = KINDS[method]
        limit = f"p at least {number(self.limit(method))}" if kind.has_p else f"at most {number(self.limit(method))}"
        expected = f"distributed as in {name} ({kind.label}, {limit})"
        return Check(self, (column,), expected, first.measures, first.judge, where=self.row_filter)

    def limit(self, method: Method) -> float:
        return KINDS[method].threshold if self.threshold is None else self.threshold

    def _verdict(self, found: Comparison, name: str) -> Verdict:
        kind, limit = KINDS[found.method], self.limit(found.method)
        observed = {
            "method": found.method,
            "statistic": found.statistic,
            "p_value": found.p_value,
            "n": found.n,
            "m": found.m,
        }
        statistic = f"{kind.label} {kind.symbol} = {number(found.statistic)}"
        if found.p_value is None:
            ok = found.statistic <= limit
            comparison = f"{'at most' if ok else 'above'} {number(limit)}"
        else:
            ok = found.p_value >= limit
            statistic += f", p = {number(found.p_value)}"
            comparison = f"p is {'not ' if ok else ''}below {number(limit)}"
        outcome = "no difference shown" if ok else "the distributions differ"
        return Verdict(
            ok,
            observed=observed,
            message=f"{statistic} ({plural(found.n, 'value')}, {found.m:,} in {name}): {comparison}, {outcome}",
        )

    def _with_reference(self, column: str, method: Method, *, numbers: bool) -> Check:
        reference, theirs, where = m.Reference(self.reference), reference_column(self, column), self.row_filter
        name, count = source_name(self.reference), m.Aggregate(column, "count", where)
        if method == "ks":
            exact = m.KolmogorovSmirnov(column, reference, theirs, where)

            def judge(values: Values) -> Verdict:
                if not values[count] or values[exact] is None:
                    return _no_values(values[count], name)
                return self._verdict(kolmogorov_smirnov(*values[exact]), name)

            return self._comparison_check(column, method, name, FollowUp((exact, count), judge))
        if numbers:
            deciles = tuple(m.ReferenceMeasure(reference, m.Quantile(theirs, i / 10)) for i in range(1, 10))

            def by_bins(values: Values) -> Verdict | FollowUp:
                if not values[count]:
                    return NO_VALUES
                edges = edges_of([values[d] for d in deciles])
                if not edges:
                    raise ValidatorError(f"no values in {name} to compare with")
                here, there = (
                    m.Histogram(column, edges, where),
                    m.ReferenceMeasure(reference, m.Histogram(theirs, edges)),
                )
                return FollowUp((here, there), lambda v: self._counted(method, v[here], v[there], name))

            return self._comparison_check(column, method, name, FollowUp((*deciles, count), by_bins))
        ours, others = (
            m.TopValues(column, CATEGORIES + 1, where),
            m.ReferenceMeasure(reference, m.TopValues(theirs, CATEGORIES + 1)),
        )

        def by_categories(values: Values) -> Verdict:
            return self._counted(method, *aligned(_categories(values[ours]), _categories(values[others])), name)

        return self._comparison_check(column, method, name, FollowUp((ours, others), by_categories))

    def _counted(self, method: Method, here: Any, there: Any, name: str) -> Verdict:
        if not sum(here) or not sum(there):
            return _no_values(sum(here), name)
        return self._verdict(compare(method, here, there), name)

    def _with_baseline(self, column: str, method: Method, dtype: DataType, table: Table) -> Check:
        if table.baselines is None:
            return self.error_check("no state folder to store a baseline in; give the run one", (column,))
        if column in table.pii:
            explanation = "a baseline would keep values of this column, which is pii; compare with a reference, or name other columns"
            return self.error_check(explanation, (column,))
        key = f"distribution:{column}" + (f":{self.where}" if self.where else "")
        try:
            stored = table.baselines.get(key)
            summary = None if stored is None else Summary.from_dict(stored)
        except (StoreError, ValidatorError) as error:
            return self.error_check(str(error), (column,))
        numbers, where = dtype.of("numeric"), self.row_filter
        if summary is None:
            keep = self._keep_numbers if numbers else self._keep_categories
            first = keep(column, key, table.baselines)
            return self._comparison_check(column, method, "the baseline", first)
        if (summary.edges is not None) != numbers:
            then = "categories" if summary.edges is None else "numbers"
            explanation = f"the baseline is of {then}, this column is {dtype}; delete the baseline to keep a new one"
            return self.unless_empty((column,), explanation)
        if summary.edges is not None:
            kept = summary if method == "ks" else summary.coarse()
            bins = m.Histogram(column, kept.edges or (), where)
            more = FollowUp((bins,), lambda v: self._counted(method, v[bins], kept.counts, "the baseline"))
        else:
            top, then_ = (
                m.TopValues(column, CATEGORIES + 1, where),
                dict(zip(summary.categories, summary.counts, strict=True)),
            )
            more = FollowUp(
                (top,), lambda v: self._counted(method, *aligned(_categories(v[top]), then_), "the baseline")
            )
        return self._comparison_check(column, method, "the baseline", more)

    def _keep_numbers(self, column: str, key: str, baselines: Baselines) -> FollowUp:
        quantiles = tuple(m.Quantile(column, i / FINE, self.row_filter) for i in range(1, FINE))

        def edges_known(values: Values) -> Verdict | FollowUp:
            edges = edges_of([values[q] for q in quantiles])
            deciles = edges_of([values[q] for q in quantiles[FINE // 10 - 1 :: FINE // 10]])
            if not edges:
                return Verdict(ok=True, judged=0, message="no values, no baseline kept")
            bins = m.Histogram(column, edges, self.row_filter)
            return FollowUp((bins,), lambda v: _keep(column, Summary(v[bins], edges, deciles), key, baselines))

        return FollowUp(quantiles, edges_known)

    def _keep_categories(self, column: str, key: str, baselines: Baselines) -> FollowUp:
        top = m.TopValues(column, CATEGORIES + 1, self.row_filter)

        def judge(values: Values) -> Verdict:
            found = _categories(values[top])
            if not found:
                return Verdict(ok=True, judged=0, message="no values, no baseline kept")
            return _keep(column, Summary(tuple(found.values()), categories=tuple(found)), key, baselines)

        return FollowUp((top,), judge)

    # --- with nothing --------------------------------------------------------------------------------------------------

    def _summary(self, column: str, dtype: DataType) -> Check:
        numbers, nan = dtype.of("numeric"), m.IsNan(column)
        where = m.conjunction(self.row_filter, m.Not(nan)) if dtype.of("float") else self.row_filter
        words = ("count", "min", "max", *(("mean", "std") if numbers else ()))
        taken = {w: m.Aggregate(column, w, where) for w in words}
        quartiles = {q: m.Quantile(column, q, where) for q in ((0.25, 0.5, 0.75) if numbers else ())}
        rows, nulls = m.RowCount(self.row_filter), m.CountWhere(m.IsNull(column), self.row_filter)
        nans = {"nan": m.CountWhere(nan, self.row_filter)} if dtype.of("float") else {}

        def judge(values: Values) -> Verdict | FollowUp:
            found: dict[str, Any] = {"rows": values[rows], "nulls": values[nulls]}
            found |= {k: values[x] for k, x in nans.items()}
            found |= {w: _simple(values[a]) for w, a in taken.items()}
            found |= {f"q{q * 100:g}": _simple(values[a]) for q, a in quartiles.items()}
            message = ", ".join(f"{k} {number(v)}" for k, v in found.items())
            if not found["count"]:
                return NO_VALUES
            if values[taken["min"]] == values[taken["max"]] and found["count"] > 1:
                explanation = f"constant: all {found['count']:,} values are {number(found['min'])}"
                return Verdict(ok=False, observed=found, message=explanation)
            low, high = (values[quartiles[q]] if numbers else 0 for q in (0.25, 0.75))
            if low == high or not (math.isfinite(low) and math.isfinite(high)):
                return Verdict(ok=True, observed=found, message=message)
            reach = EXTREME * (Fraction(high) - Fraction(low))
            ends = rounded(Fraction(low) - reach), rounded(Fraction(high) + reach)
            return self._outliers(column, found, ends, message)

        measures = (rows, nulls, *nans.values(), *taken.values(), *quartiles.values())
        expected = "not constant, no extreme outliers" if numbers else "not constant"
        return Check(self, (column,), expected, measures, judge, where=self.row_filter, severity=Severity.LOW)

    def _outliers(self, column: str, found: dict[str, Any], ends: tuple[float, float], message: str) -> FollowUp:
        low, high = ends
        below, above = (
            m.Between(column, high=low, high_inclusive=False),
            m.Between(column, low=high, low_inclusive=False),
        )
        failing = m.Or((below, above))
        count, total = m.CountWhere(failing, self.row_filter), m.RowCount(self.row_filter)

        def judge(values: Values) -> Verdict:
            n = values[count]
            explanation = (
                f"{plural(n, 'extreme outlier')}, below {number(low)} or above {number(high)}; {message}"
                if n
                else message
            )
            return self.verdict_from_count(n, values[total], values[total] - found["nulls"], found, explanation)

        return FollowUp((count, total), judge, failing)


def _no_values(here: int, name: str) -> Verdict:
    """The verdict where one side has no values: nothing to say, unless it is the reference's fault."""
    if here:
        raise ValidatorError(f"no values in {name} to compare with")
    return NO_VALUES


def _simple(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value


def _categories(found: tuple[tuple[Any, int], ...]) -> dict[Any, int]:
    if len(found) > CATEGORIES:
        raise ValidatorError(
            f"more than {CATEGORIES:,} distinct values are too many for categories; name the columns to compare"
        )
    return dict(found)


def _keep(column: str, summary: Summary, key: str, baselines: Baselines) -> Verdict:
    baselines.put(key, {"column": column} | summary.to_dict())
    n = sum(summary.counts)
    observed = {"n": n, "bins": len(summary.counts)}
    return Verdict(
        ok=True, observed=observed, message=f"baseline kept of {plural(n, 'value')}; later runs are compared with it"
    )
