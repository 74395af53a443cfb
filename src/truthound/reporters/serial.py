"""Results for programs: what `from_dict` reads back."""

from __future__ import annotations

import json as _json
import re
from collections.abc import Sequence
from typing import Any

from truthound.results import CheckpointResult

_UNSEEN = re.compile(r"[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def _data(results: CheckpointResult | Sequence[CheckpointResult]) -> Any:
    return results.to_dict() if isinstance(results, CheckpointResult) else [r.to_dict() for r in results]


def dump_json(data: Any) -> str:
    """JSON for people and programs: indented, text as it is but for characters that reorder or hide what a terminal shows."""
    text = _json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    return _UNSEEN.sub(lambda m: f"\\u{ord(m[0]):04x}", text)


def dump_yaml(data: Any) -> str:
    """YAML in the order of the data, with all but ASCII escaped where it holds such characters."""
    import yaml as _yaml

    dumper = getattr(_yaml, "CSafeDumper", _yaml.SafeDumper)
    text: str = _yaml.dump(data, Dumper=dumper, sort_keys=False, allow_unicode=True, width=100)
    if _UNSEEN.search(text):
        text = _yaml.dump(data, Dumper=dumper, sort_keys=False, allow_unicode=False, width=100)
    return text


def json(results: CheckpointResult | Sequence[CheckpointResult]) -> str:
    """A JSON object; for a sequence an array."""
    return dump_json(_data(results))


def yaml(results: CheckpointResult | Sequence[CheckpointResult]) -> str:
    """A YAML mapping; for a sequence a list."""
    return dump_yaml(_data(results))
