"""Validators: the rules a table is checked by. Each class is imported when it is first asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from truthound._internal.lazy import lazily

if TYPE_CHECKING:
    from truthound.validators.base import Check, Table, Validator, Verdict
    from truthound.validators.between_columns import Compare, FunctionalDependency
    from truthound.validators.completeness import Blank, Completeness, Nan, Null
    from truthound.validators.custom import Expression, Function, SqlQuery
    from truthound.validators.distribution import Distribution, Max, Mean, Median, Min, Quantile, Std, Sum
    from truthound.validators.range import Decreasing, Increasing, NonNegative, Outlier, Positive, Range
    from truthound.validators.reference import AggregateMatch, ForeignKey, RowCountMatch
    from truthound.validators.registry import VALIDATORS, make_validator, parse_validators, validator_class
    from truthound.validators.sets import AllowedValues, ContainsValues, ForbiddenValues, MostCommon
    from truthound.validators.table import ColumnCount, ColumnExists, ColumnType, RowCountBetween, SchemaMatch
    from truthound.validators.text import Case, Encoding, FormatOf, Length, Regex, Whitespace
    from truthound.validators.text import FormatOf as Format
    from truthound.validators.time import DateFormat, Freshness, Future, Gap
    from truthound.validators.uniqueness import Cardinality, Duplicate, PrimaryKey, Unique

_FACE = {
    "base": "Check Table Validator Verdict",
    "registry": "VALIDATORS make_validator parse_validators validator_class",
    "completeness": "Blank Completeness Nan Null",
    "uniqueness": "Cardinality Duplicate PrimaryKey Unique",
    "range": "Decreasing Increasing NonNegative Outlier Positive Range",
    "text": "Case Encoding FormatOf Length Regex Whitespace",
    "sets": "AllowedValues ContainsValues ForbiddenValues MostCommon",
    "table": "ColumnCount ColumnExists ColumnType RowCountBetween SchemaMatch",
    "time": "DateFormat Freshness Future Gap",
    "between_columns": "Compare FunctionalDependency",
    "reference": "AggregateMatch ForeignKey RowCountMatch",
    "distribution": "Distribution",
    "statistics": "Max Mean Median Min Quantile Std Sum",
    "custom": "Expression Function SqlQuery",
}
_HOMES = {name: f".{part}" for part, names in _FACE.items() for name in names.split()} | {"Format": ".text:FormatOf"}
__getattr__, __dir__ = lazily(__name__, _HOMES)

__all__ = [
    "VALIDATORS", "AggregateMatch", "AllowedValues", "Blank", "Cardinality", "Case", "Check", "ColumnCount", "ColumnExists",
    "ColumnType", "Compare", "Completeness", "ContainsValues", "DateFormat", "Decreasing", "Distribution", "Duplicate",
    "Encoding", "Expression", "ForbiddenValues", "ForeignKey", "Format", "FormatOf", "Freshness", "Function",
    "FunctionalDependency", "Future", "Gap", "Increasing", "Length", "Max", "Mean", "Median", "Min", "MostCommon", "Nan",
    "NonNegative", "Null", "Outlier", "Positive", "PrimaryKey", "Quantile", "Range", "Regex", "RowCountBetween", "RowCountMatch",
    "SchemaMatch", "SqlQuery", "Std", "Sum", "Table", "Unique", "Validator", "Verdict", "Whitespace", "make_validator",
    "parse_validators", "validator_class",
]  # fmt: skip
