"""What data look like: schemas, profiles, drafts of rules, and what a run keeps for the next."""

from __future__ import annotations

from truthound.inference.draft import draft_checkpoint, draft_rules
from truthound.inference.learning import (
    Baselines,
    auto_schema,
    diff_schemas,
    infer_schema,
    schema_validators,
    update_schema,
)
from truthound.inference.profiling import ColumnProfile, Profile, Suspicion, profile

__all__ = [
    "Baselines",
    "ColumnProfile",
    "Profile",
    "Suspicion",
    "auto_schema",
    "diff_schemas",
    "draft_checkpoint",
    "draft_rules",
    "infer_schema",
    "profile",
    "schema_validators",
    "update_schema",
]
