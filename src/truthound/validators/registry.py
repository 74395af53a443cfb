"""The list of validators: each type with its class and its aliases, among them the names that other tools use.

To add a validator, write its class and add its row to `TABLE`; for type checkers, add its import to `validators/__init__.py`.
Names resolve without importing a class, so that a configuration loads fast. The classes validate their options; all mistakes
are reported at once, each with its location (`validators[2].range.min_value: ...`).
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from truthound._internal import plugins
from truthound._internal.text import did_you_mean
from truthound.errors import ConfigError, OptionErrors
from truthound.validators.base import Validator

GROUP = "truthound.validators"
# type -> (module:class, aliases)
TABLE: dict[str, tuple[str, str]] = {
    "null": ("completeness:Null", "not_null nulls not_na no_nulls required missing missing_count missing_percent is_complete isnull col_vals_not_null expect_column_values_to_not_be_null"),
    "nan": ("completeness:Nan", "not_nan no_nan"),
    "blank": ("completeness:Blank", "not_blank empty not_empty not_empty_string empty_string"),
    "completeness": ("completeness:Completeness", "complete has_completeness not_null_proportion expect_column_proportion_of_non_null_values_to_be_between"),
    "duplicate": ("uniqueness:Duplicate", "duplicates duplicate_rows duplicate_count rows_distinct unique_combination unique_combination_of_columns expect_compound_columns_to_be_unique"),
    "unique": ("uniqueness:Unique", "unique_values distinct is_unique expect_column_values_to_be_unique"),
    "primary_key": ("uniqueness:PrimaryKey", "key pk is_primary_key"),
    "cardinality": ("uniqueness:Cardinality", "distinct_count unique_count expect_column_unique_value_count_to_be_between"),
    "range": ("range:Range", "between in_range accepted_range value_range col_vals_between expect_column_values_to_be_between"),
    "positive": ("range:Positive", "is_positive"),
    "non_negative": ("range:NonNegative", "not_negative nonnegative is_non_negative"),
    "outlier": ("range:Outlier", "outliers"),
    "increasing": ("range:Increasing", "monotonic_increasing is_increasing col_vals_increasing expect_column_values_to_be_increasing"),
    "decreasing": ("range:Decreasing", "monotonic_decreasing is_decreasing col_vals_decreasing expect_column_values_to_be_decreasing"),
    "regex": ("text:Regex", "matches pattern regexp str_matches matches_regex has_pattern col_vals_regex expect_column_values_to_match_regex"),
    "length": ("text:Length", "str_length text_length string_length expect_column_value_lengths_to_be_between"),
    "format": ("text:FormatOf", "valid_format has_format"),
    "whitespace": ("text:Whitespace", "trimmed white_space"),
    "encoding": ("text:Encoding", "mojibake"),
    "case": ("text:Case", "letter_case"),
    "allowed_values": ("sets:AllowedValues", "one_of isin is_in in_set accepted_values allowed valid_values is_contained_in col_vals_in_set expect_column_values_to_be_in_set"),
    "forbidden_values": ("sets:ForbiddenValues", "not_in notin not_in_set none_of forbidden rejected_values col_vals_not_in_set expect_column_values_to_not_be_in_set"),
    "contains_values": ("sets:ContainsValues", "contains must_contain contains_set required_values expect_column_distinct_values_to_contain_set"),
    "most_common": ("sets:MostCommon", "mode most_common_value expect_column_most_common_value_to_be_in_set"),
    "schema": ("table:SchemaMatch", "schema_match table_schema col_schema_match"),
    "column_exists": ("table:ColumnExists", "columns_exist has_column required_columns col_exists expect_column_to_exist"),
    "column_type": ("table:ColumnType", "dtype type column_types data_type expect_column_values_to_be_of_type"),
    "row_count": ("table:RowCountBetween", "row_count_between rows table_row_count expect_table_row_count_to_be_between"),
    "column_count": ("table:ColumnCount", "column_count_between table_column_count expect_table_column_count_to_be_between"),
    "freshness": ("time:Freshness", "recency fresh"),
    "future": ("time:Future", "not_in_future no_future"),
    "gap": ("time:Gap", "gaps"),
    "date_format": ("time:DateFormat", "strftime_format expect_column_values_to_match_strftime_format"),
    "compare": ("between_columns:Compare", "column_pair compare_columns"),
    "foreign_key": ("reference:ForeignKey", "relationships references fk reference"),
    "row_count_match": ("reference:RowCountMatch", "equal_rowcount same_row_count expect_table_row_count_to_equal_other_table"),
    "aggregate_match": ("reference:AggregateMatch", ""),
    "functional_dependency": ("between_columns:FunctionalDependency", "determines"),
    "mean": ("statistics:Mean", "avg average expect_column_mean_to_be_between"),
    "median": ("statistics:Median", "expect_column_median_to_be_between"),
    "std": ("statistics:Std", "stddev stdev standard_deviation expect_column_stdev_to_be_between"),
    "sum": ("statistics:Sum", "total expect_column_sum_to_be_between"),
    "quantile": ("statistics:Quantile", "percentile"),
    "min": ("statistics:Min", "minimum expect_column_min_to_be_between"),
    "max": ("statistics:Max", "maximum expect_column_max_to_be_between"),
    "distribution": ("distribution:Distribution", "drift"),
    "expression": ("custom:Expression", "sql_expression expression_is_true row_condition satisfies col_vals_expr"),
    "sql": ("custom:SqlQuery", "sql_query query failed_rows unexpected_rows_expectation"),
    "function": ("custom:Function", "python custom_function"),
}  # fmt: skip

TYPES: Mapping[str, str] = MappingProxyType(
    {word: t for t, (_, words) in TABLE.items() for word in (t, *words.split())}
)
"""every name and alias -> the type"""
VALIDATORS: Mapping[str, str] = MappingProxyType(
    {word: f"truthound.validators.{TABLE[t][0]}" for word, t in TYPES.items()}
)
"""every name and alias -> `module:Class`"""

Locate = Callable[[str], str | None]
ValidatorSpec = str | Mapping[str, Any] | Validator | type[Validator] | Callable[[Any], Any]
"""an entry of a list of validators: a name, a mapping of a name to its options, an object, a class, a function"""


def canonical(name: str) -> str:
    """The type of a name or alias, in any spelling (`Not-Null`, `ExpectColumnValuesToNotBeNull`: `null`); an unknown name, normalized."""
    word = name.strip()
    if word not in TYPES and word[:1].isupper():
        word = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", word)
    word = word.lower().replace("-", "_").replace(" ", "_")
    return TYPES.get(word, word)


def known_names() -> list[str]:
    """All names, aliases and plugins; the types first."""
    return [*TABLE, *(w for w in TYPES if w not in TABLE), *plugins.names(GROUP)]


def validator_class(name: str) -> type[Validator]:
    """The class of a type name, an alias or a plugin.

    Raises:
        ConfigError: there is no such validator, or its plugin is broken.
    """
    word = canonical(name)
    return _built_in(word) if word in TABLE else _plugin(name.strip())


@cache
def _built_in(word: str) -> type[Validator]:
    module, _, cls = VALIDATORS[word].partition(":")
    found: type[Validator] = getattr(importlib.import_module(module), cls)
    return found


def _plugin(name: str) -> type[Validator]:
    found = plugins.load(GROUP, name)
    if found is None:
        raise ConfigError(f'unknown validator "{name}"{did_you_mean(name, known_names())}')
    if not (isinstance(found, type) and issubclass(found, Validator)):
        raise ConfigError(f'plugin "{name}" is not a subclass of truthound.validators.base.Validator')
    if not found.type:
        raise ConfigError(f'plugin "{name}": {found.__name__} has no type; set it to "{name}"')
    return found


def make_validator(type_name: str, /, **options: Any) -> Validator:
    """A validator by its name.

    Raises:
        ConfigError: unknown validator, or invalid options; every mistake.
    """
    return validator_class(type_name)(**options)


def parse_validators(
    validators: Iterable[ValidatorSpec] | None,
    validator_config: Mapping[str, Any] | None = None,
    *,
    locate: Locate | None = None,
) -> tuple[Validator, ...]:
    """Parses a list of validators.

    Args:
        validators: names, `{name: options}`, `{"type": name, ...options}`, Validator objects or classes, functions
            `LazyFrame -> Expr`. Options may be a list: one validator for each.
        validator_config: options by name for the listed validators; options beside the name itself go before these.
        locate: the location in a file (`file:line:column`) of a path such as `validators[2].range`.

    Raises:
        ConfigError: every mistake, each with its path.
    """
    if isinstance(validators, str | Mapping):
        raise ConfigError('validators: give a list, such as ["null", {"range": {"columns": ["age"], "min_value": 0}}]')
    parser = _Parser(validator_config, locate)
    for i, item in enumerate(() if validators is None else validators):
        parser.add(f"validators[{i}]", item)
    return parser.validators()


class _Parser:
    """Collects validators and mistakes."""

    def __init__(self, config: Any, locate: Locate | None) -> None:
        self._locate = locate or (lambda _: None)
        self._made: list[Validator] = []
        self._problems: list[str] = []
        self._config: dict[str, tuple[str, Any]] = {}
        self._used: set[str] = set()
        self._objects: set[str] = set()
        if config is not None and not isinstance(config, Mapping):
            self._problems.append("validator_config: give a mapping of validator names to their options")
            return
        for name, options in (config or {}).items():
            at = f"validator_config.{name}"
            if not isinstance(name, str):
                self._problems.append(f"{at}: {_unquoted(name)}")
            elif canonical(name) in self._config:
                first = self._config[canonical(name)][0].partition(".")[2]
                self._problems.append(f'{at}: means the same validator as "{first}"; put the options in one place')
            else:
                self._config[canonical(name)] = (at, options)

    def add(self, at: str, item: Any) -> None:
        """One entry of the list."""
        match item:
            case Validator():
                self._objects.add(item.type)
                self._made.append(item)
            case type() if issubclass(item, Validator):
                self._build(at, item.type, {}, item)
            case str():
                self._named(at, item, None)
            case Mapping() if "type" in item and not isinstance(item["type"], Mapping):
                self._typed(at, item)
            case Mapping() if len(item) == 1:
                ((name, options),) = item.items()
                if isinstance(name, str):
                    self._named(f"{at}.{name}", name, options)
                else:
                    self._problems.append(f"{at}.{name}: {_unquoted(name)}")
            case Mapping() if item:
                first = next((k for k in item if isinstance(k, str) and canonical(k) in TABLE), next(iter(item)))
                self._problems.append(
                    f'{at}: one validator an entry; indent the options below "{first}:", or write type: {first}'
                )
            case _ if callable(item):
                self._build(at, "function", {"function": item})
            case _:
                self._problems.append(f"{at}: {_unquoted(item)}")

    def _typed(self, at: str, item: Mapping[Any, Any]) -> None:
        name = item["type"]
        if isinstance(name, str):
            self._named(at, name, {k: v for k, v in item.items() if k != "type"}, f"{at}.type")
        else:
            self._problems.append(f"{at}.type: {_unquoted(name)}")

    def _named(self, at: str, name: str, options: Any, named_at: str | None = None) -> None:
        """A name with its own options, those of the configuration, or both."""
        try:
            cls = validator_class(name)
        except ConfigError as error:
            self._problems += [f"{named_at or at}: {p}" for p in error.problems]
            self._used.add(canonical(name))
            return
        word = canonical(name)
        self._used.add(word)
        config_at, config = self._config.get(word, ("", None))
        own = list(self._mappings(at, options))
        shared = list(self._mappings(config_at, config)) if config_at else [(at, {})]
        for own_at, mine in own:
            for shared_at, theirs in shared:
                self._build(own_at, word, mine, cls, shared_at=shared_at, shared=theirs)

    def _mappings(self, at: str, options: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Each mapping of options, with its path; options may be a list of mappings."""
        many = options if isinstance(options, list | tuple) and options else [options]
        for i, one in enumerate(many):
            place = f"{at}[{i}]" if many is options else at
            if one is None:
                yield place, {}
            elif not isinstance(one, Mapping):
                self._problems.append(
                    f"{place}: give options, such as columns: [{one if isinstance(one, str) else 'name'}]"
                )
            else:
                wrong = [k for k in one if not isinstance(k, str)]
                self._problems += [f"{place}.{k}: {k!r} is not an option name" for k in wrong]
                yield place, {k: v for k, v in one.items() if isinstance(k, str)}

    def _build(
        self,
        at: str,
        word: str,
        options: Mapping[str, Any],
        cls: type[Validator] | None = None,
        *,
        shared_at: str = "",
        shared: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        try:
            made = (cls or validator_class(word))(**{**shared, **options})
        except OptionErrors as error:
            for place, message in error.found:
                root = shared_at if shared and place.partition(".")[0] not in options else at
                self._problems.append(f"{root}{'.' if place else ''}{place}: {message}")
        except ConfigError as error:
            self._problems += [f"{at}: {p}" for p in error.problems]
        else:
            self._made.append(made.located_at(self._locate(shared_at if shared and not options else at)))

    def validators(self) -> tuple[Validator, ...]:
        """The validators; raises if there are mistakes."""
        for word, (at, _) in self._config.items():
            if word in self._used:
                continue
            name = at.partition(".")[2]
            if word in self._objects:
                self._problems.append(f"{at}: it is listed as an object; give the options there")
            elif word in TABLE:
                self._problems.append(f'{at}: not in validators; add "{name}" there')
            else:
                hint = did_you_mean(name, [*self._used, *known_names()])
                self._problems.append(f'{at}: unknown validator "{name}", and not in validators{hint}')
        if self._problems:
            raise ConfigError(dict.fromkeys(self._problems))
        return tuple(self._made)


def _unquoted(value: Any) -> str:
    """The message for a value that is not a name; YAML reads some words as something else."""
    if value is None:
        return 'empty; the validator of missing values is written "null", in quotes'
    return f"{value!r} is not a validator; give a name, a mapping of a name to its options, or a Validator"
