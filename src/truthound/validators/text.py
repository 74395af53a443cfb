"""Text: patterns, lengths, formats, white space, encoding, case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, field_validator, model_validator

from truthound._internal.text import did_you_mean, shorten
from truthound.engine.measures import LengthBetween, Matches, Not
from truthound.errors import OptionErrors
from truthound.schema import DataType
from truthound.validators.base import Check, Table, Validator
from truthound.validators.formats import ALIASES, FORMATS
from truthound.validators.option_types import bounds
from truthound.validators.regex_syntax import fault
from truthound.validators.required_options import Configured


class Regex(Configured):
    """Text contains a match of a regular expression, or with `match: false` does not. A null passes.

    The match may be anywhere; anchor it with `^` and `$`. The syntax is that of Rust's regex crate.
    """

    type = "regex"
    applies_to = ("text",)
    requires_any = ("pattern", "patterns")
    schema_defaults: ClassVar = {"pattern": "pattern"}

    pattern: str | None = None
    """The pattern of all selected columns."""
    patterns: dict[str, str] | None = Field(default=None, min_length=1)
    """A mapping of columns (or globs) to patterns."""
    match: bool = True
    """If false, no text may contain a match."""
    ignore_case: bool = False
    """Whether case is ignored."""

    @field_validator("pattern")
    @classmethod
    def _valid(cls, value: str | None) -> str | None:
        if value is not None and (wrong := fault(value)):
            raise ValueError(f"{wrong} in {shorten(value, 80)!r}")
        return value

    @model_validator(mode="after")
    def _by_column(self) -> Self:
        if self.patterns is None:
            return self
        if isinstance(self.columns, dict) or (self.columns is not None and self.pattern is None):
            raise ValueError("patterns names its columns; leave columns out")
        shared = {k: getattr(self, k) for k in self.model_fields_set - {"patterns", "pattern", "columns"}}
        options: list[dict[str, Any]] = [{"columns": (c,), "pattern": p} for c, p in self.patterns.items()]
        if self.pattern is not None:
            options.append({"pattern": self.pattern} | ({"columns": self.columns} if self.columns else {}))
        made, found = [], []
        for one in options:
            try:
                made.append(type(self)(**shared, **one))
            except OptionErrors as error:
                place = "patterns." + one["columns"][0]
                found += [(place, message) for at, message in error.found if at == "pattern"]
        if found:
            raise OptionErrors(found)
        self._per_column = tuple(made)
        return self

    def check(self, column: str, dtype: DataType, table: Table) -> Check:
        holds = Matches(column, f"{'(?i)' * self.ignore_case}{self.pattern}")
        expected = f"{'matches' if self.match else 'does not match'} {self.pattern}{', in any case' * self.ignore_case}"
        return self.row_check((column,), expected, Not(holds) if self.match else holds)


class Length(Configured):
    """The number of characters of a text, or of items of a list, lies within bounds. A null passes."""

    type = "length"
    requires_any = ("min_length", "max_length")
    applies_to = ("text",)

    min_length: int | None = Field(default=None, ge=0)
    """The minimum number of characters or items."""
    max_length: int | None = Field(default=None, ge=0)
    """The maximum number of characters or items."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min_length is not None and self.max_length is not None and self.min_length > self.max_length:
            raise ValueError(f"min_length {self.min_length} is above max_length {self.max_length}")
        return self

    def supports(self, dtype: DataType) -> bool:
        return super().supports(dtype) or dtype.base in ("list", "array")

    def check(self, column: str, dtype: DataType, table: Table) -> Check:
        unit = "characters" if dtype.of("text") else "items"
        expected = f"{unit} {bounds(self.min_length, self.max_length)}"
        return self.row_check((column,), expected, Not(LengthBetween(column, self.min_length, self.max_length)))


def _format(value: Any) -> Any:
    if value is None:
        return None
    word = str(value).strip().lower().replace("-", "_").replace(" ", "_")
    word = ALIASES.get(word, word)
    if word not in FORMATS:
        raise ValueError(
            f"unknown format {str(value)!r}: {', '.join(FORMATS)}{did_you_mean(word, [*FORMATS, *ALIASES])}"
        )
    return word


class FormatOf(Configured):
    """Text has a named format: e-mail address, URL, UUID, ISO date, IBAN and so on. A null passes."""

    type = "format"
    applies_to = ("text",)
    requires_any = ("format",)

    format: Annotated[str | None, BeforeValidator(_format), WithJsonSchema({"enum": [*FORMATS, *ALIASES, None]})] = None
    """The format's name."""

    def check(self, column: str, dtype: DataType, table: Table) -> Check:
        known = FORMATS[self.format or ""]
        return self.row_check((column,), known.label, Not(known.predicate(column)))


class _Without(Validator):
    """Texts without what a pattern finds."""

    applies_to: ClassVar[tuple[str, ...]] = ("text",)
    found: ClassVar[str]
    expected: ClassVar[str]

    def check(self, column: str, dtype: DataType, table: Table) -> Check:
        return self.row_check((column,), self.expected, Matches(column, self.found))


class Whitespace(_Without):
    """Text has no leading, trailing or doubled white space. A null passes."""

    type = "whitespace"
    found = r"^\s|\s$|[\s&&[^\r\n]]{2}"
    expected = "no leading, trailing or doubled white space"


_AS_CP1252 = bytes(range(0x80, 0xA0)).decode("cp1252", "ignore")
_QUOTES = "\u2019\u201d"
_SEEN = {"\u2019": 2, "\u2122": 3, "\u20ac": 3, "\ufeff": 3, "\ufffd": 3, "\U0001f600": 2}
_JOINER = r"[\u{200C}\u{200D}]"
_LATIN = r"[\p{Latin}\p{Nd}\s]"


class Encoding(_Without):
    """Text has no signs of a wrong encoding: UTF-8 read as a one-byte encoding, U+FFFD, control or zero-width characters.

    Joiners (U+200C, U+200D) are allowed as scripts and emoji need them; next to Latin letters, digits and blanks they fail.
    """

    type = "encoding"
    expected = "no broken encoding, control or zero-width characters"
    found = "|".join([
        r"[\u{FFFD}\u{200B}\u{2060}\u{FEFF}\x00-\x08\x0B\x0C\x0E-\x1F\x7F-\x9F]",
        # two bytes of UTF-8, as Windows-1252 shows them; a quotation may end with a capital A that has a tilde
        rf"[ÂÃ][\u{{A0}}-\u{{BF}}{_AS_CP1252.translate(dict.fromkeys(map(ord, _QUOTES)))}]",
        # how the usual quotes and dashes begin, then trade mark, euro, byte order mark, U+FFFD, and how emoji begin
        *(c.encode().decode("cp1252")[:n] for c, n in _SEEN.items()),
        rf"(?:[Ä-ß][\u{{A0}}-\u{{BF}}{_AS_CP1252}]){{2}}",
        rf"(?:^|{_LATIN}){_JOINER}|{_JOINER}(?:{_LATIN}|$)",
    ])  # fmt: skip


_CASES: Mapping[str, tuple[str, str]] = {
    # the case -> what must not be found, and what it is called
    "lower": (r"[\p{Lu}\p{Lt}]", "lower case"),
    "upper": (r"\p{Ll}", "upper case"),
    "title": (r"(?:^|[\s\p{Pd}\p{Ps}\p{Pi}/])\p{Ll}|\p{L}\p{Lu}", "title case"),
}


class Case(Configured):
    """Text is in lower, upper or title case. Characters without case are allowed in all of them. A null passes."""

    type = "case"
    applies_to = ("text",)
    requires_any = ("case",)

    case: Literal["lower", "upper", "title"] | None = None
    """lower, upper, or title: each word starts with a capital letter and has no others."""

    def check(self, column: str, dtype: DataType, table: Table) -> Check:
        found, expected = _CASES[self.case or ""]
        return self.row_check((column,), expected, Matches(column, found))
