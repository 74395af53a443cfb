"""Schedules of five fields, as cron(5) has them: read, checked, and written so that every CI system means the same by them."""

from __future__ import annotations

import re
from dataclasses import dataclass

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day of the month", 1, 31), ("month", 1, 12), ("day of the week", 0, 7))
_LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_ITEM = re.compile(r"(?:\*|(\w+)(?:-(\w+))?)(?:/([0-9]{1,2}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Cron:
    """A schedule; `days` of the month and `weekdays` are joined by "or" where both are given. Sunday is 0."""

    minute: str
    hour: str
    days: str
    month: str
    weekdays: str

    def __str__(self) -> str:
        return f"{self.minute} {self.hour} {self.days} {self.month} {self.weekdays}"

    @property
    def listed(self) -> str:
        """The same without steps and ranges, for CircleCI, which has no steps and no ranges within lists."""
        fields = (self.minute, self.hour, self.days, self.month, self.weekdays)
        return " ".join(
            text if text == "*" else _listed(text, field) for text, field in zip(fields, _FIELDS, strict=True)
        )

    @property
    def weekday_names(self) -> str:
        """The days of the week as names, for Quartz, which counts them from another day on."""
        return "*" if self.weekdays == "*" else ",".join(_DAYS[d] for d in sorted(_values(self.weekdays, _FIELDS[4])))

    @property
    def events(self) -> tuple[str, ...]:
        """The same for EventBridge, which has a year, no steps of `*`, and never both kinds of days.

        Where both are given there are two schedules, and a day of both kinds has both.
        https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html (November 2026)
        """
        minute, hour, days, month = (
            _listed(text, field) if re.search(r"/|,\*", text) else text
            for text, field in zip((self.minute, self.hour, self.days, self.month), _FIELDS[:4], strict=True)
        )
        by_month, by_week = f"{days} {month} ?", f"? {month} {self.weekday_names}"
        kinds = [by_month] if self.weekdays == "*" else [by_week] if self.days == "*" else [by_month, by_week]
        return tuple(f"cron({minute} {hour} {kind} *)" for kind in kinds)


def parse(text: str) -> Cron:
    """A schedule with numbers for names, and 0 for Sunday.

    Raises:
        ValueError: it is none, or it never comes.
    """
    parts = text.split()
    if len(parts) != 5:
        hint = "; write out what @daily and the like stand for" if text.strip().startswith("@") else ""
        raise ValueError(f"a schedule has five fields: minute, hour, day of the month, month, day of the week{hint}")
    months = {name: i for i, name in enumerate(_MONTHS, 1)}
    days = {name: i for i, name in enumerate(_DAYS)}
    names: tuple[dict[str, int], ...] = ({}, {}, {}, months, days)
    fields = [_field(part, field, known) for part, field, known in zip(parts, _FIELDS, names, strict=True)]
    cron = Cron(*fields)
    # as written: a day of the week may be written out below
    starred = [p for p, f in ((parts[2], cron.days), (parts[4], cron.weekdays)) if "*" in p and f != "*"]
    if starred and "*" not in (cron.days, cron.weekdays):
        raise ValueError(
            f"{starred[0]} beside the other kind of days: some systems take what is both, some either; list the days"
        )
    if cron.days != "*" and cron.weekdays == "*" and cron.month != "*":
        longest = max(_LONGEST[m - 1] for m in _values(cron.month, _FIELDS[3]))
        if min(_values(cron.days, _FIELDS[2])) > longest:
            raise ValueError(f"day {cron.days} of month {cron.month} never comes")
    return cron


def _field(text: str, field: tuple[str, int, int], names: dict[str, int]) -> str:
    items = []
    for item in text.split(","):
        found = _ITEM.fullmatch(item)
        if found is None:
            raise ValueError(f'"{item}" is no {field[0]}; it takes *, 5, 1-5, */15, 1-9/2 and lists of these')
        start, end, step = found.groups()
        numbers = [_number(part, field, names) for part in (start, end) if part is not None]
        if numbers != sorted(numbers):
            raise ValueError(f'"{item}": the first {field[0]} is after the last')
        if step is not None and (int(step) == 0 or len(numbers) == 1):
            raise ValueError(f'"{item}": a step is 1 or more, of * or of a range')
        items.append("-".join(map(str, numbers)) + (f"/{step}" if step else "") if numbers else item)
    written = ",".join(items)
    if field[1:] == (0, 7) and re.search(r"\b7\b", re.sub(r"/[0-9]+", "", written)):  # not all systems know Sunday as 7
        written = _listed(written, field)
    return "*" if re.match(r"\*(?:/1)?(?:,|$)", written) else written


def _number(text: str, field: tuple[str, int, int], names: dict[str, int]) -> int:
    name, low, high = field
    number = names.get(text.upper(), int(text) if text.isdigit() else -1)
    if not low <= number <= high:
        also = f" or {min(names, key=names.__getitem__)} to {max(names, key=names.__getitem__)}" if names else ""
        raise ValueError(f'"{text}" is no {name}; it is {low} to {high}{also}')
    return number


def _listed(text: str, field: tuple[str, int, int]) -> str:
    """A field without steps and ranges."""
    return ",".join(map(str, sorted(_values(text, field))))


def _values(text: str, field: tuple[str, int, int]) -> set[int]:
    """All numbers that a field stands for."""
    found: set[int] = set()
    high = 6 if field[2] == 7 else field[2]
    for item in text.split(","):
        span, _, step = item.partition("/")
        first, _, last = (f"{field[1]}-{high}" if span == "*" else span).partition("-")
        found.update(range(int(first), int(last or first) + 1, int(step or 1)))
    return {n % 7 for n in found} if field[2] == 7 else found
