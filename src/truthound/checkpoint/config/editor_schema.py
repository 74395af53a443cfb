"""The JSON Schema of configuration files, for editors: made from the models that read them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from truthound._internal.options import aliases, option_docs
from truthound.checkpoint.actions.base import Action
from truthound.checkpoint.actions.registry import action_class, action_types
from truthound.checkpoint.config.document import WORDS, WORDY
from truthound.checkpoint.config.models import CheckpointConfig
from truthound.sources.spec import KEYS
from truthound.validators.base import Validator
from truthound.validators.registry import known_names, validator_class

DIALECT = "https://json-schema.org/draft/2020-12/schema"
VARIABLE = {"type": "string", "pattern": r"\$\{.+\}"}
TEXT = ["string", "number", "boolean"]
_UNSET = ("integer", "number", "boolean")


class _Generator(GenerateJsonSchema):
    """What has no JSON form, such as a function, may be anything."""

    ignored_warning_kinds = {"skipped-choice", "non-serializable-default"}  # noqa: RUF012 as in its base

    def handle_invalid_for_json_schema(self, schema: Any, error_info: str) -> dict[str, Any]:
        return {}

    def function_before_schema(self, schema: Any) -> dict[str, Any]:
        made = super().function_before_schema(schema)
        lone = made.get("type") == "array" and "json_schema_input_schema" not in schema
        return {"anyOf": [made, {"type": "string"}]} if lone else made


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a configuration file: every option, validator and action there is now."""
    validators = {name: validator_class(name) for name in known_names()}
    actions = {name: action_class(name) for name in action_types()}
    definitions = _definitions([CheckpointConfig, *validators.values(), *actions.values()])
    checkpoint = definitions["Checkpoint"]
    checkpoint["properties"] |= {
        "validators": {"type": "array", "items": {"$ref": "#/$defs/Rule"}},
        "validator_config": {"$ref": "#/$defs/Options"},
        "actions": {"type": "array", "items": {"$ref": "#/$defs/Action"}},
        "data_source": _source(checkpoint["properties"]["data_source"]),
        "schema": {
            "type": ["string", "object", "null"],
            "description": "A schema file, or a schema, to validate against.",
        },
    }
    definitions |= _rules(validators)
    definitions["Action"] = {"anyOf": [_typed(name, cls, definitions) for name, cls in actions.items()]}
    return {
        "$schema": DIALECT,
        "title": "truthound configuration",
        "type": "object",
        "properties": {
            "version": {"enum": [1, "1"]},
            "defaults": _without(definitions["Checkpoint"], "name"),
            "checkpoints": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/Checkpoint"}},
        },
        "patternProperties": {"^x-": {}},
        "required": ["checkpoints"],
        "additionalProperties": False,
        "if": {"properties": {"defaults": {"required": ["data_source"]}}, "required": ["defaults"]},
        "else": {"properties": {"checkpoints": {"items": {"required": ["data_source"]}}}},
        "$defs": dict(sorted(definitions.items())),
    }


def _definitions(models: Iterable[type[Any]]) -> dict[str, Any]:
    """Each model's options under a name, and what those refer to. An action's are kept for `_typed`."""
    wanted = list(dict.fromkeys(models))
    refs, whole = models_json_schema(
        [(m, "validation") for m in wanted], by_alias=False, ref_template="#/$defs/{model}", schema_generator=_Generator
    )
    parts: dict[str, Any] = whole["$defs"]
    out: dict[str, Any] = {}
    own = {refs[m, "validation"]["$ref"].rpartition("/")[2]: m for m in wanted}
    for key, part in parts.items():
        model = own.get(key)
        tidy = _tidy(part)
        for option, text in option_docs(model).items() if model else ():
            if option in tidy["properties"]:
                tidy["properties"][option].setdefault("description", text)
        out[_name(model) if model else key] = _aliased(tidy, model) if model else tidy
    out["Checkpoint"]["required"] = ["name"]
    return out


def _name(model: type[Any]) -> str:
    if issubclass(model, Validator):
        return f"validator.{model.type}"
    return f"action.{model.type}" if issubclass(model, Action) else "Checkpoint"


def _tidy(node: Any, key: str = "") -> Any:
    """Without generated titles; a place for a number also takes `${VAR}`, and one for a word a plain number."""
    if isinstance(node, list):
        return [_tidy(v, key) for v in node]
    if not isinstance(node, dict):
        return node
    made: dict[str, Any] = {}
    for k, v in node.items():
        if k == "properties":
            made[k] = {name: _tidy(part, name) for name, part in v.items()}
        elif k in ("enum", "const", "default", "required"):
            made[k] = v
        elif k != "title":
            made[k] = _tidy(v, key)
    if made.get("items") == {"type": TEXT}:
        made["items"] = {"type": [*TEXT, "null"]}  # `- null` is a name
    if made.get("type") == "string" and (key in WORDS or key in WORDY) and "enum" not in made:
        return made | {"type": TEXT}
    if made.get("type") in _UNSET or (("enum" in made or "const" in made) and made.get("type", "string") == "string"):
        outer = {k: made.pop(k) for k in ("description", "default") if k in made}
        return {"anyOf": [made, VARIABLE]} | outer
    return made


def _aliased(part: dict[str, Any], model: type[BaseModel]) -> dict[str, Any]:
    """The part with every other name of its options."""
    for field, info in model.model_fields.items():
        if field not in part["properties"]:  # an option for Python only
            continue
        others = aliases(field, info)
        part["properties"] |= dict.fromkeys(others, part["properties"][field])
        if others and field in part.get("required", []):
            part["required"].remove(field)
            part.setdefault("allOf", []).append({"anyOf": [{"required": [n]} for n in (field, *others)]})
    return part


def _rules(validators: Mapping[str, type[Validator]]) -> dict[str, Any]:
    """What validators are written as: `Options` is a mapping of names to options, `Rule` an entry of a list."""
    options = {}
    for cls in dict.fromkeys(validators.values()):
        one = {"$ref": f"#/$defs/{_name(cls)}"}
        options[f"options.{cls.type}"] = {"anyOf": [one, {"type": "null"}, {"type": "array", "items": one}]}
    properties = {name: {"$ref": f"#/$defs/options.{cls.type}"} for name, cls in validators.items()}
    names = {"enum": list(validators)}
    typed = {"type": "object", "properties": {"type": names}, "required": ["type"]}
    single = {"allOf": [{"$ref": "#/$defs/Options"}], "type": "object", "minProperties": 1, "maxProperties": 1}
    return options | {
        "Options": {"type": "object", "properties": properties, "additionalProperties": False},
        "Rule": {"anyOf": [names, {"const": None}, single, typed]},
    }


def _typed(name: str, cls: type[Action], definitions: dict[str, Any]) -> dict[str, Any]:
    """An action's options with its type."""
    part: dict[str, Any] = definitions[_name(cls)]
    properties = {"type": {"const": name}, **part["properties"]}
    return part | {"properties": properties, "required": ["type", *part.get("required", [])]}


def _source(field: Mapping[str, Any]) -> dict[str, Any]:
    mapping = {"type": "object", "properties": {k: {} for k in KEYS}, "additionalProperties": False}
    return {**field, "anyOf": [{"type": "string", "minLength": 1}, mapping]}


def _without(part: dict[str, Any], key: str) -> dict[str, Any]:
    properties = {k: v for k, v in part["properties"].items() if k != key}
    return {"type": "object", "properties": properties, "additionalProperties": False}
