"""The meaning of the response to a message: accepted, refused, or to be retried later."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from truthound._internal.text import join_words
from truthound.io.request import Response

_LONGEST_DELAY = 1e9  # seconds, about 30 years: a longer delay in a response is not plausible
NOT_ACCEPTED = frozenset({408, 425, 429, 503})
"""transient statuses which mean that the request was not processed"""
PERMANENT_SERVER_ERRORS = frozenset({501, 505})
"""statuses above 499 that are permanent"""


@dataclass(frozen=True, slots=True)
class ResponseCheck:
    """What the response to an accepted message looks like: a proxy's page may have status 200 too."""

    statuses: frozenset[int] = frozenset(range(200, 300))
    body: str | None = None
    """its whole text"""
    has: Mapping[str, Any] = field(default_factory=dict)
    """keys of its JSON and their values; `...` for any"""
    bare: int | None = None
    """a status that needs no body"""

    def mismatch(self, response: Response) -> str:
        """Why this response, though not a refusal, does not confirm delivery; empty if it does."""
        if response.status == self.bare:
            return ""
        if response.status not in self.statuses:
            return f"an accepted message is answered with status {join_words(tuple(map(str, sorted(self.statuses))), 'or')}"
        if self.body is not None and response.text.strip() != self.body:
            return f'an accepted message is answered with "{self.body}"'
        found = response.json() if self.has else None
        for key, value in self.has.items():
            actual = found.get(key) if isinstance(found, dict) else None
            if actual in (None, "") if value is ... else actual != value or type(actual) is not type(value):
                expected = f'"{key}"' if value is ... else f'"{key}": {json.dumps(value)}'
                return f"an accepted message is answered with JSON that has {expected}"
        return ""

    def example(self, usual: Mapping[str, Any]) -> Response:
        """A response that confirms delivery, with `usual` keys besides."""
        body = (
            self.body
            if self.body is not None
            else json.dumps({**usual, **{k: v for k, v in self.has.items() if v is not ...}})
        )
        return Response(min(self.statuses), {"content-type": "application/json"}, body.encode())


def parse_seconds(delay: object) -> float:
    """Seconds to wait as a response's JSON names them; 0 if that is not a number, or not a plausible one."""
    if isinstance(delay, bool) or not isinstance(delay, int | float):
        return 0.0
    return float(delay) if 0 < delay < _LONGEST_DELAY else 0.0


def parse_retry_after(header: str, now: datetime) -> float:
    """Retry-After, a number or a date, in seconds; 0 if it is neither."""
    header = header.strip()
    if header.replace(".", "", 1).isdigit() and header.isascii():
        return parse_seconds(float(header))
    try:
        moment = parsedate_to_datetime(header)
        return parse_seconds((moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds())
    except (ValueError, TypeError, IndexError, OverflowError):
        return 0.0


__all__ = ["NOT_ACCEPTED", "PERMANENT_SERVER_ERRORS", "ResponseCheck", "parse_retry_after", "parse_seconds"]
