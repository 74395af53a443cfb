"""How SQL databases, data frames and people spell the types of columns, and the engine-neutral types these mean."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from truthound._internal.text import did_you_mean

_INTEGERS = ("int8", "int16", "int32", "int64", "int128", "uint8", "uint16", "uint32", "uint64", "uint128")
FAMILIES: dict[str, tuple[str, ...]] = {
    "integer": _INTEGERS,
    "float": ("float16", "float32", "float64"),
    "numeric": (*_INTEGERS, "float16", "float32", "float64", "decimal"),
    "text": ("string", "categorical", "enum"),
    "date": ("date",),
    "datetime": ("datetime",),
    "time": ("time",),
    "temporal": ("date", "datetime", "time", "duration"),
    "boolean": ("boolean",),
    "nested": ("list", "array", "struct"),
    "binary": ("binary",),
}
ZONED = "datetime[*,*]"
"""a datetime with any unit and any time zone"""
NAIVE = "datetime[*]"
"""a datetime with any unit and without a time zone"""
# type -> its other spellings: PostgreSQL, MySQL, SQLite, DuckDB, Snowflake, BigQuery, Spark, pandas, Polars, Arrow. Blanks are left out.
# `int8` is 8 bits here (as in pandas, Polars, Arrow), not 8 bytes; `real` has 4 bytes in some databases, 8 in others.
_SPELLINGS: dict[str, str] = {
    "integer": "int year",
    "int8": "tinyint byteint int1 byte bytetype i8",
    "int16": "smallint int2 short shorttype smallserial serial2 i16",
    "int32": "mediumint int3 int4 serial serial4 integertype i32",
    "int64": "bigint bigserial serial8 long longtype i64",
    "int128": "hugeint i128",
    "uint8": "utinyint tinyintunsigned unsignedtinyint u8",
    "uint16": "usmallint smallintunsigned unsignedsmallint u16",
    "uint32": "uinteger intunsigned integerunsigned mediumintunsigned unsignedint u32",
    "uint64": "ubigint bigintunsigned unsignedbigint u64",
    "uint128": "uhugeint u128",
    "float": "real",
    "float16": "halffloat half f16",
    "float32": "float4 single floattype f32",
    "float64": "double doubleprecision float8 doubletype f64",
    "numeric": "number",
    "decimal": "dec fixed bignumeric bigdecimal decimaltype decimal32 decimal64 decimal128 decimal256",
    "string": (
        "str varchar varchar2 nvarchar nvarchar2 char nchar character bpchar charactervarying charvarying ncharvarying nationalcharacter "
        "nationalcharactervarying nationalvarchar nationalchar nativecharacter varyingcharacter tinytext mediumtext longtext clob nclob citext "
        "uuid json jsonb xml inet cidr utf8 largeutf8 large_utf8 largestring large_string stringview string_view utf8view stringtype varchartype "
        "chartype object"
    ),
    "boolean": "bool logical booleantype",
    "date": "date32 datetype",
    "datetime": "timestamp datetime2 datetime64 smalldatetime timestamptype",
    NAIVE: "timestampwithouttimezone timestamp_ntz timestampntz timestampntztype timestamp_s",
    ZONED: "timestamptz timestampwithtimezone timestampwithlocaltimezone timestamp_tz timestamp_ltz timestampltz datetimeoffset datetimetz",
    "datetime[ms]": "timestamp_ms",
    "datetime[us]": "timestamp_us",
    "datetime[ns]": "timestamp_ns",
    "time": "timewithouttimezone time32 time64 timetype",
    "duration": "timedelta timedelta64",
    "categorical": "category cat dictionary",
    "enum": "",
    "binary": (
        "bytes bytea blob tinyblob mediumblob longblob varbinary binaryvarying binarytype largebinary large_binary binaryview binary_view "
        "fixedsizebinary fixed_size_binary raw"
    ),
    "null": "void nulltype none",
    "list": "largelist large_list map",
    "array": "fixedsizelist fixed_size_list",
    "struct": "record row",
}  # fmt: skip
_ALIKE = (*(FAMILIES[f] for f in ("numeric", "text", "nested")), ("date", "datetime"))
_MEANT = {word: meant for meant, words in _SPELLINGS.items() for word in words.split()}
_MEANT |= {name: name for name in [*FAMILIES, *_SPELLINGS, *(t for family in FAMILIES.values() for t in family)]}
_OWN = re.compile(r"u?int\d+|[iuf]\d+|float\d*\d|boolean|bool|date|numeric|number|null|object|decimal")
"""words that are no SQL with a length behind it"""
_WHOLE = re.compile(r"([A-Za-z][\w ]*?)\s*(?:([\[(<{])(.*)([\])>}])\s*([A-Za-z ]*))?", re.DOTALL)
_PAIRS = {"[": "]", "(": ")", "<": ">", "{": "}"}
_UNITS = {
    "s": "ms",
    "ms": "ms",
    "us": "us",
    "ns": "ns",
    "\N{MICRO SIGN}s": "us",
    "\N{GREEK SMALL LETTER MU}s": "us",
    "day": "*",
}


@cache
def meaning(spelling: str) -> str:
    """The type, or the family of types, that a spelling means: `Number(10, 2)` is `decimal(10,2)`, `TIMESTAMPTZ` is `datetime[*,*]`.

    A length (`varchar(20)`, `int(11)`) is not part of a type here, and is left out.

    Raises:
        ValueError: it is not a type, or has parameters that its type does not take.
    """
    text = spelling.strip()
    if text.endswith("[]"):
        return f"list[{meaning(text[:-2])}]"
    found = _WHOLE.fullmatch(text)
    if found is None or (found[2] and _PAIRS[found[2]] != found[4]):
        raise ValueError(f'"{spelling}" is not a known type{_near(text)}')
    word = re.sub(r"\s", "", f"{found[1]}{found[5] or ''}").lower()
    known = _MEANT.get(word)
    if known is None:
        raise ValueError(f'"{spelling}" is not a known type{_near(word)}')
    if found[2] is None:
        return known
    try:
        return _with(word, known, found[2], found[3].strip())
    except _UnfitError as error:
        raise ValueError(f'"{spelling}": {error}') from None


class _UnfitError(ValueError):
    """Parameters that a type does not take."""


def _near(word: str) -> str:
    return did_you_mean(re.split(r"[\[({<]", word, maxsplit=1)[0].lower(), list(_MEANT))


def _with(word: str, known: str, bracket: str, inside: str) -> str:
    """A type with what stands in its brackets."""
    base = known.partition("[")[0]
    if bracket == "[" and inside.lower() in ("pyarrow", "python"):
        return known
    if base == "decimal" or (word in ("numeric", "number")):
        return _decimal(word, inside)
    if base == "struct":
        return _struct(bracket, inside)
    if word == "array" and bracket == "<":
        return f"list[{_inner(word, inside)}]"
    if word == "map":
        return known
    if base in ("list", "array"):
        return f"{base}[{_inner(word, inside)}]"
    if re.fullmatch(r"\d+", inside) and not _OWN.fullmatch(word):
        return known
    if re.fullmatch(r"\d+\s*,\s*\d+", inside) and word in ("float", "double", "doubleprecision", "real"):
        return known
    if base in ("datetime", "duration"):
        return _timed(base, inside)
    if word in ("time32", "time64", "date32", "dictionary") and inside:
        return known
    if base in ("enum", "categorical"):
        raise _UnfitError(f"{base} takes no parameters; the validator allowed_values checks the values")
    raise _UnfitError(f"{word} takes no parameters" if inside else "the brackets are empty; leave them out")


def _decimal(word: str, inside: str) -> str:
    found = re.fullmatch(r"(\d+)\s*(?:,\s*(\d+))?", re.sub(r"precision=|scale=", "", inside.lower()))
    if found is None:
        raise _UnfitError(f"write it as {word}(10,2): its digits, and how many of them are decimals")
    precision, scale = int(found[1]), int(found[2] or 0)
    if not 0 < precision <= 38 or scale > precision:
        raise _UnfitError("a decimal has 1 to 38 digits, and no more decimals than digits")
    return f"decimal({precision},{scale})"


def _timed(base: str, inside: str) -> str:
    """A datetime or a duration with its unit and its time zone."""
    parts = [re.sub(r"""^(time_unit|time_zone|tz|unit)\s*=\s*|["']""", "", p.strip()) for p in inside.split(",")]
    parts = parts[:1] + [p for p in parts[1:] if p.lower() != "none"]
    unit = _UNITS.get(parts[0].lower(), parts[0] if parts[0] == "*" else "")
    if not unit or len(parts) > (2 if base == "datetime" else 1) or not all(parts):
        also = f", {base}[us,UTC]" if base == "datetime" else ""
        raise _UnfitError(f"write it as {base}[us]{also}; the units are ms, us and ns")
    return f"{base}[{','.join([unit, *parts[1:]])}]"


def _inner(word: str, inside: str) -> str:
    """The type of a list's items."""
    item = re.sub(r"^(item|element)\s*:\s*", "", inside, flags=re.IGNORECASE).strip()
    item = re.sub(r"\s+not null$", "", item, flags=re.IGNORECASE)
    if re.search(r",\s*(size=|shape=|width=)?\d+\s*$", item):
        raise _UnfitError("the width of an array is not looked at; leave it out")
    if not item:
        raise _UnfitError(f"write it as {word}[int64], or without brackets")
    return meaning(item)


def _struct(bracket: str, inside: str) -> str:
    if bracket == "{":
        return f"struct{{{inside}}}"  # as the engine spells it: names of fields may be anything
    fields = []
    for part in split(inside):
        found = re.fullmatch(r"""\s*(?:"([^"]+)"|`([^`]+)`|([^\s:]+))(?:\s*:\s*|\s+)(.+)""", part, re.DOTALL)
        if found is None:
            raise _UnfitError("write it as struct<name:string,age:int64>, or without brackets")
        fields.append(f"{found[1] or found[2] or found[3]}:{meaning(found[4])}")
    return f"struct{{{','.join(fields)}}}"


def split(inside: str) -> Iterator[str]:
    """What stands between the commas of a list of parameters, those within inner brackets left alone."""
    depth, start = 0, 0
    for i, ch in enumerate(inside):
        depth += (ch in "[(<{") - (ch in "])>}")
        if ch == "," and not depth:
            yield inside[start:i]
            start = i + 1
    yield inside[start:]


def matches(found: str, meant: str) -> bool:
    """Whether a column's type is the one that was meant, one without its parameters, or one of the family."""
    if found == meant:
        return True
    (base, ours), (other, theirs) = _parted(found), _parted(meant)
    if theirs is None:
        return base == other or base in FAMILIES.get(other, ()) or (other == "array" and base == "list")
    if base != other or ours is None:
        return False
    if base in ("list", "array"):
        return matches(ours, theirs)
    pairs = list(zip(split(ours), split(theirs), strict=False))
    if len(pairs) != len(list(split(ours))) or len(pairs) != len(list(split(theirs))):
        return False
    if base == "struct":
        fields = [(a.partition(":"), b.partition(":")) for a, b in pairs]
        return all(a[0] == b[0] and matches(a[2], b[2]) for a, b in fields)
    return all(b == "*" or a.casefold() == b.casefold() for a, b in pairs)


def alike(found: str, meant: str) -> bool:
    """Whether values of a column compare with bounds and values meant for a type: numbers with numbers, dates with datetimes."""
    bases = FAMILIES.get(_parted(meant)[0], (_parted(meant)[0],))
    base = _parted(found)[0]
    return base in bases or any(base in group and set(bases) & set(group) for group in _ALIKE)


def _parted(name: str) -> tuple[str, str | None]:
    found = re.search(r"[\[({]", name)
    return (name, None) if found is None else (name[: found.start()], name[found.start() + 1 : -1])
