"""Every snippet of the README and of docs/ runs, and the pages name what there is."""

import os
import re
from pathlib import Path

import pytest

from helpers import reference
from truthound.checkpoint.actions.registry import ACTIONS
from truthound.checkpoint.config import load_checkpoints
from truthound.sources.options import OPTIONS
from truthound.validators.registry import TABLE

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(language):
    for page in PAGES:
        for i, code in enumerate(re.findall(rf"```{language}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)):
            yield pytest.param(code, id=f"{page.name}-{i}")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    users = "user_id,email,age,country,updated_at\n1,a@example.com,34,NL,2024-01-01\n2,,150,XX,2024-01-02\n"
    for name in ("users.csv", "data/users.csv"):
        (tmp_path / name).write_text(users)
    (tmp_path / "countries.csv").write_text("code\nNL\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("code", list(blocks("python")))
def test_python(code, folder, capsys):
    exec(compile(code, "snippet", "exec"), {"__name__": "snippet"})
    assert "error" not in capsys.readouterr().out


@pytest.mark.parametrize("code", list(blocks("yaml")))
@pytest.mark.usefixtures("hurried")
def test_yaml(code, folder):
    (folder / "truthound.yaml").write_text(code)
    for checkpoint in load_checkpoints("truthound.yaml"):
        result = checkpoint.run()
        assert result.validation_result is not None, result.error
        assert not [o.error for o in result.validation_result.outcomes if o.error]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_tables_of_options_are_those_of_the_code(page):
    text = page.read_text(encoding="utf-8")
    if os.environ.get("TRUTHOUND_WRITE_GOLDEN") == "1":
        page.write_text(reference.filled(text), encoding="utf-8")
    assert page.read_text(encoding="utf-8") == reference.filled(text), (
        "the code has changed: TRUTHOUND_WRITE_GOLDEN=1 pytest tests/test_docs.py writes the tables anew"
    )


def test_everything_with_options_has_a_table():
    shown = [n for page in PAGES for n in reference.named(page.read_text(encoding="utf-8"))]
    assert set(dict(reference.commands())) <= set(shown)
    actions = set(ACTIONS.values()) - set(shown)
    assert not actions, f"describe them on a page of docs/channels/, each with a line <!-- options: {min(actions)} -->"
    assert {f"truthound.sources.options:{c.__name__}" for c in OPTIONS.values()} <= set(shown)
    assert "truthound.checkpoint.config.models:CheckpointConfig" in shown


def test_the_design_page_names_files_that_exist():
    text = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    files = [f"/{path.relative_to(ROOT)}" for path in ROOT.glob("[!.]*") for path in (path, *path.rglob("*.py"))]
    named = set(re.findall(r"`([\w/.]+\.py)`", text)) - {"throttling.py"}  # to come
    assert {name for name in named if not any(file.endswith(f"/{name}") for file in files)} == set()


def test_validators_are_all_described():
    page = (ROOT / "docs" / "validators.md").read_text(encoding="utf-8")
    described = set(re.findall(r"^### `(\w+)`$", page, re.MULTILINE))
    assert described == set(TABLE), "describe each validator of the registry in docs/validators.md: ### `name`"
    for _, words in TABLE.values():
        assert all(f"`{w}`" in page for w in words.split())
