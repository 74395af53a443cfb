"""Converts text columns to types without changing the meaning of any value.

Codes stay text: leading zeros, a leading plus, digits around one E, and integers that a float would round. Numbers with more
digits than a float keeps are decimals. A sample cannot rule out codes, so every value is checked while the column is converted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product

import polars as pl

from truthound.errors import ConfigError
from truthound.sources.dtypes import DECIMAL_DIGITS, FLOAT_INTEGERS, type_word

TRUE, FALSE = ("true", "True", "TRUE"), ("false", "False", "FALSE")
_E = r"^\d{2,}[eE]\d+$|^\dE\d+$|^\de\d{3,}$"
"""digits around one E, a form in which no program writes numbers"""
ZEROS = r"^[+-]?0\d"
_LONG = r"^[+-]?[0-9]{16}|^[+-]?(?:0*[.,]0*)?[1-9](?:[.,]?[0-9]){17}"
"""the start of a number that a float may round: an integer of 16 digits, or 18 significant digits"""
_SHORT = 18
"""characters of a number with a decimal point and no more digits than a float keeps"""
CODES = {
    "integer": rf"{ZEROS}|^\+|{_E}",
    "decimals": f"{ZEROS}|{_LONG}",  # with a decimal point somewhere in the column, 12E4 is a number
    "float": rf"{ZEROS}|{_E}|^[+-]?\d{{16,}}$",
}
DATES = {
    "ymd": (r"\d{4}([-/.])\d{1,2}[-/.]\d{1,2}", ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "+%Y-%m-%d")),
    "dmy": (r"\d{1,2}([-/.])\d{1,2}[-/.]\d{4}", ("%d-%m-%Y", "%d/%m/%Y", "%d.%m.%Y")),
}
TIME, TIMES = r"\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?", ("%H:%M:%S%.f", "%H:%M")
_FIXED = ("%H:%M:%S.%6f", "%H:%M:%S.%3f", "%H:%M:%S")
"""formats of fixed length, which the engine parses five times as fast"""
_FINER = {unit: rf"\.[0-9]{{{n}}}[0-9]*[1-9]" for unit, n in (("ms", 3), ("us", 6), ("ns", 9))}
"""by time unit, fractions of a second that are too fine for it"""
_RANKED = 1000
"""values by which formats are ranked"""
_LONG_YEAR = r"^([0-9]{5,6}-)"
"""a year beyond 9999, which the engine parses only with a sign; years before 0 have one"""
ZONE = r" ?(Z|[+-]\d{2}(:?\d{2})?)"
FLOAT = pl.Float64()


def moment_formats(order: str, zone: str) -> tuple[str, ...]:
    times = TIMES if zone else _FIXED + TIMES
    return tuple(f"{d}{s}{t}{zone}" for s, d, t in product("T ", DATES[order][1][:3], times)) + tuple(
        f"+%Y-%m-%d{s}{TIMES[0]}{zone}" for s in "T " if order == "ymd"
    )


@dataclass(frozen=True)
class Reading:
    """How text is converted: the type, the date and time formats that are tried in turn, and the pattern of codes."""

    dtype: pl.DataType = field(default_factory=pl.String)
    formats: tuple[str, ...] = ()
    codes: str | None = None
    comma: bool = False
    """The decimal point of floats and decimals is a comma."""

    def values(self, c: pl.Expr, fmt: str | None = None) -> pl.Expr:
        """The text as values; null where it does not parse."""
        dtype = self.dtype
        if fmt is not None and fmt.startswith("+"):
            c, fmt = c.str.replace(_LONG_YEAR, "+$1"), fmt[1:]
        match dtype:
            case pl.String():
                return c
            case pl.Boolean():
                return pl.when(c.is_in(TRUE)).then(True).when(c.is_in(FALSE)).then(False)  # noqa: FBT003
            case pl.Date():
                return c.str.to_date(fmt, strict=False)
            case pl.Time():
                return c.str.to_time(fmt, strict=False)
            case pl.Datetime():
                return _moment(c, dtype, fmt or "")
            case pl.Float32() | pl.Float64() | pl.Decimal() if self.comma:
                c = pl.when(~c.str.contains(".", literal=True)).then(c.str.replace(",", ".", literal=True))
        if isinstance(dtype, pl.Decimal):
            c = pl.when(~_is_finer(c, dtype.scale)).then(c)
        return c.cast(dtype, strict=False)

    def first_values(self, c: pl.Expr) -> pl.Expr:
        return self.values(c, self.formats[0] if self.formats else None)

    def shows_code(self, c: pl.Expr) -> pl.Expr:
        """Whether any value is a code; a value of the type that begins with 1 to 9 is not."""
        if self.wide:  # of the others, Typing looks at those whose values are large
            c = c.filter((c < "1") | (c.str.len_bytes() > _SHORT))
        elif self.dtype.is_integer() or isinstance(self.dtype, pl.Decimal):
            c = c.filter(c < "1")
        return c.str.contains(self.codes or "$^").any()

    @property
    def wide(self) -> bool:
        """Whether numbers with more digits than a float keeps are distinguished from codes."""
        return self.codes == CODES["decimals"]


def _moment(c: pl.Expr, dtype: pl.Datetime, fmt: str) -> pl.Expr:
    """A text as a timestamp; null if its fraction of a second is too fine for the type, or its year out of range for nanoseconds."""
    fixed = fmt.endswith(_FIXED)
    value = c.str.to_datetime(fmt, time_unit=dtype.time_unit, strict=False, cache=not fixed)
    if not fixed or dtype.time_unit == "ms":
        value = pl.when(~c.str.contains(_FINER[dtype.time_unit])).then(value)
    if dtype.time_unit == "ns":
        rough = c.str.to_datetime(fmt, time_unit="us", strict=False, cache=not fixed)
        rough = rough if not fmt.endswith("%#z") else rough.dt.replace_time_zone(None)
        value = pl.when(
            (rough - value.dt.replace_time_zone(None).cast(pl.Datetime("us"))).abs() < pl.duration(seconds=1)
        ).then(value)
    if not fmt.endswith("%#z"):
        value = value.dt.replace_time_zone("UTC")
    return value.dt.convert_time_zone(dtype.time_zone) if dtype.time_zone else value.dt.replace_time_zone(None)


def _is_finer(c: pl.Expr, scale: int) -> pl.Expr:
    """Whether a number has more decimal places than this scale."""
    value = c.cast(pl.Float64, strict=False)
    return c.str.contains(rf"\.[0-9]{{{scale}}}[0-9]*[1-9]") | (
        c.str.contains("[eE]-?") & (value.round(scale) != value)
    )


TEXT = Reading()


def is_long(text: str) -> bool:
    """Whether a number among floats has more digits than they keep, and no leading zeros as in a code."""
    return re.match(_LONG, text) is not None and re.match(ZEROS, text) is None


def exact_numbers(text: pl.LazyFrame, name: str, *, comma: bool) -> Reading:
    """How to read a column with numbers of more digits than a float keeps: as decimals if they fit, else as floats."""
    c = pl.col(name) if not comma else pl.col(name).str.replace(",", ".", literal=True)
    plain, whole, scale = (
        text.select(
            c.str.contains(r"^[+-]?[0-9]*\.?[0-9]*$").all(),
            c.str.extract(r"^[+-]?0*([0-9]*)").str.len_bytes().max().alias("whole"),
            c.str.extract(r"\.([0-9]*)$").str.len_bytes().max().alias("scale"),
        )
        .collect(engine="streaming")
        .row(0)
    )
    if plain and (whole or 0) + (scale or 0) <= DECIMAL_DIGITS:
        return Reading(pl.Decimal(DECIMAL_DIGITS, scale or 0), codes=ZEROS, comma=comma)
    return Reading(FLOAT, codes=ZEROS, comma=comma)


class MisfitError(Exception):
    """A text does not parse as the type of its column."""

    def __init__(self, column: str, text: str, dtype: pl.DataType) -> None:
        super().__init__(f'"{text}" (column "{column}")')
        self.column, self.text, self.dtype = column, text, dtype


def declared(types: Mapping[str, pl.DataType], sample: pl.DataFrame, *, comma: bool) -> dict[str, Reading]:
    """The readings of columns with declared types. Raises ConfigError for types that text cannot be converted to."""
    wrong = [
        f"options.schema_overrides: {n}: text cannot be read as {type_word(t)}; read it as string"
        for n, t in types.items()
        if t.is_nested() or isinstance(t, pl.Duration | pl.Binary)
    ]
    if wrong:
        raise ConfigError(wrong)
    return {name: _declared(dtype, sample.get_column(name, default=None), comma) for name, dtype in types.items()}


def _declared(dtype: pl.DataType, sample: pl.Series | None, comma: bool) -> Reading:
    texts = pl.Series("c", dtype=pl.String) if sample is None else sample.filter(sample != "").alias("c")
    orders = ("dmy", "ymd") if texts.str.contains(f"^{DATES['dmy'][0]}").any() else ("ymd", "dmy")
    formats: tuple[str, ...] = ()
    if isinstance(dtype, pl.Date):
        formats = tuple(f for o in orders for f in DATES[o][1])
    elif isinstance(dtype, pl.Time):
        formats = TIMES
    elif isinstance(dtype, pl.Datetime):
        zones = ("%#z", "") if texts.str.contains(f"{TIME}{ZONE}$").any() else ("", "%#z")
        formats = tuple(f for o, z in product(orders, zones) for f in moment_formats(o, z))
        formats += tuple(f for o in orders for f in DATES[o][1])
    return with_likeliest_format_first(Reading(dtype, formats, comma=comma), texts)


def with_likeliest_format_first(reading: Reading, texts: pl.Series) -> Reading:
    """The reading with the format first that parses most of the sample."""
    if len(reading.formats) < 2 or texts.is_empty():
        return reading
    counts = (
        texts.head(_RANKED)
        .to_frame()
        .select(reading.values(pl.nth(0), f).count().alias(f) for f in reading.formats)
        .row(0)
    )
    order = sorted(range(len(counts)), key=lambda i: -counts[i])
    return Reading(reading.dtype, tuple(reading.formats[i] for i in order), reading.codes, reading.comma)


def typed_column(reading: Reading, texts: pl.Series) -> pl.Series:
    """The converted column. Formats after the first are tried on what it does not parse."""
    values = texts.to_frame().select(reading.first_values(pl.nth(0))).to_series()
    for fmt in reading.formats[1:]:
        if values.null_count() == texts.null_count():
            break
        frame = pl.DataFrame({"texts": texts, "values": values})
        left = pl.when(pl.col("values").is_null()).then("texts")
        values = frame.select(pl.coalesce("values", reading.values(left, fmt))).to_series()
    return values.alias(texts.name)


def convert_text(texts: pl.Series, dtype: pl.DataType, *, lenient: bool = False) -> pl.Series:
    """JSON values, given as text, in the requested type. Raises MisfitError for the first that does not parse."""
    name, plain = texts.name, texts.alias("c")
    if dtype.is_integer():
        plain = plain.str.replace(r"\.0+$", "")  # a whole number all the same
    values = typed_column(_declared(dtype, plain, comma=False), plain)
    left = plain.filter(values.is_null() & plain.is_not_null())
    if left.len() and not lenient:
        raise MisfitError(name, left[0], dtype)
    return values.alias(name)


@dataclass
class Typing:
    """Converts batches of text, and collects codes and misfits."""

    readings: Mapping[str, Reading]
    lenient: bool = False
    """A text that does not parse becomes null."""
    learned: frozenset[str] = frozenset()
    """Columns whose misfits are collected instead of raised, for another pass with wider types."""
    codes: dict[str, str] = field(default_factory=dict)
    """Columns that contain codes and have to be read as text, with one code each."""
    misfits: dict[str, str] = field(default_factory=dict)
    """By column, a text that does not parse."""

    def __post_init__(self) -> None:
        changed = [(i, n, r) for i, (n, r) in enumerate(self.readings.items()) if r.dtype != pl.String()]
        self._changed = changed
        self._typed = [r.first_values(pl.nth(i)).alias(n) for i, n, r in changed]
        self._flags = [r.shows_code(pl.nth(i)).alias(n) for i, n, r in changed if r.codes]

    def __call__(self, batch: pl.DataFrame) -> pl.DataFrame:
        """The converted batch. Its columns are in the order of the readings."""
        if not self._changed:
            return batch
        typed, flags = batch.select(self._typed), batch.select(self._flags)
        columns = batch.get_columns()
        for name in [flag.name for flag in flags.iter_columns() if flag.item()]:
            self._found(batch.get_column(name), self.readings[name])
        for (i, _, reading), values in zip(self._changed, typed.iter_columns(), strict=True):
            if reading.wide and (values.abs() >= FLOAT_INTEGERS).any():
                self._found(columns[i], reading)
            whole = values.null_count() == columns[i].null_count()
            columns[i] = values if whole else self._looked_at(reading, columns[i])
        return pl.DataFrame({c.name: c for c in columns})  # a list would give names to those without

    def _looked_at(self, reading: Reading, texts: pl.Series) -> pl.Series:
        values = typed_column(reading, texts)
        left = texts.filter(values.is_null() & (texts != ""))
        if self._found(left, reading):
            return values
        if left.len() and not self.lenient:
            self.misfits.setdefault(texts.name, left[0])
            if texts.name not in self.learned:
                raise MisfitError(texts.name, left[0], reading.dtype)
        return values

    def _found(self, texts: pl.Series, reading: Reading) -> bool:
        """Whether there is a code among the texts; the first is collected."""
        if not reading.codes or texts.is_empty():
            return False
        plain = texts.alias("c")  # a name such as "^a$" is a pattern to what works on texts
        codes = plain.filter(plain.str.contains(reading.codes))
        if codes.len():
            self.codes.setdefault(texts.name, codes[0])
        return codes.len() > 0
