"""Small tables for the conformance suite: one column of each type, with a second one of the same type beside it."""

import math
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from truthound.engine import measures as m
from truthound.engine.condition import Condition
from truthound.engine.measures import Between, Format, In, IsNan, IsNull, LengthBetween, Matches, Predicate

NAN, INF = math.nan, math.inf
BERLIN = ZoneInfo("Europe/Berlin")


@dataclass(frozen=True)
class Sample:
    """Columns `x` and `y` of one type, `g` (a text to group by) and `n` (0, 1, 2, …)."""

    type: str
    x: list[Any]
    y: list[Any] = field(default_factory=list)
    predicates: tuple[Predicate, ...] = ()
    numeric: bool = False
    ordered: bool = True
    tolerance: Any = None
    edges: tuple[float, ...] = (0.0, 1.0, 7.0)

    @property
    def columns(self) -> dict[str, list[Any]]:
        size = len(self.x)
        y = self.y or self.x[::-1]
        return {"x": self.x, "y": y, "g": [[None, "a", "b"][i % 3] for i in range(size)], "n": list(range(size))}

    @property
    def types(self) -> dict[str, str]:
        return {"x": self.type, "y": self.type, "g": "string", "n": "int64"}

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [dict(zip(self.columns, cells, strict=True)) for cells in zip(*self.columns.values(), strict=True)]


def at(*parts: int, zone: Any = None) -> datetime:
    return datetime(*parts, tzinfo=zone)  # type: ignore[misc,arg-type]


def sql(condition: str) -> m.SQL:
    return m.SQL(Condition(condition))


_NUMBERS = (
    Between("x", 0, 7), Between("x", 0, 7, low_inclusive=False, high_inclusive=False), Between("x", low=0.5),
    Between("x", high=Decimal("6.5")), Between("x", -INF, INF), Between("x", low=10**30), Between("x", high=10**30),
    In("x", (3, 7)), In("x", (0.5, 7.0)), In("x", (Decimal("0.5"), Decimal(3), None)), In("x", ()),
    In("x", tuple(range(40))), IsNan("x"),
)  # fmt: skip
_TEXTS = (
    Between("x", "a", "b"), Between("x", "a", low_inclusive=False), Between("x", high="b", high_inclusive=False),
    In("x", ("", "é")), In("x", tuple("abcdefghijklmnop")), Matches("x", "^a"), Matches("x", "^(a|b)$"),
    Matches("x", "^[a-z]+$"), Matches("x", "é|"), LengthBetween("x", 1, 1), LengthBetween("x", high=0), LengthBetween("x", low=2),
    m.Or((LengthBetween("x", high=1), Matches("x", "^a"), Matches("x", "b$"))),
)  # fmt: skip
_ZONED = (
    Between("x", at(2024, 3, 31, 3), at(2024, 6, 1)), Between("x", low=at(2024, 3, 31, 1, zone=UTC)),
    Between("x", high=date(2024, 3, 31)), In("x", (at(2024, 3, 31, 1, zone=UTC),)), In("x", (at(2024, 1, 1),)),
)  # fmt: skip

SAMPLES = {
    "int64": Sample(
        "int64", [3, -1, None, 7, 7, 0, 2**62, 2**62, 2**62, -(2**63), 2**63 - 1, None], predicates=_NUMBERS,
        numeric=True, tolerance=4,
    ),
    "int8": Sample("int8", [3, -1, None, 7, 7, 0, 127, -128], predicates=_NUMBERS, numeric=True, tolerance=1),
    "uint64": Sample("uint64", [3, 1, None, 7, 7, 0, 2**64 - 1], predicates=_NUMBERS, numeric=True, tolerance=2),
    "int128": Sample("int128", [3, -1, None, 7, 7, 10**30, -(10**37)], predicates=_NUMBERS, numeric=True, tolerance=2),
    "float64": Sample(
        "float64", [0.5, -0.0, None, 7.0, 7.0, 0.0, 1e100, 5e-324, 3.0, 0.1, 1e16, -1e16], predicates=_NUMBERS,
        numeric=True, tolerance=0.5,
    ),
    "float64 with NaN": Sample(
        "float64", [NAN, 0.5, None, NAN, 7.0, INF, 3.0], predicates=_NUMBERS, numeric=True, tolerance=0.5
    ),
    "float64 with infinities": Sample(
        "float64", [INF, 0.5, None, 7.0, INF, 3.0], predicates=_NUMBERS, numeric=True, tolerance=0.5
    ),
    "float64 with both infinities": Sample(
        "float64", [INF, 0.5, None, 7.0, -INF, 3.0], predicates=_NUMBERS, numeric=True, tolerance=0.5
    ),
    "float32": Sample("float32", [0.5, -0.0, None, 7.0, 7.0, 3.25], predicates=_NUMBERS, numeric=True, tolerance=0.5),
    "decimal": Sample(
        "decimal(20,2)", [Decimal(v) if v else None for v in ("0.50", "-1.25", "", "7.00", "7.00", "3.00", "123456789012345678.90")],
        predicates=_NUMBERS, numeric=True, tolerance=1,
    ),
    "boolean": Sample("boolean", [True, False, None, True, True], predicates=(In("x", (True,)),), numeric=True),
    "string": Sample("string", ["a", "", None, "é", "ab", "ab", "b", "Ab", "a\n", "𝄞", "  "], predicates=_TEXTS),
    "date": Sample(
        "date", [date(2024, 2, 28), date(2024, 3, 2), None, date(2024, 3, 2), date(1970, 1, 1), date(1, 1, 1), date(9999, 12, 31)],
        predicates=(
            Between("x", date(2024, 2, 28), date(2024, 3, 1)), Between("x", low=date(2024, 2, 28), low_inclusive=False),
            Between("x", high=at(2024, 2, 28, 12)), In("x", (date(1970, 1, 1), date(2024, 3, 2))),
        ),
        tolerance=timedelta(days=3),
    ),
    "datetime": Sample(
        "datetime[us]", [at(2024, 2, 28, 12, 0, 0, 1), at(2024, 2, 28, 12), None, at(2024, 2, 28, 12), at(1, 1, 1), at(9999, 12, 31)],
        predicates=(
            Between("x", at(2024, 2, 28, 12), at(2024, 2, 28, 12, 0, 1), low_inclusive=False), Between("x", low=date(2024, 2, 28)),
            Between("x", high=at(2024, 2, 28, 12, zone=UTC)), In("x", (at(2024, 2, 28, 12), date(1, 1, 1))),
        ),
        tolerance=timedelta(microseconds=1),
    ),
    "datetime of milliseconds": Sample(
        "datetime[ms]", [at(2024, 2, 28, 12, 0, 0, 1000), at(2024, 2, 28, 12), None, at(2024, 2, 28, 12)],
        predicates=(Between("x", low=at(2024, 2, 28, 12, 0, 0, 500)), In("x", (at(2024, 2, 28, 12, 0, 0, 500),))),
        tolerance=timedelta(microseconds=999),
    ),
    "datetime with a zone": Sample(
        "datetime[us,Europe/Berlin]",
        [at(2024, 3, 31, 1, 59, zone=BERLIN), at(2024, 3, 31, 3, zone=BERLIN), None, at(2024, 1, 1, zone=BERLIN),
         at(2024, 6, 1, zone=BERLIN), at(2024, 1, 1, zone=BERLIN)],
        predicates=_ZONED, tolerance=timedelta(minutes=1),
    ),
    "time": Sample(
        "time", [time(12), time(0), None, time(12), time(23, 59, 59, 999999)],
        predicates=(Between("x", time(0), time(12), high_inclusive=False), In("x", (time(12),))),
    ),
    "duration": Sample(
        "duration", [timedelta(1), timedelta(0), None, timedelta(-1), timedelta(1), timedelta(microseconds=1)],
        predicates=(Between("x", timedelta(0), timedelta(1)), In("x", (timedelta(1),))), tolerance=timedelta(hours=24),
    ),
    "list": Sample(
        "list[int64]", [[1, 2], [], None, [1, None], [7, 7, 7], [1, 2]], ordered=False,
        predicates=(
            LengthBetween("x", 1, 2), LengthBetween("x", high=0), m.AnyItem("x", In("", (7,))),
            m.AnyItem("x", IsNull("")), m.Not(m.AnyItem("x", Between("", 0, 5))),
        ),
    ),
    "no values": Sample("int64", [None, None, None], predicates=_NUMBERS, numeric=True, tolerance=1),
    "no rows": Sample("float64", [], predicates=_NUMBERS, numeric=True, tolerance=1),
    "one row": Sample("float64", [2.5], predicates=_NUMBERS, numeric=True, tolerance=1),
}  # fmt: skip

FORMATS: dict[tuple[str, str], dict[str, bool]] = {
    ("luhn", ""): {"4539578763621486": True, "4539 5787 6362 1486": True, "4539578763621487": False, "0": False, "": False, "00": True, "a": False},
    ("iban", ""): {"DE89370400440532013000": True, "GB82 WEST 1234 5698 7654 32": True, "GB82WEST12345698765433": False, "": False},
    ("json", ""): {'{"a": [1, null]}': True, "1": True, "NaN": False, "{'a': 1}": False, "": False, "[" * 50 + "]" * 50: True},
    ("date", ""): {"2024-02-29": True, "2023-02-29": False, "29.02.2024": False, "": False},
    ("strptime", "%d.%m.%Y"): {"29.02.2024": True, "2024-02-29": False, "": False},
    ("strptime", "%H:%M"): {"23:59": True, "24:00": False, "": False},
    ("datetime", ""): {"2024-02-29T12:00": True, "2023-02-29T12:00": False, "2024-02-29T25:00": False},
}  # fmt: skip


def format_predicate(name: str, argument: str) -> Format:
    return Format("x", name, argument)


SQL: dict[str, list[bool | None]] = {
    # a:  1     2     null   -4;  t: 'x'  'Y'  ''  null;  d: 2024-02-29  2024-03-01  null  2023-12-31;  f: 0.5  NaN  null  inf
    "a > 1": [False, True, None, False],
    "a IS NULL": [False, False, True, False],
    "a IN (1, NULL)": [True, None, None, None],
    "a BETWEEN -4 AND 1": [True, False, None, True],
    "NOT (a > 1 OR t = 'x')": [False, False, None, None],
    "a + 1 = 2 AND t <> ''": [True, False, False, False],
    "a / 2 = 0.5": [True, False, None, False],
    "a % 2 = 0": [False, True, None, True],
    "abs(a) = 4": [False, False, None, True],
    "coalesce(a, 0) = 0": [False, False, True, False],
    "CASE WHEN a > 0 THEN t = 'x' ELSE true END": [True, False, True, True],
    "lower(t) LIKE 'y%'": [False, True, False, None],
    "length(t) = 1": [True, True, False, None],
    "t ILIKE 'X'": [True, False, False, None],
    "regexp_matches(t, '^[A-Z]')": [False, True, False, None],
    "d >= DATE '2024-01-01'": [True, True, None, False],
    "year(d) = 2024 AND month(d) = 2": [True, False, None, False],
    "d + INTERVAL 1 DAY = DATE '2024-03-01'": [True, False, None, False],
    "f > 1": [False, True, None, True],
    "isnan(f)": [False, True, None, False],
    "a IS DISTINCT FROM 1": [False, True, True, True],
    "TRY_CAST(t AS INTEGER) IS NULL": [True, True, True, True],
    "a = f * 2": [True, False, None, False],
    "true": [True, True, True, True],
    "NULL": [None, None, None, None],
}
SQL_COLUMNS: dict[str, list[Any]] = {
    "a": [1, 2, None, -4],
    "t": ["x", "Y", "", None],
    "d": [date(2024, 2, 29), date(2024, 3, 1), None, date(2023, 12, 31)],
    "f": [0.5, NAN, None, INF],
}
SQL_TYPES = {"a": "int64", "t": "string", "d": "date", "f": "float64"}
