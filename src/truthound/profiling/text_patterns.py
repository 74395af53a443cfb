"""Formats and patterns of text columns: known formats, and patterns derived from the shapes of values.

They are guessed from a few values and have to be confirmed on all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from truthound.validators import formats

PATTERNS: dict[str, str] = {
    "UUID": formats.UUID,
    "e-mail address": r"^[^@\s]+@[^@\s]+\.[^@\s]+$",
    "ISO date": formats.ISO_DATE,
    "ISO time stamp": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-][0-9]{2}:?[0-9]{2})?$",
    "time of day": r"^[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?$",
    "URL": r"^https?://\S+$",
    "IPv4 address": r"^[0-9]{1,3}(\.[0-9]{1,3}){3}$",
}
"""the name of a format -> a regular expression with the same meaning in Python and the engine"""
VALIDATOR_FORMATS: dict[str, str] = {
    "UUID": "uuid", "e-mail address": "email", "ISO date": "date", "ISO time stamp": "datetime", "URL": "url", "IPv4 address": "ipv4",
}  # fmt: skip
"""those that the validator `format` knows"""
DATE_STYLES: dict[str, str] = {
    "2024-12-31": r"^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[T ].*)?$",
    "2024/12/31": r"^[0-9]{4}/[0-9]{1,2}/[0-9]{1,2}(?: .*)?$",
    "31.12.2024": r"^[0-9]{1,2}[.][0-9]{1,2}[.](?:[0-9]{4}|[0-9]{2})(?: .*)?$",
    "12/31/2024": r"^[0-9]{1,2}/[0-9]{1,2}/(?:[0-9]{4}|[0-9]{2})(?: .*)?$",
    "31-12-2024": r"^[0-9]{1,2}-[0-9]{1,2}-[0-9]{4}(?: .*)?$",
    "31 Dec 2024": r"^[0-9]{1,2}[. -]+[A-Za-z]{3,9}[., -]+[0-9]{2,4}$",
    "Dec 31, 2024": r"^[A-Za-z]{3,9}[. ]+[0-9]{1,2},? [0-9]{4}$",
}
"""styles of dates"""
MIN_DISTINCT = 20
"""different values from which a common shape is not a coincidence"""
FORMAT_SHARE = 0.9
"""the share of values that suggests a format; some values may be wrong"""
_CLASSES = (("A-Z", str.isupper), ("a-z", str.islower), ("0-9", str.isdigit))
_MARKS = "-_./:+#"
_SPECIAL = re.compile(r"[\\.^$*+?{}\[\]|()]")
_MAX_LENGTH = 40


def common_formats(values: Iterable[str]) -> list[str]:
    """The formats (names of `PATTERNS`) that most of these values have."""
    some = list(values)
    if len(set(some)) < 2:
        return []
    return [
        name for name, p in PATTERNS.items() if sum(bool(re.search(p, v)) for v in some) >= FORMAT_SHARE * len(some)
    ]


def common_date_style(values: Sequence[str]) -> str | None:
    """The way (of `DAYS`) in which most of these days are written; none if they are not dates."""
    counts = {name: sum(bool(re.search(p, v)) for v in values) for name, p in DATE_STYLES.items()}
    if len(values) < 2 or sum(counts.values()) < FORMAT_SHARE * len(values):
        return None
    return max(counts, key=counts.__getitem__)


def common_patterns(values: Iterable[str]) -> list[tuple[str, str]]:
    """(name, pattern) of the patterns that all these values match, the closest first."""
    different = list(dict.fromkeys(values))
    if len(different) < 2:
        return []
    found = [(name, p) for name, p in PATTERNS.items() if all(re.search(p, v) for v in different)]
    if len(different) >= MIN_DISTINCT and all(0 < len(v) <= _MAX_LENGTH for v in different):
        found += [("one shape", p) for p in (_run_pattern(different), _character_pattern(different)) if p]
    return found


def _run_pattern(values: Sequence[str]) -> str | None:
    """Runs of letters and digits that all values share: `^[A-Z]{2}-[0-9]{4}$`."""
    shapes = [_shape(v) for v in values]
    kinds = {tuple(kind for kind, _ in s) for s in shapes}
    if len(kinds) != 1 or len(shapes[0]) > 12 or not any(kind.startswith("[") for kind, _ in shapes[0]):
        return None
    parts = []
    for i, (kind, _) in enumerate(shapes[0]):
        sizes = [s[i][1] for s in shapes]
        parts.append(f"{kind}{_quantifier(min(sizes), max(sizes))}")
    return f"^{''.join(parts)}$" if all(ch.isprintable() for ch in values[0]) else None


def _shape(value: str) -> list[tuple[str, int]]:
    out: list[tuple[str, int]] = []
    for ch in value:
        kind = next((f"[{k}]" for k, test in _CLASSES if ch.isascii() and test(ch)), _SPECIAL.sub(r"\\\g<0>", ch))
        if out and out[-1][0] == kind:
            out[-1] = kind, out[-1][1] + 1
        else:
            out.append((kind, 1))
    return out


def _character_pattern(values: Sequence[str]) -> str | None:
    """The classes of characters that all values are made of, with their lengths: `^[A-Z0-9]{5,}$`. Words of letters only have none."""
    seen = set("".join(values))
    classes = [k for k, test in _CLASSES if any(ch.isascii() and test(ch) for ch in seen)]
    marks = [ch for ch in _MARKS if ch in seen]
    known = {ch for ch in seen if ch.isascii() and any(test(ch) for _, test in _CLASSES)} | set(marks)
    if seen != known or "0-9" not in classes or (len(classes) == 3 and marks):
        return None
    inside = "".join(classes) + "".join("\\" + ch if ch in "-." else ch for ch in marks)
    sizes = [len(v) for v in values]
    return f"^[{inside}]{_quantifier(min(sizes), max(sizes))}$"


def _quantifier(low: int, high: int) -> str:
    """A quantifier. Varying lengths have no upper bound, because the next value may be longer."""
    if low == high:
        return "" if low == 1 else f"{{{low}}}"
    return "+" if low == 1 else f"{{{low},}}"
