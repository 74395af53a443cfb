"""The actions that generated workflows use, each by the hash of a commit, so that a tag that is moved runs nothing new."""

from __future__ import annotations

from collections.abc import Mapping

from truthound.ci.pipelines.yaml_writer import Commented

PINS: Mapping[str, tuple[str, str]] = {
    "actions/checkout": ("3d3c42e5aac5ba805825da76410c181273ba90b1", "v7.0.1"),
    "actions/setup-python": ("5fda3b95a4ea91299a34e894583c3862153e4b97", "v7.0.0"),
    "actions/upload-artifact": ("bbbca2ddaa5d8feaa63e36b76fdaad77386f024f", "v7.0.0"),
    "github/codeql-action/upload-sarif": ("8aad20d150bbac5944a9f9d289da16a4b0d87c1e", "v4.36.2"),
}
"""an action -> the commit, and the version that it is"""
UPLOAD_3 = ("ff15f0306b3f739f7b6fd43fb5d26cd321bd4de5", "v3.2.1")
"""of upload-artifact, for systems that lack the service which later ones need"""


def pinned(action: str, pin: tuple[str, str] | None = None) -> Commented:
    """`owner/name@commit`, with its version behind it, where tools that update such pins look for it."""
    commit, version = pin or PINS[action]
    return Commented(version, f"{action}@{commit}", behind=True)
