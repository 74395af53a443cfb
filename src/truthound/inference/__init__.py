"""What data look like: schemas, profiles, drafts of rules, and what a run keeps for the next. Imported when first asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from truthound.lazy import lazily

if TYPE_CHECKING:
    from truthound.inference.baselines import Baselines as Baselines
    from truthound.inference.declared import schema_validators as schema_validators
    from truthound.inference.draft import draft_rules as draft_rules
    from truthound.inference.draft import telling_rules as telling_rules
    from truthound.inference.draft_file import as_yaml as as_yaml
    from truthound.inference.draft_file import draft_checkpoint as draft_checkpoint
    from truthound.inference.learning import infer_schema as infer_schema
    from truthound.inference.profiling import profile as profile
    from truthound.inference.records import ColumnProfile as ColumnProfile
    from truthound.inference.records import Profile as Profile
    from truthound.inference.records import Suspicion as Suspicion
    from truthound.inference.state import auto_schema as auto_schema
    from truthound.inference.state import diff_schemas as diff_schemas
    from truthound.inference.state import learned as learned
    from truthound.inference.state import update_schema as update_schema

_PARTS = {
    "baselines": ("Baselines",),
    "declared": ("schema_validators",),
    "draft": ("draft_rules", "telling_rules"),
    "draft_file": ("as_yaml", "draft_checkpoint"),
    "learning": ("infer_schema",),
    "profiling": ("profile",),
    "records": ("ColumnProfile", "Profile", "Suspicion"),
    "state": ("auto_schema", "diff_schemas", "learned", "update_schema"),
}
_HOMES = {name: f".{part}" for part, names in _PARTS.items() for name in names}
__all__ = sorted(_HOMES)  # noqa: PLE0605 the table is the list
__getattr__, __dir__ = lazily(__name__, _HOMES)
