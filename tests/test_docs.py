"""Every snippet of the README and of docs/ runs, and the pages name what there is."""

import re
from pathlib import Path

import pytest

from truthound.config import load_checkpoints
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
def test_yaml(code, folder):
    (folder / "truthound.yaml").write_text(code)
    for checkpoint in load_checkpoints("truthound.yaml"):
        result = checkpoint.run()
        assert result.validation_result is not None, result.error
        assert not [o.error for o in result.validation_result.outcomes if o.error]


def test_validators_are_all_described():
    page = (ROOT / "docs" / "validators.md").read_text(encoding="utf-8")
    described = set(re.findall(r"^### `(\w+)`$", page, re.MULTILINE))
    assert described == set(TABLE)
    for _, words in TABLE.values():
        assert all(f"`{w}`" in page for w in words.split())
