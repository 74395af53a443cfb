"""Forgejo Actions, which imitates GitHub's."""

from __future__ import annotations

from truthound.ci.platforms import github

RECORD = github.imitation("Forgejo Actions", ".forgejo")
