"""Which columns tell rows apart by design, and not because a small table happens to repeat nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from truthound._internal.extended_time import day_of
from truthound.profiling.text_patterns import MIN_DISTINCT, common_patterns
from truthound.schema import DataType

_IDENTIFIER_NAME = re.compile(r"(?i)(?:^|[_ .-])(?:id|ids|key|pk|uuid|guid|hash|token|serial|no|nr|number)$")
_CAMEL_CASE_NAME = re.compile(r"[a-z0-9](?:Id|ID|Key|Uuid|UUID|Guid|GUID)$")
CODE_NAME = re.compile(
    r"(?i)(^|[_ .-])(zip|postal|postcode|plz|code|fips|ssn|ean|upc|isbn|gtin|phone|account|sku|barcode)"
)
"""names of codes: digits that are no amount"""
CHANCE_EXPONENT = 5
"""n values of D possible ones all differ by luck with a probability of about exp(-n²/2D); beyond exp(-5), below 1 %, it is no luck"""
_NOT_KEYS = ("ISO date", "ISO time stamp", "time of day")


def has_identifier_name(column: str) -> bool:
    """Whether a column is one of identifiers or codes by its name: numbers in it are no amounts."""
    return bool(_IDENTIFIER_NAME.search(column) or _CAMEL_CASE_NAME.search(column) or CODE_NAME.search(column))


def is_identifier(column: str, kind: DataType, present: int, ends: tuple[Any, Any], some: Iterable[Any]) -> bool:
    """Whether values that all differ, or nearly all, do so by design. `ends`: the smallest and the largest; `some`: those of the first rows."""
    low, high = ends
    if kind.of("float", "boolean"):
        return False
    if has_identifier_name(column):
        return True
    if kind.of("text"):
        words = list(some)
        shapes = [] if any(" " in w for w in words) else common_patterns(words)
        return present >= MIN_DISTINCT and bool(shapes) and shapes[0][0] not in _NOT_KEYS
    if low is None or high is None:
        return False
    if kind.of("integer"):
        return present * present > 2 * CHANCE_EXPONENT * (int(high) - int(low) + 1)
    if kind.of("date"):
        return bool(present * present > 2 * CHANCE_EXPONENT * (day_of(high) - day_of(low) + 1))
    return False
