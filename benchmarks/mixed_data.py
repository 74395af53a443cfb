"""Makes the tables of `mixed.py`: orders with text keys, e-mails, decimals and zoned timestamps, and what they refer to.

Everything is drawn from one seed. Dirt of each kind is planted in 0.001 to 1 % of the rows.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl

STATUSES = ["placed", "paid", "packed", "shipped", "delivered", "returned"]
COUNTRIES = ["DE", "FR", "NL", "ES", "IT", "PL", "SE", "US", "GB", "CH", "AT", "BE", "DK", "NO", "FI", "PT", "CZ", "JP"]
WORDS = ["left", "at", "the", "door", "call", "before", "fragile", "gift", "ring", "twice", "no", "signature", "café"]
START = datetime(2024, 1, 1, tzinfo=UTC)
ZONE = "Europe/Berlin"


class Draw:
    """Random columns of one table."""

    def __init__(self, rows, seed):
        self.rows, self.rng = rows, np.random.default_rng(seed)

    def some(self, ratio):
        """True for about this ratio of the rows, at least one."""
        mask = np.zeros(self.rows, dtype=bool)
        mask[self.rng.choice(self.rows, size=max(round(self.rows * ratio), 1), replace=False)] = True
        return pl.Series(mask)

    def of(self, values):
        return pl.Series(np.array(values))[self.rng.integers(0, len(values), self.rows)]

    def whole(self, low, high):
        return pl.Series(self.rng.integers(low, high, self.rows))

    def digits(self, width):
        """Text of so many random digits."""
        return self.whole(0, 10**width).cast(pl.String).str.zfill(width)

    def uuids(self):
        raw = self.rng.bytes(16 * self.rows).hex()
        text = pl.Series([raw[i : i + 32] for i in range(0, len(raw), 32)])
        parts = [text.str.slice(*at) for at in ((0, 8), (8, 4), (12, 4), (16, 4), (20, 12))]
        return pl.select(pl.concat_str(parts, separator="-")).to_series()


def luhn(text):
    """The check digit of each text of fifteen digits."""
    digits = np.array([text.str.slice(i, 1).cast(pl.Int32).to_numpy() for i in range(15)])
    doubled = digits[::2] * 2
    total = (doubled - 9 * (doubled > 9)).sum(axis=0) + digits[1::2].sum(axis=0)
    return pl.Series((-total) % 10).cast(pl.String)


def ibans(d):
    """German ones, with their check digits."""
    account = d.digits(18)
    rest = (account + "131400").str.slice(0, 9).cast(pl.Int64) % 97
    rest = (rest.cast(pl.String) + account.str.slice(9)).cast(pl.Int64) % 97
    rest = (rest.cast(pl.String) + "131400").cast(pl.Int64) % 97
    return "DE" + (98 - rest).cast(pl.String).str.zfill(2) + account


def orders(rows, seed, *, dirty=True):
    d = Draw(rows, seed)
    whom = d.whole(0, max(rows // 8, 10)) * d.whole(0, 2) + d.whole(0, max(rows // 64, 5))
    place = d.whole(0, 20_000)
    at = pl.Series(np.sort(d.rng.integers(0, 500 * 86_400_000_000, rows)))
    sent = at + d.whole(1, 5 * 86_400_000_000)
    ids = d.uuids()
    amount, tax = d.whole(100, 500_000), d.whole(0, 50_000)
    cards = "4" + d.digits(14)
    zoned = pl.Datetime("us", ZONE)
    since = int(START.timestamp() * 1_000_000)
    frame = pl.DataFrame(
        {
            "order_id": ids,
            "number": pl.Series(np.arange(rows)),
            "customer_id": "C-" + whom.cast(pl.String).str.zfill(9),
            "email": "user." + whom.cast(pl.String) + "@" + d.of(["example.com", "mail.example.org", "shop.example.co.uk"]),
            "country": d.of(COUNTRIES),
            "postcode": place.cast(pl.String).str.zfill(5),
            "city": "Town of " + (place // 4).cast(pl.String),
            "status": d.of(STATUSES),
            "amount": amount,
            "tax": tax,
            "total": amount + tax,
            "quantity": d.whole(1, 101).cast(pl.Int32),
            "score": pl.Series(d.rng.normal(50, 12, rows)),
            "price": pl.Series(np.round(d.rng.lognormal(3, 1, rows), 2)),
            "created_at": (at + since).cast(pl.Datetime("us", "UTC")).dt.convert_time_zone(ZONE),
            "shipped_at": (sent + since).cast(pl.Datetime("us", "UTC")).dt.convert_time_zone(ZONE),
            "session": d.uuids(),
            "phone": "+49 30 " + d.digits(8),
            "card": cards + luhn(cards),
            "iban": ibans(d),
            "url": "https://shop.example.com/p/" + d.digits(7) + "?ref=" + d.of(WORDS),
            "ip": pl.select(pl.concat_str([d.whole(1, 255) for _ in range(4)], separator=".")).to_series(),
            "payload": '{"id": ' + d.digits(6).str.strip_chars_start("0") + '1, "tags": ["' + d.of(WORDS) + '", null], "ok": true}',
            "due": ((at + since) // 86_400_000_000).cast(pl.Int32).cast(pl.Date).dt.strftime("%d.%m.%Y"),
            "logged": ((at + since) // 1_000_000 * 1000).cast(pl.Datetime("ms")).dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "note": pl.select(pl.concat_str([d.of(WORDS) for _ in range(5)], separator=" ")).to_series(),
        }
    )  # fmt: skip
    money = [
        pl.col(c).cast(pl.Decimal(14, 0)) * pl.lit("0.01").cast(pl.Decimal(3, 2)) for c in ("amount", "tax", "total")
    ]
    frame = frame.with_columns(
        e.cast(pl.Decimal(12, 2)).alias(c) for c, e in zip(("amount", "tax", "total"), money, strict=True)
    )
    return spoilt(frame, d).cast({"created_at": zoned, "shipped_at": zoned}) if dirty else frame


def spoilt(frame, d):
    """With dirt of each kind."""

    def put(column, ratio, value):
        return pl.when(d.some(ratio)).then(value).otherwise(pl.col(column)).alias(column)

    text = pl.lit
    frame = frame.with_columns(
        put("order_id", 1e-5, pl.col("order_id").shift(7)),
        put("number", 1e-5, pl.col("number").shift(3)),
        put("customer_id", 1e-4, text("C-unknown")),
        put("email", 1e-3, pl.col("email").str.replace("@", " at ")),
        put("country", 1e-4, text("XX")),
        put("city", 1e-5, text("Elsewhere")),
        put("status", 1e-4, text("lost")),
        put("total", 1e-4, pl.col("total") + pl.lit("0.01").cast(pl.Decimal(12, 2))),
        put("quantity", 1e-4, pl.lit(0, pl.Int32)),
        put("score", 1e-4, pl.lit(500.0)),
        put("price", 1e-5, pl.lit(-1.0)),
        put("created_at", 1e-5, pl.col("created_at").dt.offset_by("-3d")),
        put("shipped_at", 1e-4, pl.col("created_at").dt.offset_by("-1h")),
        put("session", 1e-5, text("n/a")),
        put("phone", 1e-4, text("unknown")),
        put("card", 1e-4, text("4000000000000003")),
        put("iban", 1e-4, text("DE00370400440532013000")),
        put("url", 1e-4, text("shop.example.com/p")),
        put("ip", 1e-4, text("300.1.1.1")),
        put("payload", 1e-4, text('{"id": 1,}')),
        put("due", 1e-4, text("31.02.2024")),
        put("logged", 1e-4, text("2024-01-01T25:00:00Z")),
        put("note", 1e-3, text(" gift  ")),
    )
    nulls = {"email": 0.01, "quantity": 1e-3, "score": 1e-2, "shipped_at": 0.05, "note": 0.1, "phone": 1e-3}
    frame = frame.with_columns(put(c, ratio, None) for c, ratio in nulls.items())
    return frame.with_columns(put("note", 1e-4, text("  "))).with_columns(put("note", 1e-5, text("cafÃ©")))


def make(folder, rows):
    """The folder with the tables, made unless they are there."""
    place = Path(folder) / f"mixed-{rows}"
    if not (place / "done").exists():
        place.mkdir(parents=True, exist_ok=True)
        frame = orders(rows, 20260101)
        write = {"compression": "snappy", "row_group_size": 122_880}
        frame.write_parquet(place / "orders.parquet", **write)
        known = frame.select("customer_id").unique(maintain_order=True).filter(pl.col("customer_id") != "C-unknown")
        known.sample(fraction=1, shuffle=True, seed=1).write_parquet(place / "customers.parquet", **write)
        frame.select("status", "country", "amount", "price", "quantity").sample(
            fraction=0.2, shuffle=True, seed=2
        ).write_parquet(place / "earlier.parquet", **write)
        (place / "done").touch()
    return place


if __name__ == "__main__":
    make(sys.argv[1], int(sys.argv[2]))
