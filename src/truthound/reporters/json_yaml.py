"""Results for programs, in the form that `from_dict` reads."""

from __future__ import annotations

import json as _json
import re
from collections.abc import Sequence
from typing import Any

from truthound._internal.escape import neutralize_ci_commands
from truthound.results import CheckpointResult

_HALF = re.compile("[\ud800-\udfff]")
_UNSEEN = re.compile(r"[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def _data(results: CheckpointResult | Sequence[CheckpointResult]) -> Any:
    return results.to_dict() if isinstance(results, CheckpointResult) else [r.to_dict() for r in results]


def dump_json(data: Any) -> str:
    """JSON for people and programs: indented, text as it is but for characters that reorder or hide what a terminal shows."""
    text = _json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    return _UNSEEN.sub(lambda m: f"\\u{ord(m[0]):04x}", text)


def dump_yaml(data: Any) -> str:
    """YAML in the order of the data, with all but ASCII escaped where it holds such characters.

    No text of the data is a command to a CI system whose log it is written to: one that would be is quoted and escaped.
    """
    import yaml as _yaml

    halves = _HALF.search(_json.dumps(data, ensure_ascii=False))  # of characters: only the slower writer escapes them
    base = _yaml.SafeDumper if halves else getattr(_yaml, "CSafeDumper", _yaml.SafeDumper)

    class Dumper(base):  # type: ignore[misc, valid-type]
        pass

    shape: dict[str, Any] = {"Dumper": Dumper, "sort_keys": False, "allow_unicode": True, "width": 100}
    text: str = _yaml.dump(data, **shape)
    if _UNSEEN.search(text):
        text = _yaml.dump(data, **(shape := shape | {"allow_unicode": False}))
    if neutralize_ci_commands(text) == text:
        return text

    def quoted(dumper: Any, value: str) -> Any:
        marked = any(mark in value for mark in ("##", "::", "travis_"))
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style='"' if marked else None)

    Dumper.add_representer(str, quoted)
    text = _yaml.dump(data, **shape | {"width": 2**30})
    return text.replace("##", "#\\x23").replace("travis_", "travis\\x5f")


def json(results: CheckpointResult | Sequence[CheckpointResult]) -> str:
    """A JSON object; for a sequence an array."""
    return dump_json(_data(results))


def yaml(results: CheckpointResult | Sequence[CheckpointResult]) -> str:
    """A YAML mapping; for a sequence a list."""
    return dump_yaml(_data(results))
