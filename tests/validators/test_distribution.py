import itertools
import json
import math
import random
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats
from scipy.spatial import distance

from helpers.checking import failing, one, outcomes
from truthound.errors import ConfigError, StoreError
from truthound.validators import Distribution, Max, Mean, Median, Min, Quantile, Std, Sum
from truthound.validators.distance import (
    Summary,
    chi_square,
    compare,
    gamma_q,
    jensen_shannon,
    kolmogorov_p,
    stability_index,
)

NAN, INF = float("nan"), float("inf")


class Kept(dict):
    """Baselines that go through JSON, as those in a folder do."""

    def get(self, key):
        return json.loads(self[key]) if key in self else None

    def put(self, key, value):
        self[key] = json.dumps(value)


# --- one statistic within bounds -----------------------------------------------------------------------------------

FRAME = {"a": [1, 2, 3, 4, None], "f": [0.1, 0.2, 0.3, 0.4, 0.5], "s": list("abcde")}


@pytest.mark.parametrize(
    ("rule", "value"),
    [(Mean, 2.5), (Median, 2.5), (Std, 1.2909944487358056), (Sum, 10), (Min, 1), (Max, 4), (lambda *c, **o: Quantile(*c, quantile=0.25, **o), 1.75)],
)  # fmt: skip
def test_statistics(rule, value):
    below, at, above = (one(FRAME, rule("a", min_value=value + d)) for d in (-0.01, 0, 0.01))
    assert [below.status, at.status, above.status] == ["passed", "passed", "warned"]
    assert above.observed == pytest.approx(value)
    assert one(FRAME, rule("a", max_value=value - 0.01)).status == "warned"
    assert one(FRAME, rule("a", min_value=value, inclusive="right")).status == "warned"
    assert one(FRAME, rule("a", max_value=value, inclusive=False)).status == "warned"


def test_statistics_say_what_they_saw():
    found = one(FRAME, Quantile("a", quantile=0.5, min_value=3, max_value=5))
    assert (found.expected, found.message) == (
        "quantile 0.5 between 3 and 5",
        "quantile 0.5 is 2.5, expected between 3 and 5",
    )


def test_statistics_of_some_rows():
    assert one(FRAME, Sum("a", max_value=3, where="a < 3")).status == "passed"


@pytest.mark.parametrize("rule", [Mean, Median, Std, Sum, Min, Max])
def test_a_nan_fails_every_bound(rule):
    found = one({"a": [1.0, 2.0, 3.0, 4.0, 5.0, NAN]}, rule("a", min_value=-1e9, max_value=1e9))
    assert (found.status, found.message) == ("warned", f"{rule.type} is undefined: 1 value NaN")


@pytest.mark.parametrize("rule", [Mean, Median, Std, Sum, Min, Max])
@pytest.mark.parametrize("values", [[], [None, None]])
def test_no_values(rule, values):
    found = one(pl.DataFrame({"a": values}, schema={"a": pl.Float64}), rule("a", min_value=5))
    assert (found.status, found.message, found.observed) == ("passed", "no values", None)
    assert found.message.startswith("no ")


def test_one_value_has_no_deviation():
    assert one({"a": [5]}, Std("a", max_value=1)).message == "no standard deviation, it needs two values"


@pytest.mark.parametrize("rule", [Mean, Sum, Min, Max])
@pytest.mark.parametrize("value", [INF, -INF])
def test_infinities(rule, value):
    assert one({"a": [value, 1.0]}, rule("a", min_value=0.5, max_value=2)).status == (
        "passed" if (rule, value) in ((Min, INF), (Max, -INF)) else "warned"
    )


@pytest.mark.parametrize("bound", [0.1, Decimal("0.1"), "0.1"])
def test_decimals_compare_as_people_mean(bound):
    frame = pl.DataFrame({"a": [Decimal("0.10")]}, schema={"a": pl.Decimal(15, 2)})
    for rule in (Mean, Median, Sum, Min, Max):
        assert one(frame, rule("a", min_value=bound, max_value=bound)).status == "passed", rule
        assert one(frame, rule("a", min_value=bound, inclusive=False)).status == "warned", rule


def test_a_sum_beyond_64_bits():
    assert one({"a": [2**62] * 8}, Sum("a", min_value=2**65, max_value=2**65)).status == "passed"


@pytest.mark.parametrize(
    ("values", "dtype", "low", "ok"),
    [
        ([date(2024, 1, 2)], pl.Date, "2024-01-02", True), ([date(2024, 1, 2)], pl.Date, date(2024, 1, 3), False),
        ([date(2024, 1, 2)], pl.Date, datetime(2024, 1, 2, 1), False),
        ([datetime(2024, 1, 2, 12)], pl.Datetime("us"), "2024-01-02", True), ([datetime(2024, 1, 2, 12)], pl.Datetime("ns"), datetime(2024, 1, 2, 13), False),
        ([datetime(2024, 1, 2, 12)], pl.Datetime("us", "UTC"), "2024-01-02T12:00:00", True),
        ([datetime(2024, 1, 2, 11)], pl.Datetime("us", "UTC"), "2024-01-02T12:00:00+01:00", True),
        ([datetime(2024, 1, 2, 12, tzinfo=UTC)], pl.Datetime("us", "Asia/Tokyo"), datetime(2024, 1, 2, 21), True),
        ([datetime(2024, 1, 2, 12, tzinfo=UTC)], pl.Datetime("us", "Asia/Tokyo"), datetime(2024, 1, 2, 22), False),
        ([time(12)], pl.Time, "11:00", True), ([timedelta(hours=2)], pl.Duration, "3h", False),
    ],
)  # fmt: skip
def test_moments(values, dtype, low, ok):
    frame = pl.DataFrame({"a": values}, schema={"a": dtype})
    found = one(frame, Min("a", min_value=low))
    assert (found.status, found.error) == ("passed" if ok else "warned", None)


def test_only_numbers_have_a_mean():
    found = outcomes({"n": [1], "s": ["x"], "l": [[1]]}, Mean("n", "s", "l", min_value=0))
    assert [o.status.value for o in found] == ["passed", "error", "skipped"]
    assert found[1].error == "mean needs a numeric column, this one is string"


def test_a_bound_that_does_not_compare():
    assert "does not compare" in one({"a": [1]}, Max("a", max_value=date(2024, 1, 1))).error
    assert "is not a number" in one({"a": [1]}, Max("a", max_value="2024-01-01")).error


def test_a_bare_statistic_is_skipped():
    assert one(FRAME, Mean()).message == "nothing configured: give min_value or max_value"


# --- the mathematics, against SciPy --------------------------------------------------------------------------------


@given(st.floats(0.1, 600), st.floats(0, 1500))
def test_gamma(a, x):
    assert gamma_q(a, x) == pytest.approx(special.gammaincc(a, x), rel=1e-9, abs=1e-13)


@pytest.mark.parametrize(("n", "m"), [(1, 1), (1, 4), (2, 3), (4, 4), (6, 4), (5, 6)])
def test_kolmogorov_of_small_samples_counts_all_orders(n, m):
    found = []
    for ours in itertools.combinations(range(n + m), n):
        steps = itertools.accumulate(m if i in ours else -n for i in range(n + m))
        found.append(max(map(abs, steps)))
    for far in {0, *found}:
        share = sum(f >= far for f in found) / len(found)
        assert kolmogorov_p(far / (n * m), n, m) == pytest.approx(share, rel=1e-12)


@pytest.mark.parametrize(("n", "m"), [(4, 4), (5, 5), (7, 7), (10, 10), (10, 7), (200, 333), (1000, 900), (5, 20000)])
@pytest.mark.parametrize("shift", [0.0, 0.2, 0.6, 1.5])
def test_kolmogorov_of_two_samples_is_scipys_exact_one(n, m, shift):
    wanted = stats.ks_2samp(normal(n, 1), normal(m, 2, shift), method="exact")
    assert kolmogorov_p(wanted.statistic, n, m) == pytest.approx(wanted.pvalue, rel=1e-9)


@pytest.mark.parametrize(("n", "m"), [(5000, 7000), (336776, 50000)])
@pytest.mark.parametrize("z", [0.3, 0.6, 0.9, 1.17, 1.19, 1.36, 1.63, 2.0])
def test_kolmogorov_of_large_samples(n, m, z):
    distance_ = z / math.sqrt(n * m / (n + m))
    # SciPy's asymptotic p-value is that of one sample of the effective size
    assert kolmogorov_p(distance_, n, m) == pytest.approx(
        stats.kstwo.sf(distance_, round(n * m / (n + m))), rel=0.02, abs=1e-3
    )


def test_kolmogorov_of_equal_and_of_disjoint_samples():
    assert kolmogorov_p(0.0, 10, 10) == 1
    assert kolmogorov_p(1.0, 10**6, 10**6) == 0


counts = st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), min_size=1, max_size=30).filter(
    lambda pairs: all(any(p[i] for p in pairs) for i in (0, 1))
)


@given(counts)
def test_chi_square(pairs):
    here, there = zip(*pairs, strict=True)
    statistic, degrees, p = chi_square(here, there)
    table = [[x for x, y in pairs if x + y], [y for x, y in pairs if x + y]]
    wanted = stats.chi2_contingency(table, correction=False)
    assert statistic == pytest.approx(wanted.statistic, rel=1e-9, abs=1e-9)
    assert (degrees, p) == (wanted.dof, pytest.approx(wanted.pvalue, rel=1e-7, abs=1e-12))


@given(counts)
def test_jensen_shannon(pairs):
    here, there = zip(*pairs, strict=True)
    assert jensen_shannon(here, there) == pytest.approx(distance.jensenshannon(here, there, base=2), abs=1e-7)


def test_jensen_shannon_of_nothing_in_common():
    assert jensen_shannon([5, 0], [0, 9]) == 1


def test_stability_index():
    p, q = [0.3, 0.7], [0.5, 0.5]
    assert stability_index([30, 70], [500, 500]) == pytest.approx(
        sum((a - b) * math.log(a / b) for a, b in zip(p, q, strict=True))
    )
    assert stability_index([100, 0], [50, 50]) == pytest.approx(0.5 * math.log(2) + (1e-4 - 0.5) * math.log(1e-4 / 0.5))
    assert stability_index([10, 20], [10, 20]) == 0


# --- against a reference -------------------------------------------------------------------------------------------


def normal(n, seed, mean=0.0):
    r = random.Random(seed)
    return [r.gauss(mean, 1) for _ in range(n)]


@pytest.mark.parametrize("mean", [0.0, 0.05, 0.15, 0.3, 2.0])
def test_ks_as_scipy_has_it(mean):
    here, there = normal(900, 1, mean), normal(1400, 2)
    found = one({"a": [*here, None, NAN]}, Distribution("a", reference={"a": there}))
    wanted = stats.ks_2samp(here, there, method="asymp")
    assert found.observed["statistic"] == pytest.approx(wanted.statistic, abs=1e-12)
    assert found.observed["p_value"] == pytest.approx(wanted.pvalue, rel=0.05, abs=1e-4)
    assert (found.observed["n"], found.observed["m"], found.observed["method"]) == (900, 1400, "ks")
    assert found.status == ("passed" if wanted.pvalue >= 0.05 else "warned")


def test_ks_with_ties():
    r = random.Random(3)
    here, there = [r.randint(0, 5) for _ in range(300)], [r.randint(0, 6) for _ in range(200)]
    found = one({"a": here}, Distribution("a", reference={"a": there}, method="ks"))
    assert found.observed["statistic"] == pytest.approx(
        stats.ks_2samp(here, there, method="asymp").statistic, abs=1e-12
    )


def test_ks_says_it_in_words():
    found = one({"a": [1, 2, 3, 4] * 100}, Distribution("a", reference={"a": [3, 4, 5, 6] * 50}))
    assert found.expected == "distributed as in the reference (Kolmogorov-Smirnov, p at least 0.05)"
    assert found.message.startswith("Kolmogorov-Smirnov D = 0.5, p = ")
    assert found.message.endswith("(400 values, 200 in the reference): p is below 0.05, the distributions differ")


def test_chi_square_of_categories():
    here, there = ["a"] * 50 + ["b"] * 50 + ["c"], ["a"] * 30 + ["b"] * 70 + ["d"] * 5
    found = one({"s": [*here, None]}, Distribution("s", reference={"t": there}, reference_columns="t"))
    wanted = stats.chi2_contingency([[50, 50, 1, 0], [30, 70, 0, 5]], correction=False)
    statistic, p = pytest.approx(wanted.statistic), pytest.approx(wanted.pvalue)
    assert found.observed == {"method": "chi2", "statistic": statistic, "p_value": p, "n": 101, "m": 105}
    assert found.status == "warned"


@pytest.mark.parametrize("dtype", [pl.String, pl.Categorical, pl.Enum(["a", "b"])])
@pytest.mark.parametrize("method", ["auto", "chi2", "psi", "js"])
def test_categories_of_every_type(dtype, method):
    here = pl.DataFrame({"s": ["a", "b"] * 50}, schema={"s": dtype})
    assert one(here, Distribution("s", reference={"s": ["b", "a"] * 40}, method=method)).status == "passed"
    assert one(here, Distribution("s", reference={"s": ["a"] * 40}, method=method)).status == "warned"


def test_truths_are_categories():
    found = one({"s": [True, False] * 50}, Distribution("s", reference={"s": [True] * 90 + [False] * 10}))
    assert (found.observed["method"], found.status) == ("chi2", "warned")


@pytest.mark.parametrize("method", ["psi", "js", "chi2"])
def test_numbers_by_deciles_of_the_reference(method):
    there = normal(2000, 5)
    edges = pl.Series(there).quantile([i / 10 for i in range(1, 10)], "linear")
    for mean, ok in ((0.0, True), (1.0, False)):
        here = normal(1000, 6, mean)
        bins = [
            [sum(lo <= v < hi for v in side) for lo, hi in zip([-INF, *edges], [*edges, INF], strict=True)]
            for side in (here, there)
        ]
        found = one({"a": [*here, NAN, None]}, Distribution("a", reference={"a": there}, method=method))
        assert found.observed["statistic"] == pytest.approx(compare(method, *bins).statistic, rel=1e-9)
        assert found.status == ("passed" if ok else "warned")
        assert (found.observed["n"], found.observed["m"]) == (1000, 2000)


@pytest.mark.parametrize("dtype", [pl.Decimal(12, 3), pl.Int16, pl.UInt64, pl.Float32])
@pytest.mark.parametrize("method", ["ks", "psi"])
def test_numbers_of_every_type(dtype, method):
    frame = pl.DataFrame({"a": pl.Series(range(1000)).cast(dtype)})
    shifted = frame.select((pl.col("a") + 500).cast(dtype))
    assert one(frame, Distribution("a", reference=frame, method=method)).status == "passed"
    found = one(shifted, Distribution("a", reference=frame, method=method))
    assert (found.status, found.error) == ("warned", None)


@pytest.mark.parametrize("dtype", [pl.Int64, pl.Float32, pl.Float64, pl.Decimal(12, 2), pl.Decimal(38, 9)])
@pytest.mark.parametrize("method", ["ks", "psi", "js", "chi2"])
@pytest.mark.parametrize("baseline", [True, False])
def test_a_value_that_fills_many_bins_has_one_to_itself(dtype, method, baseline):
    def frame(value):
        return pl.DataFrame({"a": pl.Series([value] * 70 + list(range(30))).cast(dtype)})

    rule = (
        Distribution("a", baseline=True, method=method)
        if baseline
        else Distribution("a", reference=frame(0), method=method)
    )
    kept = Kept()
    if baseline:
        one(frame(0), rule, baselines=kept)
    for value, status in ((0, "passed"), (1, "warned"), (-1, "warned")):
        found = one(frame(value), rule, baselines=kept)
        assert (found.status, found.error) == (status, None), (value, found)


@pytest.mark.parametrize(
    ("method", "threshold", "ok"),
    [("psi", 10, True), ("js", 0.0, False), ("ks", 0.0, True), ("ks", 1.0, False), ("chi2", 0.0, True)],
)
def test_thresholds(method, threshold, ok):
    rule = Distribution("a", reference={"a": normal(500, 8)}, method=method, threshold=threshold)
    assert one({"a": normal(500, 9, 0.5)}, rule).status == ("passed" if ok else "warned")


@pytest.mark.parametrize(
    ("kind", "method"),
    [("Float64", "ks"), ("Float64", "psi"), ("Float64", "js"), ("String", "chi2"), ("String", "psi")],
)
def test_nothing_to_compare(kind, method):
    dtype = getattr(pl, kind)
    full = pl.DataFrame({"a": [1.0, 2.0] if kind == "Float64" else ["x", "y"]}, schema={"a": dtype})
    for empty in (full.clear(), pl.DataFrame({"a": [None]}, schema={"a": dtype})):
        found = one(empty, Distribution("a", reference=full, method=method))
        assert (found.status, found.message) == ("passed", "no values")
        found = one(full, Distribution("a", reference=empty, method=method))
        assert (found.status, found.error) == ("error", "no values in the reference to compare with")


def test_too_many_categories():
    found = one({"s": [str(i) for i in range(1001)]}, Distribution("s", reference={"s": ["a"]}))
    assert found.error == "more than 1,000 distinct values are too many for categories; name the columns to compare"


def test_ks_is_for_numbers():
    assert "use chi2, psi or js" in one({"s": ["a"]}, Distribution("s", reference={"s": ["a"]}, method="ks")).error


def test_a_column_missing_in_the_reference_is_an_error():
    for method in ("ks", "psi"):
        assert one({"a": [1, 2]}, Distribution("a", reference={"b": [1]}, method=method)).status == "error"


# --- against a baseline --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["auto", "ks", "psi", "js", "chi2"])
def test_a_baseline_of_numbers(method):
    kept = Kept()
    rule = Distribution("a", baseline=True, method=method)
    first = one({"a": [*normal(3000, 1), None, NAN]}, rule, baselines=kept)
    assert first.status == "passed"
    assert first.message == "baseline kept of 3,000 values; later runs are compared with it; NaN left out: 1"
    before = dict(kept)
    same, other = (one({"a": normal(2000, 2, mean)}, rule, baselines=kept) for mean in (0.0, 1.0))
    assert (same.status, other.status) == ("passed", "warned"), (same, other)
    assert (same.observed["n"], same.observed["m"]) == (2000, 3000)
    assert "in the baseline" in other.message
    assert kept == before  # what was accepted stays


def test_ks_on_a_baseline_is_near_the_exact_one():
    kept = Kept()
    rule = Distribution("a", baseline=True, method="ks")
    one({"a": normal(5000, 1)}, rule, baselines=kept)
    here = normal(5000, 2, 0.3)
    found = one({"a": here}, rule, baselines=kept).observed["statistic"]
    exact = stats.ks_2samp(here, normal(5000, 1)).statistic
    assert exact - 0.02 <= found <= exact + 1e-12


def test_a_baseline_by_deciles_is_as_a_reference():
    kept, there, here = Kept(), normal(3000, 1), normal(3000, 2, 0.2)
    one({"a": there}, Distribution("a", baseline=True), baselines=kept)
    for method in ("psi", "js", "chi2"):
        a = one({"a": here}, Distribution("a", baseline=True, method=method), baselines=kept).observed["statistic"]
        assert a == pytest.approx(
            one({"a": here}, Distribution("a", reference={"a": there}, method=method)).observed["statistic"]
        )


@pytest.mark.parametrize("dtype", [pl.String, pl.Categorical, pl.Boolean])
def test_a_baseline_of_categories(dtype):
    values = [True, False] if dtype == pl.Boolean else ["x", "y"]
    kept, rule = Kept(), Distribution("s", baseline=True)
    frame = pl.DataFrame({"s": values * 50}, schema={"s": dtype})
    assert "baseline kept of 100 values" in one(frame, rule, baselines=kept).message
    assert one(frame, rule, baselines=kept).status == "passed"
    assert one(frame.head(1).select(pl.col("s").repeat_by(50).explode()), rule, baselines=kept).status == "warned"


def test_baselines_of_filters_are_apart():
    kept, frame = Kept(), {"a": [1, 2, 3, 4]}
    one(frame, Distribution("a", baseline=True), baselines=kept)
    assert "kept of 2" in one(frame, Distribution("a", baseline=True, where="a > 2"), baselines=kept).message
    assert len(kept) == 2


@pytest.mark.parametrize("frame", [{"a": []}, {"a": [None]}, {"a": [NAN]}, {"s": [None]}])
def test_no_baseline_of_nothing(frame):
    kept = Kept()
    schema = {"s": pl.String} if "s" in frame else {"a": pl.Float64}
    found = one(pl.DataFrame(frame, schema=schema), Distribution(baseline=True), baselines=kept)
    assert (found.status, len(kept)) == ("passed", 0)
    assert found.message.startswith("no values, no baseline kept")


@pytest.mark.parametrize("method", ["ks", "psi", "js", "chi2"])
def test_nan_are_left_out_and_told(method):
    here, there = [*normal(300, 1), NAN, NAN, None], [*normal(300, 2), NAN]
    found = one({"a": here}, Distribution("a", reference={"a": there}, method=method))
    assert found.message.endswith("; NaN left out: 2 here, 1 in the reference")
    assert (found.observed["n"], found.observed["m"]) == (300, 300)
    found = one({"a": here}, Distribution("a", reference={"a": normal(300, 2)}, method=method))
    assert found.message.endswith("; NaN left out: 2 here")
    assert "NaN" not in one({"a": [1, 2]}, Distribution("a", reference={"a": [1, 2]}, method=method)).message


def test_a_summary_counts_nan():
    found = one({"a": [1.0, 2.0, 3.0, NAN, None]}, Distribution("a"))
    assert (found.observed["nan"], found.observed["count"], found.observed["mean"]) == (1, 3, 2.0)


def test_a_column_that_became_text():
    kept = Kept()
    one({"a": [1, 2]}, Distribution("a", baseline=True), baselines=kept)
    assert (
        "the baseline is of numbers, this column is string"
        in one({"a": ["1"]}, Distribution("a", baseline=True), baselines=kept).error
    )


@pytest.mark.parametrize(
    "stored",
    [
        {}, {"edges": [1.0], "deciles": [], "counts": [1]}, {"edges": [2.0, 1.0], "deciles": [], "counts": [1, 1, 1]}, {"counts": "x", "edges": []},
        {"edges": [1.0], "deciles": [2.0], "counts": [1, 1]}, {"edges": [1.0], "deciles": [], "counts": [0, 0]}, {"categories": ["a"], "counts": [-1]},
        {"edges": ["x"], "deciles": [], "counts": [1, 1]}, [1], "x",
    ],
)  # fmt: skip
def test_a_damaged_baseline(stored):
    kept = Kept()
    kept.put("distribution:a", stored)
    found = one({"a": [1, 2]}, Distribution("a", baseline=True), baselines=kept)
    assert (found.status, found.error) == (
        "error",
        "the stored baseline cannot be read; delete it, and the next run keeps a new one",
    )


def test_a_baseline_that_cannot_be_kept_is_an_error():
    class Full(Kept):
        def put(self, key, value):
            raise StoreError("no space left")

    assert one({"a": [1, 2]}, Distribution("a", baseline=True), baselines=Full()).error == "no space left"
    assert "no state folder" in one({"a": [1, 2]}, Distribution("a", baseline=True)).error


@settings(max_examples=50)
@given(st.lists(st.integers(-5, 5), min_size=1, max_size=60))
def test_a_baseline_differs_from_nothing_but_others(values):
    kept, rule = Kept(), Distribution("a", baseline=True, method="psi")
    one({"a": values}, rule, baselines=kept)
    found = one({"a": values}, rule, baselines=kept)
    assert (found.status, found.observed["statistic"]) == ("passed", 0)
    made = Summary.from_dict(kept.get("distribution:a"))
    assert sum(made.counts) == sum(made.coarse().counts) == len(values)


# --- with nothing to compare with ----------------------------------------------------------------------------------


def test_a_summary():
    found = one({"a": [1, 2, 3, 4, None]}, Distribution("a"))
    assert (found.status, found.severity) == ("passed", None)
    assert found.observed == {
        "rows": 5, "nulls": 1, "count": 4, "min": 1, "max": 4, "mean": 2.5, "std": pytest.approx(1.29099, abs=1e-5), "q25": 1.75, "q50": 2.5, "q75": 3.25,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ([7, 7, None], pl.Int64), (["x", "x"], pl.String), ([True, True], pl.Boolean), ([Decimal("1.5")] * 2, pl.Decimal(5, 1)), (["x", "x"], pl.Categorical),
        (["x", "x"], pl.Enum(["x", "y"])), ([INF, INF], pl.Float64),
    ],
)  # fmt: skip
def test_constant_columns(values, dtype):
    found = one(pl.DataFrame({"a": values}, schema={"a": dtype}), Distribution("a"))
    assert (found.status, found.severity) == ("warned", "low"), found
    assert found.message.startswith("constant: all 2 values are ")


def test_categories_that_differ():
    for dtype in (pl.String, pl.Categorical, pl.Enum(["x", "y"])):
        assert one(pl.DataFrame({"a": ["x", "y"]}, schema={"a": dtype}), Distribution("a")).status == "passed"


def test_one_value_is_not_constant():
    assert one({"a": [7]}, Distribution("a")).status == "passed"


def test_extreme_outliers():
    values = [
        *range(100),
        249,
        1000,
        -200,
        -149,
        None,
    ]  # the quartiles are near 24 and 76, the fences near -132 and 232
    found = one({"a": values}, Distribution("a"))
    assert (found.failed, found.total, found.severity, sorted(e.values["a"] for e in found.examples)) == (
        4,
        105,
        "low",
        [-200, -149, 249, 1000],
    )
    assert found.message.startswith("4 extreme outliers, below ")
    assert failing({"a": values}, Distribution("a")) == [101, 102, 103, 104]


def test_outliers_may_be_tolerated():
    assert one({"a": [*range(100), 10**6]}, Distribution("a", max_fail=1)).status == "passed"


def test_no_outliers_where_the_quartiles_are_one_value():
    assert one({"a": [0] * 100 + [5]}, Distribution("a")).status == "passed"


@pytest.mark.parametrize(
    "values", [[NAN, 1.0, 2.0, 3.0, 4.0], [INF, 1.0, 2.0, 3.0, 4.0], [-INF, INF, NAN, None], [NAN, NAN]]
)
def test_a_summary_of_strange_numbers(values):
    found = one({"a": values}, Distribution("a"))
    assert found.error is None
    json.dumps(found.to_dict(), allow_nan=False)


@pytest.mark.parametrize("values", [[], [None, None]])
def test_a_summary_of_nothing(values):
    for dtype in (pl.Float64, pl.String, pl.Decimal(5, 1)):
        found = one(pl.DataFrame({"a": values}, schema={"a": dtype}), Distribution("a"))
        assert (found.status, found.message) == ("passed", "no values")


def test_a_bare_distribution_looks_at_what_fits():
    frame = {"n": [1, 2], "s": ["a", "b"], "b": [True, False], "d": [date(2024, 1, 1)] * 2, "l": [[1], [2]]}
    assert [o.columns for o in outcomes(frame, Distribution())] == [("n",), ("s",), ("b",)]


# --- mistakes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("made", "problem"),
    [
        (lambda: Mean("a"), "give min_value or max_value"),
        (lambda: Mean("a", min_value=2, max_value=1), "min_value 2 is above max_value 1"),
        (lambda: Mean("a", min_value=NAN), "min_value"),
        (lambda: Mean("a", min_value=True), "min_value"),
        (lambda: Mean("a", min_value=1, mostly=0.9), "mostly: mean does not support this option"),
        (lambda: Mean("a", min_value=1, inclusive="all"), "inclusive"),
        (
            lambda: Mean(columns={"a": {"min_valu": 1}}),
            r"columns\.a\.min_valu: unknown key; did you mean \"min_value\"",
        ),
        (lambda: Quantile("a", min_value=1), "quantile: .*required"),
        (lambda: Quantile("a", quantile=1.5, min_value=1), "quantile"),
        (lambda: Distribution("a", method="ks"), "method: it needs a reference, or baseline: true"),
        (lambda: Distribution("a", threshold=0.1), "threshold: it needs a reference"),
        (lambda: Distribution("a", baseline=True, reference="x.csv"), "give reference or baseline, not both"),
        (lambda: Distribution("a", baseline=True, threshold=2), "at most 1"),
        (lambda: Distribution("a", baseline=True, threshold=-1), "threshold"),
        (lambda: Distribution("a", baseline=True, max_fail=1), "max_fail: a distribution has no failing rows"),
        (lambda: Distribution("a", baseline=True, method="wasserstein"), "method"),
        (lambda: Distribution("a", baseline=True, reference_columns="b"), "reference_columns: it needs a reference"),
        (lambda: Distribution("a*", reference="x.csv", reference_columns="b"), "name each"),
        (lambda: Distribution(reference="x.csv", reference_columns="b"), "they go in pairs"),
    ],
)
def test_mistakes(made, problem):
    with pytest.raises(ConfigError, match=problem):
        made()
