"""Column types, and a table's expected shape."""

from __future__ import annotations

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


class DataType(str):
    """A column's type as text, engine-neutral: `int64`, `string`, `decimal(15,2)`, `datetime[us,UTC]`, `list[int64]`."""

    __slots__ = ()

    @property
    def base(self) -> str:
        """The type without its parameters."""
        return self.partition("[")[0].partition("(")[0].partition("{")[0]

    def of(self, *families: str) -> bool:
        """Whether it belongs to one of these families (see `FAMILIES`)."""
        return any(self.base in FAMILIES[f] for f in families)

    def matches(self, wanted: str) -> bool:
        """Whether it is the type, the type without parameters, or in the family that `wanted` names."""
        wanted = ALIASES.get(wanted.strip().lower(), wanted.strip().lower()).replace(" ", "")
        return wanted in (self.replace(" ", "").lower(), self.base) or self.base in FAMILIES.get(wanted, ())


# words of SQL, pandas and people for the same types
ALIASES: dict[str, str] = {
    "str": "string", "text": "text", "varchar": "string", "object": "string", "utf8": "string", "char": "string",
    "int": "integer", "integer": "integer", "bigint": "int64", "smallint": "int16", "tinyint": "int8",
    "double": "float64", "real": "float32", "number": "numeric", "bool": "boolean", "timestamp": "datetime",
    "category": "categorical", "bytes": "binary",
}  # fmt: skip
