"""Binds validators to a table: checks, each with an id that stays the same from run to run."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from truthound.errors import TruthoundError
from truthound.validators.base import Check, Table, Validator
from truthound.validators.checks import error_check


def bind_all(validators: Iterable[Validator], table: Table, from_schema: Iterable[Validator] = ()) -> dict[str, Check]:
    """All checks by id, which is validator and columns, with a short hash appended if several checks share these.

    A check of `from_schema` that one of the validators makes too is left out.
    """
    checks = [c for v in validators for c in _bind(v, table)]
    known = {check_identity(c) for c in checks}
    checks += [c for v in from_schema for c in _bind(v, table) if check_identity(c) not in known]
    names = [f"{c.validator.type}:{','.join(c.columns)}" if c.columns else c.validator.type for c in checks]
    counts = Counter(names)
    out: dict[str, Check] = {}
    for name, check in zip(names, checks, strict=True):
        unique = name
        if counts[name] > 1:
            text = f"{check.expected}|{check.validator.where}|{check.validator.name}"
            unique = f"{name}#{hashlib.sha256(text.encode()).hexdigest()[:6]}"
        serial = 2
        while unique in out:
            unique, serial = f"{unique.partition('~')[0]}~{serial}", serial + 1
        out[unique] = check
    return out


def _bind(validator: Validator, table: Table) -> list[Check]:
    try:
        checks = [_explain_unreadable(check, table) for check in validator.bind(table)]
        return checks or [validator.skipped_check("there is nothing to check on these columns")]
    except (TruthoundError, ValueError, TypeError, ArithmeticError) as error:
        return [validator.error_check(str(error))]  # the other validators are still bound


def _explain_unreadable(check: Check, table: Table) -> Check:
    """A check that cannot be bound because a column is unreadable becomes an error with the reason."""
    if check.problem is None or not (unreadable := table.unreadable):
        return check
    if column := next((c for c in check.columns if c in unreadable), None):
        return error_check(check.validator, f'column "{column}" cannot be read: {unreadable[column]}', check.columns)
    message = with_unreadable_reasons(check.problem.message, unreadable)
    return replace(check, problem=replace(check.problem, message=message))


def with_unreadable_reasons(message: str, unreadable: Mapping[str, str]) -> str:
    """An error message, with the reason for each column that it names and that cannot be read."""
    named = {c: reason for c, reason in unreadable.items() if f'"{c}"' in message and reason not in message}
    return message + "".join(f'; column "{c}" cannot be read: {reason}' for c, reason in named.items())


def check_identity(check: Check) -> tuple[object, ...]:
    """What identifies a check: its expectation, its row filter and its tolerance."""
    v = check.validator
    return (v.type, check.columns, check.expected, check.measures, check.problem, v.where, v.mostly, repr(v.max_fail))
