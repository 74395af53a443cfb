"""Which columns identify rows by design, and not because a small table happens to have no repeated value."""

from __future__ import annotations

import re

from truthound._internal.extended_time import day_of
from truthound.profiling.models import ColumnScan
from truthound.profiling.text_patterns import MIN_DISTINCT

_IDENTIFIER_NAME = re.compile(r"(?i)(?:^|[_ .-])(?:id|ids|key|pk|uuid|guid|hash|token|serial|no|nr|number)$")
_CAMEL_CASE_NAME = re.compile(r"[a-z0-9](?:Id|ID|Key|Uuid|UUID|Guid|GUID)$")
CODE_NAME = re.compile(
    r"(?i)(^|[_ .-])(zip|postal|postcode|plz|code|fips|ssn|ean|upc|isbn|gtin|phone|account|sku|barcode)"
)
"""names of codes: digits that are not an amount"""
CHANCE_EXPONENT = 5
"""n values drawn from D all differ by chance with a probability of about exp(-n²/2D) (the birthday problem); this accepts less than exp(-5)"""
_NOT_KEYS = ("ISO date", "ISO time stamp", "time of day")


def has_identifier_name(column: str) -> bool:
    """Whether a column has the name of identifiers or codes, so that its numbers are not amounts."""
    return bool(_IDENTIFIER_NAME.search(column) or _CAMEL_CASE_NAME.search(column) or CODE_NAME.search(column))


def is_identifier(s: ColumnScan) -> bool:
    """Whether the values of a column, all or nearly all of them different, differ by design."""
    low, high = s.measured.get("min"), s.measured.get("max")
    if not s.scalar or s.type.of("float", "boolean"):
        return False
    if has_identifier_name(s.name):
        return True
    if s.type.of("text"):
        one_word = not any(" " in v for v in s.first_values)
        return s.present >= MIN_DISTINCT and one_word and bool(s.patterns) and s.patterns[0][0] not in _NOT_KEYS
    if low is None or high is None:
        return False
    if s.type.of("integer"):
        return _beyond_chance(s.present, int(high) - int(low) + 1)
    return s.type.of("date") and _beyond_chance(s.present, day_of(high) - day_of(low) + 1)


def _beyond_chance(values: int, possible: int) -> bool:
    return values * values > 2 * CHANCE_EXPONENT * possible
