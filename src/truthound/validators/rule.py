"""The options that every validator has, and the verdict that they allow on counted rows."""

from __future__ import annotations

import inspect
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Self

from pydantic import Field, PrivateAttr, field_validator, model_validator

from truthound._internal.options import Converted, Model, option
from truthound.engine.condition import Condition
from truthound.engine.measures import SQL, Measure, Predicate
from truthound.errors import ConfigError, OptionErrors
from truthound.results import Severity, SeverityName
from truthound.schema import DataType
from truthound.validators.option_types import Columns, Names, Tolerance, allowed_rows
from truthound.validators.verdict import ALL_NULL, NO_ROWS, FollowUp, Verdict


class Rule(Model):
    """The options that every validator has, and how failures are tolerated."""

    type: ClassVar[str] = ""
    applies_to: ClassVar[tuple[str, ...]] = ()
    """type families that it applies to; empty for all types"""
    default_severity: ClassVar[Severity | None] = None
    """if None: medium, or low for a validator without options"""
    needs_values: ClassVar[bool] = False
    """whether it judges a column as a whole: its verdict has no failing rows"""
    needs_all_rows: ClassVar[bool] = False
    """whether it is skipped on a sample"""
    requires: ClassVar[tuple[str, ...]] = ()
    """required options: without any option the validator is skipped, with others only it is an error"""
    unsupported_options: ClassVar[tuple[str, ...]] = ()
    """common options that it does not support (`columns`, `where`, `mostly`, `max_fail`)"""

    columns: Columns = option(default=None, kw_only=False)
    """Column names, globs (`addr_*`) or type selectors (`dtype:numeric`); or a mapping of each column to its options."""
    where: Converted[Condition | None, str | None] = option(default=None)
    """A SQL condition: only rows for which it is true are checked."""
    severity: Converted[Severity | None, Severity | SeverityName | None] = option(default=None)
    """Severity of an issue. Default: the validator's, raised by the failing ratio."""
    mostly: float | None = Field(default=None, ge=0, le=1)
    """The minimum ratio of passing rows, 0 to 1. The complement of `max_fail` as a percentage."""
    max_fail: Tolerance = option(default=None)
    """How many rows may fail: a count, a percentage of the judged rows, or one of these for each severity."""
    name: str | None = None
    """A name for the check."""
    description: str | None = None
    """Why the rule exists; shown with its issues."""
    tags: Names = option(default=())
    """Tags to group checks by."""

    _per_column: tuple[Self, ...] = PrivateAttr(default=())
    _location: str | None = PrivateAttr(default=None)

    # Type checkers derive the constructor from the fields, and no field is `*columns`: these are further ones by position.
    if TYPE_CHECKING:
        _2: str = option(default="", kw_only=False)
        _3: str = option(default="", kw_only=False)
        _4: str = option(default="", kw_only=False)
        _5: str = option(default="", kw_only=False)
        _6: str = option(default="", kw_only=False)
    else:

        def __init__(self, *columns: str, **options: Any) -> None:
            if columns:
                if "columns" in options:
                    raise ConfigError(f"{type(self).__name__}: columns are given twice")
                options["columns"] = columns
            super().__init__(**options)

    @field_validator("where", mode="before")
    @classmethod
    def _not_empty(cls, value: Any) -> Any:
        if isinstance(value, str) and not value.strip():
            raise ValueError("an empty filter; leave it out")
        return value

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if mistaken := [o for o in self.unsupported_options if getattr(self, o) is not None]:
            raise OptionErrors((o, f"{self.type} does not support this option; leave it out") for o in mistaken)
        if self.configured and not isinstance(self.columns, dict) and (absent := self.missing_required()):
            raise OptionErrors(absent)
        if self.mostly is not None and self.max_fail is not None:
            raise ValueError("give mostly or max_fail, not both")
        if self.severity is not None and isinstance(self.max_fail, dict):
            raise ValueError("give severity, or max_fail for each severity, not both")
        if isinstance(self.columns, dict):
            shared = {k: getattr(self, k) for k in self.model_fields_set if k != "columns"}
            made: list[Self] = []
            problems: list[tuple[str, str]] = []
            for column, options in self.columns.items():
                try:
                    made.append(type(self)(**{**shared, **options, "columns": (column,)}))
                except OptionErrors as error:
                    problems += [(f"columns.{column}{'.' if at else ''}{at}", message) for at, message in error.found]
            if problems:
                raise OptionErrors(problems)
            self._per_column = tuple(made)
        return self

    @property
    def configured(self) -> bool:
        """Whether any option is set."""
        return bool(self.model_fields_set)

    def missing_required(self) -> list[tuple[str, str]]:
        """The required options that are not set, each with a message."""
        given = {o: getattr(self, o) for o in self.requires}
        return [(o, f'"{o}" is required') for o, v in given.items() if v is None or (isinstance(v, tuple) and not v)]

    @property
    def row_filter(self) -> Predicate | None:
        return None if self.where is None else SQL(self.where)

    def tolerated(self, total: int) -> int:
        """The number of `total` judged rows that may fail."""
        if self.mostly is not None:
            return int((1 - Decimal(str(self.mostly))) * total)
        if isinstance(self.max_fail, dict):
            return min((allowed_rows(limit, total) for limit in self.max_fail.values()), default=0)
        return 0 if self.max_fail is None else allowed_rows(self.max_fail, total)

    @property
    def relative(self) -> bool:
        """Whether the tolerance is a share of the judged rows."""
        limits = self.max_fail.values() if isinstance(self.max_fail, dict) else (self.max_fail,)
        return self.mostly is not None or any(isinstance(limit, str) for limit in limits)

    def located_at(self, location: str | None) -> Self:
        """The rule declared at this place of a file (`file:line:column`): itself if it knows that, else a copy."""
        if location == self._location:
            return self
        made = self.model_copy()
        made._location = location  # noqa: SLF001 our own
        made._per_column = tuple(each.located_at(location) for each in self._per_column)  # noqa: SLF001 our own
        return made

    @property
    def location(self) -> str | None:
        return self._location

    @property
    def names(self) -> tuple[str, ...]:
        """The selected columns, unresolved."""
        return tuple(self.columns or ())

    def supports(self, dtype: DataType) -> bool:
        return not self.applies_to or dtype.of(*self.applies_to)

    # --- verdicts ---------------------------------------------------------------------------------------------------

    def verdict_without_rows(self, rows: int) -> Verdict:
        """The verdict if no row is judged because every row has a null; rules that require values override it."""
        message = ALL_NULL if rows else NO_ROWS
        if self.needs_values:
            return Verdict(ok=True, judged=0, message=message)
        return Verdict(ok=True, failed=0, total=rows, judged=0, message=message)

    def verdict_of_judged(
        self, failed: int, total: int, nulls: Measure, observed: Any = None, message: str = ""
    ) -> Verdict | FollowUp:
        """The verdict on rows; the number of nulls is measured only if a relative tolerance needs it."""
        if not failed and not self.relative:
            return self.verdict_from_count(failed, total, None if total else 0, observed, message)
        return FollowUp((nulls,), lambda v: self.verdict_from_count(failed, total, total - v[nulls], observed, message))

    def verdict_from_count(
        self, failed: int, total: int, judged: int | None, observed: Any = None, message: str = ""
    ) -> Verdict:
        """The verdict on `failed` of `judged` rows, within the tolerance."""
        if judged == 0:
            message = ALL_NULL if total else NO_ROWS
        return Verdict(
            failed <= self.tolerated(total if judged is None else judged), failed, total, judged, observed, message
        )


Rule.__annotations__ = inspect.get_annotations(Rule, eval_str=True)  # once; pydantic does it again for each subclass
