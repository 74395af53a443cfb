"""The mathematics of comparing two distributions, in the standard library: pure functions over counts."""

from __future__ import annotations

import bisect
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from truthound.errors import ValidatorError

Method = Literal["ks", "chi2", "psi", "js"]
FLOOR = 1e-4
"""the least share a bin counts with in a population stability index, so that an empty bin does not make it infinite"""
PATHS = 1 << 20
"""points for which an exact p-value is counted, in about half a second"""
_TINY = 1e-300


@dataclass(frozen=True, slots=True)
class Kind:
    """A method: its name, the letter of its statistic, its default threshold, and whether that is on a p-value."""

    label: str
    symbol: str
    threshold: float
    has_p: bool


KINDS: dict[str, Kind] = {
    "ks": Kind("Kolmogorov-Smirnov", "D", 0.05, has_p=True),
    "chi2": Kind("chi-square", "χ²", 0.05, has_p=True),
    "psi": Kind("population stability index", "PSI", 0.2, has_p=False),
    "js": Kind("Jensen-Shannon distance", "JS", 0.1, has_p=False),
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """The result of comparing n values with m others."""

    method: Method
    statistic: float
    n: int
    m: int
    p_value: float | None = None


def compare(method: Method, here: Sequence[int], there: Sequence[int]) -> Comparison:
    """Two rows of counts over the same bins or categories. Both must hold something."""
    n, m = sum(here), sum(there)
    match method:
        case "ks":
            return kolmogorov_smirnov(binned_distance(here, there), n, m)
        case "chi2":
            statistic, _, p = chi_square(here, there)
            return Comparison(method, statistic, n, m, p)
        case "psi":
            return Comparison(method, stability_index(here, there), n, m)
        case "js":
            return Comparison(method, jensen_shannon(here, there), n, m)


def kolmogorov_smirnov(distance: float, n: int, m: int) -> Comparison:
    return Comparison("ks", distance, n, m, kolmogorov_p(distance, n, m))


def kolmogorov_p(distance: float, n: int, m: int) -> float:
    """The two-sided p-value of a distance between two empirical distribution functions of n and m values.

    Exact for small samples (those of which `PATHS` points decide), else Kolmogorov's limit.
    """
    return _exact_p(distance, n, m) if n * m * min(2 * distance, 1.0) <= PATHS else _limit_p(distance, n, m)


def _exact_p(distance: float, n: int, m: int) -> float:
    """The share of all orders of n and m values that lie as far apart: J. L. Hodges, "The significance probability of the Smirnov two-sample test", 1958.

    An order is a path from (0, 0) to (n, m). What leaves the band of smaller distances is summed up, so that small p-values are as exact.
    """
    far = round(distance * n * m)  # distances are multiples of 1 / nm
    if far <= 0:
        return 1.0
    left = 0.0
    inside = {0: 1.0}  # the shares of paths that reach (x, y), by y
    for x in range(n + 1):
        following: dict[int, float] = {}
        rising = 0.0
        low, high = max((x * m - far) // n + 1, 0), min((x * m + far - 1) // n, m)
        left += sum(share for y, share in inside.items() if y < low)
        for y in range(low, high + 1):
            share = inside.get(y, 0.0) + rising
            steps = n + m - x - y
            if not steps:
                break
            rising = share * (m - y) / steps
            following[y] = share - rising if x < n else 0.0
        else:
            left += rising
        inside = following
    return min(left, 1.0)


def _limit_p(distance: float, n: int, m: int) -> float:
    """Kolmogorov's limit distribution at the effective size nm/(n+m), with the small-sample correction of its argument by
    J. Vrbik, "Small-sample corrections to Kolmogorov-Smirnov test statistic", 2018.
    """
    size = n * m / (n + m)
    root = math.sqrt(size)
    z = root * distance
    if z <= 0:
        return 1.0
    z += 1 / (6 * root) + (z - 1) / (4 * size)
    if z <= 0:
        return 1.0
    if z < 1.18:  # the two series are equal; each converges fast on its side
        terms = sum(math.exp(-(((2 * k - 1) * math.pi) ** 2) / (8 * z * z)) for k in range(1, 6))
        p = 1 - math.sqrt(2 * math.pi) / z * terms
    else:
        p = 2 * sum((-1) ** (k - 1) * math.exp(-2 * (k * z) ** 2) for k in range(1, 6))
    return min(max(p, 0.0), 1.0)


def binned_distance(here: Sequence[int], there: Sequence[int]) -> float:
    """The largest distance of two distribution functions at the edges of their bins: at most the exact one."""
    n, m = sum(here), sum(there)
    a = b = 0
    worst = 0.0
    for x, y in zip(here, there, strict=True):
        a, b = a + x, b + y
        worst = max(worst, abs(a / n - b / m))
    return worst


def chi_square(here: Sequence[int], there: Sequence[int]) -> tuple[float, int, float]:
    """Pearson's test of homogeneity over a 2 x k table, without continuity correction: statistic, degrees of freedom, p-value."""
    pairs = [(x, y) for x, y in zip(here, there, strict=True) if x + y]
    n, m = sum(here), sum(there)
    statistic = 0.0
    for x, y in pairs:
        for seen, total in ((x, n), (y, m)):
            expected = (x + y) * total / (n + m)
            statistic += (seen - expected) ** 2 / expected
    degrees = len(pairs) - 1
    return statistic, degrees, gamma_q(degrees / 2, statistic / 2) if degrees else 1.0


def gamma_q(a: float, x: float) -> float:
    """The regularised upper incomplete gamma function Q(a, x) for a > 0, x >= 0.

    A series below a + 1, Lentz's continued fraction above: NIST Digital Library of Mathematical Functions, 8.11.4 and 8.9.2.
    """
    if x <= 0:
        return 1.0
    scale = math.exp(a * math.log(x) - x - math.lgamma(a))
    if x < a + 1:
        term = total = 1 / a
        k = a
        while abs(term) > abs(total) * 1e-16:
            k += 1
            term *= x / k
            total += term
        return max(1 - total * scale, 0.0)
    b = x + 1 - a
    c, d = 1 / _TINY, 1 / b
    fraction, i, step = d, 0, 0.0
    while abs(step - 1) > 1e-15:
        i += 1
        b += 2
        factor = -i * (i - a)
        d = factor * d + b
        c = b + factor / c
        d = 1 / (d if abs(d) > _TINY else _TINY)
        c = c if abs(c) > _TINY else _TINY
        step = c * d
        fraction *= step
        if i > 100_000:  # it converges in about sqrt(a) steps
            break
    return min(scale * fraction, 1.0)


def stability_index(here: Sequence[int], there: Sequence[int]) -> float:
    """The population stability index: the sum of (p - q) ln(p / q) over bins, each share being at least `FLOOR` (0.0001)."""
    n, m = sum(here), sum(there)
    shares = [(max(x / n, FLOOR), max(y / m, FLOOR)) for x, y in zip(here, there, strict=True)]
    return math.fsum((p - q) * math.log(p / q) for p, q in shares)


def jensen_shannon(here: Sequence[int], there: Sequence[int]) -> float:
    """The Jensen-Shannon distance in base 2: the root of the divergence, from 0 (equal) to 1 (nothing in common)."""
    n, m = sum(here), sum(there)
    parts = []
    for x, y in zip(here, there, strict=True):
        p, q = x / n, y / m
        middle = (p + q) / 2
        parts += [share * math.log2(share / middle) for share in (p, q) if share]
    return math.sqrt(max(math.fsum(parts) / 2, 0.0))


# --- what a baseline keeps -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Summary:
    """A distribution as a baseline keeps it: ascending edges with the counts of the bins they make, or categories.

    `deciles` are those of the edges that ten bins of nearly equal counts need.
    """

    counts: tuple[int, ...]
    edges: tuple[float, ...] | None = None
    deciles: tuple[float, ...] = ()
    categories: tuple[str | bool, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        if self.edges is None:
            return {"categories": list(self.categories), "counts": list(self.counts)}
        return {"edges": list(self.edges), "deciles": list(self.deciles), "counts": list(self.counts)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Summary:
        """The summary in a baseline; raises ValidatorError if it is not a valid one."""
        try:
            counts = tuple(int(c) for c in data["counts"])
            if "categories" in data:
                made = cls(counts, categories=tuple(data["categories"]))
            else:
                made = cls(counts, tuple(float(e) for e in data["edges"]), tuple(float(e) for e in data["deciles"]))
        except (KeyError, TypeError, ValueError):
            raise ValidatorError(DAMAGED) from None
        bins = len(made.categories) if made.edges is None else len(made.edges) + 1
        edges = made.edges or ()
        sound = edges == tuple(sorted(set(edges))) and set(made.deciles) <= set(edges) and min(counts, default=-1) >= 0
        if not sound or bins != len(counts) or not sum(counts):
            raise ValidatorError(DAMAGED)
        return made

    def coarse(self) -> Summary:
        """The bins that the deciles make, by joining the finer ones."""
        if self.edges is None:
            return self
        counts = [0] * (len(self.deciles) + 1)
        for low, count in zip((-math.inf, *self.edges), self.counts, strict=True):
            counts[bisect.bisect_right(self.deciles, low)] += count
        return Summary(tuple(counts), self.deciles, self.deciles)


DAMAGED = "the stored baseline cannot be read; delete it, and the next run keeps a new one"


def edges_of(quantiles: Sequence[Any]) -> tuple[float, ...]:
    """Ascending, finite, different edges. A value that several quantiles share gets a narrow bin of its own."""
    found = Counter(float(q) for q in quantiles if q is not None and math.isfinite(q))
    # as narrow as a 32-bit float can tell apart, and short enough for a decimal
    shared = {e + max(abs(e) * 2.0**-20, 1e-9) for e, n in found.items() if n > 1}
    return tuple(sorted({*found, *(e for e in shared if math.isfinite(e))}))


def aligned(here: Mapping[Any, int], there: Mapping[Any, int]) -> tuple[list[int], list[int]]:
    """The counts of two tables of frequencies over all of their categories."""
    keys = dict.fromkeys([*there, *here])
    return [here.get(k, 0) for k in keys], [there.get(k, 0) for k in keys]
