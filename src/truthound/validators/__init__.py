"""Validators: the rules a table is checked by. Each class is imported when it is first asked for; `registry.TABLE` lists them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from truthound._internal.lazy import lazily
from truthound.validators.registry import TABLE

if TYPE_CHECKING:
    from truthound.validators.base import Check as Check
    from truthound.validators.base import Table as Table
    from truthound.validators.base import Validator as Validator
    from truthound.validators.base import Verdict as Verdict
    from truthound.validators.between_columns import Compare as Compare
    from truthound.validators.between_columns import FunctionalDependency as FunctionalDependency
    from truthound.validators.completeness import Blank as Blank
    from truthound.validators.completeness import Completeness as Completeness
    from truthound.validators.completeness import Nan as Nan
    from truthound.validators.completeness import Null as Null
    from truthound.validators.custom import Expression as Expression
    from truthound.validators.custom import Function as Function
    from truthound.validators.custom import SqlQuery as SqlQuery
    from truthound.validators.distribution import Distribution as Distribution
    from truthound.validators.range import Decreasing as Decreasing
    from truthound.validators.range import Increasing as Increasing
    from truthound.validators.range import NonNegative as NonNegative
    from truthound.validators.range import Outlier as Outlier
    from truthound.validators.range import Positive as Positive
    from truthound.validators.range import Range as Range
    from truthound.validators.reference import AggregateMatch as AggregateMatch
    from truthound.validators.reference import ForeignKey as ForeignKey
    from truthound.validators.reference import RowCountMatch as RowCountMatch
    from truthound.validators.registry import VALIDATORS as VALIDATORS
    from truthound.validators.registry import make_validator as make_validator
    from truthound.validators.registry import parse_validators as parse_validators
    from truthound.validators.registry import validator_class as validator_class
    from truthound.validators.sets import AllowedValues as AllowedValues
    from truthound.validators.sets import ContainsValues as ContainsValues
    from truthound.validators.sets import ForbiddenValues as ForbiddenValues
    from truthound.validators.sets import MostCommon as MostCommon
    from truthound.validators.statistics import Max as Max
    from truthound.validators.statistics import Mean as Mean
    from truthound.validators.statistics import Median as Median
    from truthound.validators.statistics import Min as Min
    from truthound.validators.statistics import Quantile as Quantile
    from truthound.validators.statistics import Std as Std
    from truthound.validators.statistics import Sum as Sum
    from truthound.validators.table import ColumnCount as ColumnCount
    from truthound.validators.table import ColumnExists as ColumnExists
    from truthound.validators.table import ColumnType as ColumnType
    from truthound.validators.table import RowCountBetween as RowCountBetween
    from truthound.validators.table import SchemaMatch as SchemaMatch
    from truthound.validators.text import Case as Case
    from truthound.validators.text import Encoding as Encoding
    from truthound.validators.text import FormatOf as Format  # noqa: F401 listed below
    from truthound.validators.text import FormatOf as FormatOf
    from truthound.validators.text import Length as Length
    from truthound.validators.text import Regex as Regex
    from truthound.validators.text import Whitespace as Whitespace
    from truthound.validators.time import DateFormat as DateFormat
    from truthound.validators.time import Freshness as Freshness
    from truthound.validators.time import Future as Future
    from truthound.validators.time import Gap as Gap
    from truthound.validators.uniqueness import Cardinality as Cardinality
    from truthound.validators.uniqueness import Duplicate as Duplicate
    from truthound.validators.uniqueness import PrimaryKey as PrimaryKey
    from truthound.validators.uniqueness import Unique as Unique

_OTHERS = {
    "Check": ".base",
    "Format": ".text:FormatOf",
    "Table": ".base",
    "VALIDATORS": ".registry",
    "Validator": ".base",
    "Verdict": ".base",
    "make_validator": ".registry",
    "parse_validators": ".registry",
    "validator_class": ".registry",
}
_HOMES = _OTHERS | {home.partition(":")[2]: f".{home}" for home, _ in TABLE.values()}
__all__ = sorted(_HOMES)  # noqa: PLE0605 the table is the list
__getattr__, __dir__ = lazily(__name__, _HOMES)
