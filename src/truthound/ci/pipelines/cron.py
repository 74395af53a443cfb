"""Schedules of five fields, as in cron(5), normalized so that every CI system runs them at the same times."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cronsim import CronSim, CronSimError

_MONTHS = ("", "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_FIELDS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("minute", "minutes", "0 to 59", ()),
    ("hour", "hours", "0 to 23", ()),
    ("day of the month", "days", "1 to 31", ()),
    ("month", "months", "1 to 12 or JAN to DEC", _MONTHS),
    ("day of the week", "weekdays", "0 to 7 or SUN to SAT", _DAYS),
)
"""for people, attribute of CronSim, values, their names"""
_ITEM = re.compile(r"(?:\*|\w+-\w+)(?:/[0-9]+)?|\w+", re.ASCII)
_NOW = datetime(2026, 1, 1, tzinfo=UTC)  # CronSim requires a start time; the fields do not depend on it


@dataclass(frozen=True, slots=True)
class Cron:
    """A schedule; `days` of the month and `weekdays` are joined by "or" where both are given. Sunday is 0."""

    minute: str
    hour: str
    days: str
    month: str
    weekdays: str
    values: tuple[tuple[int, ...], ...] = ()
    """the numbers that each field stands for"""

    def __str__(self) -> str:
        return " ".join(self.fields)

    @property
    def fields(self) -> tuple[str, ...]:
        return (self.minute, self.hour, self.days, self.month, self.weekdays)

    @property
    def listed(self) -> str:
        """The schedule without steps and ranges, for CircleCI, which has no steps and no ranges within lists."""
        return " ".join(
            text if text == "*" else _listed(found) for text, found in zip(self.fields, self.values, strict=True)
        )

    @property
    def weekday_names(self) -> str:
        """The days of the week as names, for Quartz, whose numbers begin with another day."""
        return "*" if self.weekdays == "*" else ",".join(_DAYS[day] for day in self.values[4])

    @property
    def events(self) -> tuple[str, ...]:
        """The schedule for EventBridge, which has a year, no steps of `*`, and never both kinds of days.

        Where both are given there are two schedules, and a day of both kinds has both.
        https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html (November 2026)
        """
        minute, hour, days, month = (
            _listed(found) if re.search(r"/|,\*", text) else text
            for text, found in zip(self.fields[:4], self.values, strict=False)
        )
        by_month, by_week = f"{days} {month} ?", f"? {month} {self.weekday_names}"
        kinds = [by_month] if self.weekdays == "*" else [by_week] if self.days == "*" else [by_month, by_week]
        return tuple(f"cron({minute} {hour} {kind} *)" for kind in kinds)


def parse(text: str) -> Cron:
    """A schedule with numbers for names, and 0 for Sunday.

    Raises:
        ValueError: it is not a schedule, or never runs.
    """
    parts = text.split()
    if len(parts) != 5:
        hint = "; write out what @daily and the like stand for" if text.strip().startswith("@") else ""
        raise ValueError(f"a schedule has five fields: minute, hour, day of the month, month, day of the week{hint}")
    values = [_values(part, i) for i, part in enumerate(parts)]
    fields = [_portable(part, found, i) for i, (part, found) in enumerate(zip(parts, values, strict=True))]
    starred = [parts[i] for i in (2, 4) if "*" in parts[i] and fields[i] != "*"]
    if starred and "*" not in (fields[2], fields[4]):
        raise ValueError(
            f"{starred[0]} beside the other kind of days: some systems require both, some either; list the days"
        )
    try:
        CronSim(" ".join(fields), _NOW)
    except CronSimError:
        raise ValueError(f"day {fields[2]} of month {fields[3]} never comes") from None
    minute, hour, days, month, weekdays = fields
    return Cron(minute, hour, days, month, weekdays, tuple(values))


def _values(part: str, i: int) -> tuple[int, ...]:
    """The numbers that a field stands for, in order."""
    name, attribute, numbers, _ = _FIELDS[i]
    fields = ["*"] * 5
    fields[i] = part
    try:
        parsed = CronSim(" ".join(fields), _NOW) if all(map(_ITEM.fullmatch, part.split(","))) else None
    except CronSimError:
        parsed = None
    found: set[Any] = getattr(parsed, attribute, set())
    if not found or not all(isinstance(n, int) and n >= 0 for n in found):
        raise ValueError(
            f'{name}: "{part}" is not valid; use {numbers} as *, 5, 1-5, */15, 1-9/2 or a list of these; a step is 1 or more'
        )
    return tuple(sorted({n % 7 for n in found} if i == 4 else found))


def _portable(part: str, found: tuple[int, ...], i: int) -> str:
    """A field in the syntax that all systems support: numbers for names, 0 for Sunday."""
    names = _FIELDS[i][3]
    text = re.sub(r"[A-Z]+", lambda name: str(names.index(name[0])), part.upper())
    if re.match(r"\*(?:/1)?(?:,|$)", text):
        return "*"
    return _listed(found) if i == 4 and re.search(r"(?<!/)\b7\b", text) else text


def _listed(found: tuple[int, ...]) -> str:
    return ",".join(map(str, found))
