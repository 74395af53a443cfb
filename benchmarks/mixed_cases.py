"""Every validator on the orders of `mixed_data.py`, and beside it the query that an expert writes for the same number."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any
from zoneinfo import ZoneInfo

import mixed_data as data
import polars as pl

c = pl.col
NOW = datetime(2025, 5, 15, tzinfo=UTC)
HERE, SINCE = (moment.astimezone(ZoneInfo(data.ZONE)) for moment in (NOW, data.START))
EMAIL = r"^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}$"
URL = r"^https?://[^\s/$.?#].[^\s]*$"
UUID = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
IPV4 = r"^((25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])(\.|$)){4}$"
NULLS = ["order_id", "number", "customer_id", "email", "country", "status", "amount", "quantity", "score", "created_at", "shipped_at"]  # fmt: skip


@dataclass(frozen=True)
class Case:
    """What is checked, and the expert's ways to the same numbers, one for each outcome in order.

    `bad` are expressions that are true for failing rows, `values` any other aggregates: both stream, so an expert puts
    those of several cases into one query. `query` takes the folder's tables. `sql` gives the same numbers in DuckDB.
    """

    validators: list[Any]
    bad: list[pl.Expr] = field(default_factory=list)
    values: list[pl.Expr] = field(default_factory=list)
    query: Callable[[Any], list[Any]] | None = None
    sql: str = ""
    observed: str = ""
    """what of an observed mapping is the number"""


def rule(name, *columns, **options):
    return {name: {**({"columns": list(columns)} if columns else {}), **options}}


def none_of(column, values):
    return ~reduce(or_, [c(column) == v for v in values])


def not_matching(column, pattern, **more):
    return ~c(column).str.contains(pattern, **more)


def counted(where, table="orders"):
    """DuckDB's way to count rows."""
    return f"select count(*) filter (where {where}) from {table}"


def full(column, pattern):
    return counted(f"not regexp_matches({column}, '{pattern}')")


# --- queries that are more than an aggregate -----------------------------------------------------------------------------------


def collect(frame):
    return frame.collect(engine="streaming")


def again(t, *columns):
    """Rows whose key repeats: hashes first, then the few keys that they leave are compared."""
    keys = t.orders.drop_nulls(columns)
    key = (pl.struct(columns) if len(columns) > 1 else c(columns[0])).hash(1)
    hashes = collect(keys.select(key.alias("h")))["h"].sort()
    twice = hashes.filter(hashes == hashes.shift(1)).unique()
    if not len(twice):
        return 0
    few = collect(keys.filter(key.is_in(twice.implode())).group_by(columns).len().filter(c("len") > 1))
    return int(few["len"].sum())


def repeated_numbers(t):
    numbers = collect(t.orders.select("number"))["number"].sort()
    same = (numbers == numbers.shift(1)) | (numbers == numbers.shift(-1))
    return [int(same.sum())]


def disordered(column, *, down=False):
    def query(t):
        values = collect(t.orders.select(column).drop_nulls())[column]
        earlier, later = values.slice(0, len(values) - 1), values.slice(1)
        return [int(((later > earlier) if down else (later < earlier)).sum())]

    return query


def dependency(key, value):
    def query(t):
        pairs = t.orders.drop_nulls([key, value]).group_by(key, value).len(name="n")
        differ = pairs.group_by(key).agg(pl.len().alias("values"), c("n").sum()).filter(c("values") > 1)
        return [int(collect(differ.select(c("n").sum())).item())]

    return query


def dependency_sql(key, value):
    return f"""select sum(n) from (select {key}, count(*) v, sum(n) n from (select {key}, {value}, count(*) n from orders
        where {key} is not null and {value} is not null group by all) group by {key}) where v > 1"""


def orphans(t):
    known = collect(t.customers)["customer_id"]
    return [int(collect(t.orders.select((~c("customer_id").is_in(known.implode())).sum())).item())]


def outliers(t):
    scores = collect(t.orders.select(c("price").drop_nulls()))["price"]
    low, high = scores.quantile(0.25, "linear"), scores.quantile(0.75, "linear")
    reach = 1.5 * (high - low)
    return [int(((scores < low - reach) | (scores > high + reach)).sum())]


def far(t):
    mean, std = collect(t.orders.select(c("score").mean(), c("score").std().alias("s"))).row(0)
    near = c("score").is_between(mean - 3 * std, mean + 3 * std)
    return [int(collect(t.orders.select((~near).sum())).item())]


def quantiles(*wanted):
    def query(t):
        columns = list(dict.fromkeys(column for column, _ in wanted))
        frame = collect(t.orders.select(columns))
        return [frame[column].cast(pl.Float64).quantile(q, "linear") for column, q in wanted]

    return query


def hours_missing(t):
    hours = c("created_at").cast(pl.Datetime("us", "UTC")).dt.truncate("1h")
    known = collect(t.orders.select(hours.alias("h")).unique())["h"].sort()
    all_ = (known[-1] - known[0]).total_seconds() / 3600 + 1
    return [int(all_ - len(known))]


def most_frequent(t):
    counts = collect(t.orders.group_by("status").len().top_k(1, by="len"))
    return [counts["status"][0]]


def ks(t):
    here = collect(t.orders.select(c("price").drop_nulls()))["price"].sort()
    there = collect(t.earlier.select(c("price").drop_nulls()))["price"].sort()
    a, b = here.to_numpy(), there.to_numpy()
    at = b[[*(b[1:] != b[:-1]).nonzero()[0], len(b) - 1]]
    worst = 0.0
    for side in ("left", "right"):
        f, g = a.searchsorted(at, side) / len(a), b.searchsorted(at, side) / len(b)
        worst = max(worst, float(abs(f - g).max()))
    return [worst]


def chi_square(t):
    here, there = (dict(collect(x.group_by("status").len()).rows()) for x in (t.orders, t.earlier))
    n, m = sum(here.values()), sum(there.values())
    total = 0.0
    for word in here.keys() | there.keys():
        x, y = here.get(word, 0), there.get(word, 0)
        for seen, size in ((x, n), (y, m)):
            expected = (x + y) * size / (n + m)
            total += (seen - expected) ** 2 / expected
    return [total]


def totals_match(t):
    here, there = (
        collect(t.orders.select(c("amount").sum())).item(),
        collect(t.earlier.select(c("amount").sum())).item(),
    )
    return [{"value": here, "reference": there}]


def counts_match(t):
    return [collect(t.orders.select(pl.len())).item()]


def spenders(t):
    """Customers with very many paid orders."""
    paid = t.orders.filter(c("status") == "paid").group_by("customer_id").agg(c("amount").sum(), pl.len())
    return [collect(paid.filter(c("len") > t.rows // 1000).select(pl.len())).item()]


def luhn(column):
    """ASCII digits by their place; texts of another length do not occur."""
    digits = [c(column).str.slice(i, 1).cast(pl.Int32, strict=False) for i in range(16)]
    doubled = [d * 2 - 9 * (d > 4).cast(pl.Int32) if i % 2 == 0 else d for i, d in enumerate(digits)]
    return ~(not_matching(column, r"^[0-9]{16}$").not_() & (pl.sum_horizontal(doubled) % 10 == 0))


def iban(column):
    """German ones: DE is 1314; the rest by 97 in two steps."""
    number = c(column).str.slice(4, 18) + "1314" + c(column).str.slice(2, 2)
    rest = (number.str.slice(0, 12).cast(pl.Int64, strict=False) % 97).cast(pl.String) + number.str.slice(12)
    return ~(
        c(column).str.contains(r"^DE[0-9]{20}$") & (rest.cast(pl.Int64, strict=False) % 97 == 1).fill_null(value=False)
    )


ASCII = r"[^\x20-\x7e\u{a0}-\u{17f}]|Ã"
CASES: dict[str, Case] = {
    "null": Case([rule("null", *NULLS)], bad=[c(x).is_null() for x in NULLS], sql="select " + ", ".join(f"count(*) - count({x})" for x in NULLS) + " from orders"),
    "nan": Case([rule("nan", "score", "price")], bad=[c("score").is_nan(), c("price").is_nan()], sql="select count(*) filter (where isnan(score)), count(*) filter (where isnan(price)) from orders"),
    "blank": Case([rule("blank", "note")], bad=[c("note").str.strip_chars() == ""], sql=counted("trim(note) = ''")),
    "completeness": Case([rule("completeness", "shipped_at", min_value=0.9)], bad=[c("shipped_at").is_null()], sql="select count(*) - count(shipped_at) from orders"),
    "unique": Case([rule("unique", "order_id")], query=lambda t: [again(t, "order_id")], sql="select sum(n) from (select count(*) n from orders group by order_id) where n > 1"),
    "unique, few": Case([rule("unique", "email")], query=lambda t: [again(t, "email")], sql="select sum(n) from (select count(*) n from orders where email is not null group by email) where n > 1"),
    "primary_key": Case([rule("primary_key", "number")], query=repeated_numbers, sql="select sum(n) from (select count(*) n from orders group by number) where n > 1"),
    "duplicate": Case([rule("duplicate", "customer_id", "session")], query=lambda t: [again(t, "customer_id", "session")], sql="select coalesce(sum(n), 0) from (select count(*) n from orders group by customer_id, session) where n > 1"),
    "duplicate, rows": Case([rule("duplicate")], query=lambda t: [whole_rows(t)]),
    "cardinality": Case([rule("cardinality", "customer_id", min_value=10)], query=lambda t: [collect(t.orders.select(c("customer_id").n_unique())).item()], sql="select count(distinct customer_id) from orders", observed="distinct"),
    "range": Case([rule("range", "quantity", min_value=1, max_value=100), rule("range", "score", min_value=-50, max_value=150), rule("range", "amount", min_value=1, max_value=5000), rule("range", "created_at", min_value="2024-01-01T00:00:00+00:00")], bad=[~c("quantity").is_between(1, 100), ~c("score").is_between(-50, 150), ~c("amount").is_between(1, 5000), c("created_at") < SINCE], sql="select count(*) filter (where quantity not between 1 and 100), count(*) filter (where score not between -50 and 150), count(*) filter (where amount not between 1 and 5000), count(*) filter (where created_at < '2024-01-01T00:00:00+00:00'::timestamptz) from orders"),
    "positive": Case([rule("positive", "price")], bad=[~(c("price") > 0)], sql=counted("price <= 0")),
    "non_negative": Case([rule("non_negative", "price")], bad=[~(c("price") >= 0)], sql=counted("price < 0")),
    "outlier": Case([rule("outlier", "price")], query=outliers),
    "outlier, zscore": Case([rule("outlier", "score", method="zscore")], query=far, sql="with s as (select avg(score) m, stddev(score) s from orders) select count(*) filter (where score not between m - 3 * s and m + 3 * s) from orders, s"),
    "increasing": Case([rule("increasing", "created_at")], query=disordered("created_at")),
    "decreasing": Case([rule("decreasing", "number")], query=disordered("number", down=True)),
    "regex": Case([rule("regex", "order_id", pattern=UUID), rule("regex", "postcode", pattern=r"^[0-9]{5}$")], bad=[not_matching("order_id", UUID), not_matching("postcode", r"^[0-9]{5}$")]),
    "length": Case([rule("length", "note", max_length=40), rule("length", "customer_id", min_length=11, max_length=11)], bad=[c("note").str.len_chars() > 40, c("customer_id").str.len_chars() != 11], sql="select count(*) filter (where length(note) > 40), count(*) filter (where length(customer_id) <> 11) from orders"),
    "format, email": Case([rule("format", "email", format="email")], bad=[not_matching("email", EMAIL)], sql=full("email", EMAIL)),
    "format, uuid": Case([rule("format", "session", format="uuid")], bad=[not_matching("session", UUID)], sql=counted("try_cast(session as uuid) is null")),
    "format, url": Case([rule("format", "url", format="url")], bad=[not_matching("url", URL)], sql=full("url", URL)),
    "format, ipv4": Case([rule("format", "ip", format="ipv4")], bad=[not_matching("ip", IPV4)], sql=full("ip", IPV4)),
    "format, phone": Case([rule("format", "phone", format="phone")], bad=[not_matching("phone", r"^\+?[0-9 ]{7,20}$")], sql=full("phone", r"^\+?[0-9 ]{7,20}$")),
    "format, card": Case([rule("format", "card", format="credit_card")], bad=[luhn("card")]),
    "format, iban": Case([rule("format", "iban", format="iban")], bad=[iban("iban")]),
    "format, json": Case([rule("format", "payload", format="json")], bad=[c("payload").str.json_path_match("$").is_null() & c("payload").is_not_null()]),
    "format, datetime": Case([rule("format", "logged", format="datetime")], bad=[c("logged").str.to_datetime("%Y-%m-%dT%H:%M:%SZ", strict=False).is_null()], sql=counted("try_strptime(logged, '%Y-%m-%dT%H:%M:%SZ') is null")),
    "format, country": Case([rule("format", "country", format="country")], bad=[none_of("country", data.COUNTRIES)], sql=counted(f"country not in {tuple(data.COUNTRIES)}")),
    "date_format": Case([rule("date_format", "due", format="%d.%m.%Y")], bad=[c("due").str.to_date("%d.%m.%Y", strict=False).is_null()], sql=counted("try_strptime(due, '%d.%m.%Y') is null")),
    "whitespace": Case([rule("whitespace", "note")], bad=[(c("note") != c("note").str.strip_chars()) | c("note").str.contains("  ", literal=True)], sql=counted("note <> trim(note) or contains(note, '  ')")),
    "encoding": Case([rule("encoding", "note")], bad=[c("note").str.contains(ASCII)]),
    "case": Case([rule("case", "note", case="lower")], bad=[c("note").str.contains("[A-ZÀ-Þ]")], sql=counted("note <> lower(note)")),
    "allowed_values": Case([rule("allowed_values", "status", values=data.STATUSES), rule("allowed_values", "country", values=data.COUNTRIES)], bad=[none_of("status", data.STATUSES), ~c("country").is_in(data.COUNTRIES)], sql=f"select count(*) filter (where status not in {tuple(data.STATUSES)}), count(*) filter (where country not in {tuple(data.COUNTRIES)}) from orders"),
    "forbidden_values": Case([rule("forbidden_values", "city", values=["Elsewhere", "nowhere"])], bad=[(c("city") == "Elsewhere") | (c("city") == "nowhere")], sql=counted("city in ('Elsewhere', 'nowhere')")),
    "contains_values": Case([rule("contains_values", "status", values=["paid", "shipped"])], values=[(c("status") == "paid").any() & (c("status") == "shipped").any()], sql="select bool_or(status = 'paid') and bool_or(status = 'shipped') from orders"),
    "most_common": Case([rule("most_common", "status", values=["paid"])], query=most_frequent, sql="select status from orders group by status order by count(*) desc limit 1"),
    "schema": Case([rule("schema", columns={"order_id": "string"})], query=lambda _: [True]),
    "column_exists": Case([rule("column_exists", "order_id")], query=lambda t: ["order_id" in t.orders.collect_schema()]),
    "column_type": Case([rule("column_type", "number", type="integer")], query=lambda _: [True]),
    "row_count": Case([rule("row_count", min_value=1)], values=[pl.len()], sql="select count(*) from orders"),
    "column_count": Case([rule("column_count", min_value=1)], query=lambda t: [len(t.orders.collect_schema())]),
    "freshness": Case([rule("freshness", "created_at", max_age="30d")], values=[c("created_at").max() > HERE - timedelta(days=30)], sql="select max(created_at) > '2025-04-15T00:00:00+00:00'::timestamptz from orders"),
    "future": Case([rule("future", "shipped_at")], bad=[c("shipped_at") > HERE], sql=counted("shipped_at > '2025-05-15T00:00:00+00:00'::timestamptz")),
    "gap": Case([rule("gap", "created_at", every="1h")], query=hours_missing),
    "compare": Case([rule("compare", "created_at", "shipped_at", operator="<="), rule("compare", "amount", "total", operator="<")], bad=[~(c("created_at") <= c("shipped_at")), ~(c("amount") < c("total"))], sql="select count(*) filter (where created_at > shipped_at), count(*) filter (where amount >= total) from orders"),
    "foreign_key": Case([rule("foreign_key", "customer_id", reference="customers.parquet")], query=orphans, sql="select count(*) from orders o where not exists (select 1 from customers k where k.customer_id = o.customer_id)"),
    "row_count_match": Case([rule("row_count_match", reference="orders.parquet")], query=lambda _: [True]),
    "aggregate_match": Case([rule("aggregate_match", "amount", function="sum", reference="earlier.parquet")], query=totals_match),
    "functional_dependency": Case([rule("functional_dependency", "postcode", determines=["city"]), rule("functional_dependency", "email", determines=["customer_id"])], query=lambda t: [dependency("postcode", "city")(t)[0], dependency("email", "customer_id")(t)[0]], sql=f"select ({dependency_sql('postcode', 'city')}), ({dependency_sql('email', 'customer_id')})"),
    "mean": Case([rule("mean", "score", min_value=0), rule("mean", "amount", min_value=0)], values=[c("score").mean(), c("amount").cast(pl.Float64).mean()], sql="select avg(score), avg(amount) from orders"),
    "median": Case([rule("median", "price", min_value=0), rule("median", "amount", min_value=0)], query=quantiles(("price", 0.5), ("amount", 0.5)), sql="select quantile_cont(price, 0.5), quantile_cont(amount::double, 0.5) from orders"),
    "std": Case([rule("std", "score", min_value=0)], values=[c("score").std()], sql="select stddev(score) from orders"),
    "sum": Case([rule("sum", "amount", min_value=0), rule("sum", "quantity", min_value=0)], values=[c("amount").sum(), c("quantity").cast(pl.Int64).sum()], sql="select sum(amount), sum(quantity) from orders"),
    "quantile": Case([rule("quantile", "price", quantile=0.9, min_value=0), rule("quantile", "price", quantile=0.99, min_value=0), rule("quantile", "score", quantile=0.1, min_value=0)], query=quantiles(("price", 0.9), ("price", 0.99), ("score", 0.1)), sql="select a[1], a[2], b from (select quantile_cont(price, [0.9, 0.99]) a, quantile_cont(score, 0.1) b from orders)"),
    "min": Case([rule("min", "number", min_value=0)], values=[c("number").min()], sql="select min(number) from orders"),
    "max": Case([rule("max", "price", min_value=0)], values=[c("price").max()], sql="select max(price) from orders"),
    "distribution, ks": Case([rule("distribution", "price", reference="earlier.parquet")], query=ks, observed="statistic"),
    "distribution, chi2": Case([rule("distribution", "status", reference="earlier.parquet")], query=chi_square, observed="statistic"),
    "expression": Case([rule("expression", expression="amount + tax = total"), rule("expression", expression="quantity > 0 OR status = 'placed'")], bad=[c("amount") + c("tax") != c("total"), ~((c("quantity") > 0) | (c("status") == "placed"))], sql="select count(*) filter (where amount + tax <> total), count(*) filter (where not (quantity > 0 or status = 'placed')) from orders"),
    "sql": Case([rule("sql", query="SELECT customer_id FROM data WHERE status = 'paid' GROUP BY customer_id HAVING count(*) > {limit}")], query=spenders, sql="select count(*) from (select customer_id from orders where status = 'paid' group by customer_id having count(*) > {limit})"),
    "function": Case([{"function": {"function": "mixed_cases:priced"}}], bad=[~(c("price") * c("quantity") >= 0)], sql=counted("price * quantity < 0")),
}  # fmt: skip


def priced(_):
    return c("price") * c("quantity") >= 0


def whole_rows(t):
    """Rows are equal only where the number repeats."""
    numbers = collect(t.orders.select("number"))["number"].sort()
    twice = numbers.filter(numbers == numbers.shift(1)).unique()
    rows = collect(t.orders.filter(c("number").is_in(twice.implode())))
    return int(rows.is_duplicated().sum())
