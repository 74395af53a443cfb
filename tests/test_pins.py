"""The versions that tests, lint and CI install."""

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parent.parent
PINS = [
    line
    for line in (ROOT / "dev/requirements.txt").read_text().splitlines()
    if line and not line.lstrip().startswith("#")
]


def test_a_pin_is_a_name_a_version_and_a_marker():
    assert [line for line in PINS if not re.fullmatch(r"[a-z0-9-]+==[\w.!+]+( ; [^;#]+)?", line)] == []


def test_all_that_is_required_is_pinned_within_its_range():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [*project["build-system"]["requires"], *project["project"]["dependencies"]]
    wanted += [text for extra in project["project"]["optional-dependencies"].values() for text in extra]
    pins = [Requirement(line) for line in PINS]
    lacking = []
    for required in map(Requirement, wanted):
        if required.name == project["project"]["name"]:
            continue
        name = required.name.lower().replace("_", "-").replace(".", "-")
        versions = [Version(next(iter(p.specifier)).version) for p in pins if p.name == name]
        if not versions or not all(v in required.specifier for v in versions):
            lacking.append(str(required))
    assert lacking == [], "sh dev/pin pins them"
