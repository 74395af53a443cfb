"""Which columns tell rows apart by design, and not because a small table happens to repeat nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from truthound._internal.extended_time import day_of
from truthound.profiling.text_patterns import FEWEST, guesses
from truthound.schema import DataType

_NAMED = re.compile(r"(?i)(?:^|[_ .-])(?:id|ids|key|pk|uuid|guid|hash|token|serial|no|nr|number)$")
_CAMEL = re.compile(r"[a-z0-9](?:Id|ID|Key|Uuid|UUID|Guid|GUID)$")
CODE = re.compile(r"(?i)(^|[_ .-])(zip|postal|postcode|plz|code|fips|ssn|ean|upc|isbn|gtin|phone|account|sku|barcode)")
"""names of codes: digits that are no amount"""
CHANCE_EXPONENT = 5
"""n values of D possible ones all differ by luck with a probability of about exp(-n²/2D); beyond exp(-5), below 1 %, it is no luck"""
_NO_KEYS = ("ISO date", "ISO time stamp", "time of day")


def named(column: str) -> bool:
    """Whether a column is one of identifiers or codes by its name: numbers in it are no amounts."""
    return bool(_NAMED.search(column) or _CAMEL.search(column) or CODE.search(column))


def by_design(column: str, kind: DataType, present: int, ends: tuple[Any, Any], some: Iterable[Any]) -> bool:
    """Whether values that all differ, or nearly all, do so by design. `ends`: the smallest and the largest; `some`: those of the first rows."""
    low, high = ends
    if kind.of("float", "boolean"):
        return False
    if named(column):
        return True
    if kind.of("text"):
        words = list(some)
        shapes = [] if any(" " in w for w in words) else guesses(words)
        return present >= FEWEST and bool(shapes) and shapes[0][0] not in _NO_KEYS
    if low is None or high is None:
        return False
    if kind.of("integer"):
        return present * present > 2 * CHANCE_EXPONENT * (int(high) - int(low) + 1)
    if kind.of("date"):
        return bool(present * present > 2 * CHANCE_EXPONENT * (day_of(high) - day_of(low) + 1))
    return False
