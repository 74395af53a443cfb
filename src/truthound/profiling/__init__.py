"""Profiles, anomalies, inferred and learned schemas, drafted rules and baselines. Parts are imported on first use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from truthound._internal.lazy import lazily

if TYPE_CHECKING:
    from truthound.profiling.baselines import FileBaselines as FileBaselines
    from truthound.profiling.draft_file import as_yaml as as_yaml
    from truthound.profiling.draft_file import draft_checkpoint as draft_checkpoint
    from truthound.profiling.learned_schema import auto_schema as auto_schema
    from truthound.profiling.learned_schema import diff_schemas as diff_schemas
    from truthound.profiling.learned_schema import load_learned_schema as load_learned_schema
    from truthound.profiling.learned_schema import update_schema as update_schema
    from truthound.profiling.models import Anomaly as Anomaly
    from truthound.profiling.models import ColumnProfile as ColumnProfile
    from truthound.profiling.models import Profile as Profile
    from truthound.profiling.profiler import profile as profile
    from truthound.profiling.rule_drafting import anomaly_rules as anomaly_rules
    from truthound.profiling.rule_drafting import draft_rules as draft_rules
    from truthound.profiling.schema_checks import schema_validators as schema_validators
    from truthound.profiling.schema_inference import infer_schema as infer_schema

_PARTS = {
    "baselines": ("FileBaselines",),
    "schema_checks": ("schema_validators",),
    "rule_drafting": ("draft_rules", "anomaly_rules"),
    "draft_file": ("as_yaml", "draft_checkpoint"),
    "schema_inference": ("infer_schema",),
    "profiler": ("profile",),
    "models": ("ColumnProfile", "Profile", "Anomaly"),
    "learned_schema": ("auto_schema", "diff_schemas", "load_learned_schema", "update_schema"),
}
_HOMES = {name: f".{part}" for part, names in _PARTS.items() for name in names}
__all__ = sorted(_HOMES)  # noqa: PLE0605 the table is the list
__getattr__, __dir__ = lazily(__name__, _HOMES)
