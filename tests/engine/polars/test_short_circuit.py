"""Patterns and computations that look at few texts say the same as the plain ones that look at all."""

import json
import random

import polars as pl
import pytest

from truthound.engine.polars.backend import PolarsBackend
from truthound.engine.polars.short_circuit import SAMPLE, per_distinct_value, quick_then_slow
from truthound.validators import formats
from truthound.validators.formats import FORMATS

LABEL = r"[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}_-]{0,61}[\p{L}\p{N}\p{M}])?"
HOST = r"(?:[\p{L}\p{N}_][\p{L}\p{N}\p{M}_-]{0,62}\.)*[\p{L}\p{N}_][\p{L}\p{N}\p{M}_-]{0,62}\.?"
EMAIL = rf"^{formats._ATOM}(?:\.{formats._ATOM})*@(?:{LABEL}\.)+(?:\p{{L}}{{2,63}}|xn--[0-9A-Za-z-]{{1,59}})$"
URL = rf"^(?:[A-Za-z][A-Za-z0-9+.-]*://(?:[^\s/?#@<>]*@)?{HOST}{formats._PORT}{formats._TAIL}|(?i:file):///[^\s<>]+)$"
RANDOM = random.Random(20260101)


def of(*words):
    return RANDOM.choice(words)


def label():
    return of(
        "a",
        "é",
        "a" * RANDOM.randint(60, 66),
        "-",
        "a-b",
        "1",
        "xn--" + "b" * RANDOM.randint(0, 62),
        "a\u0301",
        "\u0301",
    )


def host():
    return of(".", ".", ".", "..", " ").join(label() for _ in range(RANDOM.randint(1, 4)))


def email():
    return (
        of("", "a", ".", "a.b", "é", "x" * RANDOM.randint(62, 66), "a..b", " ")
        + of("@", "@", "@", "", "@@") + host() + of(".com", ".com", ".c", "", ".xn--p1ai", "." + "z" * RANDOM.randint(60, 66), "\n")
    )  # fmt: skip


def url():
    user = of("", "", "u@", "u:p@", "x" * 70 + "@", "a.b@c@", "u:" + "y" * 70 + ".z@", "@")
    tail = of("", ":80", ":99999", ":", "/", "/a@b", "?x=" + "q" * 70, "#f@", "/a b", "/" + "w" * 70 + "@x.y", "\n")
    return of("http", "HTTPS", "file", "1a", "ht+tp") + of("://", "://", ":/", ":///") + user + host() + tail


def truths(name, texts):
    frame = pl.DataFrame({"x": texts}, schema={"x": pl.String})
    return frame.select(PolarsBackend(frame.lazy()).table.compile(FORMATS[name].predicate("x")).alias("t"))[
        "t"
    ].to_list()


@pytest.mark.parametrize(("name", "made", "pattern"), [("email", email, EMAIL), ("url", url, URL)])
def test_patterns_without_counted_repetitions_match_the_same_texts(name, made, pattern):
    texts = [made() for _ in range(600)]
    series = pl.Series(texts)
    wanted = series.str.contains(pattern)
    if name == "email":
        wanted &= series.str.contains(r"^[^@]{1,64}@") & (series.str.len_chars() <= 254)
    assert truths(name, texts) == wanted.to_list()
    long = [t for t, holds in zip(texts, wanted, strict=True) if holds and len(t) > 64]
    assert len(long) > 10
    assert sum(wanted) < len(texts) - 100


def changed(text):
    at = RANDOM.randrange(len(text))
    return text[:at] + of(*"0123456789AZ") + text[at + 1 :]


def remainder(text):
    moved = text[4:] + text[:4]
    return int("".join(str(int(ch, 36)) for ch in moved.replace(" ", ""))) % 97


def test_ibans_have_the_remainder_one():
    real = ["DE89370400440532013000", "GB29NWBK60161331926819", "MT84MALT011000012345MTLCAST001S", "NO9386011117947"]
    shape = FORMATS["iban"].predicate("x").predicates[0].pattern
    texts = [changed(of(*real)) for _ in range(500)] + real
    shaped = pl.Series(texts).str.contains(shape)
    assert truths("iban", texts) == [s and remainder(t) == 1 for t, s in zip(texts, shaped, strict=True)]


def luhn(text):
    digits = [int(ch) for ch in reversed(text) if ch.isdigit()]
    return sum(d if i % 2 == 0 else 2 * d - 9 * (d > 4) for i, d in enumerate(digits)) % 10 == 0


def test_card_numbers_have_their_check_digit():
    texts = ["4" + "".join(of(*"0123456789") for _ in range(RANDOM.randint(11, 18))) for _ in range(500)]
    assert truths("credit_card", [*texts, "4111 1111 1111 1111"]) == [*map(luhn, texts), True]


def test_json_is_what_the_standard_library_reads():
    words = [
        "1",
        '"a"',
        "[",
        "]",
        "{",
        "}",
        ":",
        ",",
        "null",
        "NaN",
        " ",
        '"',
        "\\",
        "1e999",
        "-",
        '"\\ud800"',
        "[" * 300 + "]" * 300,
    ]
    texts = ["".join(RANDOM.choices(words, k=RANDOM.randint(0, 6))) for _ in range(1500)]

    def reads(text):
        try:
            json.loads(text, parse_constant=lambda word: json.loads("x" + word))
        except (ValueError, RecursionError):
            return False
        return True

    assert truths("json", texts) == [*map(reads, texts)]
    assert truths("json", ["{}", "{", None] * 8 * SAMPLE) == [True, False, None] * 8 * SAMPLE


def test_the_slow_look_is_at_what_the_quick_one_leaves():
    looked = []

    def slow(values):
        looked.extend(values)
        return values.str.contains("b")

    quick = quick_then_slow(
        pl.col("x"),
        lambda x: pl.when(x.str.contains("a")).then(pl.lit(value=True)),
        lambda x: x.map_batches(slow, return_dtype=pl.Boolean),
    )
    frame = pl.DataFrame({"x": ["a", "b", None, "c", "ab"]})
    assert frame.select(quick)["x"].to_list() == [True, True, None, False, True]
    assert looked == ["b", "c"]


@pytest.mark.parametrize(
    ("values", "calls"), [(["a", "b", None], 3), ([str(i) for i in range(16 * SAMPLE)], 16 * SAMPLE)]
)
def test_values_that_repeat_are_looked_at_once(values, calls):
    looked = []

    def decide(series):
        looked.extend(series)
        return series == "a"

    column = pl.Series("x", values * (1 if len(values) > 3 else 8 * SAMPLE))
    found = pl.DataFrame(column).select(per_distinct_value(pl.col("x"), decide))["x"]
    assert found.to_list() == (column == "a").to_list()
    assert len(looked) == calls
